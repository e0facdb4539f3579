//! The device as a process on a PC: the firmware as it is, on parts made of files, threads and the [`gateway`].
//!
//! ```text
//!   firmware::run ── embassy_net ── cable ── gateway (a thread) ── 127.0.0.1
//!        ├── flash, backup      files in the state folder
//!        ├── pins               commands on standard input, lines on standard output
//!        └── system             a watchdog thread; a reset executes the program anew
//! ```
//! For tests and for trying things out: what a person or a test does to a device (pull the cable, cut the power, push the button)
//! are commands. Deliberately absent: anything that the firmware would do otherwise than on the microcontroller.
#![forbid(unsafe_code)]

pub mod backup;
pub mod cable;
pub mod commands;
pub mod flash;
pub mod options;
pub mod pins;
pub mod power;
pub mod system;

use accel::{Entropy, soft::Soft};
use firmware::board::Board;
use status::{Error, entropy};

/// The types of this board.
pub struct Host;

impl Board for Host {
    type Accel = Soft<HostEntropy>;
    type SettingsFlash = flash::Flash<{ 16 * 1024 }>;
    type CertificateFlash = flash::Flash<{ 16 * 1024 }>;
    type Pins = pins::HostPins;
    type Backup = backup::HostBackup;
    type System = system::HostSystem;
}

/// The operating system's random numbers.
pub struct HostEntropy;

impl Entropy for HostEntropy {
    fn entropy(&mut self, out: &mut [u8]) -> Result<(), Error> {
        getrandom::fill(out).map_err(|_| entropy::SOURCE_FAILED)
    }
}

/// Prints a line at once, for whoever waits for it.
pub fn say(line: &str) {
    use std::io::Write;
    let mut output = std::io::stdout().lock();
    // Nobody may be reading; the device goes on.
    let _ = writeln!(output, "{line}").and_then(|()| output.flush());
}

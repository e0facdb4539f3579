//! What a board gives to the device.
//!
//! A new board implements [`Board`] and the four small traits below it, makes [`Parts`] and calls [`crate::run`]. Deliberately
//! absent: the network driver, because a board passes an `embassy_net` stack; and clocks, because `embassy_time` has them.

use accel::Accel;
use embedded_storage_async::nor_flash::NorFlash;
use status::Error;

use crate::connection_state::Connection;

/// The types of a board.
pub trait Board {
    /// Cryptography.
    type Accel: Accel;
    /// The flash range of the settings: at least two erasable pages, nothing else in them.
    type SettingsFlash: NorFlash;
    /// The flash range of the certificates and the private key: at least four erasable pages of at least 16 KiB, nothing else in them.
    type CertificateFlash: NorFlash;
    /// Inputs and outputs.
    type Pins: Pins;
    /// Memory that survives a reset, though not a power cut.
    type Backup: Backup;
    /// The watchdog and the reset.
    type System: System;
}

/// A board's parts, each of which the device owns from now on.
pub struct Parts<B: Board> {
    /// Cryptography.
    pub accel: B::Accel,
    /// The flash range of the settings.
    pub settings_flash: B::SettingsFlash,
    /// The flash range of the certificates.
    pub certificate_flash: B::CertificateFlash,
    /// Inputs and outputs.
    pub pins: B::Pins,
    /// Memory that survives a reset.
    pub backup: B::Backup,
    /// The watchdog and the reset.
    pub system: B::System,
    /// What the board knows about itself.
    pub facts: Facts,
    /// Whether all settings, the menu's password among them, and all certificates are erased first: the way out for whoever has
    /// lost the password, so that only who is at the board itself can ask for it.
    pub is_to_forget: bool,
}

/// What a board knows about itself.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// The board's name, such as `NUCLEO-F439ZI`.
    pub name: &'static str,
    /// The Ethernet address; client identifier and host name are made of it.
    pub mac_address: [u8; 6],
    /// The firmware's identity: another one at boot means an update, which erases the certificates (application note §1).
    pub firmware: &'static str,
    /// Why the processor started.
    pub reset: ResetCause,
    /// Units that failed their self-test at boot and are replaced by software.
    pub failed_units: [Option<Error>; 4],
}

/// Why the processor started.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ResetCause {
    /// Power came on.
    PowerOn,
    /// The reset button, or a debugger.
    Pin,
    /// The device reset itself, as it does after a change that needs it.
    Software,
    /// The watchdog was not fed.
    Watchdog,
    /// The firmware panicked, and its panic handler reset the processor.
    Panic,
    /// The processor could not go on, as at an address where nothing is, and the handler of that reset it.
    Fault,
}

/// Inputs and outputs, numbered from 0.
pub trait Pins {
    /// How many inputs there are, at most 8.
    const INPUTS: usize;
    /// How many outputs there are, at most 8.
    const OUTPUTS: usize;

    /// The inputs' levels, input 0 in bit 0; a set bit is an active input.
    fn inputs(&mut self) -> u8;

    /// Switches all outputs, output 0 in bit 0.
    fn set_outputs(&mut self, outputs: u8);
}

/// Memory that survives a reset: what is in it after a power cut is anything at all.
pub trait Backup {
    /// How many bytes there are; 0 where a board has none.
    fn capacity(&self) -> usize;

    /// Reads from `offset` on; what lies beyond the end is left as it is.
    fn read(&mut self, offset: usize, out: &mut [u8]);

    /// Writes from `offset` on; what lies beyond the end is cut off.
    fn write(&mut self, offset: usize, bytes: &[u8]);
}

/// The watchdog and the reset.
pub trait System {
    /// Feeds the watchdog: it must bite when this is not called for 8 seconds or more.
    fn feed_watchdog(&mut self);

    /// Resets the processor.
    fn reset(&mut self) -> !;

    /// Told of each change of the connection to the broker, for a log or a lamp.
    fn show(&mut self, _: &Connection) {}
}

//! The watchdog and the reset: the process executes its own program anew, with what caused it as an argument, so that
//! whoever started it still has the same process.

use std::{
    env,
    ffi::OsString,
    os::unix::process::CommandExt,
    process::{self, Command},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use firmware::board::ResetCause;

use crate::{options::HostOptions, say};

/// When the watchdog bites.
const PATIENCE: Duration = Duration::from_secs(8);
/// The exit status of a process that could not be executed anew.
const NO_RESET_STATUS: i32 = 4;

/// The words of the argument `--reset-cause`.
pub const CAUSES: [(ResetCause, &str); 6] = [
    (ResetCause::PowerOn, "power-on"),
    (ResetCause::Pin, "pin"),
    (ResetCause::Software, "software"),
    (ResetCause::Watchdog, "watchdog"),
    (ResetCause::Panic, "panic"),
    (ResetCause::Fault, "fault"),
];

static ARGUMENTS: OnceLock<Vec<OsString>> = OnceLock::new();

/// The watchdog and the reset.
pub struct HostSystem {
    begun: Instant,
    /// Milliseconds from `begun` to the last feeding.
    fed: Arc<AtomicU64>,
}

impl HostSystem {
    /// Starts the watchdog, and makes a panic reset the device. `options` are those of every later reset.
    pub fn start(options: &HostOptions) -> Self {
        // There is one system; a second one would keep the first one's.
        let _ = ARGUMENTS.set(options.arguments());
        std::panic::set_hook(Box::new(|panic| {
            eprintln!("{panic}");
            reset(ResetCause::Panic);
        }));
        let system = Self { begun: Instant::now(), fed: Arc::default() };
        let (begun, fed) = (system.begun, Arc::clone(&system.fed));
        thread::spawn(move || {
            while begun.elapsed().saturating_sub(Duration::from_millis(fed.load(Ordering::SeqCst))) < PATIENCE
            {
                thread::sleep(Duration::from_millis(100));
            }
            reset(ResetCause::Watchdog);
        });
        system
    }
}

impl firmware::board::System for HostSystem {
    fn feed_watchdog(&mut self) {
        let now = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.fed.store(now, Ordering::SeqCst);
    }

    fn reset(&mut self) -> ! {
        reset(ResetCause::Software)
    }
}

/// Resets the device.
pub fn reset(cause: ResetCause) -> ! {
    let word = CAUSES.iter().find(|(known, _)| *known == cause).map_or("", |(_, word)| word);
    say(&format!("reset {word}"));
    let program = env::current_exe().unwrap_or_default();
    let mut command = Command::new(program);
    command.args(ARGUMENTS.get().into_iter().flatten()).arg("--reset-cause").arg(word);
    // Returns only if it fails.
    let error = command.exec();
    say(&format!("reset failed: {error}"));
    process::exit(NO_RESET_STATUS)
}

//! What ends a run from outside: the time limit (`-W`) and signals.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
};
use status::generic::GENERIC_ERROR;

use crate::failure::CommandFailure;

/// When to stop, counted from the program's start.
pub(crate) struct Limits {
    start: Instant,
    timeout: Option<Duration>,
    /// Set by SIGINT and SIGTERM.
    interrupted: Arc<AtomicBool>,
}

impl Limits {
    /// Starts the clock and handles signals: the first one ends the run in order, the second one at once.
    ///
    /// # Errors
    /// `generic::GENERIC_ERROR` when the system refuses the signal handlers.
    pub(crate) fn new(timeout: Option<Duration>) -> Result<Self, CommandFailure> {
        let interrupted = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            flag::register_conditional_shutdown(signal, SECOND_SIGNAL, Arc::clone(&interrupted))
                .and_then(|_| flag::register(signal, Arc::clone(&interrupted)))
                .map_err(|error| CommandFailure::at(GENERIC_ERROR, format!("signals: {error}")))?;
        }
        Ok(Self { start: Instant::now(), timeout, interrupted })
    }

    /// Milliseconds since the start.
    pub(crate) fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// How much of the time limit is left.
    pub(crate) fn left(&self) -> Option<Duration> {
        self.timeout.map(|timeout| timeout.saturating_sub(self.start.elapsed()))
    }

    /// Whether to go on.
    ///
    /// # Errors
    /// [`CommandFailure::Interrupted`], [`CommandFailure::TimedOut`].
    pub(crate) fn check(&self) -> Result<(), CommandFailure> {
        if self.interrupted.load(Ordering::Relaxed) {
            return Err(CommandFailure::Interrupted);
        }
        match self.timeout {
            Some(timeout) if self.start.elapsed() >= timeout => Err(CommandFailure::TimedOut(timeout)),
            _ => Ok(()),
        }
    }

    /// Whether the time limit is over.
    pub(crate) fn is_late(&self) -> bool {
        self.left().is_some_and(|left| left.is_zero())
    }

    /// How long a goodbye may take: DISCONNECT and close_notify, and then the server's end.
    pub(crate) fn farewell(&self) -> Duration {
        if self.is_late() { HASTE } else { FAREWELL }
    }

    /// How long to wait at most before the limits are checked again.
    pub(crate) fn tick(&self) -> Duration {
        self.left().map_or(TICK, |left| left.min(TICK))
    }
}

/// If a signal comes just before a wait, it is noticed after this time.
pub(crate) const TICK: Duration = Duration::from_millis(250);
/// How long a goodbye may take, and how long when the time of `-W` is over already.
const FAREWELL: Duration = Duration::from_secs(2);
const HASTE: Duration = Duration::from_millis(300);
/// The exit status after SIGINT, as in shells.
const SECOND_SIGNAL: i32 = 130;

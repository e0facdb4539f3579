//! The server's few connections. A new one takes the place of the one that has been idle longest and is not logged in. So clients that
//! open connections and send nothing, or do not read the answers, keep nobody out.

use core::cell::Cell;

use embassy_futures::select::{Either, select};
use embassy_sync::{blocking_mutex::raw::NoopRawMutex, signal::Signal};
use embassy_time::{Duration, Instant, Timer};

/// How many connections there can be at once; the board's stack needs so many sockets for the server.
pub const WORKERS: usize = 4;

/// What a worker does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Occupation {
    /// Waits for a connection.
    Listening,
    /// Has one of somebody who is not logged in, and since when nothing has come.
    Open(Instant),
    /// Has a password that waits for its turn, or is checked: it leaves by itself.
    Waiting,
    /// Has a request of somebody who is logged in.
    LoggedIn,
}

/// What all workers do.
pub struct Workers {
    occupations: [Cell<Occupation>; WORKERS],
    leave: [Signal<NoopRawMutex, ()>; WORKERS],
}

impl Default for Workers {
    fn default() -> Self {
        Self {
            occupations: [const { Cell::new(Occupation::Listening) }; WORKERS],
            leave: [const { Signal::new() }; WORKERS],
        }
    }
}

/// The last worker is never kept longer than this without a word, while nobody else can connect.
const PATIENCE: Duration = Duration::from_millis(250);

impl Workers {
    /// Where a worker says what it does.
    pub fn occupation(&self, worker: usize) -> &Cell<Occupation> {
        // There is a first one.
        self.occupations.get(worker).unwrap_or(&self.occupations[0])
    }

    /// A connection has come to this worker. If it was the last that waited for one, the idlest of the others gives way.
    pub fn take(&self, worker: usize) {
        self.occupation(worker).set(Occupation::Open(Instant::now()));
        if self.is_anybody_listening() {
            return;
        }
        if let Some((idlest, _)) = self.idlest(|other| other != worker)
            && let Some(leave) = self.leave.get(idlest)
        {
            leave.signal(());
        }
    }

    /// Waits until the worker has to give way.
    pub async fn give_way(&self, worker: usize) {
        let Some(leave) = self.leave.get(worker) else { return };
        leave.reset();
        loop {
            if let Either::First(()) = select(leave.wait(), Timer::after(PATIENCE)).await {
                // Unless it is somebody who has logged in meanwhile.
                if matches!(self.occupation(worker).get(), Occupation::Open(_)) {
                    return;
                }
                continue;
            }
            // Nobody came to whom it could be said: nobody can.
            if !self.is_anybody_listening()
                && let Some((idlest, since)) = self.idlest(|_| true)
                && idlest == worker
                && Instant::now().saturating_duration_since(since) >= PATIENCE
            {
                return;
            }
        }
    }

    fn is_anybody_listening(&self) -> bool {
        self.occupations.iter().any(|occupation| occupation.get() == Occupation::Listening)
    }

    /// The worker with the connection that has been idle longest, and since when.
    fn idlest(&self, is_asked: impl Fn(usize) -> bool) -> Option<(usize, Instant)> {
        let open =
            self.occupations.iter().enumerate().filter_map(|(worker, occupation)| match occupation.get() {
                Occupation::Open(since) if is_asked(worker) => Some((worker, since)),
                _ => None,
            });
        open.min_by_key(|(_, since)| *since)
    }
}

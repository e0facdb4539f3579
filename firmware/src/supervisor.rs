//! Feeds the watchdog only while every task makes progress.
//!
//! A task reports progress at each turn of its loop; [`Progress::during`] reports it for a task that waits. A task that does neither
//! blocks the processor or has stopped. Then nobody feeds the watchdog, and it resets the device.

use core::{
    cell::{Cell, RefCell},
    future::Future,
    pin::Pin,
};

use embassy_futures::select::{Either, select};
use embassy_time::{Duration, Instant, Timer};

use crate::board::System;

/// The tasks that have to make progress.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Task {
    /// `network::run`
    Network,
    /// `clock::run`
    Clock,
    /// `connection::run`
    Connection,
    /// `ports::run`
    Ports,
    /// `web::run`
    Web,
}

impl Task {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Network, Self::Clock, Self::Connection, Self::Ports, Self::Web];
}

/// When each task made progress last, in milliseconds since boot.
#[derive(Default)]
pub struct Progress {
    last: [Cell<u64>; Task::ALL.len()],
}

impl Progress {
    /// Every task has made progress at `now`, in milliseconds since boot: none is stuck before it had its first turn.
    #[must_use]
    pub fn started_at(now: u64) -> Self {
        let progress = Self::default();
        Task::ALL.into_iter().for_each(|task| progress.tick_at(task, now));
        progress
    }

    /// The task makes progress now.
    pub fn tick(&self, task: Task) {
        self.tick_at(task, Instant::now().as_millis());
    }

    /// The task made progress at `now`, in milliseconds since boot.
    pub fn tick_at(&self, task: Task, now: u64) {
        if let Some(last) = self.last.get(task as usize) {
            last.set(now);
        }
    }

    /// Waits for `future` on behalf of `task`, which makes progress as long as the processor comes round to it.
    ///
    /// Takes a pinned `dyn Future` so that this loop is compiled once.
    pub async fn during(&self, task: Task, mut future: Pin<&mut dyn Future<Output = ()>>) {
        loop {
            self.tick(task);
            if let Either::First(()) = select(future.as_mut(), Timer::after(TURN)).await {
                return;
            }
        }
    }

    /// The first task that has made no progress for too long at `now`, in milliseconds since boot.
    #[must_use]
    pub fn stuck(&self, now: u64) -> Option<Task> {
        let is_stuck = |task: &Task| {
            let last = self.last.get(*task as usize).map_or(0, Cell::get);
            now.saturating_sub(last) > LONGEST_STANDSTILL.as_millis()
        };
        Task::ALL.into_iter().find(is_stuck)
    }
}

/// Feeds the watchdog. Never ends.
pub async fn run<S: System>(progress: &Progress, system: &RefCell<S>) {
    loop {
        if progress.stuck(Instant::now().as_millis()).is_none() {
            system.borrow_mut().feed_watchdog();
        }
        Timer::after(FEEDING).await;
    }
}

/// The watchdog bites after 8 seconds ([`System::feed_watchdog`]).
const FEEDING: Duration = Duration::from_secs(1);
const TURN: Duration = Duration::from_secs(5);
const LONGEST_STANDSTILL: Duration = Duration::from_secs(30);

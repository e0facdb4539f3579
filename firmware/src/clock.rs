//! The device's clock: set by SNTP (RFC 4330), and the gate that MQTTS waits at ("MQTTS is activated only after a correctly adjusted clock!", application note §1).

use core::cell::Cell;

use embassy_net::Stack;
use embassy_time::Instant;

use crate::{board::Board, device::Device};

/// Seconds since 1970 in terms of the time since boot.
#[derive(Default)]
pub struct Clock {
    /// Milliseconds since 1970-01-01 00:00:00 UTC at boot.
    boot: Cell<Option<u64>>,
}

impl Clock {
    /// Sets the clock: it is `milliseconds` since 1970-01-01 00:00:00 UTC now.
    pub fn set(&self, milliseconds: u64) {
        self.boot.set(milliseconds.checked_sub(Instant::now().as_millis()));
    }

    /// The time in seconds since 1970-01-01 00:00:00 UTC; `None` before it was set.
    pub fn now(&self) -> Option<u64> {
        let boot = self.boot.get()?;
        Some(boot.saturating_add(Instant::now().as_millis()) / 1000)
    }
}

/// Keeps the clock right.
pub async fn run<B: Board>(_device: &Device<B>, _stack: Stack<'_>) {
    core::future::pending().await
}

//! In work: connection.

use embassy_net::Stack;

use crate::{board::Board, device::Device};

/// The buffers.
pub struct Memory {}

impl Memory {
    /// All zero.
    pub const fn new() -> Self {
        Self {}
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

/// In work.
pub async fn run<B: Board>(_device: &Device<B>, _stack: Stack<'_>, _memory: &mut Memory) {
    core::future::pending().await
}

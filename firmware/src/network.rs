//! In work: the network's address.

use embassy_net::Stack;

use crate::{board::Board, device::Device};

/// In work.
pub async fn run<B: Board>(_device: &Device<B>, _stack: Stack<'_>) {
    core::future::pending().await
}

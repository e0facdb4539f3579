//! In work: supervisor.

use crate::{board::Board, device::Device};

/// In work.
pub async fn run<B: Board>(_device: &Device<B>) {
    core::future::pending().await
}

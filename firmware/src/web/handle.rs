//! What the menu needs of the device.

use core::cell::{Cell, RefCell};

use crate::{
    board::{Board, Facts},
    clock::Clock,
    journal::Journal,
    ports::Ports,
    setup::Setup,
};

/// What the menu shows and changes.
pub struct Handle<'d, B: Board> {
    /// Settings and certificates.
    pub setup: &'d Setup<B>,
    /// The clock.
    pub clock: &'d Clock,
    /// Cryptography: borrowed for one call.
    pub accel: &'d RefCell<B::Accel>,
    /// Inputs and outputs.
    pub ports: &'d Ports<B::Pins>,
    /// Memory that survives a reset.
    pub backup: &'d RefCell<B::Backup>,
    /// Failures and the connection's state.
    pub journal: Journal<'d, B>,
    /// How many connections the menu has.
    pub served: &'d Cell<u8>,
    /// What the board knows about itself.
    pub facts: &'d Facts,
}

impl<B: Board> Clone for Handle<'_, B> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<B: Board> Copy for Handle<'_, B> {}

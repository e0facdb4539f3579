//! The Ethernet controller (RM0090 rev 22 chapter 33): one unit whose registers are two instances, the MAC with its
//! management interface, and the DMA with its descriptor rings. What both know stands in [`Wire`].

mod dma;
mod mac;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

pub use dma::EthernetDma;
pub use mac::EthernetMac;
use rigless::time::VirtualNanos;

use super::{dice::Dice, phy::Phy, times::Times};

/// Between the two halves of the controller, the PHY, and the network.
#[derive(Clone, Debug)]
pub struct Wire(Arc<Mutex<State>>);

/// What [`Wire`] shares.
#[derive(Debug)]
pub struct State {
    /// The chip between the controller and the cable.
    pub phy: Phy,
    /// Frames that the device sent, without their check sequence.
    pub sent: VecDeque<Vec<u8>>,
    /// Frames that wait in the switch at the other end of the cable.
    pub arriving: VecDeque<Vec<u8>>,
    /// Frames that found no room, since power came.
    pub missed: u64,
    transmits: bool,
    receives: bool,
    filter: mac::Filter,
    reset: bool,
}

impl Wire {
    /// A board with a cable in its socket or not.
    pub fn new(dice: Dice, cable: bool, times: Times) -> Self {
        Self(Arc::new(Mutex::new(State {
            phy: Phy::new(dice, cable, times, VirtualNanos(0)),
            sent: VecDeque::new(),
            arriving: VecDeque::new(),
            missed: 0,
            transmits: false,
            receives: false,
            filter: mac::Filter::default(),
            reset: false,
        })))
    }

    /// What is on it now.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The controller out of reset.
    fn restart(&self) {
        let mut state = self.state();
        state.transmits = false;
        state.receives = false;
        state.filter = mac::Filter::default();
    }
}

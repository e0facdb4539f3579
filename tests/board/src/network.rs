//! What is at the other end of the cable.

use std::{any::Any, collections::VecDeque, time::Duration};

use gateway::Gateway;

/// Something that Ethernet frames go to and come from.
pub trait Network: Send + Any {
    /// Takes what the device sent, and puts what it receives into `to_device`. `now` is virtual time since power came first.
    fn step(&mut self, now: Duration, from_device: &mut VecDeque<Vec<u8>>, to_device: &mut VecDeque<Vec<u8>>);

    /// Whether a connection to something outside of virtual time is open, so that virtual time must not run ahead of the wall's.
    fn is_busy(&self) -> bool;
}

/// The PC: DHCP, DNS, SNTP, and TCP to and from loopback.
impl Network for Gateway {
    fn step(
        &mut self,
        now: Duration,
        from_device: &mut VecDeque<Vec<u8>>,
        to_device: &mut VecDeque<Vec<u8>>,
    ) {
        Gateway::step(self, now, from_device.drain(..), to_device);
    }

    fn is_busy(&self) -> bool {
        self.connections() > 0
    }
}

/// A cable whose other end is in nothing; with it, the link is up and nobody answers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nobody;

impl Network for Nobody {
    fn step(&mut self, _: Duration, from_device: &mut VecDeque<Vec<u8>>, _: &mut VecDeque<Vec<u8>>) {
        from_device.clear();
    }

    fn is_busy(&self) -> bool {
        false
    }
}

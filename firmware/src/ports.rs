//! Inputs and outputs: the inputs debounced, the outputs as the device wants them.

use embassy_futures::select::{Either, select};
use embassy_time::{Duration, Ticker};

use crate::{
    board::{Board, Pins},
    device::Device,
    supervisor::Task,
};

/// Watches the inputs and switches the outputs. Never ends.
pub async fn run<B: Board>(device: &Device<B>) {
    let inputs = device.inputs.sender();
    let mut outputs = device.outputs.receiver();
    let mut debounce = Debounce::default();
    let mut ticker = Ticker::every(SAMPLING);
    device.pins.borrow_mut().set_outputs(0);
    loop {
        device.progress.tick(Task::Ports);
        if let Some(stable) = debounce.sample(device.pins.borrow_mut().inputs() & mask(B::Pins::INPUTS)) {
            inputs.send(stable);
        }
        let command = async {
            match &mut outputs {
                Some(outputs) => outputs.changed().await,
                None => core::future::pending().await,
            }
        };
        if let Either::First(wanted) = select(command, ticker.next()).await {
            device.pins.borrow_mut().set_outputs(wanted & mask(B::Pins::OUTPUTS));
        }
    }
}

/// The bits of so many inputs or outputs.
#[must_use]
pub const fn mask(count: usize) -> u8 {
    if count >= 8 { u8::MAX } else { (1_u8 << count).wrapping_sub(1) }
}

/// Eight inputs, each of which changes only when it was the same three times in a row.
#[derive(Clone, Copy, Debug, Default)]
pub struct Debounce {
    stable: u8,
    earlier: [u8; 2],
}

impl Debounce {
    /// Takes the levels as they are; tells the stable ones when they have changed.
    pub fn sample(&mut self, levels: u8) -> Option<u8> {
        let [first, second] = self.earlier;
        self.earlier = [levels, first];
        let agree = !(levels ^ first) & !(first ^ second);
        let stable = (levels & agree) | (self.stable & !agree);
        let before = core::mem::replace(&mut self.stable, stable);
        (stable != before).then_some(stable)
    }
}

const SAMPLING: Duration = Duration::from_millis(10);

//! Inputs, debounced, and outputs.

use core::cell::RefCell;

use embassy_futures::select::{Either, select};
use embassy_sync::{
    blocking_mutex::raw::NoopRawMutex,
    watch::{Receiver, Watch},
};
use embassy_time::{Duration, Ticker};

use crate::{
    board::Pins,
    supervisor::{Progress, Task},
};

/// How many tasks may wait for the inputs or the outputs: the connection, and this one.
const WATCHERS: usize = 2;

/// The inputs, debounced, and the outputs as the device wants them.
pub struct Ports<P> {
    pins: RefCell<P>,
    inputs: Levels,
    outputs: Levels,
}

/// Eight levels, number 0 in bit 0, and who waits for a change of them.
pub struct Levels(Watch<NoopRawMutex, u8, WATCHERS>);

impl Levels {
    /// The levels as they are.
    #[must_use]
    pub fn get(&self) -> u8 {
        self.0.try_get().unwrap_or(0)
    }

    /// Other levels from here on.
    fn set(&self, levels: u8) {
        self.0.sender().send(levels);
    }

    /// News of changes, for one task.
    pub fn news(&self) -> News<'_> {
        News(self.0.receiver())
    }
}

/// What one task sees of the changes of inputs or outputs.
pub struct News<'a>(Option<Receiver<'a, NoopRawMutex, u8, WATCHERS>>);

impl News<'_> {
    /// Waits for a change; the levels after it.
    pub async fn changed(&mut self) -> u8 {
        match &mut self.0 {
            Some(receiver) => receiver.changed().await,
            // More tasks than watchers: a mistake in this crate, which costs this task the news.
            None => core::future::pending().await,
        }
    }
}

impl<P: Pins> Ports<P> {
    /// All outputs are off.
    pub const fn new(pins: P) -> Self {
        Self {
            pins: RefCell::new(pins),
            inputs: Levels(Watch::new_with(0)),
            outputs: Levels(Watch::new_with(0)),
        }
    }

    /// The inputs.
    pub const fn inputs(&self) -> &Levels {
        &self.inputs
    }

    /// The outputs.
    pub const fn outputs(&self) -> &Levels {
        &self.outputs
    }

    /// Switches outputs on and others off; what is in neither stays.
    pub fn switch(&self, on: u8, off: u8) {
        self.outputs.set((self.outputs.get() | on) & !off);
    }
}

/// Watches the inputs and switches the outputs. Never ends.
pub async fn run<P: Pins>(ports: &Ports<P>, progress: &Progress) {
    let mut outputs = ports.outputs.news();
    let mut debounce = Debounce::default();
    let mut ticker = Ticker::every(SAMPLING);
    ports.pins.borrow_mut().set_outputs(0);
    loop {
        progress.tick(Task::Ports);
        if let Some(stable) = debounce.sample(ports.pins.borrow_mut().inputs() & mask(P::INPUTS)) {
            ports.inputs.set(stable);
        }
        if let Either::First(wanted) = select(outputs.changed(), ticker.next()).await {
            ports.pins.borrow_mut().set_outputs(wanted & mask(P::OUTPUTS));
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

//! CRYP, HASH and RNG: the models of the crate `peripherals`, which the drivers' own tests use too, on this board's bus.
//!
//! | Covers | |
//! |---|---|
//! | every register | by the models; their heads say how far |
//! | interrupts 79, 80, 80 | the level after each access; while one is enabled, time passes for the unit without accesses too |
//! | touched registers | how often each was read and written, for the report that says what a firmware used |
//!
//! | Leaves out | |
//! |---|---|
//! | requests to DMA2 | the firmware feeds the units itself |
//! | clocks | a unit without its clock is refused by the bus; the RNG's 48 MHz are not looked at |

use std::{fmt, marker::PhantomData};

use peripherals::{Cryp, Hash, Latency, Rng};
use rigless::{
    device::{Device, DeviceContext, ErasedDevice, Level, RegisterFile},
    soc::{Layout, stm32f427::generated},
    time::{EventId, VirtualNanos},
};

use crate::part::Settings;

/// Nanoseconds of a tick of a unit that nobody accesses, and how many of them follow an access.
const TICK: u64 = 200;
const TICKS: u32 = 256;

/// A model of `peripherals` at its registers.
pub trait Unit: fmt::Debug + Send {
    /// The register that enables interrupts, and its bits that do.
    const ENABLES: (u32, u32);
    /// Reads a register.
    fn read(&mut self, offset: u32) -> u32;
    /// Writes a register.
    fn write(&mut self, offset: u32, value: u32);
    /// The level of its interrupt.
    fn interrupt(&self) -> bool;
    /// Lets a little time pass.
    fn tick(&mut self);
    /// As out of reset.
    fn reset(&mut self);
}

macro_rules! unit {
    ($unit:ty, $enables:expr) => {
        impl Unit for $unit {
            const ENABLES: (u32, u32) = $enables;
            fn read(&mut self, offset: u32) -> u32 {
                self.read(offset)
            }
            fn write(&mut self, offset: u32, value: u32) {
                self.write(offset, value);
            }
            fn interrupt(&self) -> bool {
                self.interrupt()
            }
            fn tick(&mut self) {
                self.tick();
            }
            fn reset(&mut self) {
                self.reset();
            }
        }
    };
}

unit!(Cryp, (0x14, 3));
unit!(Hash, (0x20, 3));
unit!(Rng, (0x00, 1 << 3));

/// How often the firmware used a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touched {
    /// The register's name in the manual.
    pub register: &'static str,
    /// How often it was read.
    pub reads: u64,
    /// How often it was written.
    pub writes: u64,
}

/// A unit on the bus.
#[derive(Debug)]
pub struct Bound<L, U> {
    /// The model.
    pub unit: U,
    touched: Vec<Touched>,
    enables: u32,
    high: bool,
    ticks: u32,
    event: Option<EventId>,
    layout: PhantomData<fn() -> L>,
}

impl<L: Layout, U: Unit> Bound<L, U> {
    fn new(unit: U) -> Self {
        let touched =
            L::REGISTERS.iter().map(|spec| Touched { register: spec.name, reads: 0, writes: 0 }).collect();
        Self { unit, touched, enables: 0, high: false, ticks: 0, event: None, layout: PhantomData }
    }

    fn restart(&mut self) {
        self.unit.reset();
        (self.enables, self.high, self.ticks, self.event) = (0, false, 0, None);
    }

    /// After the unit changed: its interrupt, and time for it.
    fn settle(&mut self, context: &mut DeviceContext<'_>) {
        if self.unit.interrupt() != self.high {
            self.high = !self.high;
            context.interrupt(0, Level::from(self.high));
        }
        if !self.high && self.enables & U::ENABLES.1 != 0 && self.ticks > 0 && self.event.is_none() {
            self.event = Some(context.schedule(VirtualNanos(context.now().0 + TICK)));
        }
    }

    fn accessed(&mut self, context: &mut DeviceContext<'_>) {
        self.ticks = TICKS;
        self.settle(context);
    }
}

impl<L: Layout + 'static, U: Unit> Device for Bound<L, U> {
    type Register = L;

    fn read(&mut self, register: L, _: &mut RegisterFile, context: &mut DeviceContext<'_>) -> Option<u64> {
        let value = self.unit.read(register.spec().offset);
        if let Some(touched) = self.touched.get_mut(register.index()) {
            touched.reads += 1;
        }
        self.accessed(context);
        Some(u64::from(value))
    }

    fn write(&mut self, register: L, value: u64, _: &mut RegisterFile, context: &mut DeviceContext<'_>) {
        let (offset, value) = (register.spec().offset, value as u32);
        self.unit.write(offset, value);
        if offset == U::ENABLES.0 {
            self.enables = value;
        }
        if let Some(touched) = self.touched.get_mut(register.index()) {
            touched.writes += 1;
        }
        self.accessed(context);
    }

    fn on_event(&mut self, event: EventId, _: &mut RegisterFile, context: &mut DeviceContext<'_>) {
        if self.event == Some(event) {
            self.event = None;
            self.ticks -= 1;
            self.unit.tick();
            self.settle(context);
        }
    }

    fn reset(&mut self) {
        self.restart();
    }
}

/// The three units.
#[derive(Debug)]
pub struct Units {
    /// The cryptographic processor.
    pub cryp: Bound<generated::cryp::Register, Cryp>,
    /// The hash processor.
    pub hash: Bound<generated::hash::Register, Hash>,
    /// The random number generator.
    pub rng: Bound<generated::rng::Register, Rng>,
}

impl Units {
    /// The instances, in the order of [`Units::model`].
    pub const INSTANCES: [&'static str; 3] = ["CRYP", "HASH", "RNG"];

    /// Units out of reset, late by up to one tick for each 100 ns of the board's lateness.
    pub fn new(settings: &Settings) -> Self {
        let most = u32::try_from(settings.latest / 100).unwrap_or(u32::MAX).min(60);
        let latency = |unit: u64| Latency::new(settings.seed ^ unit << 56, most);
        let (mut cryp, mut hash, mut rng) = (Cryp::default(), Hash::default(), Rng::default());
        cryp.set_latency(latency(1));
        hash.set_latency(latency(2));
        rng.set_latency(latency(3));
        cryp.fail(settings.faults[0]);
        hash.fail(settings.faults[1]);
        let mut key = [0; 32];
        key[..8].copy_from_slice(&settings.seed.to_le_bytes());
        rng.set_key(key);
        Self { cryp: Bound::new(cryp), hash: Bound::new(hash), rng: Bound::new(rng) }
    }

    /// The unit at a place of [`Units::INSTANCES`].
    pub fn model(&mut self, unit: usize) -> Option<&mut dyn ErasedDevice> {
        match unit {
            0 => Some(&mut self.cryp),
            1 => Some(&mut self.hash),
            2 => Some(&mut self.rng),
            _ => None,
        }
    }

    /// After a reset of the part; faults that were injected stay.
    pub fn restart(&mut self) {
        self.cryp.restart();
        self.hash.restart();
        self.rng.restart();
    }

    /// What was used of a unit, register by register.
    pub fn touched(&self, instance: &str) -> Vec<Touched> {
        let touched = match instance {
            "CRYP" => &self.cryp.touched,
            "HASH" => &self.hash.touched,
            _ => &self.rng.touched,
        };
        touched.iter().filter(|touched| touched.reads + touched.writes > 0).copied().collect()
    }
}

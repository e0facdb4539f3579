//! The STM32F439: rigless' STM32F427 on a bus of our own, with our models in the places that it leaves empty.
//!
//! `split` is where a model is bound: a slot that is ours is answered here, any other by the part. A system reset is the part's
//! own, which knows the stock bus only, so it runs on one and its registers are copied over (flags of RCC_CSR, the backup
//! domain and the debug unit's registers survive it, §6.1.1). A power-on makes everything anew but what a board adds.

use peripherals::Fault;
use rigless::{
    device::{ErasedDevice, Level, ResetCause},
    mcu::{Mcu, Operate},
    soc::{
        Bus, Error,
        stm32f427::{self, PORTS, Stm32f427, peripherals::gpio::Pin},
    },
    time::VirtualNanos,
};

use crate::{
    description::{self, Row},
    models::{
        dice::Dice,
        ethernet::{EthernetDma, EthernetMac, Wire},
        flash::Flash,
        syscfg::Syscfg,
        times::Times,
    },
    units::Units,
};

/// The crystal oscillator's place is taken by 8 MHz from the ST-LINK.
const HSE: u64 = 8_000_000;
/// No 32 kHz crystal is needed by the firmware.
const LSE: u64 = 0;
const SUPPLY_MILLIVOLTS: u32 = 3300;

/// What a run decides about the part before it begins.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Seed of every model's lateness, of random numbers, of what RAM holds at power-on and of how flash is torn.
    pub seed: u64,
    /// How much later than they must flags come, at most, in nanoseconds.
    pub latest: u64,
    /// How long slow things take.
    pub times: Times,
    /// Whether a cable is in the socket.
    pub cable: bool,
    /// What is wrong with CRYP and with HASH.
    pub faults: [Fault; 2],
}

/// Whose slot it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ours {
    Part,
    Flash,
    Syscfg,
    Mac,
    Dma,
    Unit(usize),
}

/// The part with everything that is soldered to it.
#[derive(Debug)]
pub struct Stm32f439 {
    part: Stm32f427,
    /// Whose each slot is.
    ours: Vec<Ours>,
    /// The slots of the models that look outside: the two halves of Ethernet.
    looking: Vec<usize>,
    /// The flash interface.
    pub flash: Flash,
    syscfg: Syscfg,
    mac: EthernetMac,
    dma: EthernetDma,
    /// CRYP, HASH and RNG.
    pub units: Units,
    /// The cable and what is at its ends.
    pub wire: Wire,
    /// Whether the board has power; the part follows at the next stop.
    pub supply: bool,
    powered: bool,
    inputs: Vec<(usize, Pin, Level)>,
}

impl Stm32f439 {
    /// A part that power has just come to.
    ///
    /// # Errors
    /// When the bus description and rigless' tables disagree.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        let dice = |unit| Dice::new(settings.seed, unit, settings.latest);
        let wire = Wire::new(dice(1), settings.cable, settings.times);
        let mut this = Self {
            part: Stm32f427::new()?,
            ours: Vec::new(),
            looking: Vec::new(),
            flash: Flash::new(dice(2), settings.times),
            syscfg: Syscfg::default(),
            mac: EthernetMac::new(wire.clone(), dice(3), settings.times),
            dma: EthernetDma::new(wire.clone(), dice(4)),
            units: Units::new(&settings),
            wire,
            supply: true,
            powered: true,
            inputs: Vec::new(),
        };
        this.fit();
        *this.part.bus_mut() = description::bus()?;
        this.ours = vec![Ours::Part; this.part.bus().slots().len()];
        for (instance, whose) in [
            ("FLASH", Ours::Flash),
            ("SYSCFG", Ours::Syscfg),
            ("Ethernet_MAC", Ours::Mac),
            ("Ethernet_DMA", Ours::Dma),
        ] {
            let slot = this.part.bus().slot(instance)?;
            this.ours[slot] = whose;
            if matches!(whose, Ours::Mac | Ours::Dma) {
                this.looking.push(slot);
            }
        }
        for (unit, instance) in Units::INSTANCES.into_iter().enumerate() {
            let slot = this.part.bus().slot(instance)?;
            this.ours[slot] = Ours::Unit(unit);
        }
        this.check()?;
        Ok(this)
    }

    fn fit(&mut self) {
        self.part.rcc.attach_crystals(HSE, LSE);
        self.part.set_supply(SUPPLY_MILLIVOLTS);
    }

    /// What the outside drives on a pin.
    pub fn drive(&mut self, at: VirtualNanos, port: usize, pin: Pin, level: Level) {
        self.inputs.retain(|(other, place, _)| (*other, *place) != (port, pin));
        self.inputs.push((port, pin, level));
        self.part.drive_port(at, port, |gpio, registers, context| {
            gpio.drive(pin, Some(level), registers, context)
        });
    }

    /// The level of a pin.
    pub fn level(&mut self, port: usize, pin: Pin) -> Level {
        let (gpio, registers) = self.part.port(port);
        gpio.level(pin, registers)
    }

    /// Every pin that is driven from outside is again, after the ports were made anew.
    fn drive_again(&mut self, at: VirtualNanos) {
        for (port, pin, level) in self.inputs.clone() {
            self.drive(at, port, pin, level);
        }
    }

    fn system_reset(&mut self, at: VirtualNanos, cause: ResetCause) {
        let Ok(mut stock) = stm32f427::builder().build() else { return };
        copy(self.part.bus(), &mut stock);
        *self.part.bus_mut() = stock;
        self.part.reset(at, cause);
    }

    /// A part that forgets everything but what is soldered to it.
    fn power_on(&mut self, at: VirtualNanos) {
        if let Ok(part) = Stm32f427::new() {
            self.part = part;
            self.fit();
        }
        self.wire.state().phy.restart(at);
        if self.flash.take_cut() {
            self.supply = false;
        }
        self.powered = self.supply;
    }
}

/// Copies every register.
fn copy(from: &Bus, to: &mut Bus) {
    for slot in 0..from.slots().len().min(to.slots().len()) {
        let registers = from.slots()[slot].registers();
        for row in 0..from.slots()[slot].peripheral().registers.len() {
            to.slot_mut(slot).registers_mut().set(Row(row), registers.get(Row(row)));
        }
    }
}

impl Mcu for Stm32f439 {
    fn bus(&self) -> &Bus {
        self.part.bus()
    }

    fn bus_mut(&mut self) -> &mut Bus {
        self.part.bus_mut()
    }

    fn reset(&mut self, at: VirtualNanos, cause: ResetCause) {
        match cause {
            ResetCause::PowerOn => self.power_on(at),
            _ => self.system_reset(at, cause),
        }
        if let Ok(mut bus) = description::bus() {
            copy(self.part.bus(), &mut bus);
            *self.part.bus_mut() = bus;
        }
        self.flash.restart();
        self.units.restart();
        for model in [&mut self.syscfg as &mut dyn ErasedDevice, &mut self.mac, &mut self.dma] {
            model.reset();
        }
        self.drive_again(at);
    }

    fn poll(&mut self, now: VirtualNanos) {
        self.part.poll(now);
        for nth in 0..self.looking.len() {
            let slot = self.looking[nth];
            let (bus, Some(model)) = self.split(slot) else { continue };
            let (registers, mut context) = bus.drive(now, slot);
            model.poll(registers, &mut context);
        }
        if self.supply != self.powered {
            let (_, mut context) = self.part.bus_mut().drive(now, 0);
            context.request_power(self.supply);
        }
    }

    fn split(&mut self, slot: usize) -> (&mut Bus, Option<&mut dyn ErasedDevice>) {
        let model: &mut dyn ErasedDevice = match self.ours.get(slot) {
            Some(Ours::Flash) => &mut self.flash,
            Some(Ours::Syscfg) => &mut self.syscfg,
            Some(Ours::Mac) => &mut self.mac,
            Some(Ours::Dma) => &mut self.dma,
            Some(Ours::Unit(unit)) => match self.units.model(*unit) {
                Some(model) => model,
                None => return self.part.split(slot),
            },
            _ => return self.part.split(slot),
        };
        (self.part.bus_mut(), Some(model))
    }
}

/// A pin by its name, such as `PB7`: the port's place in [`PORTS`] and the pin.
pub fn pin(name: &str) -> Option<(usize, Pin)> {
    let port = name.get(1..2)?;
    let port = PORTS.iter().position(|instance| instance.ends_with(port))?;
    Some((port, Pin::new(name.get(2..)?.parse().ok()?)?))
}

//! The virtual board as a test holds it: started with an ELF file, it runs in a thread of its own until it is dropped.
//!
//! Everything that a test asks is carried out between two instructions ([`Board::with`]); the methods here are those that
//! more than one test needs.

use std::{
    any::Any,
    path::{Path, PathBuf},
    sync::mpsc::{self, Sender},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use gateway::Gateway;
use peripherals::Fault;
use rigless::{
    device::{Level, ResetCause},
    emulator::{self, Start},
    image::Image,
    session::Session,
    soc::Width,
    symbols::Symbols,
    time::VirtualNanos,
};

use crate::{
    description::{FLASH_BASE, FLASH_SIZE},
    marks::Record,
    models::{
        dice::Dice,
        flash::{Cut, Operation},
        times::Times,
    },
    network::Network,
    nucleo::Nucleo,
    part::{self, Settings},
    rtt::Rtt,
    runner::{self, Call, Pace, Runner, Stage, State},
    units::{Touched, Units},
};

/// The device's unique identifier and its flash size in KB, DS9405 §3.37 and RM0090 §39.1, §39.2.
const UNIQUE_ID: (u64, [u8; 12]) = (0x1FFF_7A10, *b"\x2A\x00\x3B\x00\x0AGP6939 ");
const FLASH_KILOBYTES: (u64, [u8; 2]) = (0x1FFF_7A22, 2048_u16.to_le_bytes());

/// What cortex-m-rt fills the stack with at a reset.
const STACK_PAINT: u64 = 0xCCCC_CCCC;

/// How a board is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// The seed of everything that looks random: lateness, random numbers, RAM at power-on, torn flash.
    pub seed: u64,
    /// How much later than they must flags come, at most, in nanoseconds; 0 for a board without lateness.
    pub latest: u64,
    /// How long slow things take.
    pub times: Times,
    /// What flash holds besides the firmware, from [`Board::flash`] of an earlier board; sectors that the firmware needs are
    /// erased first, as a programmer does it.
    pub flash: Option<Vec<u8>>,
    /// Whether a cable is in.
    pub cable: bool,
    /// What is wrong with CRYP and with HASH.
    pub faults: [Fault; 2],
    /// When virtual time waits for the clock on the wall.
    pub pace: Pace,
    /// A file that always has the flash as it is, before anything that the device says about it is heard.
    pub persist: Option<PathBuf>,
    /// Pins that are driven from the beginning, by name.
    pub inputs: Vec<(&'static str, bool)>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            latest: 3_000,
            times: Times::Short,
            flash: None,
            cable: true,
            faults: [Fault::None; 2],
            pace: Pace::Busy,
            persist: None,
            inputs: Vec::new(),
        }
    }
}

/// A board that runs.
pub struct Board {
    calls: Option<Sender<Call>>,
    thread: Option<JoinHandle<Result<(), String>>>,
    /// The lowest and the highest address of the stack.
    stack: Option<(u64, u64)>,
}

impl Board {
    /// Starts an ELF file on a board with a network at its cable.
    ///
    /// # Errors
    /// When the file is not a firmware for this part.
    pub fn start(elf: &Path, options: Options, network: Box<dyn Network>) -> Result<Self, String> {
        let seed = options.seed;
        let firmware = Image::read(elf, None).map_err(|error| error.to_string())?;
        let symbols =
            Symbols::read(firmware.bytes(), |address| address).map_err(|error| error.to_string())?;
        let rtt = symbols.get("_SEGGER_RTT").ok().map(Rtt::new);
        let stack = symbols.get("_stack_end").ok().zip(symbols.get("_stack_start").ok());
        let images = images(&firmware, options.flash.as_deref())?;
        let settings = Settings {
            seed,
            latest: options.latest,
            times: options.times,
            cable: options.cable,
            faults: options.faults,
        };
        let mut nucleo = Nucleo::new(settings).map_err(|error| error.to_string())?;
        for (name, high) in options.inputs {
            let (port, pin) = part::pin(name).ok_or_else(|| format!("no pin {name}"))?;
            nucleo.part.drive(VirtualNanos(0), port, pin, Level::from(high));
        }
        let (calls, received) = mpsc::channel();
        let mut state = State::new(network, options.pace, rtt, Dice::new(seed, 5, 0));
        state.persist = options.persist;
        let runner = Runner::new(received, state);
        let thread = thread::Builder::new()
            .name("board".to_owned())
            .spawn(move || {
                let session =
                    Session::new(Box::new(nucleo), 0, VirtualNanos(0)).map_err(|error| error.to_string())?;
                emulator::run(session, &Start::new(&images), runner).map_err(|error| error.to_string())?;
                Ok(())
            })
            .map_err(|error| error.to_string())?;
        Ok(Self { calls: Some(calls), thread: Some(thread), stack })
    }

    /// Carries something out between two instructions, and returns what it returns.
    ///
    /// # Panics
    /// With the emulator's words, when the run is over.
    pub fn with<T: Send + 'static>(&mut self, work: impl FnOnce(&mut Stage<'_>) -> T + Send + 'static) -> T {
        let (answer, answered) = mpsc::channel();
        let call: Call = Box::new(move |stage| drop(answer.send(work(stage))));
        let sent = self.calls.as_ref().is_some_and(|calls| calls.send(call).is_ok());
        match sent.then(|| answered.recv()) {
            Some(Ok(value)) => value,
            _ => panic!("the board stopped: {}", self.end()),
        }
    }

    /// Waits until `work` has something, asking every few milliseconds.
    ///
    /// # Errors
    /// When the time on the wall is over before.
    pub fn wait_for<T: Send + 'static>(
        &mut self,
        what: &str,
        within: Duration,
        work: impl FnMut(&mut Stage<'_>) -> Option<T> + Send + Clone + 'static,
    ) -> Result<T, String> {
        let begun = Instant::now();
        loop {
            let mut work = work.clone();
            if let Some(value) = self.with(move |stage| work(stage)) {
                return Ok(value);
            }
            if begun.elapsed() > within {
                let findings = self.findings().join("\n");
                return Err(format!("not within {within:?}: {what}; the board reports:\n{findings}"));
            }
            thread::sleep(Duration::from_millis(3));
        }
    }

    /// The level of a pin, such as `PB0`.
    pub fn output(&mut self, name: &'static str) -> bool {
        self.with(move |stage| {
            let part = &mut stage.session.board_mut().part;
            part::pin(name).is_some_and(|(port, pin)| part.level(port, pin) == Level::High)
        })
    }

    /// Drives a pin from outside.
    pub fn set_input(&mut self, name: &'static str, high: bool) {
        self.with(move |stage| {
            if let Some((port, pin)) = part::pin(name) {
                stage.session.board_mut().part.drive(stage.stop.at, port, pin, Level::from(high));
            }
        });
    }

    /// Pulls the cable or puts it in.
    pub fn set_cable(&mut self, cable: bool) {
        self.with(move |stage| {
            stage.session.board_mut().part.wire.state().phy.plug(cable, stage.stop.at);
        });
    }

    /// Presses the reset button.
    pub fn press_reset(&mut self) {
        self.with(|stage| {
            stage.session.reset_by_pin(stage.stop.at, stage.stop.instruction_count, stage.host);
        });
    }

    /// Takes the power away. Flash stays as it is: for a cut in the middle of an operation there is [`Board::cut_at`].
    pub fn power_off(&mut self) {
        self.with(|stage| stage.session.board_mut().part.supply = false);
    }

    /// Gives the power back; RAM holds nothing that was there before.
    pub fn power_on(&mut self) {
        self.with(|stage| {
            stage.runner.scramble(stage.host);
            stage.session.board_mut().part.supply = true;
        });
    }

    /// Whether there is power.
    pub fn is_powered(&mut self) -> bool {
        self.with(|stage| stage.session.board_mut().part.supply)
    }

    /// Arms a power cut at an operation of the flash that is still to come, or takes it back.
    pub fn cut_at(&mut self, cut: Option<Cut>) {
        self.with(move |stage| stage.session.board_mut().part.flash.arm(cut));
    }

    /// Every operation of the flash so far, those that a cut interrupted included.
    pub fn flash_journal(&mut self) -> Vec<Operation> {
        self.with(|stage| stage.session.board_mut().part.flash.journal.clone())
    }

    /// The whole flash.
    pub fn flash(&mut self) -> Vec<u8> {
        self.with(|stage| runner::flash(stage.host))
    }

    /// The instructions executed since power came first.
    pub fn instructions(&mut self) -> u64 {
        self.with(|stage| stage.stop.instruction_count)
    }

    /// Virtual time since power came first.
    pub fn now(&mut self) -> Duration {
        self.with(|stage| Duration::from_nanos(stage.stop.at.0))
    }

    /// The TLS records that the device sent.
    pub fn records(&mut self) -> Vec<Record> {
        self.with(|stage| stage.runner.marks.records.clone())
    }

    /// What the firmware wrote to its log (defmt's encoding, undecoded), since power came first.
    pub fn log(&mut self) -> Vec<u8> {
        self.with(|stage| stage.runner.rtt.as_ref().map(|rtt| rtt.bytes.clone()).unwrap_or_default())
    }

    /// The most bytes of stack that were in use since the last reset, for a firmware that paints its stack as cortex-m-rt
    /// does. `None` when its symbols do not say where the stack is.
    pub fn stack_used(&mut self) -> Option<u64> {
        let (end, start) = self.stack?;
        self.with(move |stage| {
            let mut words = (end..start).step_by(4);
            let used = words.find(|word| stage.host.read(*word, Width::W32).ok() != Some(STACK_PAINT));
            Some(start - used.unwrap_or(start))
        })
    }

    /// The resets so far, with their causes.
    pub fn resets(&mut self) -> Vec<ResetCause> {
        self.with(|stage| stage.session.resets().iter().map(|reset| reset.cause).collect())
    }

    /// The registers of `CRYP`, `HASH` or `RNG` that the firmware used.
    pub fn touched(&mut self, instance: &'static str) -> Vec<Touched> {
        self.with(move |stage| stage.session.board_mut().part.units.touched(instance))
    }

    /// Changes CRYP, HASH or RNG: injects a fault, for example.
    pub fn units<T: Send + 'static>(&mut self, change: impl FnOnce(&mut Units) -> T + Send + 'static) -> T {
        self.with(move |stage| change(&mut stage.session.board_mut().part.units))
    }

    /// Changes the gateway at the other end of the cable, or asks it something.
    ///
    /// # Panics
    /// When there is another network.
    pub fn gateway<T: Send + 'static>(&mut self, work: impl FnOnce(&mut Gateway) -> T + Send + 'static) -> T {
        self.with(move |stage| {
            let network: &mut dyn Any = &mut *stage.runner.network;
            let Some(gateway) = network.downcast_mut() else { panic!("the network is no gateway") };
            work(gateway)
        })
    }

    /// What a firmware did that the part does not do, or that this board does not model: registers without a model,
    /// addresses without a register, units without their clock, states that the manual forbids. A test of a firmware asserts
    /// that there is none, or names those that it knows.
    pub fn findings(&mut self) -> Vec<String> {
        self.with(|stage| {
            let session = &stage.session;
            let mut findings = Vec::new();
            for (address, gap) in session.unimplemented() {
                let kind = if gap.writes > 0 { "written" } else { "read" };
                findings.push(format!(
                    "{}.{} at {address:#010x} is {kind} and has no model (from {:#010x})",
                    gap.instance, gap.register, gap.program_counter
                ));
            }
            findings.extend(session.unmapped().iter().map(ToString::to_string));
            findings
                .extend(session.refused().iter().map(|(address, fault)| format!("{address:#010x}: {fault}")));
            findings.extend(
                session.told().map(|told| format!("{}.{}: {}", told.instance, told.register, told.reason)),
            );
            findings.extend(session.unrouted().iter().map(|unrouted| format!("no line for {unrouted:?}")));
            findings
        })
    }

    /// Ends the run and says how it ended.
    fn end(&mut self) -> String {
        drop(self.calls.take());
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(Ok(()))) => "it was told to".to_owned(),
            Some(Ok(Err(error))) => error,
            Some(Err(panic)) => words(&*panic),
            None => "it had stopped before".to_owned(),
        }
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        self.end();
    }
}

/// What a panic said.
fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

/// What is in memory before the first instruction, but for RAM: the emulator puts images there again at each reset.
fn images(firmware: &Image, flash: Option<&[u8]>) -> Result<Vec<Image>, String> {
    let mut array = vec![0xFF; FLASH_SIZE];
    if let Some(kept) = flash {
        array[..kept.len().min(FLASH_SIZE)].copy_from_slice(&kept[..kept.len().min(FLASH_SIZE)]);
        for (address, bytes) in firmware.segments() {
            erase(&mut array, address, bytes.len());
        }
    }
    for (address, bytes) in firmware.segments() {
        let at = usize::try_from(address.wrapping_sub(FLASH_BASE)).unwrap_or(usize::MAX);
        let place = at.checked_add(bytes.len()).and_then(|end| array.get_mut(at..end));
        place
            .ok_or_else(|| format!("the firmware has bytes at {address:#x}, outside flash"))?
            .copy_from_slice(bytes);
    }
    let mut images = vec![(FLASH_BASE, array)];
    images.push((UNIQUE_ID.0, UNIQUE_ID.1.to_vec()));
    images.push((FLASH_KILOBYTES.0, FLASH_KILOBYTES.1.to_vec()));
    let name = |at: u64| PathBuf::from(format!("memory at {at:#x}"));
    let built = images.into_iter().map(|(at, bytes)| Image::new(&name(at), bytes, Some(at)));
    built.collect::<Result<_, _>>().map_err(|error| error.to_string())
}

/// Erases every sector that bytes of a firmware touch.
fn erase(array: &mut [u8], address: u64, length: usize) {
    let begin = usize::try_from(address.wrapping_sub(FLASH_BASE)).unwrap_or(usize::MAX);
    let end = begin.saturating_add(length);
    let sizes = [16, 16, 16, 16, 64, 128, 128, 128, 128, 128, 128, 128].map(|kilobytes| kilobytes << 10);
    let mut base = 0;
    for size in sizes.iter().chain(&sizes) {
        if base < end && begin < base + size {
            array[base..base + size].fill(0xFF);
        }
        base += size;
    }
}

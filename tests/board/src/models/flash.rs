//! The embedded flash memory interface (RM0090 rev 22 chapter 3, the pages of the STM32F42xxx and F43xxx) with its array:
//! what is programmed stays, over resets and power cuts.
//!
//! | Covers | |
//! |---|---|
//! | `KEYR`, `CR.LOCK` | the unlock sequence; a wrong key locks until reset, §3.6.1 |
//! | `CR.SER`, `SNB`, `STRT` | sector erase in both banks, table 6; sector numbers 16 to 27 are bank 2 |
//! | `CR.PG`, `PSIZE` | a store programs; bits only go from one to zero; stores during an operation wait, §3.6.4 |
//! | `SR.PGSERR`, `PGPERR`, `WRPERR`, `OPERR`, `EOP`, `BSY` | store without PG or locked; wrong width; impossible sector |
//! | interrupt 4 | `EOP` behind `EOPIE`, `OPERR` behind `ERRIE`, §3.6.6 |
//! | `ACR.LATENCY` | too few wait states for HCLK at 2.7 to 3.6 V are told, table 12 |
//! | power cuts | before, in the middle of, or after the n-th operation: half-programmed words, torn sectors |
//!
//! | Leaves out | |
//! |---|---|
//! | mass erase, option bytes, write protection, OTP | the firmware uses none; mass erase sets `WRPERR` and is told |
//! | the stall of a read from the bank that is busy | code that runs from the busy bank would only be slower |
//! | caches, prefetch | stored |
//! | a system reset during an operation | the operation is dropped, where silicon leaves something undefined |
//! | marginal cells after a torn erase | every bit reads the same each time |

mod operation;

use std::collections::VecDeque;

use rigless::{
    device::{Device, DeviceContext, Level, RegisterFile},
    soc::{Width, stm32f427::generated::flash::Register},
    time::EventId,
};

use operation::sector;
pub use operation::{Cut, Moment, Operation};

use super::{dice::Dice, times::Times};
use crate::description::FLASH_BASE;

const EOP: u64 = 1;
const OPERR: u64 = 1 << 1;
const WRPERR: u64 = 1 << 4;
const PGPERR: u64 = 1 << 6;
const PGSERR: u64 = 1 << 7;
const BSY: u64 = 1 << 16;
const FLAGS: u64 = 0x1F3;

const PG: u64 = 1;
const SER: u64 = 1 << 1;
const MER: u64 = 1 << 2 | 1 << 15;
const STRT: u64 = 1 << 16;
const EOPIE: u64 = 1 << 24;
const ERRIE: u64 = 1 << 25;
const LOCK: u64 = 1 << 31;

const KEYS: [u64; 2] = [0x4567_0123, 0xCDEF_89AB];
const HCLK_PER_WAIT_STATE: u64 = 30_000_000;

/// Tokens of accesses that this model asked for; those of a torn sector are the addresses themselves.
const OLD_WORD: u64 = 1;
const TORN_WORD: u64 = 2;
const DONE: u64 = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keys {
    None,
    First,
    Wrong,
}

/// The model.
#[derive(Debug)]
pub struct Flash {
    acr: u64,
    cr: u64,
    sr: u64,
    keys: Keys,
    hclk: u64,
    slow: bool,
    waiting: VecDeque<Operation>,
    event: Option<EventId>,
    dice: Dice,
    times: Times,
    cut: Option<Cut>,
    was_cut: bool,
    /// Every operation that was begun since power came first, in order; the interrupted ones included.
    pub journal: Vec<Operation>,
}

impl Flash {
    /// An interface out of reset.
    pub fn new(dice: Dice, times: Times) -> Self {
        Self {
            acr: 0,
            cr: LOCK,
            sr: 0,
            keys: Keys::None,
            hclk: 0,
            slow: false,
            waiting: VecDeque::new(),
            event: None,
            dice,
            times,
            cut: None,
            was_cut: false,
            journal: Vec::new(),
        }
    }

    /// The interface after a reset: its registers are as new, what the board asked of it stays.
    pub fn restart(&mut self) {
        let fresh = Self::new(self.dice.clone(), self.times);
        let journal = std::mem::take(&mut self.journal);
        *self = Self { cut: self.cut.take(), was_cut: self.was_cut, journal, ..fresh };
    }

    /// Whether this interface has cut the power since it was asked last.
    pub fn take_cut(&mut self) -> bool {
        std::mem::take(&mut self.was_cut)
    }

    /// Arms a power cut, or takes it back.
    pub fn arm(&mut self, cut: Option<Cut>) {
        self.cut = cut;
    }

    fn store(&mut self, address: u64, width: Width, value: u64, context: &mut DeviceContext<'_>) {
        let parallelism = match self.cr >> 8 & 3 {
            0 => Width::W8,
            1 => Width::W16,
            2 => Width::W32,
            _ => Width::W64,
        };
        if self.cr & (PG | LOCK) != PG {
            self.fail(PGSERR, context);
        } else if width != parallelism {
            self.fail(PGPERR, context);
        } else {
            self.begin(Operation::Program { address, width, value }, context);
        }
    }

    fn control(&mut self, value: u64, context: &mut DeviceContext<'_>) {
        if self.cr & LOCK != 0 {
            context.tell("CR", "§3.6.1: a write while CR is locked");
            return;
        }
        if self.sr & BSY != 0 {
            context.tell("CR", "§3.6.1: a write while an operation is ongoing stalls the bus");
        }
        self.cr = value & !STRT | self.cr & STRT;
        if value & STRT == 0 || self.cr & STRT != 0 {
            return self.drive(context);
        }
        match sector(value >> 3 & 0x1F) {
            Some((address, size)) if value & SER != 0 && value & MER == 0 => {
                self.cr |= STRT;
                self.begin(Operation::Erase { address, size }, context);
            }
            _ => {
                context.tell("CR", "§3.6.3: an erase that is not of one existing sector");
                self.fail(WRPERR, context);
            }
        }
    }

    fn key(&mut self, value: u64, context: &mut DeviceContext<'_>) {
        if self.cr & LOCK == 0 {
            return;
        }
        self.keys = match self.keys {
            Keys::None if value == KEYS[0] => Keys::First,
            Keys::First if value == KEYS[1] => {
                self.cr &= !LOCK;
                Keys::None
            }
            _ => {
                context.tell("KEYR", "§3.6.1: a wrong key locks CR until reset");
                Keys::Wrong
            }
        };
    }

    fn fail(&mut self, flag: u64, context: &mut DeviceContext<'_>) {
        self.sr |= flag;
        if self.cr & ERRIE != 0 {
            self.sr |= OPERR;
        }
        self.drive(context);
    }

    fn begin(&mut self, operation: Operation, context: &mut DeviceContext<'_>) {
        self.waiting.push_back(operation);
        if self.waiting.len() == 1 {
            self.run(context);
        }
    }

    /// Starts the first of the waiting operations.
    fn run(&mut self, context: &mut DeviceContext<'_>) {
        let Some(operation) = self.waiting.front().copied() else { return };
        self.journal.push(operation);
        self.sr |= BSY;
        let time = match (operation, self.times) {
            (Operation::Program { .. }, Times::Short) => 2_000,
            (Operation::Program { .. }, Times::Datasheet) => 16_000,
            (Operation::Erase { .. }, Times::Short) => 1_000_000,
            (Operation::Erase { size, .. }, Times::Datasheet) => match size >> 14 {
                1 => 250_000_000,
                4 => 550_000_000,
                _ => 1_000_000_000,
            },
        };
        if self.cut.is_some_and(|cut| cut.operation == 0 && cut.moment == Moment::Before) {
            self.cut_power(context);
            return;
        }
        let at = self.dice.after(context.now(), time);
        self.event = Some(context.schedule(at));
    }

    /// The time of the first operation is over.
    fn perform(&mut self, context: &mut DeviceContext<'_>) {
        let Some(operation) = self.waiting.front().copied() else { return };
        let torn = self.cut.is_some_and(|cut| cut.operation == 0 && cut.moment == Moment::During);
        match operation {
            Operation::Program { address, width, .. } => {
                context.read_from(address, width, if torn { TORN_WORD } else { OLD_WORD });
            }
            Operation::Erase { address, size } if torn => {
                for word in (address..address + size).step_by(8) {
                    context.read_from(word, Width::W64, word);
                }
                self.cut_power(context);
            }
            Operation::Erase { address, size } => {
                for word in (address..address + size).step_by(8) {
                    context.program(word, Width::W64, u64::MAX, DONE);
                }
                self.finish(context);
            }
        }
    }

    /// The first operation is complete.
    fn finish(&mut self, context: &mut DeviceContext<'_>) {
        self.waiting.pop_front();
        match self.cut.as_mut() {
            Some(Cut { operation: 0, .. }) => return self.cut_power(context),
            Some(cut) => cut.operation -= 1,
            None => {}
        }
        if !self.waiting.is_empty() {
            return self.run(context);
        }
        self.sr &= !BSY;
        self.cr &= !STRT;
        if self.cr & EOPIE != 0 {
            self.sr |= EOP;
        }
        self.drive(context);
    }

    fn cut_power(&mut self, context: &mut DeviceContext<'_>) {
        self.cut = None;
        self.was_cut = true;
        self.waiting.clear();
        self.event = None;
        context.request_power(false);
    }

    fn drive(&mut self, context: &mut DeviceContext<'_>) {
        let end = self.sr & EOP != 0 && self.cr & EOPIE != 0;
        let error = self.sr & OPERR != 0 && self.cr & ERRIE != 0;
        context.interrupt(0, Level::from(end || error));
    }

    /// Table 12, the column of the board's 3.3 V.
    fn check_latency(&mut self, context: &mut DeviceContext<'_>) {
        let slow = (self.acr & 0xF) + 1 < self.hclk.div_ceil(HCLK_PER_WAIT_STATE);
        if slow && !self.slow {
            context.tell("ACR", "table 12: too few wait states for HCLK");
        }
        self.slow = slow;
    }
}

impl Device for Flash {
    type Register = Register;

    fn read(&mut self, register: Register, _: &mut RegisterFile, _: &mut DeviceContext<'_>) -> Option<u64> {
        match register {
            Register::Acr => Some(self.acr),
            Register::Sr => Some(self.sr),
            Register::Cr => Some(self.cr),
            Register::Keyr | Register::Optkeyr => Some(0),
            Register::Optcr | Register::Optcr1 => None,
        }
    }

    fn write(
        &mut self,
        register: Register,
        value: u64,
        _: &mut RegisterFile,
        context: &mut DeviceContext<'_>,
    ) {
        match register {
            Register::Acr => {
                self.acr = value & 0x170F;
                self.check_latency(context);
            }
            Register::Sr => {
                self.sr &= !(value & FLAGS);
                self.drive(context);
            }
            Register::Cr if value & LOCK != 0 => self.cr |= LOCK,
            Register::Cr => self.control(value, context),
            Register::Keyr => self.key(value, context),
            Register::Optkeyr | Register::Optcr | Register::Optcr1 => {
                context.tell("OPTCR", "§3.7: option bytes are not modelled");
            }
        }
    }

    fn write_region(
        &mut self,
        address: u64,
        width: Width,
        value: u64,
        _: &mut RegisterFile,
        context: &mut DeviceContext<'_>,
    ) -> bool {
        self.store(address, width, value, context);
        true
    }

    fn on_event(&mut self, event: EventId, _: &mut RegisterFile, context: &mut DeviceContext<'_>) {
        if self.event == Some(event) {
            self.event = None;
            self.perform(context);
        }
    }

    fn on_access(&mut self, token: u64, value: u64, _: &mut RegisterFile, context: &mut DeviceContext<'_>) {
        if token >= FLASH_BASE {
            // A sector whose erase was torn: words that are done, words that are half done, words as they were.
            let torn = match self.dice.roll() % 4 {
                0 | 1 => u64::MAX,
                2 => value | self.dice.roll(),
                _ => value,
            };
            context.program(token, Width::W64, torn, DONE);
            return;
        }
        let Some(Operation::Program { address, width, value: stored }) = self.waiting.front().copied() else {
            return;
        };
        match token {
            OLD_WORD => {
                context.program(address, width, value & stored, DONE);
                self.finish(context);
            }
            TORN_WORD => {
                context.program(address, width, value & (stored | self.dice.roll()), DONE);
                self.cut_power(context);
            }
            _ => {}
        }
    }

    fn on_clock(&mut self, hz: u64, _: &mut RegisterFile, context: &mut DeviceContext<'_>) {
        self.hclk = hz;
        self.check_latency(context);
    }
}

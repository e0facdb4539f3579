//! RNG, the random number generator in its first version (RM0090 chapter 24).
//!
//! | covered | how |
//! |---|---|
//! | CR | RNGEN, IE |
//! | SR | DRDY; CECS and SECS; CEIS and SEIS, cleared by writing 0 |
//! | DR | a word, which clears DRDY until the next one is there |
//! | seed error | no words until RNGEN was cleared and set |
//! | clock error | no words while it lasts |
//!
//! Left out: the analogue source. The words are SHA-256 of a key and a counter: repeatable, so a harness that wants true
//! random numbers sets a random key.

use sha2::{Digest as _, Sha256};

use crate::{Counters, Latency};

/// What is wrong with the generator.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum RngFault {
    /// Nothing.
    #[default]
    None,
    /// No word is ever ready.
    Silent,
    /// All words are this one.
    Stuck(u32),
    /// A seed error that a restart mends.
    Seed,
    /// A seed error that comes again at each restart.
    SeedAgain,
    /// PLL48CLK is missing or too slow.
    Clock,
}

/// The unit. The default is the state after a reset, without latency or fault, with a key of zeros.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Rng {
    registers: Registers,
    key: [u8; 32],
    counter: u64,
    latency: Latency,
    fault: RngFault,
    counters: Counters,
}

/// What a reset clears.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Registers {
    cr: u32,
    /// CEIS and SEIS.
    latched: u32,
    /// SECS.
    seed_error: bool,
    word: Option<u32>,
    wait: u32,
}

const CR: u32 = 0x00;
const SR: u32 = 0x04;
const DR: u32 = 0x08;

const RNGEN: u32 = 1 << 2;
const IE: u32 = 1 << 3;
const CEIS: u32 = 1 << 5;
const SEIS: u32 = 1 << 6;

impl Rng {
    /// Reads a register at its offset in bytes.
    pub fn read(&mut self, offset: u32) -> u32 {
        self.counters.reads += 1;
        match offset {
            CR => self.registers.cr,
            SR => {
                let value = self.status();
                self.tick();
                value
            }
            DR => self.pull(),
            _ => 0,
        }
    }

    /// Writes a register at its offset in bytes.
    pub fn write(&mut self, offset: u32, value: u32) {
        self.counters.writes += 1;
        match offset {
            CR => {
                let started = value & !self.registers.cr & RNGEN != 0;
                self.registers.cr = value & (RNGEN | IE);
                if value & RNGEN == 0 {
                    self.registers.word = None;
                }
                if started {
                    self.start();
                }
            }
            SR => self.registers.latched &= value,
            _ => {}
        }
        self.settle();
    }

    /// The level of this unit's part of the interrupt line that it shares with HASH.
    pub fn interrupt(&self) -> bool {
        self.registers.cr & IE != 0 && self.status() & (1 | CEIS | SEIS) != 0
    }

    /// Lets as much time pass as a read of the status register does.
    pub fn tick(&mut self) {
        self.registers.wait = self.registers.wait.saturating_sub(1);
        self.settle();
    }

    /// Sets all registers as a reset does; key, latency, fault and counters stay.
    pub fn reset(&mut self) {
        self.registers = Registers::default();
    }

    /// The key of all words to come.
    pub fn set_key(&mut self, key: [u8; 32]) {
        self.key = key;
    }

    /// How late words come.
    pub fn set_latency(&mut self, latency: Latency) {
        self.latency = latency;
    }

    /// Has a fault from now on; [`RngFault::None`] repairs it, but a seed error needs its restart.
    pub fn fail(&mut self, fault: RngFault) {
        self.fault = fault;
        self.settle();
    }

    /// What was done to the unit.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Starts counting anew.
    pub fn clear_counters(&mut self) {
        self.counters = Counters::default();
    }

    /// Whether a word was handed out.
    pub fn touched(&self) -> bool {
        self.counters.blocks > 0
    }

    fn status(&self) -> u32 {
        let clock_error = self.fault == RngFault::Clock && self.registers.cr & RNGEN != 0;
        u32::from(self.registers.word.is_some())
            | u32::from(clock_error) << 1
            | u32::from(self.registers.seed_error) << 2
            | self.registers.latched
    }

    fn start(&mut self) {
        if self.fault == RngFault::Seed && self.registers.seed_error {
            self.fault = RngFault::None;
        }
        self.registers.seed_error = false;
        self.registers.wait = self.latency.draw();
    }

    /// Raises errors, and makes a word when it is time.
    fn settle(&mut self) {
        if self.registers.cr & RNGEN == 0 {
            return;
        }
        match self.fault {
            RngFault::Seed | RngFault::SeedAgain if !self.registers.seed_error => {
                self.registers.seed_error = true;
                self.registers.latched |= SEIS;
                self.registers.word = None;
            }
            RngFault::Clock => self.registers.latched |= CEIS,
            RngFault::None | RngFault::Stuck(_)
                if !self.registers.seed_error
                    && self.registers.wait == 0
                    && self.registers.word.is_none() =>
            {
                self.registers.word = Some(self.next_word());
            }
            _ => {}
        }
    }

    fn next_word(&mut self) -> u32 {
        self.counter += 1;
        if let RngFault::Stuck(word) = self.fault {
            return word;
        }
        let digest = Sha256::new().chain_update(self.key).chain_update(self.counter.to_be_bytes()).finalize();
        let [a, b, c, d, ..]: [u8; 32] = digest.into();
        u32::from_be_bytes([a, b, c, d])
    }

    fn pull(&mut self) -> u32 {
        let Some(word) = self.registers.word.take() else {
            self.counters.misuse += 1;
            return 0;
        };
        self.counters.blocks += 1;
        self.registers.wait = self.latency.draw();
        self.settle();
        word
    }
}

//! HASH, the hash processor in its second version (RM0090 chapter 25; STM32F437, F439, F7, H7).
//!
//! | covered | how |
//! |---|---|
//! | CR | INIT, DATATYPE, ALGO (taken at INIT), NBW, DINNE; DMAE, MODE, MDMAT and LKEY are kept |
//! | DIN | a block is processed when the first word of the next one is written; a write while it is processed waits on the bus |
//! | STR | NBLW, which a write with DCAL leaves as it is and which outlives a message; DCAL |
//! | SR | DINIS and DCIS, cleared by writing 0; BUSY |
//! | IMR | both interrupts, as levels |
//! | HR0 to HR7 | at both places; MD5's words are turned so that big-endian bytes are the digest |
//! | CSR0 to CSR37 | the whole state between two blocks, in the model's own layout; only what was saved, all of it, is taken back |
//! | CSR38 to CSR53 | kept: on silicon they belong to HMAC |
//!
//! Left out: the HMAC mode (a message begun with MODE set gives a wrong digest), DMA, bit lengths that are no multiple of 8
//! with DATATYPE 0 and 1, and how long a block takes. Saving while DINIS is clear or BUSY is set gives nothing of use, as does
//! reading a digest before DCIS.
//!
//! That CSR0 to CSR37 suffice without HMAC is what Linux's `stm32-hash` driver relies on, which runs on silicon; that a write
//! waits is what embassy-stm32's and ST's drivers rely on, which write without looking.

mod core;

use self::core::{Context, Core};
use crate::{Counters, Fault, Latency, fault::Failing, swap::swap};

/// The unit. The default is the state after a reset, without latency or fault.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Hash {
    registers: Registers,
    latency: Latency,
    failing: Failing,
    counters: Counters,
}

/// What a reset clears.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Registers {
    cr: u32,
    nblw: u32,
    imr: u32,
    /// DINIS and DCIS.
    ready: bool,
    done: bool,
    core: Core,
    work: Option<Work>,
    digest: [u32; 8],
    /// CSR0 to CSR37 as they were written, until they are needed.
    restored: Option<Context>,
    /// CSR38 to CSR53.
    hmac_context: [u32; 16],
}

/// Ticks until a block, or the last one, is done.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Work {
    ticks: u32,
    last: bool,
}

const BLOCK_WORDS: usize = 16;

const CR: u32 = 0x00;
const DIN: u32 = 0x04;
const STR: u32 = 0x08;
const HR0: u32 = 0x0C;
const HR0_END: u32 = 0x20;
const IMR: u32 = 0x20;
const SR: u32 = 0x24;
const CSR: u32 = 0xF8;
const CSR_HMAC: u32 = CSR + 38 * 4;
const CSR_END: u32 = CSR + 54 * 4;
const HR: u32 = 0x310;
const HR_END: u32 = HR + 8 * 4;

const INIT: u32 = 1 << 2;
const MODE: u32 = 1 << 6;
/// DMAE, DATATYPE, MODE, ALGO, MDMAT, LKEY.
const KEPT: u32 = 0x0005_20F8;
const DCAL: u32 = 1 << 8;

const SHA1: u32 = 0;
const MD5: u32 = 1;
const SHA224: u32 = 2;
/// Not one of the unit's codes: a message in the HMAC mode.
const HMAC: u32 = 4;

impl Default for Registers {
    fn default() -> Self {
        Self {
            cr: 0,
            nblw: 0,
            imr: 0,
            ready: true,
            done: false,
            core: Core::new(SHA1),
            work: None,
            digest: [0; 8],
            restored: None,
            hmac_context: [0; 16],
        }
    }
}

impl Hash {
    /// Reads a register at its offset in bytes.
    pub fn read(&mut self, offset: u32) -> u32 {
        self.counters.reads += 1;
        match offset {
            CR | STR | SR => {
                let value = match offset {
                    CR => self.control_bits(),
                    STR => self.registers.nblw,
                    _ => self.status(),
                };
                self.tick();
                value
            }
            HR0..HR0_END => self.digest(index(offset, HR0)),
            IMR => self.registers.imr,
            CSR..CSR_HMAC => self.save(index(offset, CSR)),
            CSR_HMAC..CSR_END => self.registers.hmac_context[index(offset, CSR_HMAC)],
            HR..HR_END => self.digest(index(offset, HR)),
            _ => 0,
        }
    }

    /// Writes a register at its offset in bytes.
    pub fn write(&mut self, offset: u32, value: u32) {
        self.counters.writes += 1;
        match offset {
            CR => self.control(value),
            DIN => self.push(value),
            STR if value & DCAL != 0 => self.finish(),
            STR => self.registers.nblw = value & 0x1F,
            IMR => self.registers.imr = value & 3,
            SR => {
                self.registers.ready &= value & 1 != 0;
                self.registers.done &= value & 2 != 0;
            }
            CSR..CSR_END if self.registers.work.is_some() => self.misuse(),
            CSR..CSR_HMAC => self.restore(index(offset, CSR), value),
            CSR_HMAC..CSR_END => self.registers.hmac_context[index(offset, CSR_HMAC)] = value,
            _ => {}
        }
    }

    /// The level of this unit's part of the interrupt line that it shares with the RNG.
    pub fn interrupt(&self) -> bool {
        self.status() & self.registers.imr != 0
    }

    /// Lets as much time pass as a read of a status register does.
    pub fn tick(&mut self) {
        if let Some(work) = &mut self.registers.work {
            work.ticks = work.ticks.saturating_sub(1);
        }
        self.settle();
    }

    /// Sets all registers as a reset does; latency, fault and counters stay.
    pub fn reset(&mut self) {
        self.registers = Registers::default();
    }

    /// How late blocks and digests are done.
    pub fn set_latency(&mut self, latency: Latency) {
        self.latency = latency;
    }

    /// Has a fault from now on; [`Fault::None`] repairs it.
    pub fn fail(&mut self, fault: Fault) {
        self.failing = Failing { fault, ..Failing::default() };
    }

    /// Has a fault after so many more blocks.
    pub fn fail_after(&mut self, blocks: u32, fault: Fault) {
        self.failing = Failing { fault, after: blocks, only: None };
    }

    /// Has a fault with one algorithm only, named by its ALGO bits: SHA-1 0, MD5 1, SHA-224 2, SHA-256 3.
    pub fn fail_mode(&mut self, algo: u32, fault: Fault) {
        self.failing = Failing { fault, after: 0, only: Some(algo) };
    }

    /// What was done to the unit.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Starts counting anew.
    pub fn clear_counters(&mut self) {
        self.counters = Counters::default();
    }

    /// Whether a block was processed.
    pub fn touched(&self) -> bool {
        self.counters.blocks > 0
    }

    fn misuse(&mut self) {
        self.counters.misuse += 1;
    }

    fn status(&self) -> u32 {
        let Registers { ready, done, work, .. } = &self.registers;
        u32::from(*ready) | u32::from(*done) << 1 | u32::from(work.is_some()) << 3
    }

    /// With NBW, the words that wait in the FIFO, and DINNE.
    fn control_bits(&self) -> u32 {
        let core = &self.registers.core;
        let waiting = u32::try_from(core.filled).unwrap_or(0);
        self.registers.cr | waiting << 8 | u32::from(core.din.is_some()) << 12
    }

    fn control(&mut self, value: u32) {
        self.registers.cr = value & KEPT;
        if value & INIT == 0 {
            return;
        }
        let algorithm = if value & MODE != 0 { HMAC } else { value >> 7 & 1 | value >> 17 & 2 };
        if algorithm == HMAC {
            self.misuse();
        }
        self.registers.core = Core::new(algorithm);
        self.registers.work = None;
        self.registers.restored = None;
        self.registers.ready = true;
        self.registers.done = false;
    }

    fn push(&mut self, word: u32) {
        self.wait_on_the_bus();
        if self.registers.work.is_some() {
            return;
        }
        self.adopt();
        self.registers.ready = false;
        let datatype = self.registers.cr >> 4 & 3;
        let core = &mut self.registers.core;
        if let Some(before) = core.din.replace(swap(word, datatype)) {
            core.fifo[core.filled] = before;
            core.filled += 1;
        }
        if core.filled == BLOCK_WORDS {
            core.compress();
            self.start(false);
        }
    }

    /// The last block or two: the words that wait, of the last one only the valid bits, and the padding.
    fn finish(&mut self) {
        self.wait_on_the_bus();
        if self.registers.work.is_some() {
            return;
        }
        self.adopt();
        let valid = if self.registers.nblw == 0 { 32 } else { self.registers.nblw };
        let wrong = self.failing.now(self.registers.core.algorithm) == Fault::Wrong;
        self.registers.digest = self.registers.core.digest(valid);
        self.registers.digest[0] ^= u32::from(wrong);
        self.registers.ready = false;
        self.start(true);
    }

    fn start(&mut self, last: bool) {
        self.counters.blocks += 1;
        self.registers.work = Some(Work { ticks: self.latency.draw(), last });
        self.settle();
    }

    /// Sets the flags when the time has come.
    fn settle(&mut self) {
        let silent = self.failing.now(self.registers.core.algorithm) == Fault::Silent;
        let Some(work) = self.registers.work.take_if(|work| work.ticks == 0 && !silent) else { return };
        self.failing.count();
        self.registers.ready = true;
        self.registers.done |= work.last;
    }

    /// A unit that never ends would stop the bus; here the write is lost instead.
    fn wait_on_the_bus(&mut self) {
        if let Some(work) = &mut self.registers.work {
            work.ticks = 0;
        }
        self.settle();
    }

    fn digest(&mut self, word: usize) -> u32 {
        if !self.registers.done {
            self.misuse();
            return 0;
        }
        self.registers.digest[word]
    }

    fn save(&mut self, word: usize) -> u32 {
        if self.registers.work.is_some() || !self.registers.ready {
            self.misuse();
            return 0;
        }
        let context = self.registers.restored.clone().unwrap_or_else(|| self.registers.core.context());
        context.word(word)
    }

    fn restore(&mut self, word: usize, value: u32) {
        let context = self.registers.restored.get_or_insert_with(|| self.registers.core.context());
        context.0[word / 19][word % 19] = value;
    }

    /// Goes on with a restored message; one that is not exactly what was saved is spoilt.
    fn adopt(&mut self) {
        let Some(context) = self.registers.restored.take() else { return };
        let core = Core::restored(self.registers.core.algorithm, &context);
        if core.context() == context {
            self.registers.core = core;
        } else {
            self.misuse();
            self.registers.core.chain = core.chain.map(|word| !word);
        }
    }
}

/// Which register of a row.
fn index(offset: u32, first: u32) -> usize {
    usize::try_from((offset - first) / 4).unwrap_or(0)
}

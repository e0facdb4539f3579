//! CRYP, the cryptographic processor in its second version (RM0090 chapter 23; STM32F437, F439).
//!
//! | covered | how |
//! |---|---|
//! | CR | ALGODIR, ALGOMODE, DATATYPE, KEYSIZE, FFLUSH, CRYPEN, GCM_CCMPH; changes of the configuration while BUSY are lost |
//! | SR, DIN, DOUT | FIFOs of eight words; IFEM, IFNF, OFNE, OFFU, BUSY; a word written into a full FIFO is lost |
//! | K0LR to K3RR | write-only, big-endian, a shorter key at the end; after key preparation they hold the key for decryption |
//! | IV0LR to IV1RR | big-endian, never turned by DATATYPE; they go on in CBC, CTR and CCM |
//! | AES-ECB, -CBC, -CTR | decryption in ECB and CBC needs key preparation (ALGOMODE 7), everything else a key as written |
//! | AES-GCM | four phases; the initial counter 2 in IV1RR; any block in the final phase is hashed and answered with the tag |
//! | AES-CCM | four phases; B0 is data of the init phase, A0 of the final one, the length of associated data is software's |
//! | CSGCMCCMxR, CSGCMxR | CSGCMCCM7R is the counter, in GCM plus one; the others keep the model's own state, in its own layout |
//! | IMSCR, RISR, MISR | the level interrupt of both FIFOs |
//! | DMACR | kept only |
//!
//! Left out: DES and TDES (ALGOMODE 0 to 3: each four words are answered with their complement), DMA, and silicon's layout of
//! the context registers. What a key that was prepared, or not prepared, against the manual gives on silicon is not known;
//! here it is AES with the complemented key. How long a block takes is not modelled, only that it takes a while.

mod modes;

use crate::{Counters, Fault, Latency, fault::Failing};

/// The unit. The default is the state after a reset, without latency or fault.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Cryp {
    registers: Registers,
    latency: Latency,
    failing: Failing,
    counters: Counters,
}

/// What a reset clears.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Registers {
    cr: u32,
    dmacr: u32,
    imscr: u32,
    key: [u32; 8],
    /// KEYSIZE of the preparation that the key registers have gone through.
    prepared: Option<u32>,
    iv: [u32; 4],
    /// CSGCMCCMxR: the hash or the MAC so far, and the counter.
    context: [u32; 8],
    /// CSGCMxR: the hash key.
    hash_key: [u32; 8],
    input: Fifo,
    output: Fifo,
    work: Option<Work>,
}

#[derive(Clone, PartialEq, Eq, Default, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Fifo {
    words: [u32; FIFO_LENGTH],
    length: usize,
}

/// A block on its way.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Work {
    /// Ticks until the block is taken from the FIFO.
    wait: u32,
    /// Ticks until it is done.
    process: u32,
    block: Option<[u32; BLOCK_WORDS]>,
}

const FIFO_LENGTH: usize = 8;
const BLOCK_WORDS: usize = 4;

const CR: u32 = 0x00;
const SR: u32 = 0x04;
const DIN: u32 = 0x08;
const DOUT: u32 = 0x0C;
const DMACR: u32 = 0x10;
const IMSCR: u32 = 0x14;
const RISR: u32 = 0x18;
const MISR: u32 = 0x1C;
const KEY: u32 = 0x20;
const IV: u32 = 0x40;
const CSGCMCCM: u32 = 0x50;
const CSGCM: u32 = 0x70;
const END: u32 = 0x90;

const ALGODIR: u32 = 1 << 2;
const FFLUSH: u32 = 1 << 14;
const CRYPEN: u32 = 1 << 15;
/// ALGODIR, ALGOMODE, DATATYPE, KEYSIZE and GCM_CCMPH.
const CONFIGURATION: u32 = 0x000B_03FC;

const ECB: u32 = 4;
const CBC: u32 = 5;
const CTR: u32 = 6;
const PREPARE_KEY: u32 = 7;
const GCM: u32 = 8;
const CCM: u32 = 9;

const INIT: u32 = 0;
const HEADER: u32 = 1;
const PAYLOAD: u32 = 2;

impl Cryp {
    /// Reads a register at its offset in bytes.
    pub fn read(&mut self, offset: u32) -> u32 {
        self.counters.reads += 1;
        match offset {
            CR | SR => {
                let value = if offset == CR { self.registers.cr } else { self.status() };
                self.tick();
                value
            }
            DIN => self.take_back(),
            DOUT => self.pull(),
            DMACR => self.registers.dmacr,
            IMSCR => self.registers.imscr,
            RISR => self.raw_interrupts(),
            MISR => self.masked_interrupts(),
            IV..CSGCMCCM => self.registers.iv[index(offset, IV)],
            CSGCMCCM..CSGCM => self.registers.context[index(offset, CSGCMCCM)],
            CSGCM..END => self.registers.hash_key[index(offset, CSGCM)],
            _ => 0,
        }
    }

    /// Writes a register at its offset in bytes.
    pub fn write(&mut self, offset: u32, value: u32) {
        self.counters.writes += 1;
        let busy = self.registers.work.is_some();
        match offset {
            CR => self.control(value),
            DIN => self.push(value),
            DMACR => self.registers.dmacr = value & 3,
            IMSCR => self.registers.imscr = value & 3,
            KEY..END if busy => self.misuse(),
            KEY..IV => {
                self.registers.key[index(offset, KEY)] = value;
                self.registers.prepared = None;
            }
            IV..CSGCMCCM => self.registers.iv[index(offset, IV)] = value,
            CSGCMCCM..CSGCM => self.registers.context[index(offset, CSGCMCCM)] = value,
            CSGCM..END => self.registers.hash_key[index(offset, CSGCM)] = value,
            _ => {}
        }
        self.settle();
    }

    /// The level of the interrupt line.
    pub fn interrupt(&self) -> bool {
        self.masked_interrupts() != 0
    }

    /// Lets as much time pass as a read of a status register does.
    pub fn tick(&mut self) {
        if let Some(work) = &mut self.registers.work {
            if work.wait > 0 {
                work.wait -= 1;
            } else {
                work.process = work.process.saturating_sub(1);
            }
        }
        self.settle();
    }

    /// Sets all registers as a reset does; latency, fault and counters stay.
    pub fn reset(&mut self) {
        self.registers = Registers::default();
    }

    /// How late blocks are taken and done.
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

    /// Has a fault in one ALGOMODE only.
    pub fn fail_mode(&mut self, algomode: u32, fault: Fault) {
        self.failing = Failing { fault, after: 0, only: Some(algomode) };
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
        let Registers { input, output, work, .. } = &self.registers;
        u32::from(input.length == 0)
            | u32::from(input.length < FIFO_LENGTH) << 1
            | u32::from(output.length > 0) << 2
            | u32::from(output.length == FIFO_LENGTH) << 3
            | u32::from(work.is_some()) << 4
    }

    /// INRIS: fewer than four words wait. OUTRIS: there is something to read.
    fn raw_interrupts(&self) -> u32 {
        u32::from(self.registers.input.length < BLOCK_WORDS)
            | u32::from(self.registers.output.length > 0) << 1
    }

    /// That of the input only while the unit is enabled.
    fn masked_interrupts(&self) -> u32 {
        let input = u32::from(self.registers.cr & CRYPEN != 0);
        self.raw_interrupts() & self.registers.imscr & (2 | input)
    }

    fn control(&mut self, value: u32) {
        if value & FFLUSH != 0 {
            if self.registers.cr & CRYPEN == 0 {
                self.registers.input.length = 0;
                self.registers.output.length = 0;
            } else {
                self.misuse();
            }
        }
        let mut configuration = value & CONFIGURATION;
        let before = self.registers.cr & CONFIGURATION;
        if self.registers.work.is_some() && configuration != before {
            self.misuse();
            configuration = before;
        }
        self.registers.cr = configuration | value & CRYPEN;
    }

    fn push(&mut self, word: u32) {
        if !self.registers.input.push(word) {
            self.misuse();
        }
    }

    fn pull(&mut self) -> u32 {
        let word = self.registers.output.pull();
        if word.is_none() {
            self.misuse();
        }
        self.settle();
        word.unwrap_or(0)
    }

    /// A read of DIN gives words back while the unit is disabled.
    fn take_back(&mut self) -> u32 {
        let word = if self.registers.cr & CRYPEN == 0 { self.registers.input.pull() } else { None };
        if word.is_none() {
            self.misuse();
        }
        word.unwrap_or(0)
    }

    fn mode(&self) -> u32 {
        self.registers.cr >> 3 & 7 | self.registers.cr >> 16 & 8
    }

    fn phase(&self) -> u32 {
        self.registers.cr >> 16 & 3
    }

    fn decrypts(&self) -> bool {
        self.registers.cr & ALGODIR != 0
    }

    fn keysize(&self) -> u32 {
        self.registers.cr >> 8 & 3
    }

    fn datatype(&self) -> u32 {
        self.registers.cr >> 6 & 3
    }

    /// Goes as far as the words that are there, the room in the FIFO and the time that has passed allow.
    fn settle(&mut self) {
        while self.begin() {
            let fault = self.failing.now(self.mode());
            let Some(work) = &mut self.registers.work else { return };
            if work.wait > 0 {
                return;
            }
            let block = match work.block {
                Some(block) => block,
                None => *work.block.insert(self.registers.input.block()),
            };
            if work.process > 0 || fault == Fault::Silent {
                return;
            }
            self.registers.work = None;
            self.process(block, fault);
        }
    }

    /// Whether there is work, begun here or before.
    fn begin(&mut self) -> bool {
        if self.registers.work.is_some() {
            return true;
        }
        let alone = matches!((self.mode(), self.phase()), (PREPARE_KEY, _) | (GCM, INIT));
        let silent = alone || matches!((self.mode(), self.phase()), (CCM, INIT) | (GCM | CCM, HEADER));
        let enough = alone || self.registers.input.length >= BLOCK_WORDS;
        let room = silent || self.registers.output.length + BLOCK_WORDS <= FIFO_LENGTH;
        if self.registers.cr & CRYPEN == 0 || !enough || !room {
            return false;
        }
        let wait = if alone { 0 } else { self.latency.draw() };
        let block = alone.then_some([0; BLOCK_WORDS]);
        self.registers.work = Some(Work { wait, process: self.latency.draw(), block });
        true
    }
}

impl Fifo {
    fn push(&mut self, word: u32) -> bool {
        let free = self.words.get_mut(self.length);
        free.map(|slot| *slot = word).map(|()| self.length += 1).is_some()
    }

    fn pull(&mut self) -> Option<u32> {
        if self.length == 0 {
            return None;
        }
        let word = self.words[0];
        self.words.rotate_left(1);
        self.length -= 1;
        Some(word)
    }

    /// The four oldest words.
    fn block(&mut self) -> [u32; BLOCK_WORDS] {
        [(); BLOCK_WORDS].map(|()| self.pull().unwrap_or(0))
    }
}

/// Which register of a row.
fn index(offset: u32, first: u32) -> usize {
    usize::try_from((offset - first) / 4).unwrap_or(0)
}

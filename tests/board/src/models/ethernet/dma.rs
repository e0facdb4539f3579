//! The Ethernet DMA and its descriptor rings (RM0090 rev 22 §33.6, §33.8.4).
//!
//! | Covers | |
//! |---|---|
//! | `DMABMR.SR` | ends only with RMII selected and the MAC's transmit and receive clocks on, §33.4.4; `DSL`, `EDFE` |
//! | `DMAOMR.ST`, `SR`, `FTF` | both processes start, stop, and flush |
//! | transmit descriptors | `OWN`, `IC`, `LS`, `FS`, `TER`, `TCH`, two buffers of a ring descriptor; frames over several descriptors |
//! | receive descriptors | `OWN`, `FL` with the check sequence, `FS`, `LS`, `FT`, `RER`, `RCH`; frames over several descriptors |
//! | `DMATPDR`, `DMARPDR` | wake a suspended process |
//! | `DMASR` | `TS`, `TPSS`, `TBUS`, `RS`, `RBUS`, `RPSS`, `FBES` with `EBS`, `AIS`, `NIS`, the process states; cleared by ones |
//! | `DMAIER` | all of these, on line 61 |
//! | `DMAMFBOCR` | frames missed because no descriptor was free; cleared by reading |
//! | CCM and what is not memory | a fatal bus error: no descriptor and no buffer may be there |
//! | time | frames pass at 100 Mbit/s; descriptors are given back later, as the dice say |
//!
//! | Leaves out | |
//! |---|---|
//! | checksum offload (`CIC`) | a descriptor that asks for it is told |
//! | time stamps, receive watchdog, bursts, thresholds | stored |
//! | `DMACHTDR` to `DMACHRBAR` | read as the current descriptors |
//! | collisions, errors on the line | there are none |

use std::collections::VecDeque;

use rigless::{
    device::{Device, DeviceContext, Level, RegisterFile},
    soc::{Width, stm32f427::generated::ethernet_dma::Register},
    time::{EventId, VirtualNanos},
};

use super::Wire;
use crate::models::dice::Dice;

const OWN: u64 = 1 << 31;

const TS: u64 = 1;
const TPSS: u64 = 1 << 1;
const TBUS: u64 = 1 << 2;
const RS: u64 = 1 << 6;
const RBUS: u64 = 1 << 7;
const RPSS: u64 = 1 << 8;
const FBES: u64 = 1 << 13;
const AIS: u64 = 1 << 15;
const NIS: u64 = 1 << 16;
const NORMAL: u64 = TS | TBUS | RS | 1 << 14;
const ABNORMAL: u64 = TPSS | RBUS | RPSS | FBES;
const CLEARABLE: u64 = 0x1_E7FF;

const START_RECEIVE: u64 = 1 << 1;
const START_TRANSMIT: u64 = 1 << 13;
const FLUSH: u64 = 1 << 20;

const RCC_AHB1ENR: u64 = 0x4002_3830;
const SYSCFG_PMC: u64 = 0x4001_3804;
const MAC_CLOCKS: u64 = 0b111 << 25;
const RMII: u64 = 1 << 23;

/// Kinds of accesses that this model asks for, in the upper half of a token.
const TRANSMIT_DESCRIPTOR: u64 = 1;
const TRANSMIT_DATA: u64 = 2;
const RECEIVE_DESCRIPTOR: u64 = 3;
const CLOCKS: u64 = 4;
const INTERFACE: u64 = 5;
const WRITTEN: u64 = 6;
/// In the place of a width: all bytes of a descriptor are here.
const LAST: u64 = 0;

/// The receive FIFO.
const FIFO: usize = 2048;
/// Nanoseconds of a byte at 100 Mbit/s, and of the gap and preamble around a frame.
const BYTE: u64 = 80;
const GAP: u64 = 20 * BYTE;

/// A descriptor as it was fetched.
#[derive(Clone, Copy, Debug, Default)]
struct Descriptor {
    address: u64,
    words: [u64; 4],
    /// How many of the words have come.
    filled: usize,
}

/// What one of the two processes is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Process {
    Stopped,
    /// Waiting for a descriptor of its own, or for a frame.
    Idle,
    /// Fetching a descriptor, or moving a frame.
    Busy,
}

/// The model.
#[derive(Debug)]
pub struct EthernetDma {
    wire: Wire,
    dice: Dice,
    mode: u64,
    operation: u64,
    status: u64,
    enabled: u64,
    transmit: Process,
    transmit_list: u64,
    outgoing: Descriptor,
    frame: Vec<u8>,
    sent_at: Option<EventId>,
    receive: Process,
    receive_list: u64,
    incoming: Descriptor,
    fifo: VecDeque<Vec<u8>>,
    written: usize,
    received_at: Option<EventId>,
    arrives_at: Option<EventId>,
    wire_free: VirtualNanos,
    reset_ends: Option<EventId>,
    flush_ends: Option<EventId>,
    missed: u64,
}

impl EthernetDma {
    /// A DMA out of reset.
    pub fn new(wire: Wire, dice: Dice) -> Self {
        Self {
            wire,
            dice,
            mode: 0x2100,
            operation: 0,
            status: 0,
            enabled: 0,
            transmit: Process::Stopped,
            transmit_list: 0,
            outgoing: Descriptor::default(),
            frame: Vec::new(),
            sent_at: None,
            receive: Process::Stopped,
            receive_list: 0,
            incoming: Descriptor::default(),
            fifo: VecDeque::new(),
            written: 0,
            received_at: None,
            arrives_at: None,
            wire_free: VirtualNanos(0),
            reset_ends: None,
            flush_ends: None,
            missed: 0,
        }
    }

    fn report(&mut self, flags: u64, context: &mut DeviceContext<'_>) {
        self.status |= flags;
        if flags & self.enabled & NORMAL != 0 {
            self.status |= NIS;
        }
        if flags & self.enabled & ABNORMAL != 0 {
            self.status |= AIS;
        }
        self.drive(context);
    }

    fn drive(&mut self, context: &mut DeviceContext<'_>) {
        context.interrupt(0, Level::from(self.status & self.enabled & (NIS | AIS) != 0));
    }

    /// A bus error stops both processes until the next reset.
    fn fail(&mut self, error: u64, context: &mut DeviceContext<'_>) {
        self.transmit = Process::Stopped;
        self.receive = Process::Stopped;
        self.status = self.status & !(7 << 23) | error << 23;
        self.report(FBES, context);
    }

    /// Asks for a word of memory that the DMA can reach; `false` after a bus error.
    fn fetch(&mut self, kind: u64, address: u64, width: Width, context: &mut DeviceContext<'_>) -> bool {
        if !reachable(address) {
            self.fail(if kind == TRANSMIT_DATA { 0b011 } else { 0b111 }, context);
            return false;
        }
        context.read_from(address, width, kind << 32 | u64::from(width.bytes()));
        true
    }

    fn store(&mut self, address: u64, width: Width, value: u64, context: &mut DeviceContext<'_>) -> bool {
        if !reachable(address) {
            self.fail(0, context);
            return false;
        }
        context.write_to(address, width, value, WRITTEN << 32);
        true
    }

    fn fetch_descriptor(&mut self, kind: u64, address: u64, context: &mut DeviceContext<'_>) {
        let descriptor = Descriptor { address, ..Descriptor::default() };
        match kind {
            TRANSMIT_DESCRIPTOR => (self.outgoing, self.transmit) = (descriptor, Process::Busy),
            _ => (self.incoming, self.receive) = (descriptor, Process::Busy),
        }
        for word in 0..4 {
            if !self.fetch(kind, address + 4 * word, Width::W32, context) {
                return;
            }
        }
    }

    /// Bytes from one descriptor to the next in a ring.
    fn stride(&self) -> u64 {
        let length = if self.mode >> 7 & 1 != 0 { 32 } else { 16 };
        length + 4 * (self.mode >> 2 & 0x1F)
    }

    fn transmit(&mut self, context: &mut DeviceContext<'_>) {
        if self.transmit == Process::Idle && self.wire.state().transmits {
            self.fetch_descriptor(TRANSMIT_DESCRIPTOR, self.outgoing.address, context);
        }
    }

    /// All four words of a transmit descriptor are here.
    fn transmit_descriptor(&mut self, context: &mut DeviceContext<'_>) {
        let [control, lengths, first, second] = self.outgoing.words;
        if control & OWN == 0 {
            self.transmit = Process::Idle;
            return self.report(TBUS, context);
        }
        if control >> 22 & 3 != 0 {
            context.tell("TDES0", "§33.6.7: checksum insertion is not modelled");
        }
        if control >> 28 & 1 != 0 {
            self.frame.clear();
        }
        let chained = control >> 20 & 1 != 0;
        let mut buffers = vec![(first, lengths & 0x1FFF)];
        if !chained {
            buffers.push((second, lengths >> 16 & 0x1FFF));
        }
        for (address, length) in buffers {
            for (at, width) in pieces(address, length) {
                if !self.fetch(TRANSMIT_DATA, at, width, context) {
                    return;
                }
            }
        }
        // Answers come in the order of the questions: this one after all bytes.
        context.read_from(self.outgoing.address, Width::W32, TRANSMIT_DATA << 32 | LAST);
    }

    /// All bytes of a transmit descriptor are here.
    fn transmit_bytes(&mut self, context: &mut DeviceContext<'_>) {
        let now = context.now();
        let last = self.outgoing.words[0] >> 29 & 1 != 0;
        let time = if last { (self.frame.len() as u64 + 4).max(64) * BYTE + GAP } else { 0 };
        let at = self.dice.after(now, time);
        self.sent_at = Some(context.schedule(at));
        if last {
            let mut frame = std::mem::take(&mut self.frame);
            frame.resize(frame.len().max(60), 0);
            let mut state = self.wire.state();
            if state.phy.is_up(now) {
                state.sent.push_back(frame);
            }
        }
    }

    /// The frame has left: the descriptor goes back to the firmware.
    fn transmitted(&mut self, context: &mut DeviceContext<'_>) {
        let Descriptor { address, words: [control, _, _, next], .. } = self.outgoing;
        if !self.store(address, Width::W32, control & !OWN & !0xFFFF, context) {
            return;
        }
        self.outgoing.address = if control >> 21 & 1 != 0 {
            self.transmit_list
        } else if control >> 20 & 1 != 0 {
            next
        } else {
            address + self.stride()
        };
        self.transmit = Process::Idle;
        if control >> 30 & 1 != 0 {
            self.report(TS, context);
        }
        if self.operation & START_TRANSMIT == 0 {
            self.transmit = Process::Stopped;
            return self.report(TPSS, context);
        }
        self.transmit(context);
    }

    /// Takes the next frame off the wire when it is time, and gives the receive process what to do.
    fn arrive(&mut self, context: &mut DeviceContext<'_>) {
        let now = context.now();
        let state = self.wire.state();
        if self.arrives_at.is_none()
            && let Some(frame) = state.arriving.front()
        {
            let begin = self.wire_free.max(now);
            let end = begin.0 + frame.len() as u64 * BYTE + GAP;
            self.wire_free = VirtualNanos(end);
            self.arrives_at = Some(context.schedule(self.wire_free));
        }
    }

    fn arrived(&mut self, context: &mut DeviceContext<'_>) {
        let mut state = self.wire.state();
        let Some(mut frame) = state.arriving.pop_front() else { return };
        let passes = state.receives && state.phy.is_up(context.now()) && state.filter.passes(&frame);
        if passes && self.receive != Process::Stopped {
            frame.resize(frame.len().max(60), 0);
            frame.extend(check_sequence(&frame).to_le_bytes());
            let held: usize = self.fifo.iter().map(Vec::len).sum();
            if held + frame.len() <= FIFO {
                self.fifo.push_back(frame);
            } else {
                state.missed += 1;
                self.missed += 1;
            }
        }
        drop(state);
        self.receive(context);
        self.arrive(context);
    }

    fn receive(&mut self, context: &mut DeviceContext<'_>) {
        if self.receive == Process::Idle && !self.fifo.is_empty() {
            self.fetch_descriptor(RECEIVE_DESCRIPTOR, self.incoming.address, context);
        }
    }

    /// All four words of a receive descriptor are here.
    fn receive_descriptor(&mut self, context: &mut DeviceContext<'_>) {
        let [status, lengths, first, second] = self.incoming.words;
        self.receive = Process::Idle;
        if status & OWN == 0 {
            return self.report(RBUS, context);
        }
        let Some(frame) = self.fifo.front().cloned() else { return };
        let chained = lengths >> 14 & 1 != 0;
        let mut at = self.written;
        for (address, length) in
            [(first, lengths & 0x1FFF), (second, if chained { 0 } else { lengths >> 16 & 0x1FFF })]
        {
            let end = frame.len().min(at + length as usize);
            let mut bytes = frame.get(at..end).unwrap_or_default();
            for (to, width) in pieces(address, bytes.len() as u64) {
                let (piece, rest) = bytes.split_at(width.bytes() as usize);
                let value = piece.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte));
                if !self.store(to, width, value, context) {
                    return;
                }
                bytes = rest;
            }
            at = end;
        }
        self.receive = Process::Busy;
        let first_segment = self.written == 0;
        self.written = at;
        let last_segment = at == frame.len();
        let length = if last_segment { (frame.len() as u64) << 16 } else { 0 };
        self.incoming.words[0] =
            length | 1 << 5 | u64::from(first_segment) << 9 | u64::from(last_segment) << 8;
        let at = self.dice.after(context.now(), 1_000);
        self.received_at = Some(context.schedule(at));
    }

    /// The descriptor goes to the firmware.
    fn received(&mut self, context: &mut DeviceContext<'_>) {
        let Descriptor { address, words: [status, lengths, _, next], .. } = self.incoming;
        if !self.store(address, Width::W32, status, context) {
            return;
        }
        self.incoming.address = if lengths >> 15 & 1 != 0 {
            self.receive_list
        } else if lengths >> 14 & 1 != 0 {
            next
        } else {
            address + self.stride()
        };
        self.receive = Process::Idle;
        if status >> 8 & 1 != 0 {
            self.fifo.pop_front();
            self.written = 0;
            if lengths >> 31 & 1 == 0 {
                self.report(RS, context);
            }
        }
        if self.operation & START_RECEIVE == 0 {
            self.receive = Process::Stopped;
            return self.report(RPSS, context);
        }
        self.receive(context);
    }

    fn operate(&mut self, value: u64, context: &mut DeviceContext<'_>) {
        self.operation = value & 0x0730_E0DE;
        if value & FLUSH != 0 {
            let at = self.dice.after(context.now(), 100);
            self.flush_ends = Some(context.schedule(at));
        }
        match (self.transmit, value & START_TRANSMIT != 0) {
            (Process::Stopped, true) => {
                self.outgoing.address = self.transmit_list;
                self.transmit = Process::Idle;
                self.transmit(context);
            }
            (Process::Idle, false) => self.transmit = Process::Stopped,
            _ => {}
        }
        match (self.receive, value & START_RECEIVE != 0) {
            (Process::Stopped, true) => {
                self.incoming.address = self.receive_list;
                self.receive = Process::Idle;
                self.receive(context);
            }
            (Process::Idle, false) => self.receive = Process::Stopped,
            _ => {}
        }
    }

    fn states(&self) -> u64 {
        let receive = match self.receive {
            Process::Stopped => 0,
            Process::Idle if self.status & RBUS != 0 => 0b100,
            Process::Idle => 0b011,
            Process::Busy => 0b111,
        };
        let transmit = match self.transmit {
            Process::Stopped => 0,
            Process::Idle => 0b110,
            Process::Busy => 0b011,
        };
        receive << 17 | transmit << 20
    }
}

impl Device for EthernetDma {
    type Register = Register;

    fn read(&mut self, register: Register, _: &mut RegisterFile, _: &mut DeviceContext<'_>) -> Option<u64> {
        match register {
            Register::Dmabmr => Some(self.mode),
            Register::Dmasr => Some(self.status | self.states()),
            Register::Dmaomr => Some(self.operation),
            Register::Dmaier => Some(self.enabled),
            Register::Dmardlar => Some(self.receive_list),
            Register::Dmatdlar => Some(self.transmit_list),
            Register::Dmamfbocr => Some(std::mem::take(&mut self.missed) & 0xFFFF),
            Register::Dmachtdr => Some(self.outgoing.address),
            Register::Dmachrdr => Some(self.incoming.address),
            _ => None,
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
            Register::Dmabmr if value & 1 != 0 => {
                Device::reset(self);
                self.mode |= 1;
                self.wire.state().reset = true;
                context.read_from(RCC_AHB1ENR, Width::W32, CLOCKS << 32);
            }
            Register::Dmabmr => self.mode = value & 0x07FF_FFFE,
            Register::Dmasr => {
                self.status &= !(value & CLEARABLE);
                self.drive(context);
            }
            Register::Dmaomr => self.operate(value, context),
            Register::Dmaier => {
                self.enabled = value;
                self.drive(context);
            }
            Register::Dmardlar => self.receive_list = value & !3,
            Register::Dmatdlar => self.transmit_list = value & !3,
            Register::Dmatpdr => self.transmit(context),
            Register::Dmarpdr => self.receive(context),
            _ => {}
        }
    }

    fn on_access(&mut self, token: u64, value: u64, _: &mut RegisterFile, context: &mut DeviceContext<'_>) {
        match token >> 32 {
            kind @ (TRANSMIT_DESCRIPTOR | RECEIVE_DESCRIPTOR) => {
                let descriptor =
                    if kind == TRANSMIT_DESCRIPTOR { &mut self.outgoing } else { &mut self.incoming };
                if let Some(word) = descriptor.words.get_mut(descriptor.filled) {
                    *word = value;
                    descriptor.filled += 1;
                }
                match (descriptor.filled, kind) {
                    (4, TRANSMIT_DESCRIPTOR) => self.transmit_descriptor(context),
                    (4, _) => self.receive_descriptor(context),
                    _ => {}
                }
            }
            TRANSMIT_DATA if token & 0xF == LAST => self.transmit_bytes(context),
            TRANSMIT_DATA => self.frame.extend(value.to_le_bytes().iter().take((token & 0xF) as usize)),
            CLOCKS if value & MAC_CLOCKS == MAC_CLOCKS => {
                context.read_from(SYSCFG_PMC, Width::W32, INTERFACE << 32);
            }
            CLOCKS => context.tell("DMABMR", "§33.4.4: the MAC's clocks are off, so the reset does not end"),
            INTERFACE if value & RMII != 0 => {
                let at = self.dice.after(context.now(), 1_000);
                self.reset_ends = Some(context.schedule(at));
            }
            INTERFACE => context.tell("DMABMR", "§33.4.4: RMII is not selected, so the reset does not end"),
            _ => {}
        }
    }

    fn on_refused(&mut self, token: u64, _: &mut RegisterFile, context: &mut DeviceContext<'_>) {
        match token >> 32 {
            INTERFACE => context.tell("DMABMR", "§33.4.4: SYSCFG is not clocked, so RMII is not selected"),
            TRANSMIT_DATA => self.fail(0b011, context),
            WRITTEN => self.fail(0, context),
            _ => self.fail(0b111, context),
        }
    }

    fn on_event(&mut self, event: EventId, _: &mut RegisterFile, context: &mut DeviceContext<'_>) {
        let event = Some(event);
        // Several may be due at once: an instance has one event for an instant.
        if event == self.reset_ends {
            self.reset_ends = None;
            self.mode &= !1;
        }
        if event == self.flush_ends {
            self.flush_ends = None;
            self.operation &= !FLUSH;
        }
        if event == self.sent_at {
            self.sent_at = None;
            self.transmitted(context);
        }
        if event == self.received_at {
            self.received_at = None;
            self.received(context);
        }
        if event == self.arrives_at {
            self.arrives_at = None;
            self.arrived(context);
        }
    }

    fn poll(&mut self, _: &mut RegisterFile, context: &mut DeviceContext<'_>) {
        self.arrive(context);
    }

    fn reset(&mut self) {
        *self = Self::new(self.wire.clone(), self.dice.clone());
    }
}

/// Whether the DMA's bus master reaches an address: not core-coupled memory, §2.3.1.
fn reachable(address: u64) -> bool {
    (0x2000_0000..0x2003_0000).contains(&address) || (0x0800_0000..0x0820_0000).contains(&address)
}

/// A span of memory as accesses of words where it is aligned, and of bytes at its ends.
fn pieces(address: u64, length: u64) -> impl Iterator<Item = (u64, Width)> {
    let end = address + length;
    let mut at = address;
    std::iter::from_fn(move || {
        let width = if at % 4 == 0 && at + 4 <= end { Width::W32 } else { Width::W8 };
        let piece = (at < end).then_some((at, width));
        at += u64::from(width.bytes());
        piece
    })
}

/// The frame check sequence, IEEE 802.3 §3.2.9.
fn check_sequence(frame: &[u8]) -> u32 {
    !frame.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| sum >> 1 ^ (sum & 1).wrapping_neg() & 0xEDB8_8320)
    })
}

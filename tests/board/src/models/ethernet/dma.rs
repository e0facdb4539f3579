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

mod memory;
mod receive;
mod transmit;

use std::collections::VecDeque;

use rigless::{
    device::{Device, DeviceContext, Level, RegisterFile},
    soc::{Width, stm32f427::generated::ethernet_dma::Register},
    time::{EventId, VirtualNanos},
};

use super::Wire;
use crate::models::dice::Dice;
use memory::{
    CLOCKS, Descriptor, INTERFACE, LAST, RECEIVE_DESCRIPTOR, TRANSMIT_DATA, TRANSMIT_DESCRIPTOR, WRITTEN,
};

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

/// Nanoseconds of a byte at 100 Mbit/s, and of the gap and preamble around a frame.
const BYTE: u64 = 80;
const GAP: u64 = 20 * BYTE;

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

    /// Bytes from one descriptor to the next in a ring.
    fn stride(&self) -> u64 {
        let length = if self.mode >> 7 & 1 != 0 { 32 } else { 16 };
        length + 4 * (self.mode >> 2 & 0x1F)
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

//! The receive process (RM0090 rev 22 §33.6.6, §33.6.8): from the wire through the FIFO to descriptors.

use rigless::{device::DeviceContext, soc::Width, time::VirtualNanos};

use super::{
    BYTE, EthernetDma, GAP, Process, RBUS, RPSS, RS, START_RECEIVE,
    memory::{Descriptor, OWN, RECEIVE_DESCRIPTOR, pieces},
};

/// The receive FIFO.
const FIFO: usize = 2048;
impl EthernetDma {
    /// Takes the next frame off the wire when it is time, and gives the receive process what to do.
    pub(super) fn arrive(&mut self, context: &mut DeviceContext<'_>) {
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

    pub(super) fn arrived(&mut self, context: &mut DeviceContext<'_>) {
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

    pub(super) fn receive(&mut self, context: &mut DeviceContext<'_>) {
        if self.receive == Process::Idle && !self.fifo.is_empty() {
            self.fetch_descriptor(RECEIVE_DESCRIPTOR, self.incoming.address, context);
        }
    }

    /// All four words of a receive descriptor are here.
    pub(super) fn receive_descriptor(&mut self, context: &mut DeviceContext<'_>) {
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
    pub(super) fn received(&mut self, context: &mut DeviceContext<'_>) {
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
}

/// The frame check sequence, IEEE 802.3 §3.2.9.
fn check_sequence(frame: &[u8]) -> u32 {
    !frame.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| sum >> 1 ^ (sum & 1).wrapping_neg() & 0xEDB8_8320)
    })
}

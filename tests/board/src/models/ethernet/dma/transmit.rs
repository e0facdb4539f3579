//! The transmit process (RM0090 rev 22 §33.6.5, §33.6.7): from a descriptor to the wire.

use rigless::{device::DeviceContext, soc::Width};

use super::{
    BYTE, EthernetDma, GAP, Process, START_TRANSMIT, TBUS, TPSS, TS,
    memory::{Descriptor, LAST, OWN, TRANSMIT_DATA, TRANSMIT_DESCRIPTOR, pieces},
};

impl EthernetDma {
    pub(super) fn transmit(&mut self, context: &mut DeviceContext<'_>) {
        if self.transmit == Process::Idle && self.wire.state().transmits {
            self.fetch_descriptor(TRANSMIT_DESCRIPTOR, self.outgoing.address, context);
        }
    }

    /// All four words of a transmit descriptor are here.
    pub(super) fn transmit_descriptor(&mut self, context: &mut DeviceContext<'_>) {
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
    pub(super) fn transmit_bytes(&mut self, context: &mut DeviceContext<'_>) {
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
    pub(super) fn transmitted(&mut self, context: &mut DeviceContext<'_>) {
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
}

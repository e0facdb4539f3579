//! The DMA at memory: descriptors, and what it reaches (RM0090 rev 22 §2.3.1, §33.6.3).

use rigless::{device::DeviceContext, soc::Width};

use super::{EthernetDma, Process};

/// A descriptor that belongs to the DMA, in its first word.
pub(super) const OWN: u64 = 1 << 31;

/// Kinds of accesses that this model asks for, in the upper half of a token.
pub(super) const TRANSMIT_DESCRIPTOR: u64 = 1;
pub(super) const TRANSMIT_DATA: u64 = 2;
pub(super) const RECEIVE_DESCRIPTOR: u64 = 3;
pub(super) const CLOCKS: u64 = 4;
pub(super) const INTERFACE: u64 = 5;
pub(super) const WRITTEN: u64 = 6;
/// In the place of a width: all bytes of a descriptor are here.
pub(super) const LAST: u64 = 0;

/// A descriptor as it was fetched.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Descriptor {
    pub(super) address: u64,
    pub(super) words: [u64; 4],
    /// How many of the words have come.
    pub(super) filled: usize,
}

impl EthernetDma {
    /// Asks for a word of memory that the DMA can reach; `false` after a bus error.
    pub(super) fn fetch(
        &mut self,
        kind: u64,
        address: u64,
        width: Width,
        context: &mut DeviceContext<'_>,
    ) -> bool {
        if !reachable(address) {
            self.fail(if kind == TRANSMIT_DATA { 0b011 } else { 0b111 }, context);
            return false;
        }
        context.read_from(address, width, kind << 32 | u64::from(width.bytes()));
        true
    }

    pub(super) fn store(
        &mut self,
        address: u64,
        width: Width,
        value: u64,
        context: &mut DeviceContext<'_>,
    ) -> bool {
        if !reachable(address) {
            self.fail(0, context);
            return false;
        }
        context.write_to(address, width, value, WRITTEN << 32);
        true
    }

    pub(super) fn fetch_descriptor(&mut self, kind: u64, address: u64, context: &mut DeviceContext<'_>) {
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
}

/// Whether the DMA's bus master reaches an address: not core-coupled memory, §2.3.1.
fn reachable(address: u64) -> bool {
    (0x2000_0000..0x2003_0000).contains(&address) || (0x0800_0000..0x0820_0000).contains(&address)
}

/// A span of memory as accesses of words where it is aligned, and of bytes at its ends.
pub(super) fn pieces(address: u64, length: u64) -> impl Iterator<Item = (u64, Width)> {
    let end = address + length;
    let mut at = address;
    std::iter::from_fn(move || {
        let width = if at.is_multiple_of(4) && at + 4 <= end { Width::W32 } else { Width::W8 };
        let piece = (at < end).then_some((at, width));
        at += u64::from(width.bytes());
        piece
    })
}

//! The QoS 2 identifiers that were received and whose PUBREL is awaited, stored as ranges.
//!
//! Servers number their messages upwards, so thousands of identifiers often form one range. A range takes four bytes: the first and the
//! last identifier. The ranges grow from the end of the in-flight buffer towards the log. They are in ascending order from the buffer's
//! end, and no two of them touch.

use core::num::NonZeroU16;

use status::Error;

use crate::store::{InFlightRecord, InFlightStore};

/// First and last identifier, two bytes each.
pub(crate) const RANGE_LENGTH: usize = 4;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct IdentifierRange {
    pub(crate) first: u16,
    pub(crate) last: u16,
}

impl IdentifierRange {
    pub(crate) fn encode(self) -> [u8; RANGE_LENGTH] {
        let ([a, b], [c, d]) = (self.first.to_be_bytes(), self.last.to_be_bytes());
        [a, b, c, d]
    }

    pub(crate) fn decode([a, b, c, d]: [u8; RANGE_LENGTH]) -> Self {
        Self { first: u16::from_be_bytes([a, b]), last: u16::from_be_bytes([c, d]) }
    }
}

impl InFlightStore<'_> {
    pub(crate) fn ranges_length(&self) -> usize {
        self.ranges.saturating_mul(RANGE_LENGTH)
    }

    /// The range at `index`; 0 is the lowest.
    pub(crate) fn range(&self, index: usize) -> Option<IdentifierRange> {
        let (_, ranges) = self.bytes.as_rchunks();
        let index = ranges.len().checked_sub(index.checked_add(1)?)?;
        ranges.get(index).copied().map(IdentifierRange::decode)
    }

    fn set_range(&mut self, index: usize, range: IdentifierRange) {
        let (_, ranges) = self.bytes.as_rchunks_mut();
        if let Some(bytes) = ranges.iter_mut().nth_back(index) {
            *bytes = range.encode();
        }
    }

    /// The index of the first range that does not end before the identifier, and the range itself if it contains the identifier.
    #[inline(never)]
    fn locate(&self, identifier: NonZeroU16) -> (usize, Option<IdentifierRange>) {
        let (mut low, mut high) = (0, self.ranges);
        while low < high {
            let middle = low.midpoint(high);
            if self.range(middle).is_some_and(|range| range.last < identifier.get()) {
                low = middle.saturating_add(1);
            } else {
                high = middle;
            }
        }
        let range = self.range(low).filter(|range| low < self.ranges && range.first <= identifier.get());
        (low, range)
    }

    /// Whether this message has been received and its PUBREC written.
    pub(crate) fn is_open(&self, identifier: NonZeroU16) -> bool {
        self.locate(identifier).1.is_some()
    }

    /// The PUBREC of an incoming message has been written: its record turns into part of a range.
    pub(crate) fn remember(&mut self, record: &InFlightRecord) {
        self.remove(record);
        // There is room, because the record was larger than a range.
        let _ = self.open(record.identifier);
    }

    /// Adds an identifier.
    ///
    /// # Errors
    /// `IN_FLIGHT_FULL`
    #[inline(never)]
    pub(crate) fn open(&mut self, identifier: NonZeroU16) -> Result<(), Error> {
        let (index, found) = self.locate(identifier);
        if found.is_some() {
            return Ok(());
        }
        let number = identifier.get();
        let before = index.checked_sub(1).and_then(|index| Some((index, self.range(index)?)));
        let before = before.filter(|(_, range)| range.last.checked_add(1) == Some(number));
        let after = self.range(index).filter(|_| index < self.ranges);
        let after = after.filter(|range| range.first.checked_sub(1) == Some(number));
        match (before, after) {
            (Some((index, before)), Some(after)) => {
                self.set_range(index, IdentifierRange { last: after.last, ..before });
                self.delete(index.saturating_add(1));
                Ok(())
            }
            (Some((index, before)), None) => {
                self.set_range(index, IdentifierRange { last: number, ..before });
                Ok(())
            }
            (None, Some(after)) => {
                self.set_range(index, IdentifierRange { first: number, ..after });
                Ok(())
            }
            (None, None) => self.insert(index, IdentifierRange { first: number, last: number }),
        }
    }

    /// Removes an identifier. Returns whether it was there.
    ///
    /// # Errors
    /// `IN_FLIGHT_FULL`: removing it splits its range, and there is no room for the second part. Nothing has changed.
    #[inline(never)]
    pub(crate) fn close(&mut self, identifier: NonZeroU16) -> Result<bool, Error> {
        let (index, found) = self.locate(identifier);
        let Some(IdentifierRange { first, last }) = found else { return Ok(false) };
        let number = identifier.get();
        let (below, above) = (number.saturating_sub(1), number.saturating_add(1));
        match (first == number, last == number) {
            (true, true) => self.delete(index),
            (true, false) => self.set_range(index, IdentifierRange { first: above, last }),
            (false, true) => self.set_range(index, IdentifierRange { first, last: below }),
            (false, false) => {
                self.insert(index.saturating_add(1), IdentifierRange { first: above, last })?;
                self.set_range(index, IdentifierRange { first, last: below });
            }
        }
        Ok(true)
    }

    /// # Errors
    /// `IN_FLIGHT_FULL`
    #[inline(never)]
    pub(crate) fn insert(&mut self, index: usize, range: IdentifierRange) -> Result<(), Error> {
        self.claim(RANGE_LENGTH)?;
        self.ranges = self.ranges.saturating_add(1);
        let mut carried = range.encode();
        let (_, ranges) = self.bytes.as_rchunks_mut();
        let moved = ranges.iter_mut().rev().take(self.ranges).skip(index);
        moved.for_each(|bytes| core::mem::swap(bytes, &mut carried));
        Ok(())
    }

    fn delete(&mut self, index: usize) {
        let mut carried = [0; RANGE_LENGTH];
        let (_, ranges) = self.bytes.as_rchunks_mut();
        let moved = ranges.iter_mut().rev().take(self.ranges).skip(index).rev();
        moved.for_each(|bytes| core::mem::swap(bytes, &mut carried));
        self.ranges = self.ranges.saturating_sub(1);
    }
}

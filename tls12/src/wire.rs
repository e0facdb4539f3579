//! Reading and writing in the presentation language of RFC 5246 §4: big-endian integers and length-prefixed vectors.
//!
//! Reader and writer remember the first failure and then stand still. So a parser reads like the RFC's structs and checks only once, at
//! the end. A reader never leaves its slice. A writer never leaves its buffer, and fills in a vector's length once the content is known.

use core::cell::Cell;

use status::{Error, ssl};

/// Reads a slice from front to end. After a failure it returns zeros and empty slices.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    failed: bool,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, failed: false }
    }

    #[inline(never)]
    pub(crate) fn u8(&mut self) -> u8 {
        let [byte] = self.array();
        byte
    }

    #[inline(never)]
    pub(crate) fn u16(&mut self) -> u16 {
        u16::from_be_bytes(self.array())
    }

    pub(crate) fn u32(&mut self) -> u32 {
        u32::from_be_bytes(self.array())
    }

    pub(crate) fn u64(&mut self) -> u64 {
        u64::from_be_bytes(self.array())
    }

    /// The next `length` bytes.
    #[inline(never)]
    pub(crate) fn take(&mut self, length: usize) -> &'a [u8] {
        let split = self.rest.split_at_checked(length);
        self.failed |= split.is_none();
        let (taken, rest) = split.unwrap_or_default();
        self.rest = rest;
        taken
    }

    /// The next `N` bytes as an array.
    pub(crate) fn array<const N: usize>(&mut self) -> [u8; N] {
        self.take(N).first_chunk().copied().unwrap_or([0; N])
    }

    /// The content of a vector with a length of one byte (`<0..2^8-1>`).
    #[inline(never)]
    pub(crate) fn vector8(&mut self) -> &'a [u8] {
        let length = self.u8();
        self.take(usize::from(length))
    }

    /// The content of a vector with a length of two bytes (`<0..2^16-1>`).
    #[inline(never)]
    pub(crate) fn vector16(&mut self) -> &'a [u8] {
        let length = self.u16();
        self.take(usize::from(length))
    }

    /// Whether the end has been reached, or reading has failed.
    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Whether bytes were missing.
    pub(crate) const fn has_failed(&self) -> bool {
        self.failed
    }

    /// Whether everything was read and no byte was missing.
    pub(crate) const fn is_whole(&self) -> bool {
        self.rest.is_empty() && !self.failed
    }
}

/// Writes into a lent buffer from its front.
pub(crate) struct Writer<'a> {
    buffer: &'a mut [u8],
    at: usize,
    failed: bool,
}

impl<'a> Writer<'a> {
    pub(crate) const fn new(buffer: &'a mut [u8]) -> Self {
        Self { buffer, at: 0, failed: false }
    }

    /// How many bytes have been written.
    ///
    /// # Errors
    /// `ssl::BUFFER_TOO_SMALL` (-0x6A00) when the buffer was too short, or a vector too long for its length field.
    pub(crate) const fn finish(&self) -> Result<usize, Error> {
        if self.failed { Err(ssl::BUFFER_TOO_SMALL) } else { Ok(self.at) }
    }

    #[inline(never)]
    pub(crate) fn u8(&mut self, value: u8) {
        self.bytes(&[value]);
    }

    #[inline(never)]
    pub(crate) fn u16(&mut self, value: u16) {
        self.bytes(&value.to_be_bytes());
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.bytes(&value.to_be_bytes());
    }

    pub(crate) fn u64(&mut self, value: u64) {
        self.bytes(&value.to_be_bytes());
    }

    /// Copies `bytes`.
    #[inline(never)]
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        let end = self.at.saturating_add(bytes.len());
        match self.buffer.get_mut(self.at..end) {
            Some(space) => {
                copy(space, bytes);
                self.at = end;
            }
            None => self.failed = true,
        }
    }

    /// A vector with a length of one byte.
    pub(crate) fn vector8(&mut self, content: impl FnOnce(&mut Self)) {
        self.vector(1, content);
    }

    /// A vector with a length of two bytes.
    pub(crate) fn vector16(&mut self, content: impl FnOnce(&mut Self)) {
        self.vector(2, content);
    }

    /// A vector with a length of three bytes; also a handshake message's body.
    pub(crate) fn vector24(&mut self, content: impl FnOnce(&mut Self)) {
        self.vector(3, content);
    }

    fn vector(&mut self, width: usize, content: impl FnOnce(&mut Self)) {
        let start = self.open(width);
        content(self);
        self.close(start, width);
    }

    /// Skips `width` bytes for a length, and returns the offset that follows.
    #[inline(never)]
    fn open(&mut self, width: usize) -> usize {
        self.bytes([0; 3].get(..width).unwrap_or_default());
        self.at
    }

    /// Fills the `width` bytes before `start` with the number of bytes written since.
    #[inline(never)]
    fn close(&mut self, start: usize, width: usize) {
        let mut length = self.at.saturating_sub(start);
        let before = self.buffer.get_mut(..start).unwrap_or_default();
        for byte in before.iter_mut().rev().take(width) {
            [*byte, ..] = length.to_le_bytes();
            length >>= 8;
        }
        self.failed |= length != 0;
    }
}

/// A number of 24 bits.
pub(crate) fn u24([high, middle, low]: [u8; 3]) -> usize {
    usize::from(high) << 16 | usize::from(u16::from_be_bytes([middle, low]))
}

/// Moves `length` bytes within a buffer. Returns false, and moves nothing, if source or target is not completely inside it.
///
/// Moves byte by byte: with `copy_within`, an optimizer for size leaves the panic path in. The moves are short, or rare.
pub(crate) fn shift(buffer: &mut [u8], from: usize, to: usize, length: usize) -> bool {
    let bytes = Cell::from_mut(buffer).as_slice_of_cells();
    let place = |start: usize| bytes.get(start..)?.get(..length);
    let (Some(source), Some(target)) = (place(from), place(to)) else { return false };
    let pairs = target.iter().zip(source);
    if to < from {
        pairs.for_each(|(to, from)| to.set(from.get()));
    } else {
        pairs.rev().for_each(|(to, from)| to.set(from.get()));
    }
    true
}

/// Copies as many bytes as the shorter slice has.
#[inline(never)]
pub(crate) fn copy(to: &mut [u8], from: &[u8]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_can_be_read() {
        let mut buffer = [0xEE; 64];
        let mut writer = Writer::new(&mut buffer);
        writer.u8(1);
        writer.u16(0x0203);
        writer.u32(0x0405_0607);
        writer.u64(0x0809_0A0B_0C0D_0E0F);
        writer.vector24(|w| w.vector16(|w| w.vector8(|w| w.bytes(b"abc"))));
        assert_eq!(writer.finish(), Ok(24));
        let expected =
            b"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C\x0D\x0E\x0F\x00\x00\x06\x00\x04\x03abc";
        assert_eq!(buffer.get(..24), Some(&expected[..]));

        let mut reader = Reader::new(expected);
        assert_eq!((reader.u8(), reader.u16(), reader.u32()), (1, 0x0203, 0x0405_0607));
        assert_eq!(reader.u64(), 0x0809_0A0B_0C0D_0E0F);
        assert_eq!((reader.u8(), reader.u16()), (0, 6));
        let mut content = Reader::new(reader.vector16());
        assert_eq!(content.vector8(), b"abc");
        assert!(content.is_whole() && reader.is_whole());
    }

    #[test]
    fn bytes_are_moved_within_a_buffer_or_not_at_all() {
        for (from, to, length, moved) in [
            (2, 0, 3, Some(*b"cdedef")),
            (0, 2, 3, Some(*b"ababcf")),
            (1, 1, 5, Some(*b"abcdef")),
            (3, 0, 3, Some(*b"defdef")),
            (6, 6, 0, Some(*b"abcdef")),
            (3, 0, 4, None),
            (0, 3, 4, None),
            (7, 0, 0, None),
            (0, usize::MAX, 1, None),
            (1, 0, usize::MAX, None),
        ] {
            let mut buffer = *b"abcdef";
            assert_eq!(shift(&mut buffer, from, to, length), moved.is_some(), "{from} {to} {length}");
            assert_eq!(buffer, moved.unwrap_or(*b"abcdef"));
        }
    }

    #[test]
    fn a_reader_never_leaves_its_slice() {
        assert!(Reader::new(&[]).is_whole());
        assert!(!Reader::new(&[0]).is_whole());
        let failed = |bytes: &'static [u8], read: fn(&mut Reader<'static>)| {
            let mut reader = Reader::new(bytes);
            read(&mut reader);
            assert!(reader.has_failed() && reader.is_empty() && !reader.is_whole());
            assert_eq!((reader.u8(), reader.vector16()), (0, &[][..]));
        };
        failed(&[], |reader| assert_eq!(reader.u8(), 0));
        failed(&[1], |reader| assert_eq!(reader.u16(), 0));
        failed(&[2, 1], |reader| assert_eq!(reader.vector8(), &[]));
        failed(&[0xFF; 9], |reader| assert_eq!(reader.vector16(), &[]));
    }

    #[test]
    fn a_writer_never_leaves_its_buffer() {
        let mut buffer = [0; 300];
        let mut written = |write: fn(&mut Writer<'_>)| {
            let mut writer = Writer::new(&mut buffer);
            write(&mut writer);
            writer.finish().ok()
        };
        assert_eq!(written(|w| w.vector8(|w| w.bytes(&[0; 255]))), Some(256));
        assert_eq!(written(|w| w.vector8(|w| w.bytes(&[0; 256]))), None);
        assert_eq!(written(|w| w.bytes(&[0; 301])), None);
        assert_eq!(written(|w| w.vector16(|w| w.bytes(&[0; 299]))), None);
        assert_eq!(written(|w| w.vector24(|w| w.bytes(&[0; 297]))), Some(300));
    }
}

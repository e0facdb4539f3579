//! Reading and writing in the presentation language of RFC 5246 §4: big-endian integers and length-prefixed vectors.
//!
//! Both sides carry the code that their caller fails with, so that a parser reads like the RFC's structs. A reader never
//! leaves its slice; a writer never leaves its buffer and fills a vector's length in once its content is known.

use status::Error;

/// Reads from a slice, from its front to its end.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    error: Error,
}

impl<'a> Reader<'a> {
    /// A reader that fails with `error` when it runs out of bytes.
    pub(crate) const fn new(bytes: &'a [u8], error: Error) -> Self {
        Self { rest: bytes, error }
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Error> {
        self.array::<1>().map(u8::from_be_bytes)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Error> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Error> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Error> {
        self.array().map(u64::from_be_bytes)
    }

    /// The next `length` bytes.
    #[inline(never)]
    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(self.error)?;
        self.rest = rest;
        Ok(taken)
    }

    /// The next `N` bytes as an array.
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(self.error)?;
        self.rest = rest;
        Ok(*taken)
    }

    /// The content of a vector with a length of one byte (`<0..2^8-1>`).
    pub(crate) fn vector8(&mut self) -> Result<Self, Error> {
        let length = self.u8()?;
        self.nested(usize::from(length))
    }

    /// The content of a vector with a length of two bytes (`<0..2^16-1>`).
    pub(crate) fn vector16(&mut self) -> Result<Self, Error> {
        let length = self.u16()?;
        self.nested(usize::from(length))
    }

    /// What has not been read yet.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Whether everything has been read.
    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Ends reading: bytes that are left over are an error.
    pub(crate) const fn finish(self) -> Result<(), Error> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.error) }
    }

    fn nested(&mut self, length: usize) -> Result<Self, Error> {
        Ok(Self { rest: self.take(length)?, error: self.error })
    }
}

/// Writes into a lent buffer, from its front on.
pub(crate) struct Writer<'a> {
    buffer: &'a mut [u8],
    at: usize,
    error: Error,
}

impl<'a> Writer<'a> {
    /// A writer that fails with `error` when the buffer is full or a vector is longer than its length can say.
    pub(crate) const fn new(buffer: &'a mut [u8], error: Error) -> Self {
        Self { buffer, at: 0, error }
    }

    /// How many bytes have been written.
    pub(crate) const fn len(&self) -> usize {
        self.at
    }

    pub(crate) fn u8(&mut self, value: u8) -> Result<(), Error> {
        self.bytes(&[value])
    }

    pub(crate) fn u16(&mut self, value: u16) -> Result<(), Error> {
        self.bytes(&value.to_be_bytes())
    }

    pub(crate) fn u32(&mut self, value: u32) -> Result<(), Error> {
        self.bytes(&value.to_be_bytes())
    }

    pub(crate) fn u64(&mut self, value: u64) -> Result<(), Error> {
        self.bytes(&value.to_be_bytes())
    }

    /// Copies `bytes`.
    #[inline(never)]
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        copy(self.space(bytes.len())?, bytes);
        Ok(())
    }

    /// Lends the next `length` bytes for the caller to fill in.
    #[inline(never)]
    pub(crate) fn space(&mut self, length: usize) -> Result<&mut [u8], Error> {
        let end = self.at.checked_add(length).ok_or(self.error)?;
        let space = self.buffer.get_mut(self.at..end).ok_or(self.error)?;
        self.at = end;
        Ok(space)
    }

    /// A vector with a length of one byte.
    pub(crate) fn vector8(
        &mut self,
        content: impl FnOnce(&mut Self) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.vector::<1>(content)
    }

    /// A vector with a length of two bytes.
    pub(crate) fn vector16(
        &mut self,
        content: impl FnOnce(&mut Self) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.vector::<2>(content)
    }

    /// A vector with a length of three bytes; a handshake message's body too.
    pub(crate) fn vector24(
        &mut self,
        content: impl FnOnce(&mut Self) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.vector::<3>(content)
    }

    fn vector<const N: usize>(
        &mut self,
        content: impl FnOnce(&mut Self) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.bytes(&[0; N])?;
        let start = self.at;
        content(self)?;
        self.fill_in_length(start, N)
    }

    /// Writes into the `width` bytes before `start` how many bytes have been written since.
    #[inline(never)]
    fn fill_in_length(&mut self, start: usize, width: usize) -> Result<(), Error> {
        let mut length = self.at.saturating_sub(start);
        let before = self.buffer.get_mut(..start).unwrap_or_default();
        for byte in before.iter_mut().rev().take(width) {
            [*byte, ..] = length.to_le_bytes();
            length >>= 8;
        }
        if length == 0 { Ok(()) } else { Err(self.error) }
    }
}

/// Moves `length` bytes within a buffer; false, and nothing moved, where either place is not all inside it.
pub(crate) fn shift(buffer: &mut [u8], from: usize, to: usize, length: usize) -> bool {
    match (from.checked_add(length), buffer.len().checked_sub(length)) {
        (Some(end), Some(last)) if end <= buffer.len() && to <= last => {
            buffer.copy_within(from..end, to);
            true
        }
        _ => false,
    }
}

/// Copies as many bytes as both slices have.
#[inline(never)]
pub(crate) fn copy(to: &mut [u8], from: &[u8]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use status::ssl;

    const ERROR: Error = ssl::BAD_HS_SERVER_HELLO;

    #[test]
    fn what_is_written_can_be_read() {
        let mut buffer = [0xEE; 64];
        let mut writer = Writer::new(&mut buffer, ERROR);
        let written = writer
            .u8(1)
            .and_then(|()| writer.u16(0x0203))
            .and_then(|()| writer.u32(0x0405_0607))
            .and_then(|()| writer.u64(0x0809_0A0B_0C0D_0E0F))
            .and_then(|()| writer.vector24(|w| w.vector16(|w| w.vector8(|w| w.bytes(b"abc")))));
        assert_eq!((written, writer.len()), (Ok(()), 24));
        let expected =
            b"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C\x0D\x0E\x0F\x00\x00\x06\x00\x04\x03abc";
        assert_eq!(buffer.get(..24), Some(&expected[..]));

        let mut reader = Reader::new(expected, ERROR);
        assert_eq!(reader.u8(), Ok(1));
        assert_eq!(reader.u16(), Ok(0x0203));
        assert_eq!(reader.u32(), Ok(0x0405_0607));
        assert_eq!(reader.u64(), Ok(0x0809_0A0B_0C0D_0E0F));
        assert_eq!(reader.u8(), Ok(0));
        assert_eq!(reader.u16(), Ok(6));
        let content = reader.vector16().and_then(|mut r| r.vector8());
        assert_eq!(content.map(|reader| reader.rest()), Ok(&b"abc"[..]));
        assert!(reader.is_empty());
        assert_eq!(reader.finish(), Ok(()));
    }

    #[test]
    fn a_reader_never_leaves_its_slice() {
        assert_eq!(Reader::new(&[], ERROR).u8(), Err(ERROR));
        assert_eq!(Reader::new(&[1], ERROR).u16(), Err(ERROR));
        assert_eq!(Reader::new(&[2, 1], ERROR).vector8().map(|r| r.rest()), Err(ERROR));
        assert_eq!(Reader::new(&[0xFF; 9], ERROR).vector16().map(|r| r.rest()), Err(ERROR));
        assert_eq!(Reader::new(&[0], ERROR).finish(), Err(ERROR));
    }

    #[test]
    fn a_writer_never_leaves_its_buffer() {
        let mut buffer = [0; 300];
        assert_eq!(Writer::new(&mut buffer, ERROR).vector8(|w| w.bytes(&[0; 255])), Ok(()));
        assert_eq!(Writer::new(&mut buffer, ERROR).vector8(|w| w.bytes(&[0; 256])), Err(ERROR));
        assert_eq!(Writer::new(&mut buffer, ERROR).bytes(&[0; 301]), Err(ERROR));
        assert_eq!(Writer::new(&mut buffer, ERROR).vector16(|w| w.bytes(&[0; 299])), Err(ERROR));
    }
}

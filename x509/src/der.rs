//! A reader of DER as Mbed TLS 2.28 reads it (X.690 §8, §10).
//!
//! It is more lenient than DER: a length may be written with more bytes than it needs (at most four), a boolean may be any byte.
//! Codes are the low-level ones of `status::asn1`; [`Within`] adds the high-level code of the field that was being read.
//! A reader never looks past its own slice, and its position only moves forward.

use status::{Error, asn1};

/// The bytes of an element that have not been read yet.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next byte, without moving.
    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Fails with `LENGTH_MISMATCH` unless everything has been read.
    pub(crate) const fn end(&self) -> Result<(), Error> {
        if self.rest.is_empty() { Ok(()) } else { Err(asn1::LENGTH_MISMATCH) }
    }

    /// Reads one byte.
    pub(crate) fn byte(&mut self) -> Result<u8, Error> {
        let (&byte, rest) = self.rest.split_first().ok_or(asn1::OUT_OF_DATA)?;
        self.rest = rest;
        Ok(byte)
    }

    /// Reads so many bytes.
    pub(crate) fn bytes(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or(asn1::OUT_OF_DATA)?;
        self.rest = rest;
        Ok(bytes)
    }

    /// Reads a length; it is at most what is left after it (X.690 §8.1.3).
    #[inline(never)]
    pub(crate) fn length(&mut self) -> Result<usize, Error> {
        let first = self.byte()?;
        let length = match first {
            0x00..=0x7F => usize::from(first),
            0x81..=0x84 => {
                let bytes = self.bytes(usize::from(first & 0x7F))?;
                let length =
                    bytes.iter().fold(0_u32, |length, &byte| length.wrapping_shl(8) | u32::from(byte));
                // A length beyond the address space is beyond the data too.
                usize::try_from(length).map_err(|_| asn1::OUT_OF_DATA)?
            }
            _ => return Err(asn1::INVALID_LENGTH),
        };
        if length > self.rest.len() { Err(asn1::OUT_OF_DATA) } else { Ok(length) }
    }

    /// Reads a tag, which must be `tag`, and its length: the position is then that of the content.
    #[inline(never)]
    pub(crate) fn header(&mut self, tag: u8) -> Result<usize, Error> {
        match self.peek() {
            None => Err(asn1::OUT_OF_DATA),
            Some(found) if found != tag => Err(asn1::UNEXPECTED_TAG),
            Some(_) => {
                self.byte()?;
                self.length()
            }
        }
    }

    /// Reads a whole element with this tag and gives its content.
    #[inline(never)]
    pub(crate) fn take(&mut self, tag: u8) -> Result<&'a [u8], Error> {
        let length = self.header(tag)?;
        self.bytes(length)
    }

    /// Reads a whole element with this tag and gives a reader of its content.
    pub(crate) fn enter(&mut self, tag: u8) -> Result<Self, Error> {
        self.take(tag).map(Self::new)
    }

    /// Reads a whole element with any tag.
    #[inline(never)]
    pub(crate) fn element(&mut self) -> Result<(u8, &'a [u8]), Error> {
        let tag = self.byte()?;
        let length = self.length()?;
        Ok((tag, self.bytes(length)?))
    }

    /// The bytes between an earlier copy of this reader and its position now.
    pub(crate) fn since(&self, before: &Self) -> &'a [u8] {
        before.rest.get(..before.rest.len().saturating_sub(self.rest.len())).unwrap_or_default()
    }

    /// Reads a boolean.
    pub(crate) fn boolean(&mut self) -> Result<bool, Error> {
        let length = self.header(BOOLEAN)?;
        if length != 1 {
            return Err(asn1::INVALID_LENGTH);
        }
        Ok(self.byte()? != 0)
    }

    /// Reads an INTEGER from 0 to 2^31 - 1.
    #[inline(never)]
    pub(crate) fn small_integer(&mut self) -> Result<u32, Error> {
        let length = self.header(INTEGER)?;
        if length == 0 || self.peek().is_some_and(|first| first & 0x80 != 0) {
            return Err(asn1::INVALID_LENGTH);
        }
        let value = trim(self.bytes(length)?);
        if value.len() > 4 || (value.len() == 4 && value.first().is_some_and(|first| first & 0x80 != 0)) {
            return Err(asn1::INVALID_LENGTH);
        }
        Ok(value.iter().fold(0_u32, |sum, &byte| sum.wrapping_shl(8) | u32::from(byte)))
    }

    /// Reads a BIT STRING that is the last thing here; gives its bytes without the count of unused bits.
    #[inline(never)]
    pub(crate) fn last_bit_string(&mut self) -> Result<&'a [u8], Error> {
        let length = self.header(BIT_STRING)?;
        let length = length.checked_sub(1).ok_or(asn1::OUT_OF_DATA)?;
        if self.byte()? > 7 {
            return Err(asn1::INVALID_LENGTH);
        }
        let bytes = self.bytes(length)?;
        self.end()?;
        Ok(bytes)
    }

    /// Reads the head of a BIT STRING of whole bytes; gives how many follow.
    #[inline(never)]
    pub(crate) fn whole_bit_string(&mut self) -> Result<usize, Error> {
        let length = self.header(BIT_STRING)?.checked_sub(1).ok_or(asn1::INVALID_DATA)?;
        if self.peek() != Some(0) {
            return Err(asn1::INVALID_DATA);
        }
        self.byte()?;
        Ok(length)
    }

    /// Reads an AlgorithmIdentifier (RFC 5280 §4.1.1.2).
    #[inline(never)]
    pub(crate) fn algorithm(&mut self) -> Result<Algorithm<'a>, Error> {
        let mut inner = self.enter(SEQUENCE)?;
        let oid = inner.take(OBJECT_IDENTIFIER)?;
        if inner.is_empty() {
            return Ok(Algorithm { oid, parameters: (0, &[]) });
        }
        let parameters = inner.element()?;
        inner.end()?;
        Ok(Algorithm { oid, parameters })
    }
}

/// An AlgorithmIdentifier: the object identifier, and tag and content of the parameters (0 and nothing without any).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Algorithm<'a> {
    pub(crate) oid: &'a [u8],
    pub(crate) parameters: (u8, &'a [u8]),
}

impl Algorithm<'_> {
    /// Whether the parameters are absent or NULL.
    pub(crate) const fn is_plain(&self) -> bool {
        matches!(self.parameters.0, 0 | NULL) && self.parameters.1.is_empty()
    }
}

/// Adds the code of the field that was being read to a low-level code.
pub(crate) trait Within {
    fn within(self, field: Error) -> Self;
}

impl<T> Within for Result<T, Error> {
    fn within(self, field: Error) -> Self {
        self.map_err(|cause| field.because(cause))
    }
}

/// An unsigned big-endian integer without its leading zeros.
#[inline(never)]
pub(crate) fn trim(integer: &[u8]) -> &[u8] {
    let zeros = integer.iter().take_while(|&&byte| byte == 0).count();
    integer.get(zeros..).unwrap_or_default()
}

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const NULL: u8 = 0x05;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const UTF8_STRING: u8 = 0x0C;
pub(crate) const PRINTABLE_STRING: u8 = 0x13;
pub(crate) const T61_STRING: u8 = 0x14;
pub(crate) const IA5_STRING: u8 = 0x16;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const UNIVERSAL_STRING: u8 = 0x1C;
pub(crate) const BMP_STRING: u8 = 0x1E;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;
/// The class bits of a tag.
pub(crate) const CLASS: u8 = 0xC0;
/// The class of tags whose meaning depends on where they stand.
pub(crate) const CONTEXT: u8 = 0x80;

/// A constructed, context-specific tag.
pub(crate) const fn explicit(number: u8) -> u8 {
    0xA0 | number
}

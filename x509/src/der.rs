//! A reader of DER as Mbed TLS 2.28 reads it (X.690 §8, §10).
//!
//! It is more lenient than DER: a length may be written with more bytes than it needs (at most four), a boolean may be any byte.
//!
//! A reader keeps the first failure, and then has nothing left to read. So a parser reads all fields without a branch for each, and asks
//! once at the end. Failures are low-level codes of `status::asn1`; [`DerReader::field`] adds the high-level code of the field in which
//! they happened. A reader never looks past its own slice, and its position only moves forward.

use status::{Error, asn1};

/// The bytes of an element that have not been read yet.
#[derive(Clone, Copy)]
pub(crate) struct DerReader<'a> {
    rest: &'a [u8],
    failure: Option<Error>,
}

impl<'a> DerReader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, failure: None }
    }

    /// Reads a field. A low-level failure in it gets the field's high-level code.
    #[inline(always)]
    pub(crate) fn field<T>(&mut self, code: Error, read: impl FnOnce(&mut Self) -> T) -> T {
        let value = read(self);
        self.blame(code);
        value
    }

    /// Adds the high-level code of a field to a failure that has none.
    #[inline(never)]
    fn blame(&mut self, code: Error) {
        self.failure = self
            .failure
            .map(|failure| if failure.high().is_none() { code.because(failure) } else { failure });
    }

    /// Fails, unless something has failed before: with a low-level code, or with a high-level one that no field changes.
    #[inline(never)]
    pub(crate) fn fail(&mut self, error: Error) {
        self.failure.get_or_insert(error);
        self.rest = &[];
    }

    /// The first failure.
    pub(crate) const fn failure(&self) -> Option<Error> {
        self.failure
    }

    /// The first failure as an error.
    pub(crate) fn finish(&self) -> Result<(), Error> {
        self.failure.map_or(Ok(()), Err)
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
    pub(crate) fn end(&mut self) {
        if !self.rest.is_empty() {
            self.fail(asn1::LENGTH_MISMATCH);
        }
    }

    /// Reads one byte.
    #[inline(never)]
    pub(crate) fn byte(&mut self) -> u8 {
        self.bytes(1).first().copied().unwrap_or_default()
    }

    /// Reads `length` bytes.
    #[inline(never)]
    pub(crate) fn bytes(&mut self, length: usize) -> &'a [u8] {
        if let Some((bytes, rest)) = self.rest.split_at_checked(length) {
            self.rest = rest;
            return bytes;
        }
        self.fail(asn1::OUT_OF_DATA);
        &[]
    }

    /// Reads a length (X.690 §8.1.3). Fails if it is more than what is left after it.
    #[inline(never)]
    pub(crate) fn length(&mut self) -> usize {
        let first = self.byte();
        let mut length = u32::from(first);
        if first > 0x7F {
            if !matches!(first, 0x81..=0x84) {
                self.fail(asn1::INVALID_LENGTH);
            }
            let bytes = self.bytes(usize::from(first & 0x7F)).iter();
            length = bytes.fold(0, |length, &byte| length.wrapping_shl(8) | u32::from(byte));
        }
        // A length beyond the address space is beyond the data too.
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > self.rest.len() {
            self.fail(asn1::OUT_OF_DATA);
            return 0;
        }
        length
    }

    /// Reads a tag, which must be `tag`, and the length. The content is read next.
    #[inline(never)]
    pub(crate) fn header(&mut self, tag: u8) -> usize {
        if self.peek().is_some_and(|found| found != tag) {
            self.fail(asn1::UNEXPECTED_TAG);
        }
        self.byte();
        self.length()
    }

    /// Reads a whole element with this tag; its content.
    #[inline(never)]
    pub(crate) fn take(&mut self, tag: u8) -> &'a [u8] {
        let length = self.header(tag);
        self.bytes(length)
    }

    /// Goes into an element with this tag. The answer is what follows the element: the argument of [`DerReader::leave`].
    #[inline(never)]
    pub(crate) fn enter(&mut self, tag: u8) -> &'a [u8] {
        let length = self.header(tag);
        let (content, after) = self.rest.split_at_checked(length).unwrap_or_default();
        self.rest = content;
        after
    }

    /// Leaves an element; fails unless all of it has been read.
    #[inline(never)]
    pub(crate) fn leave(&mut self, after: &'a [u8]) {
        self.end();
        self.skip_to(after);
    }

    /// Leaves an element, whether or not all of it has been read.
    #[inline(never)]
    pub(crate) fn skip_to(&mut self, after: &'a [u8]) {
        if self.failure.is_none() {
            self.rest = after;
        }
    }

    /// Goes into an element with this tag; fails if something follows it.
    #[inline(never)]
    pub(crate) fn enter_last(&mut self, tag: u8) {
        if !self.enter(tag).is_empty() {
            self.fail(asn1::LENGTH_MISMATCH);
        }
    }

    /// Reads a whole element with any tag.
    #[inline(never)]
    pub(crate) fn element(&mut self) -> (u8, &'a [u8]) {
        let tag = self.byte();
        let length = self.length();
        (tag, self.bytes(length))
    }

    /// The bytes between an earlier position and this one.
    pub(crate) fn since(&self, before: &'a [u8]) -> &'a [u8] {
        until(before, self.rest)
    }

    /// Reads a boolean.
    #[inline(never)]
    pub(crate) fn boolean(&mut self) -> bool {
        if self.header(BOOLEAN) != 1 {
            self.fail(asn1::INVALID_LENGTH);
        }
        self.byte() != 0
    }

    /// Reads an INTEGER from 0 to 2^31 - 1.
    #[inline(never)]
    pub(crate) fn small_integer(&mut self) -> u32 {
        let value = self.take(INTEGER);
        let (is_negative, value) = (value.first().is_none_or(|first| first & 0x80 != 0), trim(value));
        let sum = value.iter().fold(0_u32, |sum, &byte| sum.wrapping_shl(8) | u32::from(byte));
        if is_negative || value.len() > 4 || sum > i32::MAX.cast_unsigned() {
            self.fail(asn1::INVALID_LENGTH);
        }
        sum
    }

    /// Reads a BIT STRING; fails if something follows it. Its bytes, without the count of unused bits.
    #[inline(never)]
    pub(crate) fn last_bit_string(&mut self) -> &'a [u8] {
        let Some(length) = self.header(BIT_STRING).checked_sub(1) else {
            self.fail(asn1::OUT_OF_DATA);
            return &[];
        };
        if self.byte() > 7 {
            self.fail(asn1::INVALID_LENGTH);
        }
        let bytes = self.bytes(length);
        self.end();
        bytes
    }

    /// Reads the head of a BIT STRING of whole bytes; how many follow.
    #[inline(never)]
    pub(crate) fn whole_bit_string(&mut self) -> usize {
        match self.header(BIT_STRING).checked_sub(1) {
            Some(length) if self.peek() == Some(0) => {
                self.byte();
                length
            }
            _ => {
                self.fail(asn1::INVALID_DATA);
                0
            }
        }
    }

    /// Reads an AlgorithmIdentifier (RFC 5280 §4.1.1.2).
    ///
    /// ```text
    ///   AlgorithmIdentifier ::= SEQUENCE {
    ///     algorithm    OBJECT IDENTIFIER,
    ///     parameters   ANY DEFINED BY algorithm OPTIONAL }
    /// ```
    #[inline(never)]
    pub(crate) fn algorithm_identifier(&mut self) -> AlgorithmIdentifier<'a> {
        let after = self.enter(SEQUENCE);
        let oid = self.take(OBJECT_IDENTIFIER);
        let parameters = if self.is_empty() { (0, &[][..]) } else { self.element() };
        self.leave(after);
        AlgorithmIdentifier { oid, parameters }
    }
}

/// An AlgorithmIdentifier: the object identifier, and tag and content of the parameters (0 and nothing without any).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct AlgorithmIdentifier<'a> {
    pub(crate) oid: &'a [u8],
    pub(crate) parameters: (u8, &'a [u8]),
}

impl AlgorithmIdentifier<'_> {
    /// Whether the parameters are absent or NULL.
    pub(crate) const fn is_plain(&self) -> bool {
        matches!(self.parameters.0, 0 | NULL) && self.parameters.1.is_empty()
    }
}

/// The bytes before `after`, which is the end of `bytes`.
pub(crate) fn until<'a>(bytes: &'a [u8], after: &[u8]) -> &'a [u8] {
    bytes.get(..bytes.len().saturating_sub(after.len())).unwrap_or_default()
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

//! Reading the fields of a packet's body.
//!
//! Every failure is [`MALFORMED_PACKET`](status::mqtt::MALFORMED_PACKET): the body's end is known from the fixed header, so a
//! field that reaches beyond it is never "not yet here".

use core::num::NonZeroU16;

use status::{Error, mqtt::MALFORMED_PACKET};

use crate::topic;

pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    #[inline(never)]
    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(MALFORMED_PACKET)?;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Error> {
        let (&byte, rest) = self.rest.split_first().ok_or(MALFORMED_PACKET)?;
        self.rest = rest;
        Ok(byte)
    }

    /// Big-endian, MQTT 3.1.1 §1.5.2.
    #[inline(never)]
    pub(crate) fn u16(&mut self) -> Result<u16, Error> {
        let (&bytes, rest) = self.rest.split_first_chunk().ok_or(MALFORMED_PACKET)?;
        self.rest = rest;
        Ok(u16::from_be_bytes(bytes))
    }

    /// A packet identifier, never zero: [MQTT-2.3.1-1].
    pub(crate) fn identifier(&mut self) -> Result<NonZeroU16, Error> {
        NonZeroU16::new(self.u16()?).ok_or(MALFORMED_PACKET)
    }

    /// Bytes with a length of two bytes before them, as the password and the will's payload.
    pub(crate) fn binary(&mut self) -> Result<&'a [u8], Error> {
        let length = self.u16()?;
        self.take(usize::from(length))
    }

    /// An UTF-8 encoded string, MQTT 3.1.1 §1.5.3.
    pub(crate) fn string(&mut self) -> Result<&'a str, Error> {
        let bytes = self.binary()?;
        // [MQTT-1.5.3-1] (ill-formed, surrogates), [MQTT-1.5.3-2] (U+0000); U+FEFF stays as it is, [MQTT-1.5.3-3].
        let text = core::str::from_utf8(bytes).map_err(|_| MALFORMED_PACKET)?;
        topic::check_text(text).map_err(|_| MALFORMED_PACKET)?;
        Ok(text)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// All that is left.
    pub(crate) fn rest(self) -> &'a [u8] {
        self.rest
    }

    /// Nothing may be left.
    pub(crate) fn finish(self) -> Result<(), Error> {
        if self.rest.is_empty() { Ok(()) } else { Err(MALFORMED_PACKET) }
    }
}

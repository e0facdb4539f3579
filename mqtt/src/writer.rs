//! Writing fields into a lent buffer.
//!
//! The only failure of the buffer is [`BUFFER_TOO_SMALL`](status::mqtt::BUFFER_TOO_SMALL); what the caller gave wrongly is
//! [`BAD_INPUT_DATA`](status::mqtt::BAD_INPUT_DATA). What has been written before a failure has no meaning.

use core::num::NonZeroU16;

use status::{
    Error,
    mqtt::{BAD_INPUT_DATA, BUFFER_TOO_SMALL},
};

use crate::{header::FixedHeader, topic};

pub(crate) struct Writer<'a> {
    rest: &'a mut [u8],
    written: usize,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(out: &'a mut [u8]) -> Self {
        Self { rest: out, written: 0 }
    }

    #[inline(never)]
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let rest = core::mem::take(&mut self.rest);
        let (target, rest) = rest.split_at_mut_checked(bytes.len()).ok_or(BUFFER_TOO_SMALL)?;
        target.copy_from_slice(bytes);
        self.rest = rest;
        self.written = self.written.saturating_add(bytes.len());
        Ok(())
    }

    pub(crate) fn byte(&mut self, byte: u8) -> Result<(), Error> {
        self.bytes(&[byte])
    }

    pub(crate) fn u16(&mut self, number: u16) -> Result<(), Error> {
        self.bytes(&number.to_be_bytes())
    }

    pub(crate) fn identifier(&mut self, identifier: NonZeroU16) -> Result<(), Error> {
        self.u16(identifier.get())
    }

    #[inline(never)]
    pub(crate) fn binary(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.u16(u16::try_from(bytes.len()).map_err(|_| BAD_INPUT_DATA)?)?;
        self.bytes(bytes)
    }

    pub(crate) fn string(&mut self, text: &str) -> Result<(), Error> {
        topic::check_text(text)?;
        self.binary(text.as_bytes())
    }

    pub(crate) fn header(&mut self, header: &FixedHeader) -> Result<(), Error> {
        let mut buffer = [0; FixedHeader::MAX_LENGTH];
        self.bytes(header.encode(&mut buffer))
    }

    /// How many bytes still fit.
    pub(crate) fn room(&self) -> usize {
        self.rest.len()
    }

    /// How many bytes have been written.
    pub(crate) fn written(&self) -> usize {
        self.written
    }
}

//! Writes fields into a lent buffer.
//!
//! A full buffer is [`BUFFER_TOO_SMALL`](status::mqtt::BUFFER_TOO_SMALL); invalid input of the caller is
//! [`BAD_INPUT_DATA`](status::mqtt::BAD_INPUT_DATA). A writer keeps its first failure and writes nothing more, so its user checks only
//! once, at the end. After a failure the buffer's content is undefined.

use core::num::NonZeroU16;

use status::{
    Error,
    mqtt::{BAD_INPUT_DATA, BUFFER_TOO_SMALL},
};

use crate::{
    header::{FixedHeader, PacketType},
    topic,
};

pub(crate) struct PacketWriter<'a> {
    rest: &'a mut [u8],
    written: usize,
    failure: Option<Error>,
}

impl<'a> PacketWriter<'a> {
    pub(crate) fn new(out: &'a mut [u8]) -> Self {
        Self { rest: out, written: 0, failure: None }
    }

    /// Records a failure if the value to write is invalid.
    #[inline(never)]
    pub(crate) fn check(&mut self, checked: Result<(), Error>) {
        if let Err(error) = checked {
            self.failure.get_or_insert(error);
            self.rest = &mut [];
        }
    }

    #[inline(never)]
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        let rest = core::mem::take(&mut self.rest);
        let Some((target, rest)) = rest.split_at_mut_checked(bytes.len()) else {
            return self.check(Err(BUFFER_TOO_SMALL));
        };
        target.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        self.rest = rest;
        self.written = self.written.saturating_add(bytes.len());
    }

    #[inline(never)]
    pub(crate) fn byte(&mut self, byte: u8) {
        self.bytes(&[byte]);
    }

    #[inline(never)]
    pub(crate) fn u16(&mut self, number: u16) {
        self.bytes(&number.to_be_bytes());
    }

    pub(crate) fn identifier(&mut self, identifier: NonZeroU16) {
        self.u16(identifier.get());
    }

    #[inline(never)]
    pub(crate) fn binary(&mut self, bytes: &[u8]) {
        match u16::try_from(bytes.len()) {
            Ok(length) => self.u16(length),
            Err(_) => self.check(Err(BAD_INPUT_DATA)),
        }
        self.bytes(bytes);
    }

    #[inline(never)]
    pub(crate) fn string(&mut self, text: &str) {
        self.check(topic::check_text(text));
        self.binary(text.as_bytes());
    }

    #[inline(never)]
    pub(crate) fn header(&mut self, packet_type: PacketType, flags: u8, length: usize) {
        match FixedHeader::new(packet_type, flags, length) {
            Ok(header) => self.bytes(header.encode(&mut [0; FixedHeader::MAX_LENGTH])),
            Err(error) => self.check(Err(error)),
        }
    }

    /// How many bytes still fit.
    pub(crate) fn room(&self) -> usize {
        self.rest.len()
    }

    /// How many bytes have been written.
    ///
    /// # Errors
    /// The first failure.
    pub(crate) fn finish(&self) -> Result<usize, Error> {
        self.failure.map_or(Ok(self.written), Err)
    }
}

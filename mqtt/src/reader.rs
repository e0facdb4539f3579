//! Reads the fields of a packet's body.
//!
//! Every failure is [`MALFORMED_PACKET`](status::mqtt::MALFORMED_PACKET). The fixed header says where the body ends, so a field that
//! reaches beyond the end is wrong, not incomplete. A reader remembers that it has failed and then reads nothing more, so its user checks
//! only once, at the end.

use core::num::NonZeroU16;

use status::{Error, mqtt::MALFORMED_PACKET};

use crate::topic;

pub(crate) struct PacketReader<'a> {
    rest: &'a [u8],
    failed: bool,
}

impl<'a> PacketReader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, failed: false }
    }

    /// Marks the packet as malformed.
    pub(crate) fn fail(&mut self) {
        self.failed = true;
        self.rest = &[];
    }

    #[inline(never)]
    pub(crate) fn take(&mut self, length: usize) -> &'a [u8] {
        let split = self.rest.split_at_checked(length);
        self.failed |= split.is_none();
        let (taken, rest) = split.unwrap_or_default();
        self.rest = rest;
        taken
    }

    #[inline(never)]
    pub(crate) fn byte(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or_default()
    }

    /// Big-endian, MQTT 3.1.1 §1.5.2.
    #[inline(never)]
    pub(crate) fn u16(&mut self) -> u16 {
        u16::from_be_bytes([self.byte(), self.byte()])
    }

    /// A packet identifier, never zero: [MQTT-2.3.1-1].
    #[inline(never)]
    pub(crate) fn identifier(&mut self) -> NonZeroU16 {
        NonZeroU16::new(self.u16()).unwrap_or_else(|| {
            self.fail();
            NonZeroU16::MIN
        })
    }

    /// Bytes after a length of two bytes: the password, or the will's payload.
    pub(crate) fn binary(&mut self) -> &'a [u8] {
        let length = self.u16();
        self.take(usize::from(length))
    }

    /// An UTF-8 encoded string, MQTT 3.1.1 §1.5.3.
    #[inline(never)]
    pub(crate) fn string(&mut self) -> &'a str {
        // [MQTT-1.5.3-1] (ill-formed, surrogates), [MQTT-1.5.3-2] (U+0000); U+FEFF stays as it is, [MQTT-1.5.3-3].
        let text = core::str::from_utf8(self.binary()).ok();
        text.filter(|text| topic::check_text(text).is_ok()).unwrap_or_else(|| {
            self.fail();
            ""
        })
    }

    /// Whether the end has been reached, or reading has failed.
    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// All that is left.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Fails if any field was missing or malformed.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.failed { Err(MALFORMED_PACKET) } else { Ok(()) }
    }

    /// Like [`PacketReader::check`], but also fails if bytes are left.
    pub(crate) fn finish(&self) -> Result<(), Error> {
        if self.rest.is_empty() { self.check() } else { Err(MALFORMED_PACKET) }
    }
}

//! ClientHello (RFC 5246 §7.4.1.2): what we offer.
//!
//! ```text
//!   ProtocolVersion client_version = 3.3
//!   Random random
//!   SessionID session_id<0..32>                     the session's own, or a random one beside a ticket
//!   CipherSuite cipher_suites<2..2^16-2>            ours, then the SCSV of RFC 5746
//!   CompressionMethod compression_methods<1..2^8-1> null
//!   Extension extensions<0..2^16-1>                 in the order of Mbed TLS 2.28
//! ```

use accel::Accel;
use status::{Error, ssl};

use super::order::{MessageType, NextMessage};
use super::phase::{Common, Hello};
use super::resumption;
use crate::config::Config;
use crate::failure::Stop;
use crate::output::Output;
use crate::session::Session;
use crate::signature_algorithm::SignatureAlgorithm;
use crate::suite::EMPTY_RENEGOTIATION_INFO_SCSV;
use crate::wire::{Writer, copy};

/// TLS 1.2 (RFC 5246 §6.2.1).
pub(super) const VERSION: u16 = 0x0303;
/// No compression (RFC 5246 §6.1).
pub(super) const NULL_COMPRESSION: u8 = 0;

/// The types of the extensions that are offered, or answered.
pub(super) mod extension {
    /// RFC 6066 §3.
    pub(crate) const SERVER_NAME: u16 = 0;
    /// RFC 6066 §4.
    pub(crate) const MAX_FRAGMENT_LENGTH: u16 = 1;
    /// RFC 8422 §5.1.1. Never offered.
    pub(crate) const SUPPORTED_GROUPS: u16 = 10;
    /// RFC 8422 §5.1.2. Never offered.
    pub(crate) const EC_POINT_FORMATS: u16 = 11;
    /// RFC 5246 §7.4.1.4.1.
    pub(crate) const SIGNATURE_ALGORITHMS: u16 = 13;
    /// RFC 7301 §3.1.
    pub(crate) const APPLICATION_LAYER_PROTOCOL_NEGOTIATION: u16 = 16;
    /// RFC 7366 §2.
    pub(crate) const ENCRYPT_THEN_MAC: u16 = 22;
    /// RFC 7627 §5.1.
    pub(crate) const EXTENDED_MASTER_SECRET: u16 = 23;
    /// RFC 5077 §3.2.
    pub(crate) const SESSION_TICKET: u16 = 35;
    /// RFC 5746 §3.2.
    pub(crate) const RENEGOTIATION_INFO: u16 = 0xFF01;
}

/// A session id of up to 32 bytes (RFC 5246 §7.4.1.2).
#[derive(Clone, Copy)]
pub(super) struct SessionId {
    bytes: [u8; 32],
    length: usize,
}

impl SessionId {
    pub(super) const EMPTY: Self = Self { bytes: [0; 32], length: 0 };

    /// None when there are more than 32 bytes.
    pub(super) fn new(id: &[u8]) -> Option<Self> {
        let mut kept = Self { bytes: [0; 32], length: id.len() };
        copy(kept.bytes.get_mut(..id.len())?, id);
        Some(kept)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// Makes it a random one.
    fn fill<A: Accel>(&mut self, accel: &mut A) -> Result<(), Error> {
        self.length = self.bytes.len();
        accel.fill(&mut self.bytes)
    }
}

/// What a ClientHello is made of.
pub(super) struct ClientHello<'a> {
    pub(super) random: &'a [u8; 32],
    pub(super) session_id: &'a SessionId,
    pub(super) config: &'a Config<'a>,
    pub(super) host: &'a str,
    /// The ticket to resume from; empty to ask for one.
    pub(super) ticket: &'a [u8],
}

impl ClientHello<'_> {
    /// Writes the message's body.
    pub(super) fn write(&self, out: &mut Writer<'_>) {
        out.u16(VERSION);
        out.bytes(self.random);
        out.vector8(|out| out.bytes(self.session_id.as_bytes()));
        out.vector16(|out| {
            self.config.suites.iter().for_each(|suite| out.u16(suite.id()));
            // RFC 5746 §3.4: in place of an empty renegotiation_info.
            out.u16(EMPTY_RENEGOTIATION_INFO_SCSV);
        });
        out.vector8(|out| out.u8(NULL_COMPRESSION));
        out.vector16(|out| self.write_extensions(out));
    }

    fn write_extensions(&self, out: &mut Writer<'_>) {
        if let Some(name) = self.config.server_name.of(self.host) {
            out.u16(extension::SERVER_NAME);
            out.vector16(|out| {
                out.vector16(|out| {
                    out.u8(HOST_NAME);
                    out.vector16(|out| out.bytes(name.as_bytes()));
                });
            });
        }
        out.u16(extension::SIGNATURE_ALGORITHMS);
        out.vector16(|out| {
            out.vector16(|out| {
                SignatureAlgorithm::OFFERED.iter().for_each(|algorithm| out.u16(algorithm.0));
            });
        });
        if let Some(limit) = self.config.max_fragment_length {
            out.u16(extension::MAX_FRAGMENT_LENGTH);
            out.vector16(|out| out.u8(limit.code()));
        }
        out.bytes(&EMPTY_EXTENSIONS);
        if !self.config.alpn.is_empty() {
            out.u16(extension::APPLICATION_LAYER_PROTOCOL_NEGOTIATION);
            out.vector16(|out| {
                out.vector16(|out| {
                    self.config.alpn.iter().for_each(|name| out.vector8(|out| out.bytes(name)));
                });
            });
        }
        if self.config.session_tickets {
            out.u16(extension::SESSION_TICKET);
            out.vector16(|out| out.bytes(self.ticket));
        }
    }
}

/// NameType (RFC 6066 §3).
const HOST_NAME: u8 = 0;

/// encrypt_then_mac and extended_master_secret: types, and lengths of zero.
const EMPTY_EXTENSIONS: [u8; 8] = {
    let ([a, b], [c, d]) =
        (extension::ENCRYPT_THEN_MAC.to_be_bytes(), extension::EXTENDED_MASTER_SECRET.to_be_bytes());
    [a, b, 0, 0, c, d, 0, 0]
};

impl Hello {
    /// Offers the session if there is one that may be resumed, and its ticket fits into the message.
    #[inline(never)]
    pub(super) fn write_client_hello<'b, A: Accel>(
        &mut self,
        common: &mut Common<'b>,
        output: &mut Output<'b>,
        accel: &mut A,
    ) -> Result<(), Stop> {
        accel.fill(&mut common.randoms.client)?;
        if !common.store.is_bound() {
            common.store.bind(resumption::binding(common.config, &common.peer, accel)?);
        }
        // Borrowed: `?` would copy it.
        let session = common.offered_session(accel);
        let session = session.as_ref().map_err(|error| *error)?.as_ref();
        let mut length = self.compose(common, output, session, accel);
        if session.is_some() && length == Err(ssl::BUFFER_TOO_SMALL) {
            length = self.compose(common, output, None, accel);
        }
        let length = length?;
        output.seal_message(None, accel, length)?;
        output.keep(length);
        common.next = NextMessage::ServerHello;
        Ok(())
    }

    /// Writes the message, and returns its length.
    fn compose<A: Accel>(
        &mut self,
        common: &Common<'_>,
        output: &mut Output<'_>,
        session: Option<&Session<'_>>,
        accel: &mut A,
    ) -> Result<usize, Error> {
        let (id, ticket) = session.map_or((&[][..], &[][..]), |session| (session.id, session.ticket));
        if ticket.is_empty() {
            self.offered_id = SessionId::new(id).unwrap_or(SessionId::EMPTY);
        } else {
            // RFC 5077 §3.4: the server's echo of it tells whether the ticket was accepted.
            self.offered_id.fill(accel)?;
        }
        let hello = ClientHello {
            random: &common.randoms.client,
            session_id: &self.offered_id,
            config: common.config,
            host: common.peer.host,
            ticket,
        };
        let mut out = Writer::new(output.message_space(None));
        out.u8(MessageType::CLIENT_HELLO.0);
        out.vector24(|out| hello.write(out));
        out.finish()
    }
}

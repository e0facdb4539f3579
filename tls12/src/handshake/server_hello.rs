//! ServerHello (RFC 5246 §7.4.1.3): the server's choices, checked against our offer.
//!
//! ```text
//!   ProtocolVersion server_version
//!   Random random
//!   SessionID session_id<0..32>
//!   CipherSuite cipher_suite
//!   CompressionMethod compression_method
//!   Extension extensions<0..2^16-1>                 may be absent altogether
//! ```

use accel::Accel;
use status::{Alert, Cause, ssl};

use super::client_hello::{NULL_COMPRESSION, SessionId, VERSION, extension};
use super::order::{NextMessage, out_of_order};
use super::phase::{Common, HandshakePhase, Hello};
use crate::config::{Config, MaxFragmentLength};
use crate::failure::Failure;
use crate::output::Output;
use crate::session::Session;
use crate::suite::Suite;
use crate::wire::Reader;

/// The server's choices.
#[derive(Clone, Copy)]
pub(super) struct Parameters<'b> {
    pub(super) suite: Suite,
    pub(super) session_id: SessionId,
    pub(super) resumed: bool,
    pub(super) extended_master_secret: bool,
    pub(super) encrypt_then_mac: bool,
    /// A NewSessionTicket will follow (RFC 5077 §3.2).
    pub(super) ticket: bool,
    pub(super) max_fragment_length: Option<MaxFragmentLength>,
    pub(super) alpn: Option<&'b [u8]>,
}

impl<'b> Parameters<'b> {
    /// Reads the body of the message and checks it against the offer.
    ///
    /// # Errors
    /// `ssl::BAD_HS_PROTOCOL_VERSION` (-0x6E80) for another version, `ssl::FEATURE_UNAVAILABLE` (-0x7080) for compression,
    /// `ssl::BAD_INPUT_DATA` (-0x7100) for a suite that does not exist here, `ssl::BAD_HS_SERVER_HELLO` (-0x7980) for the rest: a suite or an
    /// extension that was not offered, an extension that is repeated or is no answer, and what does not end where it should.
    #[inline(never)]
    fn read(body: &[u8], common: &mut Common<'b>) -> Result<Self, Failure> {
        let mut reader = Reader::new(body);
        if reader.u16() != VERSION && !reader.has_failed() {
            return Err(Failure::new(ssl::BAD_HS_PROTOCOL_VERSION, Alert::PROTOCOL_VERSION));
        }
        common.randoms.server = reader.array();
        let session_id = SessionId::new(reader.vector8());
        let (suite, compression) = (reader.u16(), reader.u8());
        let session_id = session_id.filter(|_| !reader.has_failed()).ok_or(MALFORMED)?;
        if compression != NULL_COMPRESSION {
            return Err(Failure::new(ssl::FEATURE_UNAVAILABLE, Alert::ILLEGAL_PARAMETER));
        }
        let suite =
            Suite::from_id(suite).ok_or(Failure::new(ssl::BAD_INPUT_DATA, Alert::ILLEGAL_PARAMETER))?;
        // RFC 5246 §7.4.1.3: without extensions the message ends here.
        let extensions = if reader.is_empty() { &[] } else { reader.vector16() };
        if !reader.is_whole() {
            return Err(MALFORMED);
        }
        if !common.config.suites.contains(suite) {
            return Err(illegal());
        }
        let mut parameters = Self {
            suite,
            session_id,
            resumed: false,
            extended_master_secret: false,
            encrypt_then_mac: false,
            ticket: false,
            max_fragment_length: None,
            alpn: None,
        };
        parameters.read_extensions(Reader::new(extensions), common)?;
        Ok(parameters)
    }

    fn read_extensions(&mut self, mut reader: Reader<'_>, common: &Common<'b>) -> Result<(), Failure> {
        let mut extensions = ServerExtensions::offered(common);
        // Bounded: each kind is taken once.
        while !reader.is_empty() {
            let (kind, content) = (reader.u16(), Reader::new(reader.vector16()));
            if reader.has_failed() {
                return Err(MALFORMED);
            }
            extensions.once(kind)?;
            self.read_extension(kind, content, common.config)?;
        }
        Ok(())
    }

    fn read_extension(
        &mut self,
        kind: u16,
        mut content: Reader<'_>,
        config: &Config<'b>,
    ) -> Result<(), Failure> {
        match kind {
            extension::SERVER_NAME => {}
            extension::EXTENDED_MASTER_SECRET => self.extended_master_secret = true,
            extension::SESSION_TICKET => self.ticket = true,
            // RFC 7366 §3: not with an AEAD suite.
            extension::ENCRYPT_THEN_MAC if self.suite.is_aead() => return Err(illegal()),
            extension::ENCRYPT_THEN_MAC => self.encrypt_then_mac = true,
            extension::MAX_FRAGMENT_LENGTH => {
                // RFC 6066 §4: the very value that was asked for.
                let code = content.u8();
                self.max_fragment_length = config.max_fragment_length.filter(|limit| limit.code() == code);
                if self.max_fragment_length.is_none() && !content.has_failed() {
                    return Err(illegal());
                }
            }
            extension::APPLICATION_LAYER_PROTOCOL_NEGOTIATION => {
                // RFC 7301 §3.1: a list of exactly one.
                let mut list = Reader::new(content.vector16());
                let name = list.vector8();
                if !list.is_whole() {
                    return Err(MALFORMED);
                }
                self.alpn = config.alpn.iter().copied().find(|offered| *offered == name);
                self.alpn.ok_or(illegal())?;
            }
            // RFC 5746 §3.4: on a first handshake it is empty.
            extension::RENEGOTIATION_INFO => {
                if !content.vector8().is_empty() {
                    return Err(Failure::new(ssl::BAD_HS_SERVER_HELLO, Alert::HANDSHAKE_FAILURE));
                }
            }
            // Not offered, and of no use here. The list of point formats is checked, as Mbed TLS does.
            extension::SUPPORTED_GROUPS => return Ok(()),
            extension::EC_POINT_FORMATS => {
                let formats = content.vector8();
                let is_known = formats.iter().any(|format| POINT_FORMATS.contains(format));
                if content.is_whole() && !is_known {
                    return Err(Failure::new(ssl::BAD_HS_SERVER_HELLO, Alert::HANDSHAKE_FAILURE));
                }
            }
            _ => return Err(not_offered()),
        }
        if content.is_whole() { Ok(()) } else { Err(MALFORMED) }
    }

    /// Checks that the server chose again what the session has.
    ///
    /// # Errors
    /// `ssl::BAD_HS_SERVER_HELLO` (-0x7980).
    fn resume(&mut self, session: &Session<'_>) -> Result<(), Failure> {
        // RFC 5246 §7.4.1.3.
        if self.suite != session.suite {
            return Err(illegal().with(Cause::ResumptionMismatch));
        }
        // RFC 7627 §5.3: if only one of the two has it, the handshake is aborted.
        if self.extended_master_secret != session.extended_master_secret {
            let failure = Failure::new(ssl::BAD_HS_SERVER_HELLO, Alert::HANDSHAKE_FAILURE);
            return Err(failure.with(Cause::ResumptionMismatch));
        }
        // RFC 6066 §4: the session's limit stays in force.
        self.max_fragment_length = self.max_fragment_length.or(session.max_fragment_length);
        self.resumed = true;
        Ok(())
    }
}

/// Which extensions may come and which have come: one bit for each of [`ServerExtensions::KINDS`].
struct ServerExtensions {
    offered: u16,
    seen: u16,
}

impl ServerExtensions {
    /// The first four are offered only as the configuration says.
    const KINDS: [u16; 9] = [
        extension::SERVER_NAME,
        extension::MAX_FRAGMENT_LENGTH,
        extension::APPLICATION_LAYER_PROTOCOL_NEGOTIATION,
        extension::SESSION_TICKET,
        extension::ENCRYPT_THEN_MAC,
        extension::EXTENDED_MASTER_SECRET,
        // Offered by the SCSV.
        extension::RENEGOTIATION_INFO,
        // RFC 5246 §7.4.1.4 forbids them; some servers send them all the same, to every client.
        extension::SUPPORTED_GROUPS,
        extension::EC_POINT_FORMATS,
    ];

    fn offered(common: &Common<'_>) -> Self {
        let config = common.config;
        let name = config.server_name.of(common.peer.host).is_some();
        let offered = u16::from(name)
            | u16::from(config.max_fragment_length.is_some()) << 1
            | u16::from(!config.alpn.is_empty()) << 2
            | u16::from(config.session_tickets) << 3
            | 0x01F0;
        Self { offered, seen: 0 }
    }

    /// RFC 5246 §7.4.1.4: accepts only offered extensions, and two others, each once.
    fn once(&mut self, kind: u16) -> Result<(), Failure> {
        let mut bit = 1;
        for known in Self::KINDS {
            if kind == known {
                break;
            }
            bit <<= 1;
        }
        if self.offered & bit == 0 {
            return Err(not_offered());
        }
        if self.seen & bit != 0 {
            return Err(illegal().with(Cause::Extension));
        }
        self.seen |= bit;
        Ok(())
    }
}

impl<'b> HandshakePhase<'b> {
    /// Begins the phase of a full or of a resumed handshake, and the transcript with our ClientHello.
    #[inline(never)]
    pub(super) fn read_server_hello<A: Accel>(
        &mut self,
        common: &mut Common<'b>,
        body: &[u8],
        output: &mut Output<'b>,
        accel: &mut A,
    ) -> Result<(), Failure> {
        let Self::Hello(Hello { offered_id }, _) = self else { return Err(out_of_order(common.next)) };
        // RFC 5246 §7.3: the server speaks when it has heard all of our ClientHello.
        if output.has_unsent() {
            return Err(out_of_order(common.next));
        }
        let mut parameters = Parameters::read(body, common)?;
        let offered = offered_id.as_bytes();
        // RFC 5246 §7.3, RFC 5077 §3.4: an echo of our session id resumes.
        let is_echo = !offered.is_empty() && parameters.session_id.as_bytes() == offered;
        if !(is_echo && self.resume(common, &mut parameters)?) {
            // The server did not resume: the offered session is of no more use.
            common.store.forget();
            self.begin_key_exchange(&parameters);
            common.next = NextMessage::ServerCertificate;
        }
        self.start_hashes(common, accel)?;
        self.hash_message(accel, output.kept())?;
        output.release();
        if let Self::KeyExchange(exchange) = self {
            exchange.send_memory = output.memory().take();
        }
        Ok(())
    }

    // Not inlined: its stack is free again when messages are hashed.
    #[inline(never)]
    fn start_hashes<A: Accel>(&mut self, common: &Common<'b>, accel: &mut A) -> Result<(), Failure> {
        let Some(agreed) = self.agreed_mut() else { return Ok(()) };
        let hash = agreed.parameters.suite.prf();
        agreed.transcript.start(accel, hash)?;
        if let Self::KeyExchange(exchange) = self
            && common.config.identity.is_some()
        {
            exchange.signing.start(accel, hash)?;
        }
        Ok(())
    }

    /// Resumes the offered session; false if there is none.
    // Not inlined: the session is gone when messages are hashed.
    #[inline(never)]
    fn resume(&mut self, common: &mut Common<'b>, parameters: &mut Parameters<'b>) -> Result<bool, Failure> {
        let session = common.resumed_session();
        let Some(session) = &session else { return Ok(false) };
        parameters.resume(session)?;
        self.begin_protection(parameters);
        if let Self::Protected(protected, _) = self {
            protected.agreed.server = session.server;
            protected.master.set(session.master);
        }
        common.next = if parameters.ticket {
            NextMessage::NewSessionTicket
        } else {
            NextMessage::ServerChangeCipherSpec
        };
        Ok(true)
    }
}

/// Uncompressed, and compressed over a prime field (RFC 8422 §5.1.2, RFC 4492 §5.1.2).
const POINT_FORMATS: [u8; 2] = [0, 1];

const MALFORMED: Failure = Failure::new(ssl::BAD_HS_SERVER_HELLO, Alert::DECODE_ERROR);

const fn illegal() -> Failure {
    Failure::new(ssl::BAD_HS_SERVER_HELLO, Alert::ILLEGAL_PARAMETER)
}

/// RFC 5246 §7.4.1.4.
const fn not_offered() -> Failure {
    Failure::new(ssl::BAD_HS_SERVER_HELLO, Alert::UNSUPPORTED_EXTENSION).with(Cause::Extension)
}

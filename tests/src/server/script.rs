//! What a scripted server is to do: an honest handshake, any part of which a test can change.

use rsa::{PrivateKey, PublicKey};

use super::record::Record;
use crate::throwaway;

/// A step of a flight.
pub enum Item {
    /// A handshake message.
    Message {
        /// The message's type.
        kind: u8,
        /// The message's body.
        body: Vec<u8>,
    },
    /// The server's Finished, computed when its turn comes.
    Finished,
    /// A ChangeCipherSpec record with this content; from then on everything is protected.
    ChangeCipherSpec(Vec<u8>),
    /// One record of any kind, protected as things stand.
    Record(Record),
    /// Bytes outside any record.
    Raw(Vec<u8>),
    /// The end of the stream.
    End,
}

/// An honest handshake message.
pub fn message(kind: u8, body: &[u8]) -> Item {
    Item::Message { kind, body: body.to_vec() }
}

/// Which flight is about to leave.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flight {
    /// ServerHello to ServerHelloDone.
    Hello,
    /// ServerHello to Finished of an abbreviated handshake.
    Resumption,
    /// NewSessionTicket (or not), ChangeCipherSpec and Finished of a full handshake.
    Finish,
}

/// How handshake messages become records.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cut {
    /// A record for each message.
    PerMessage,
    /// As many messages in a record as fit.
    Together,
    /// Records of so many bytes, wherever that cuts.
    Every(usize),
}

/// What the server asks of the client's certificate.
#[derive(Clone, Debug)]
pub struct CertificateRequest {
    /// The certificate types.
    pub types: Vec<u8>,
    /// The signature algorithms.
    pub algorithms: Vec<u16>,
    /// The names of authorities, each a DER Name.
    pub authorities: Vec<Vec<u8>>,
}

impl Default for CertificateRequest {
    fn default() -> Self {
        Self { types: vec![1, 64], algorithms: vec![0x0401, 0x0501, 0x0601, 0x0201], authorities: Vec::new() }
    }
}

/// What a server keeps of a session.
#[derive(Clone, Debug)]
pub struct Saved {
    /// The session id.
    pub id: Vec<u8>,
    /// The ticket.
    pub ticket: Vec<u8>,
    /// The master secret.
    pub master: Vec<u8>,
}

/// An edit of a flight before it is encoded.
pub type EditFlight = Box<dyn FnMut(Flight, &mut Vec<Item>)>;

/// An edit of the bytes of one burst, which are counted from 0: the flights, and then whatever is sent.
pub type SpoilBurst = Box<dyn FnMut(usize, &mut Vec<u8>)>;

/// The server's configuration. As it stands by default it is an honest one that supports everything.
pub struct Script {
    /// The suite to choose, whatever was offered.
    pub suite: u16,
    /// The version in the ServerHello.
    pub version: [u8; 2],
    /// The version in the records' headers.
    pub record_version: [u8; 2],
    /// The compression method to choose.
    pub compression: u8,
    /// The session id of a full handshake.
    pub session_id: Vec<u8>,
    /// Whether to accept extended master secret.
    pub extended_master_secret: bool,
    /// Whether to accept encrypt-then-MAC.
    pub encrypt_then_mac: bool,
    /// Whether to accept max_fragment_length.
    pub max_fragment_length: bool,
    /// The application protocol to choose, if any is offered.
    pub alpn: Option<Vec<u8>>,
    /// The content of renegotiation_info; none: without it.
    pub renegotiation_info: Option<Vec<u8>>,
    /// Further extensions, offered or not.
    pub extensions: Vec<(u16, Vec<u8>)>,
    /// The certificates to send, in DER.
    pub chain: Vec<Vec<u8>>,
    /// The key of the first one.
    pub key: PrivateKey,
    /// Whether and how to ask for a certificate.
    pub certificate_request: Option<CertificateRequest>,
    /// The key that must have made the client's CertificateVerify.
    pub client_key: Option<PublicKey>,
    /// Lifetime hint and bytes of the ticket to issue; none: no NewSessionTicket.
    pub ticket: Option<(u32, Vec<u8>)>,
    /// A session that is resumed when the client offers it.
    pub resume: Option<Saved>,
    /// How handshake messages become records.
    pub cut: Cut,
    /// Changes a flight.
    pub edit: Option<EditFlight>,
    /// Changes the bytes that leave.
    pub spoil: Option<SpoilBurst>,
}

impl Default for Script {
    fn default() -> Self {
        Self::new(0x009D)
    }
}

impl Script {
    /// An honest server that chooses `suite`, presents `server.pem` and `intermediate.pem`, and issues a ticket.
    pub fn new(suite: u16) -> Self {
        Self {
            suite,
            version: [3, 3],
            record_version: [3, 3],
            compression: 0,
            session_id: vec![0x5E; 32],
            extended_master_secret: true,
            encrypt_then_mac: true,
            max_fragment_length: true,
            alpn: None,
            renegotiation_info: Some(vec![0]),
            extensions: Vec::new(),
            chain: vec![throwaway::der("server.pem"), throwaway::der("intermediate.pem")],
            key: throwaway::rsa_key("server.key"),
            certificate_request: None,
            client_key: None,
            ticket: Some((7200, b"a ticket of the scripted server".to_vec())),
            resume: None,
            cut: Cut::PerMessage,
            edit: None,
            spoil: None,
        }
    }

    /// Changes every flight with `edit`.
    #[must_use]
    pub fn edited(self, edit: impl FnMut(Flight, &mut Vec<Item>) + 'static) -> Self {
        Self { edit: Some(Box::new(edit)), ..self }
    }

    /// Changes one flight with `edit`.
    #[must_use]
    pub fn edited_in(self, flight: Flight, mut edit: impl FnMut(&mut Vec<Item>) + 'static) -> Self {
        self.edited(move |this, items| {
            if this == flight {
                edit(items);
            }
        })
    }

    /// Changes the body of every message of this type.
    #[must_use]
    pub fn edited_message(self, kind: u8, mut edit: impl FnMut(&mut Vec<u8>) + 'static) -> Self {
        self.edited(move |_, items| {
            for item in items {
                if let Item::Message { kind: found, body } = item
                    && *found == kind
                {
                    edit(body);
                }
            }
        })
    }
}

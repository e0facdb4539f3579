//! A scripted TLS 1.2 server, which can be honest or spoil anything.
//!
//! It works on byte vectors, so that a test can move them to and from a connection in any pieces, and shares no code with the
//! crates under test: its cryptography is RustCrypto's, its parsers are its own. What the *client* does is checked as it
//! comes, and [`Server::fault`] says what was wrong with it.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "a server for tests ends the test when the client misbehaves"
)]

pub mod crypto;
pub mod hello;
mod output;
pub mod record;
pub mod script;

use std::collections::VecDeque;

use rsa::{Pkcs1v15Encrypt, Pkcs1v15Sign};

use crypto::{HashKind, Parameters, hash, parameters, prf};
use hello::{ClientHello, ServerHello, prefixed, take, vector};
pub use output::{certificate, certificate_request};
use record::{Record, State};
pub use script::{CertificateRequest, Cut, Flight, Item, Saved, Script, message};

/// Content types.
pub const CHANGE_CIPHER_SPEC: u8 = 20;
/// Alerts.
pub const ALERT: u8 = 21;
/// Handshake messages.
pub const HANDSHAKE: u8 = 22;
/// Application data.
pub const APPLICATION_DATA: u8 = 23;

/// Handshake types.
pub const HELLO_REQUEST: u8 = 0;
/// ServerHello.
pub const SERVER_HELLO: u8 = 2;
/// NewSessionTicket.
pub const NEW_SESSION_TICKET: u8 = 4;
/// Certificate.
pub const CERTIFICATE: u8 = 11;
/// ServerKeyExchange.
pub const SERVER_KEY_EXCHANGE: u8 = 12;
/// CertificateRequest.
pub const CERTIFICATE_REQUEST: u8 = 13;
/// ServerHelloDone.
pub const SERVER_HELLO_DONE: u8 = 14;
/// Finished.
pub const FINISHED: u8 = 20;

/// The server.
pub struct Server {
    /// What it is to do.
    pub script: Script,
    /// What the client offered.
    pub hello: ClientHello,
    /// Alerts of the client: level and description.
    pub alerts: Vec<(u8, u8)>,
    /// Application data of the client.
    pub data: Vec<u8>,
    /// The client's certificates, if it was asked for any.
    pub certificates: Option<Vec<Vec<u8>>>,
    /// The algorithm of the client's CertificateVerify, once it has been checked.
    pub verified_with: Option<u16>,
    /// Types of the client's handshake messages, in their order.
    pub messages: Vec<u8>,
    /// What was wrong with the client.
    pub fault: Option<String>,
    /// Whether the server has ended its stream.
    pub ended: bool,
    /// Whether the handshake is over.
    pub connected: bool,
    /// Whether this handshake resumes a session.
    pub resumed: bool,
    /// The client's premaster secret, once it has been decrypted.
    pub premaster: Vec<u8>,
    suite: Parameters,
    session_id: Vec<u8>,
    random: Vec<u8>,
    extended: bool,
    encrypt_then_mac: bool,
    fragment: usize,
    master: Vec<u8>,
    transcript: Vec<u8>,
    input: Vec<u8>,
    handshake: Vec<u8>,
    output: VecDeque<u8>,
    bursts: usize,
    read: Option<State>,
    write: Option<State>,
    next: Option<[State; 2]>,
}

impl Server {
    /// A server at the start of a connection.
    pub fn new(script: Script) -> Self {
        let suite = parameters(script.suite);
        let encrypt_then_mac = false;
        Self {
            script,
            hello: ClientHello::default(),
            alerts: Vec::new(),
            data: Vec::new(),
            certificates: None,
            verified_with: None,
            messages: Vec::new(),
            fault: None,
            ended: false,
            connected: false,
            resumed: false,
            premaster: Vec::new(),
            suite,
            session_id: Vec::new(),
            random: vec![0xA5; 32],
            extended: false,
            encrypt_then_mac,
            fragment: 1 << 14,
            master: Vec::new(),
            transcript: Vec::new(),
            input: Vec::new(),
            handshake: Vec::new(),
            output: VecDeque::new(),
            bursts: 0,
            read: None,
            write: None,
            next: None,
        }
    }

    /// Takes bytes of the client.
    pub fn receive(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
        while self.fault.is_none() && self.input.len() >= 5 {
            let length = usize::from(u16::from_be_bytes([self.input[3], self.input[4]]));
            if self.input.len() < 5 + length {
                return;
            }
            let rest = self.input.split_off(5 + length);
            let record = std::mem::replace(&mut self.input, rest);
            if let Err(fault) = self.record(record[0], &record[5..]) {
                self.fault = Some(fault);
            }
        }
    }

    /// Takes at most so many bytes of what the server has to say.
    pub fn take_output(&mut self, most: usize) -> Vec<u8> {
        let most = most.min(self.output.len());
        self.output.drain(..most).collect()
    }

    /// Whether everything that the server said has been taken.
    pub fn is_silent(&self) -> bool {
        self.output.is_empty()
    }

    /// What a session can be resumed with.
    pub fn saved(&self) -> Saved {
        let ticket = self.script.ticket.as_ref().map_or_else(Vec::new, |(_, ticket)| ticket.clone());
        Saved { id: self.session_id.clone(), ticket, master: self.master.clone() }
    }

    /// Sends application data, a record for each limit's worth.
    pub fn send(&mut self, data: &[u8]) {
        for chunk in data.chunks(self.fragment) {
            self.push(Item::Record(Record::new(APPLICATION_DATA, chunk)));
        }
    }

    /// Sends an alert.
    pub fn alert(&mut self, level: u8, description: u8) {
        self.push(Item::Record(Record::new(ALERT, &[level, description])));
    }

    /// Sends anything.
    pub fn push(&mut self, item: Item) {
        self.encode(vec![item]);
    }

    /// The state of the server's write direction, to spoil it.
    pub fn write_state(&mut self) -> Option<&mut State> {
        self.write.as_mut()
    }

    fn record(&mut self, content_type: u8, body: &[u8]) -> Result<(), String> {
        let content = match &mut self.read {
            Some(state) => state.open(content_type, body)?,
            None => body.to_vec(),
        };
        match content_type {
            CHANGE_CIPHER_SPEC if content == [1] => {
                let [client, _] = self.next.clone().ok_or("early ChangeCipherSpec")?;
                self.read = Some(client);
                Ok(())
            }
            ALERT => {
                let [level, description] = *content else { return Err("malformed alert".into()) };
                self.alerts.push((level, description));
                Ok(())
            }
            HANDSHAKE => {
                self.handshake.extend(content);
                self.messages()
            }
            APPLICATION_DATA if self.connected => {
                self.data.extend(content);
                Ok(())
            }
            _ => Err(format!("unexpected record of type {content_type}")),
        }
    }

    fn messages(&mut self) -> Result<(), String> {
        while let [kind, a, b, c, rest @ ..] = self.handshake.as_slice() {
            let length = usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c);
            let (kind, Some(body)) = (*kind, rest.get(..length)) else { break };
            let body = body.to_vec();
            let left = self.handshake.split_off(4 + length);
            let bytes = std::mem::replace(&mut self.handshake, left);
            self.messages.push(kind);
            self.message(kind, &bytes, &body)?;
        }
        Ok(())
    }

    fn message(&mut self, kind: u8, bytes: &[u8], body: &[u8]) -> Result<(), String> {
        let before = self.transcript.clone();
        self.transcript.extend_from_slice(bytes);
        match kind {
            1 => self.client_hello(body),
            11 => self.client_certificate(body),
            16 => self.client_key_exchange(body)?,
            15 => self.certificate_verify(&before, body)?,
            20 => self.client_finished(&before, body)?,
            _ => return Err(format!("unexpected message of type {kind}")),
        }
        Ok(())
    }

    fn client_hello(&mut self, body: &[u8]) {
        self.hello = ClientHello::parse(body);
        let saved = self.script.resume.clone().filter(|saved| self.is_offered(saved));
        self.session_id = match &saved {
            // RFC 5077 §3.4: by ticket, the client's own session id says that it worked.
            Some(_) => self.hello.session_id.clone(),
            None => self.script.session_id.clone(),
        };
        let extensions = self.extensions();
        let hello = ServerHello {
            version: self.script.version,
            random: self.random.clone(),
            session_id: self.session_id.clone(),
            suite: self.script.suite,
            compression: self.script.compression,
            extensions,
        };
        let mut items = vec![message(SERVER_HELLO, &hello.encode())];
        if let Some(saved) = saved {
            self.resumed = true;
            self.master = saved.master;
            self.prepare();
            items.extend(self.new_session_ticket());
            items.extend([Item::ChangeCipherSpec(vec![1]), Item::Finished]);
            return self.send_flight(Flight::Resumption, items);
        }
        items.push(message(CERTIFICATE, &certificate(&self.script.chain)));
        if let Some(request) = &self.script.certificate_request {
            items.push(message(CERTIFICATE_REQUEST, &certificate_request(request)));
        }
        items.push(message(SERVER_HELLO_DONE, &[]));
        self.send_flight(Flight::Hello, items);
    }

    fn is_offered(&self, saved: &Saved) -> bool {
        let ticket = self.hello.extension(35).unwrap_or_default();
        let by_ticket = !saved.ticket.is_empty() && ticket == saved.ticket;
        by_ticket || !saved.id.is_empty() && self.hello.session_id == saved.id
    }

    /// Answers what was offered and is wanted, then whatever else the script says.
    fn extensions(&mut self) -> Vec<(u16, Vec<u8>)> {
        let script = &self.script;
        let offered = |kind: u16| self.hello.extension(kind).is_some();
        let mut list = Vec::new();
        if let Some(content) = &script.renegotiation_info {
            list.push((0xFF01, content.clone()));
        }
        if script.max_fragment_length
            && let Some([code @ 1..=4]) = self.hello.extension(1)
        {
            self.fragment = 256 << code;
            list.push((1, vec![*code]));
        }
        if script.encrypt_then_mac && offered(22) && self.suite.mac_length != 0 {
            self.encrypt_then_mac = true;
            list.push((22, Vec::new()));
        }
        if script.extended_master_secret && offered(23) {
            self.extended = true;
            list.push((23, Vec::new()));
        }
        if let Some(protocol) = &script.alpn
            && offered(16)
        {
            list.push((16, prefixed(2, &prefixed(1, protocol))));
        }
        if script.ticket.is_some() && offered(35) {
            list.push((35, Vec::new()));
        }
        list.extend(script.extensions.iter().cloned());
        list
    }

    fn new_session_ticket(&self) -> Option<Item> {
        let (lifetime, ticket) = self.script.ticket.as_ref()?;
        self.hello.extension(35)?;
        let body = [&lifetime.to_be_bytes()[..], &prefixed(2, ticket)].concat();
        Some(message(NEW_SESSION_TICKET, &body))
    }

    fn client_certificate(&mut self, body: &[u8]) {
        let mut rest = body;
        let mut list = vector(&mut rest, 3);
        let mut certificates = Vec::new();
        while !list.is_empty() {
            certificates.push(vector(&mut list, 3).to_vec());
        }
        self.certificates = Some(certificates);
    }

    fn client_key_exchange(&mut self, body: &[u8]) -> Result<(), String> {
        let mut rest = body;
        let encrypted = vector(&mut rest, 2);
        let premaster =
            self.script.key.decrypt(Pkcs1v15Encrypt, encrypted).map_err(|error| error.to_string())?;
        if premaster.len() != 48 || premaster[..2] != [3, 3] {
            return Err("the premaster secret is not 0303 and 46 bytes".into());
        }
        self.master = if self.extended {
            let session_hash = hash(self.suite.prf, &self.transcript);
            prf(self.suite.prf, &premaster, "extended master secret", &session_hash, 48)
        } else {
            let seed = [self.hello.random.as_slice(), &self.random].concat();
            prf(self.suite.prf, &premaster, "master secret", &seed, 48)
        };
        self.premaster = premaster;
        self.prepare();
        Ok(())
    }

    /// The MAC keys and the AES keys of client and server, in this order; empty before there are any.
    pub fn keys(&self) -> [Vec<u8>; 4] {
        let Some([client, server]) = &self.next else { return Default::default() };
        [client.mac.clone(), server.mac.clone(), client.key.clone(), server.key.clone()]
    }

    fn prepare(&mut self) {
        let pair =
            State::pair(self.suite, self.encrypt_then_mac, &self.master, &self.hello.random, &self.random);
        self.next = Some(pair);
    }

    fn certificate_verify(&mut self, before: &[u8], body: &[u8]) -> Result<(), String> {
        let mut rest = body;
        let algorithm = u16::from_be_bytes(take(&mut rest, 2).try_into().unwrap());
        let signature = vector(&mut rest, 2);
        let key = self.script.client_key.as_ref().ok_or("no key to check the signature with")?;
        let result = match algorithm {
            0x0201 => key.verify(Pkcs1v15Sign::new::<sha1::Sha1>(), &hash(HashKind::Sha1, before), signature),
            0x0401 => {
                key.verify(Pkcs1v15Sign::new::<sha2::Sha256>(), &hash(HashKind::Sha256, before), signature)
            }
            0x0501 => {
                key.verify(Pkcs1v15Sign::new::<sha2::Sha384>(), &hash(HashKind::Sha384, before), signature)
            }
            0x0601 => {
                key.verify(Pkcs1v15Sign::new::<sha2::Sha512>(), &hash(HashKind::Sha512, before), signature)
            }
            _ => return Err(format!("signature algorithm {algorithm:04X}")),
        };
        result.map_err(|error| format!("CertificateVerify: {error}"))?;
        self.verified_with = Some(algorithm);
        Ok(())
    }

    fn client_finished(&mut self, before: &[u8], body: &[u8]) -> Result<(), String> {
        if self.read.is_none() {
            return Err("Finished without ChangeCipherSpec".into());
        }
        if body != self.verify_data("client finished", before) {
            return Err("wrong verify_data".into());
        }
        if self.resumed {
            self.connected = true;
            return Ok(());
        }
        let mut items: Vec<Item> = self.new_session_ticket().into_iter().collect();
        items.extend([Item::ChangeCipherSpec(vec![1]), Item::Finished]);
        self.send_flight(Flight::Finish, items);
        self.connected = true;
        Ok(())
    }

    fn verify_data(&self, label: &str, transcript: &[u8]) -> Vec<u8> {
        prf(self.suite.prf, &self.master, label, &hash(self.suite.prf, transcript), 12)
    }
}

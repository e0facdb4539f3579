//! DNS's server side (RFC 1035 §4): names that stand for the PC, and, where that is allowed, the PC's resolver.

use std::net::{IpAddr, Ipv4Addr, ToSocketAddrs};

use crate::Config;

/// The server's port.
pub(crate) const PORT: u16 = 53;

/// The header's length (§4.1.1).
const HEADER: usize = 12;
/// The longest name in its encoding, and so the most bytes of labels that are read (§3.1).
const MAX_NAME: usize = 255;
/// Type A and class IN (§3.2.2, §3.2.4).
const A: u16 = 1;
const INTERNET: u16 = 1;
/// How long an answer may be kept, in seconds.
const TIME_TO_LIVE: u32 = 60;

/// A standard query with one question.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct DnsQuery {
    /// The name, in lower case and with dots.
    pub(crate) name: String,
    identifier: [u8; 2],
    recursion_desired: u8,
    question: Vec<u8>,
    is_address: bool,
}

/// What a name stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Found {
    /// An address.
    Address(Ipv4Addr),
    /// Nothing: the name does not exist.
    Nothing,
    /// That is not known here: the PC's resolver has to be asked, which takes its time.
    Unknown,
}

/// Response codes (§4.1.1).
const NO_ERROR: u8 = 0;
const NAME_ERROR: u8 = 3;

impl DnsQuery {
    /// Reads a query; none where it is anything else.
    pub(crate) fn parse(message: &[u8]) -> Option<Self> {
        let (header, rest) = message.split_first_chunk::<HEADER>()?;
        let [id_0, id_1, flags, _, 0, 1, ..] = *header else { return None };
        // A query (QR 0) of the standard kind (OPCODE 0).
        if flags & 0xF8 != 0 {
            return None;
        }
        let (name, after) = name(rest)?;
        let (&[t0, t1, c0, c1], _) = after.split_first_chunk::<4>()?;
        let length = rest.len().checked_sub(after.len())?.checked_add(4)?;
        Some(Self {
            name,
            identifier: [id_0, id_1],
            recursion_desired: flags & 0x01,
            question: rest.get(..length)?.to_vec(),
            is_address: u16::from_be_bytes([t0, t1]) == A && u16::from_be_bytes([c0, c1]) == INTERNET,
        })
    }

    /// What the name stands for, as far as that can be said at once.
    pub(crate) fn look_up(&self, config: &Config) -> Found {
        if config.names.iter().any(|name| name.eq_ignore_ascii_case(&self.name)) {
            Found::Address(config.address)
        } else if config.outside {
            Found::Unknown
        } else {
            Found::Nothing
        }
    }

    /// The response: addresses, or that the name does not exist, or has no record of the type that is asked for.
    pub(crate) fn answer(&self, found: &[Ipv4Addr]) -> Vec<u8> {
        let addresses = if self.is_address { found } else { &[] };
        let code = if found.is_empty() { NAME_ERROR } else { NO_ERROR };
        let count = u8::try_from(addresses.len()).unwrap_or(u8::MAX);
        let mut message = Vec::new();
        message.extend(self.identifier);
        // A response, authoritative; recursion available.
        message.extend([0x84 | self.recursion_desired, 0x80 | code]);
        message.extend([0, 1, 0, count, 0, 0, 0, 0]);
        message.extend(&self.question);
        for address in addresses.iter().take(count.into()) {
            // The name is the question's, twelve bytes from the beginning (§4.1.4).
            message.extend([0xC0, 0x0C]);
            message.extend(A.to_be_bytes());
            message.extend(INTERNET.to_be_bytes());
            message.extend(TIME_TO_LIVE.to_be_bytes());
            message.extend([0, 4]);
            message.extend(address.octets());
        }
        message
    }
}

/// Reads a name without compression, which no first question can have; and what follows it.
fn name(mut rest: &[u8]) -> Option<(String, &[u8])> {
    let mut name = String::new();
    loop {
        let (&length, after) = rest.split_first()?;
        if length == 0 {
            return Some((name, after));
        }
        // A label has at most 63 bytes (§2.3.4); what is more is a pointer.
        let (label, after) = after.split_at_checked(usize::from(length)).filter(|_| length < 64)?;
        if !name.is_empty() {
            name.push('.');
        }
        name.push_str(&String::from_utf8_lossy(label).to_ascii_lowercase());
        if name.len() > MAX_NAME {
            return None;
        }
        rest = after;
    }
}

/// Asks the PC's resolver, which may take seconds.
pub(crate) fn ask_resolver(name: &str) -> Option<Ipv4Addr> {
    (name, 0).to_socket_addrs().ok()?.find_map(|address| match address.ip() {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    })
}

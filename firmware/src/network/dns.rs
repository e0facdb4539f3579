//! DNS queries for an address and their answers (RFC 1035 §4), as bytes.
//!
//! An attacker who cannot see a query must guess its identifier, its port and which of its letters are capitals: names compare
//! without case (RFC 4343), and servers repeat the question unchanged. All three come from the device's random number generator, because
//! the network stack's own can be computed from its TCP sequence numbers. Deliberately absent: TCP, EDNS, IPv6, a cache.

use core::net::Ipv4Addr;

use heapless::Vec;

/// The server's port.
pub const PORT: u16 = 53;
/// The longest message over UDP, in bytes (§2.3.4).
pub const MAX_MESSAGE: usize = 512;
/// The longest query: its header, a name, type and class.
pub const MAX_QUERY: usize = HEADER + MAX_NAME + 4;
/// How many addresses of an answer are used.
pub const MAX_ADDRESSES: usize = 8;

/// The addresses of a host, in the order of the answer.
pub type Addresses = Vec<Ipv4Addr, MAX_ADDRESSES>;

const HEADER: usize = 12;
/// The longest name in its encoding (§2.3.4).
const MAX_NAME: usize = 255;
/// A label has at most 63 bytes (§2.3.4); what is more is a pointer (§4.1.4).
const MAX_LABEL: u8 = 63;
const POINTER: u8 = 0b1100_0000;
/// Type A, class IN, and what follows a question's name when it asks for an address.
const ADDRESS: [u8; 4] = [0, 1, 0, 1];
/// Type CNAME, class IN.
const CANONICAL_NAME: [u8; 4] = [0, 5, 0, 1];
/// How many aliases are followed.
const MAX_ALIASES: usize = 8;
/// No message has more records: each takes eleven bytes.
const MAX_RECORDS: u16 = 46;

/// A query for the address of a host.
pub struct Query(Vec<u8, MAX_QUERY>);

/// Why there is no address in a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// It is no answer to this query: another message may still come.
    Foreign,
    /// The answer repeats the question, but not its capitals: from a server that does not keep them, or from somebody who has guessed
    /// everything else.
    OtherCase,
    /// The name does not exist, or has no address.
    NotFound,
    /// The server cannot answer, or the answer cannot be read.
    Failed,
}

impl Query {
    /// A query for `host`, a name of labels with dots between them; `None` where it is none. A set bit of `capitals` makes a
    /// letter of the name a capital.
    #[must_use]
    pub fn new(host: &str, identifier: [u8; 2], capitals: &[u8]) -> Option<Self> {
        let [high, low] = identifier;
        // A standard query with recursion desired, and one question.
        let mut message = Vec::from_slice(&[high, low, 0x01, 0, 0, 1, 0, 0, 0, 0, 0, 0]).ok()?;
        let host = host.strip_suffix('.').unwrap_or(host);
        let mut bits = capitals.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1));
        for label in host.split('.') {
            let length = u8::try_from(label.len()).ok().filter(|length| (1..=MAX_LABEL).contains(length))?;
            message.push(length).ok()?;
            for byte in label.bytes() {
                let is_capital = byte.is_ascii_alphabetic() && bits.next().unwrap_or(false);
                let byte = byte.to_ascii_lowercase();
                message.push(if is_capital { byte.to_ascii_uppercase() } else { byte }).ok()?;
            }
        }
        message.push(0).ok()?;
        if message.len() > HEADER + MAX_NAME {
            return None;
        }
        message.extend_from_slice(&ADDRESS).ok()?;
        Some(Self(message))
    }

    /// The message to send.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Reads an answer: every address of the name, or of what it is an alias of, whatever the order of the records.
    ///
    /// # Errors
    /// Why there is none.
    pub fn answer(&self, message: &[u8]) -> Result<Addresses, Refusal> {
        let code = self.check(message)?;
        match code {
            0 => {}
            3 => return Err(Refusal::NotFound),
            _ => return Err(Refusal::Failed),
        }
        // The question's name, by its place in the message.
        let mut name = HEADER;
        for _ in 0..=MAX_ALIASES {
            let mut addresses = Addresses::new();
            let mut alias = None;
            let mut records = Records::new(message, self.0.len()).ok_or(Refusal::Failed)?;
            while let Some(record) = records.next() {
                // What cannot be read hides what is behind it.
                let Some(record) = record else { break };
                if !is_same_name(message, record.name, name) {
                    continue;
                }
                match (record.kind, record.data) {
                    (ADDRESS, &[a, b, c, d]) => drop(addresses.push(Ipv4Addr::new(a, b, c, d))),
                    (CANONICAL_NAME, _) => alias = Some(record.place),
                    _ => {}
                }
            }
            if !addresses.is_empty() {
                return Ok(addresses);
            }
            name = alias.ok_or(Refusal::NotFound)?;
        }
        Err(Refusal::Failed)
    }

    /// Whether the message answers this query, and with which response code.
    fn check(&self, message: &[u8]) -> Result<u8, Refusal> {
        let header: &[u8; HEADER] = message.first_chunk().ok_or(Refusal::Foreign)?;
        let [id_0, id_1, flags, codes, questions_0, questions_1, ..] = *header;
        // A response (QR) to a standard query (OPCODE 0).
        if self.0.get(..2) != Some(&[id_0, id_1]) || flags & 0xF8 != 0x80 {
            return Err(Refusal::Foreign);
        }
        let code = codes & 0x0F;
        if [questions_0, questions_1] == [0, 0] && code != 0 {
            // Some servers do not repeat what they cannot read.
            return Ok(code);
        }
        let asked = self.0.get(HEADER..).unwrap_or_default();
        let repeated = message.get(HEADER..self.0.len()).ok_or(Refusal::Foreign)?;
        if [questions_0, questions_1] != [0, 1] || !repeated.eq_ignore_ascii_case(asked) {
            return Err(Refusal::Foreign);
        }
        // Without a capital there is nothing to repeat, and some servers make all of them capitals.
        let has_capitals = asked.iter().any(u8::is_ascii_uppercase);
        if repeated == asked || !has_capitals { Ok(code) } else { Err(Refusal::OtherCase) }
    }
}

/// A record of the answer.
struct Record<'m> {
    /// Where its name begins.
    name: usize,
    /// Type and class.
    kind: [u8; 4],
    /// Where its data begin.
    place: usize,
    data: &'m [u8],
}

/// The records of the answer section.
struct Records<'m> {
    message: &'m [u8],
    at: usize,
    left: u16,
}

impl<'m> Records<'m> {
    fn new(message: &'m [u8], at: usize) -> Option<Self> {
        let &[_, _, _, _, _, _, high, low, ..] = message else { return None };
        Some(Self { message, at, left: u16::from_be_bytes([high, low]).min(MAX_RECORDS) })
    }

    /// The next record; `Some(None)` for one that cannot be read.
    fn next(&mut self) -> Option<Option<Record<'m>>> {
        self.left = self.left.checked_sub(1)?;
        Some(self.read())
    }

    fn read(&mut self) -> Option<Record<'m>> {
        let name = self.at;
        let after = end_of_name(self.message, name)?;
        // Type, class, time to live, length of the data (§4.1.3).
        let (&[t0, t1, c0, c1, _, _, _, _, high, low], data) =
            self.message.get(after..)?.split_first_chunk()?;
        let data = data.get(..u16::from_be_bytes([high, low]).into())?;
        let place = after.checked_add(10)?;
        self.at = place.checked_add(data.len())?;
        Some(Record { name, kind: [t0, t1, c0, c1], place, data })
    }
}

/// Where a name ends, with its pointer if it has one.
fn end_of_name(message: &[u8], mut at: usize) -> Option<usize> {
    // A label takes two bytes at least.
    for _ in 0..MAX_NAME {
        match *message.get(at)? {
            0 => return at.checked_add(1),
            length @ 1..=MAX_LABEL => at = at.checked_add(usize::from(length))?.checked_add(1)?,
            length if length >= POINTER => return at.checked_add(2),
            _ => return None,
        }
    }
    None
}

/// The label at `at`, behind pointers, and where the next one begins; an empty label is the end.
fn label(message: &[u8], mut at: usize) -> Option<(&[u8], usize)> {
    loop {
        let first = *message.get(at)?;
        let after = at.checked_add(1)?;
        if first <= MAX_LABEL {
            let end = after.checked_add(first.into())?;
            return Some((message.get(after..end)?, end));
        }
        if first < POINTER {
            return None;
        }
        let to = usize::from(first & !POINTER) << 8 | usize::from(*message.get(after)?);
        // §4.1.4: to an earlier place, so that following ends.
        at = Some(to).filter(|to| *to < at)?;
    }
}

/// Whether two names of the message are the same but for their case (RFC 4343).
fn is_same_name(message: &[u8], mut one: usize, mut other: usize) -> bool {
    for _ in 0..MAX_NAME {
        let (Some((a, after_a)), Some((b, after_b))) = (label(message, one), label(message, other)) else {
            return false;
        };
        if !a.eq_ignore_ascii_case(b) {
            return false;
        }
        if a.is_empty() {
            return true;
        }
        (one, other) = (after_a, after_b);
    }
    false
}

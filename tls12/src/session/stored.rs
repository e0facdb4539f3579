//! How a session is encoded and decoded, including its secrets.
//!
//! ```text
//!   version  binding  suite  extended master secret  max_fragment_length  master secret  created
//!   SHA-256 of the server's certificate<0..32>  flags  depth  not_after
//!   lifetime hint  session id<0..32>  ticket<0..2^16-1>  SHA-256 of all before
//! ```

use accel::{Hash, HashAlgorithm, HashState};
use status::{Error, Flags};
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use crate::schedule::SECRET_LENGTH;
use crate::trust::{DIGEST_LENGTH, Pin, Verdict, array, sha256};
use crate::wire::{Reader, Writer};
use crate::{MaxFragmentLength, Suite};

/// The longest encoded session, without its ticket.
pub const MAX_LENGTH_WITHOUT_TICKET: usize =
    2 + DIGEST_LENGTH + 2 + 1 + 1 + SECRET_LENGTH + 8 + PEER_LENGTH + 4 + 33 + 2 + DIGEST_LENGTH;
/// The longest time for which a session is offered: a day (RFC 5246 §F.1.4), whatever the server's hint says.
pub const MAX_AGE: u64 = 24 * 60 * 60;

/// A digest of everything that must be unchanged for a session to resume.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Binding([u8; DIGEST_LENGTH]);

impl Binding {
    /// Digests `parts` and `pins`. Each is preceded by its length, so that two different lists never give the same input.
    ///
    /// # Errors
    /// Those of [`Hash`].
    pub fn new<A: Hash + ?Sized>(accel: &mut A, parts: &[&[u8]], pins: &[Pin]) -> Result<Self, Error> {
        // Not copied: a copy takes 200 bytes of stack.
        let mut started = accel.hash_start(HashAlgorithm::Sha256);
        let state = started.as_mut().map_err(|error| *error)?;
        for part in parts {
            add(accel, state, part)?;
        }
        for pin in pins {
            add(accel, state, pin.kind())?;
            add(accel, state, pin.digest())?;
        }
        Ok(Self(array(&accel.hash_finish_in_place(state)?)))
    }
}

#[inline(never)]
fn add<A: Hash + ?Sized>(accel: &mut A, state: &mut HashState, part: &[u8]) -> Result<(), Error> {
    let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
    accel.hash_update(state, &length.to_be_bytes())?;
    accel.hash_update(state, part)
}

/// A session that can be resumed. It borrows its secret, which is not copied before the session is resumed.
#[derive(Clone, Copy)]
pub struct Session<'a> {
    /// What the session is bound to.
    pub binding: Binding,
    /// The suite, which resumption keeps.
    pub suite: Suite,
    /// The master secret, from which new keys are derived.
    pub master: &'a [u8; SECRET_LENGTH],
    /// Whether it is the extended master secret (RFC 7627 §5.3: resumption keeps that too).
    pub extended_master_secret: bool,
    /// The negotiated limit on fragments (RFC 6066 §4).
    pub max_fragment_length: Option<MaxFragmentLength>,
    /// When the full handshake took place, in Unix seconds.
    pub created: u64,
    /// What is known about the server.
    pub server: ServerSeen,
    /// For how many seconds the server accepts the ticket, as it says (RFC 5077 §3.3); 0 when it does not say.
    pub lifetime_hint: u32,
    /// The server's session id, at most 32 bytes; empty for none.
    pub id: &'a [u8],
    /// The ticket; empty for none.
    pub ticket: &'a [u8],
}

/// What is known about the server's own certificate, for the life of the session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ServerSeen {
    /// SHA-256 of the certificate, if pins or an observer needed it.
    pub certificate: Option<[u8; DIGEST_LENGTH]>,
    /// The verdict; empty if nothing was verified.
    pub verdict: Verdict,
    /// When the certificate expires, in Unix seconds. `u64::MAX` if its dates were not verified, or if an earlier session did not keep the
    /// date.
    pub not_after: u64,
}

impl ServerSeen {
    /// Nothing known yet.
    pub const NOTHING: Self =
        Self { certificate: None, verdict: Verdict::new(Flags::NONE, 0), not_after: u64::MAX };
}

impl<'a> Session<'a> {
    /// Writes the session to the front of `out` and returns its length. If only the ticket does not fit, the session is written without
    /// it. Returns 0 if nothing fits, or nothing would be left to resume with.
    ///
    /// If it returns 0, `out` is wiped.
    ///
    /// # Errors
    /// Those of [`Hash`]; `out` is wiped then as well.
    pub fn encode<A: Hash + ?Sized>(&self, accel: &mut A, out: &mut [u8]) -> Result<usize, Error> {
        let encoded = self.try_encode(accel, out);
        if !matches!(encoded, Ok(1..)) {
            out.zeroize();
        }
        encoded
    }

    fn try_encode<A: Hash + ?Sized>(&self, accel: &mut A, out: &mut [u8]) -> Result<usize, Error> {
        for ticket in [self.ticket, &[]] {
            if ticket.is_empty() && self.id.is_empty() {
                continue;
            }
            if let Ok(length) = self.write(ticket, out) {
                let end = length.saturating_add(DIGEST_LENGTH);
                let (content, rest) = out.split_at_mut_checked(length).unwrap_or_default();
                if let Some(digest) = rest.first_chunk_mut() {
                    *digest = sha256(accel, content)?;
                    return Ok(end);
                }
            }
        }
        Ok(0)
    }

    /// Decodes a session whose digest has been checked. None unless it has this version and matches `binding`, is neither too old at `now`
    /// (Unix seconds) nor from the future, and the server's certificate has not expired since.
    pub fn decode(bytes: &'a [u8], binding: &Binding, now: u64) -> Option<Self> {
        let session = Self::read(bytes);
        let is_good = |it: &Self| it.binding == *binding && it.created <= now && now <= it.expires();
        if session.as_ref().is_some_and(is_good) { session } else { None }
    }

    /// Decodes the bytes, if their digest is right.
    pub(super) fn undamaged<A: Hash + ?Sized>(accel: &mut A, bytes: &'a [u8]) -> Result<Option<Self>, Error> {
        Ok(if Self::is_undamaged(accel, bytes)? { Self::read(bytes) } else { None })
    }

    /// Whether the digest of the bytes is right.
    ///
    /// # Errors
    /// Those of [`Hash`].
    // Not inlined, so that its stack is free again when the session is decoded.
    #[inline(never)]
    pub fn is_undamaged<A: Hash + ?Sized>(accel: &mut A, bytes: &[u8]) -> Result<bool, Error> {
        let Some((content, digest)) = bytes.split_last_chunk::<DIGEST_LENGTH>() else {
            return Ok(false);
        };
        let expected = sha256(accel, content)?;
        Ok(expected.ct_eq(digest).into())
    }

    /// The last moment at which it may be offered, in Unix seconds.
    pub(super) fn expires(&self) -> u64 {
        let lifetime = match self.lifetime_hint {
            0 => MAX_AGE,
            hint => u64::from(hint).min(MAX_AGE),
        };
        self.created.saturating_add(lifetime).min(self.server.not_after)
    }

    fn write(&self, ticket: &[u8], out: &mut [u8]) -> Result<usize, Error> {
        let mut writer = Writer::new(out);
        writer.u16(VERSION);
        writer.bytes(&self.binding.0);
        writer.u16(self.suite.id());
        writer.u8(u8::from(self.extended_master_secret));
        writer.u8(self.max_fragment_length.map_or(0, MaxFragmentLength::code));
        writer.bytes(self.master);
        writer.u64(self.created);
        writer.vector8(|writer| {
            writer.bytes(self.server.certificate.as_ref().map_or(&[][..], |digest| digest))
        });
        writer.u32(self.server.verdict.flags.bits());
        writer.u8(self.server.verdict.depth);
        writer.u64(self.server.not_after);
        writer.u32(self.lifetime_hint);
        writer.vector8(|writer| writer.bytes(self.id));
        writer.vector16(|writer| writer.bytes(ticket));
        writer.finish()
    }

    #[inline(never)]
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let (content, _) = bytes.split_last_chunk::<DIGEST_LENGTH>()?;
        let mut reader = Reader::new(content);
        if reader.u16() != VERSION {
            return None;
        }
        let session = Self {
            binding: Binding(reader.array()),
            suite: Suite::from_id(reader.u16())?,
            extended_master_secret: flag(reader.u8())?,
            max_fragment_length: fragment(reader.u8())?,
            master: reader.take(SECRET_LENGTH).first_chunk()?,
            created: reader.u64(),
            server: ServerSeen {
                certificate: digest(reader.vector8())?,
                verdict: Verdict::new(Flags::from_bits(reader.u32()), reader.u8()),
                not_after: reader.u64(),
            },
            lifetime_hint: reader.u32(),
            id: reader.vector8(),
            ticket: reader.vector16(),
        };
        if reader.is_whole() && session.id.len() <= MAX_ID_LENGTH { Some(session) } else { None }
    }
}

/// The version of the layout. Every change of the layout, or of what a binding covers, needs a new one.
const VERSION: u16 = 3;
/// [`ServerSeen`]: digest, flags, depth, expiry.
const PEER_LENGTH: usize = 1 + DIGEST_LENGTH + 4 + 1 + 8;
/// RFC 5246 §7.4.1.2.
const MAX_ID_LENGTH: usize = 32;

const fn flag(byte: u8) -> Option<bool> {
    match byte {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}

fn digest(bytes: &[u8]) -> Option<Option<[u8; DIGEST_LENGTH]>> {
    if bytes.is_empty() { Some(None) } else { bytes.try_into().ok().map(Some) }
}

fn fragment(code: u8) -> Option<Option<MaxFragmentLength>> {
    if code == 0 {
        return Some(None);
    }
    let limits = [512, 1024, 2048, 4096].into_iter().filter_map(MaxFragmentLength::from_bytes);
    limits.into_iter().find(|limit| limit.code() == code).map(Some)
}

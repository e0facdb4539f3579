//! From the premaster secret to the keys: the PRF (RFC 5246 §5), the master secret (§8.1, RFC 7627 §4), the key block (§6.3)
//! and the content of Finished (§7.4.9).
//!
//! Each secret has its own type, is wiped when dropped, has no `Debug`, and is compared in constant time.

use core::mem;

use accel::{Hash, HashAlgorithm, HashState, HmacKey, MAX_DIGEST_LENGTH, Rng};
use status::Error;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::Suite;
use crate::wire::copy;

/// The length of a master secret in bytes, and of an RSA premaster secret.
pub const SECRET_LENGTH: usize = 48;
/// The length of Finished's content in bytes.
pub const VERIFY_DATA_LENGTH: usize = 12;

/// The random values of both hello messages (RFC 5246 §7.4.1.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Randoms {
    /// The ClientHello's.
    pub client: [u8; 32],
    /// The ServerHello's.
    pub server: [u8; 32],
}

/// One end of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// We.
    Client,
    /// The server.
    Server,
}

/// Bytes wiped as a slice, since an array would be wiped byte by byte.
#[derive(Clone)]
struct Bytes<const N: usize>([u8; N]);

impl<const N: usize> Zeroize for Bytes<N> {
    fn zeroize(&mut self) {
        self.0.as_mut_slice().zeroize();
    }
}

/// The premaster secret of the RSA key exchange (RFC 5246 §7.4.7.1).
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct PremasterSecret(Bytes<SECRET_LENGTH>);

impl PremasterSecret {
    /// Room for one.
    pub(crate) const fn none() -> Self {
        Self(Bytes([0; SECRET_LENGTH]))
    }

    /// A premaster secret: the version offered in the ClientHello, and 46 random bytes.
    ///
    /// # Errors
    /// Those of [`Rng::fill`].
    #[cfg(feature = "internals")]
    pub fn new<A: Rng + ?Sized>(accel: &mut A) -> Result<Self, Error> {
        let mut secret = Self::none();
        secret.fill(accel)?;
        Ok(secret)
    }

    /// Fills it with the version offered in the ClientHello and 46 random bytes.
    ///
    /// # Errors
    /// Those of [`Rng::fill`].
    pub(crate) fn fill<A: Rng + ?Sized>(&mut self, accel: &mut A) -> Result<(), Error> {
        let Self(Bytes(bytes)) = self;
        accel.fill(bytes)?;
        // RFC 5246 §7.4.7.1: the offered version 3.3, so that the server detects a downgrade.
        copy(bytes, &[3, 3]);
        Ok(())
    }

    /// The bytes, to encrypt with the server's key.
    pub const fn as_bytes(&self) -> &[u8; SECRET_LENGTH] {
        &self.0.0
    }
}

/// The master secret (RFC 5246 §8.1).
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct MasterSecret(Bytes<SECRET_LENGTH>);

impl MasterSecret {
    /// Room for one.
    pub(crate) const fn none() -> Self {
        Self(Bytes([0; SECRET_LENGTH]))
    }

    /// The master secret from both random values.
    ///
    /// # Errors
    /// Those of [`Hash`].
    pub fn derive<A: Hash + ?Sized>(
        accel: &mut A,
        prf: HashAlgorithm,
        premaster: &[u8],
        randoms: &Randoms,
    ) -> Result<Self, Error> {
        let seed = [&b"master secret"[..], &randoms.client, &randoms.server];
        Self::expand(accel, prf, premaster, &seed)
    }

    /// The extended master secret. It covers the whole handshake up to ClientKeyExchange (RFC 7627 §4).
    ///
    /// # Errors
    /// Those of [`Hash`].
    pub fn derive_extended<A: Hash + ?Sized>(
        accel: &mut A,
        prf: HashAlgorithm,
        premaster: &[u8],
        session_hash: &[u8],
    ) -> Result<Self, Error> {
        Self::expand(accel, prf, premaster, &[b"extended master secret", session_hash])
    }

    /// Sets a secret from a session, or one that was derived elsewhere.
    pub(crate) fn set(&mut self, secret: &[u8; SECRET_LENGTH]) {
        let Self(Bytes(bytes)) = self;
        copy(bytes, secret);
    }

    /// A given master secret.
    #[cfg(feature = "internals")]
    pub const fn from_bytes(bytes: [u8; SECRET_LENGTH]) -> Self {
        Self(Bytes(bytes))
    }

    /// The bytes, for a session or a key log.
    pub const fn as_bytes(&self) -> &[u8; SECRET_LENGTH] {
        &self.0.0
    }

    /// The key of the PRF, for everything derived from this secret.
    ///
    /// # Errors
    /// Those of [`Hash`].
    pub fn key<A: Hash + ?Sized>(&self, accel: &mut A, prf: HashAlgorithm) -> Result<MasterKey, Error> {
        Ok(MasterKey(HmacKey::new(accel, prf, self.as_bytes())?))
    }

    fn expand<A: Hash + ?Sized>(
        accel: &mut A,
        prf: HashAlgorithm,
        premaster: &[u8],
        seed: &[&[u8]],
    ) -> Result<Self, Error> {
        let mut master = Self(Bytes([0; SECRET_LENGTH]));
        // Not copied: a copy takes 150 bytes of stack.
        let key = HmacKey::new(accel, prf, premaster);
        p_hash(accel, key.as_ref().map_err(|error| *error)?, seed, &mut master.0.0)?;
        Ok(master)
    }
}

/// The master secret as a PRF key, prepared once for the key block and both Finished messages.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct MasterKey(HmacKey);

impl MasterKey {
    /// Room for one. Not a usable key.
    pub(crate) const fn none() -> Self {
        Self(HmacKey::empty())
    }

    /// The content of the Finished message of `side`. The hash covers the handshake messages before it (RFC 5246 §7.4.9).
    ///
    /// # Errors
    /// Those of [`Hash`].
    pub fn verify_data<A: Hash + ?Sized>(
        &self,
        accel: &mut A,
        side: Side,
        transcript_hash: &[u8],
    ) -> Result<VerifyData, Error> {
        let label: &[u8] = match side {
            Side::Client => b"client finished",
            Side::Server => b"server finished",
        };
        let mut data = VerifyData(Bytes([0; VERIFY_DATA_LENGTH]));
        p_hash(accel, &self.0, &[label, transcript_hash], &mut data.0.0)?;
        Ok(data)
    }

    /// The keys of both directions (RFC 5246 §6.3).
    ///
    /// # Errors
    /// Those of [`Hash`].
    pub fn key_block<A: Hash + ?Sized>(
        &self,
        accel: &mut A,
        suite: Suite,
        randoms: &Randoms,
    ) -> Result<KeyBlock, Error> {
        let mut block = KeyBlock { bytes: Bytes([0; MAX_KEY_BLOCK_LENGTH]), suite };
        let (mac, cipher, salt) = lengths(suite);
        let needed = mac.saturating_add(cipher).saturating_add(salt).saturating_mul(2);
        let out = block.bytes.0.get_mut(..needed).unwrap_or_default();
        // RFC 5246 §6.3: here, the server's random comes first.
        p_hash(accel, &self.0, &[b"key expansion", &randoms.server, &randoms.client], out)?;
        Ok(block)
    }
}

/// The content of a Finished message.
#[derive(Clone, ZeroizeOnDrop)]
pub struct VerifyData(Bytes<VERIFY_DATA_LENGTH>);

impl VerifyData {
    /// The bytes to send.
    pub const fn as_bytes(&self) -> &[u8; VERIFY_DATA_LENGTH] {
        &self.0.0
    }

    /// Whether `received` is equal, in constant time.
    pub fn matches(&self, received: &[u8]) -> bool {
        self.as_bytes().as_slice().ct_eq(received).into()
    }
}

/// The keys of both directions (RFC 5246 §6.3): as much of the key block as the suite needs.
#[derive(ZeroizeOnDrop)]
pub struct KeyBlock {
    bytes: Bytes<MAX_KEY_BLOCK_LENGTH>,
    #[zeroize(skip)]
    suite: Suite,
}

/// The keys that one side seals with, and the other opens with.
#[derive(Clone, Copy)]
pub struct Keys<'k> {
    /// The suite of these keys.
    pub suite: Suite,
    /// The key of the records' HMAC; empty for an AEAD suite.
    pub mac: &'k [u8],
    /// The AES key.
    pub cipher: &'k [u8],
    /// The implicit part of an AEAD nonce (RFC 5288 §3); empty for CBC, whose IVs are explicit.
    pub salt: &'k [u8],
}

impl KeyBlock {
    /// The keys that `side` seals with.
    pub fn keys(&self, side: Side) -> Keys<'_> {
        let (mac, cipher, salt) = lengths(self.suite);
        let mut rest = self.bytes.0.as_slice();
        let mut pair = |length: usize| {
            let (client, server) = (split(&mut rest, length), split(&mut rest, length));
            match side {
                Side::Client => client,
                Side::Server => server,
            }
        };
        Keys { suite: self.suite, mac: pair(mac), cipher: pair(cipher), salt: pair(salt) }
    }
}

/// `P_hash` (RFC 5246 §5) with a secret prepared as an HMAC key. `seed` is the label followed by the seed.
///
/// # Errors
/// Those of [`Hash`].
pub fn p_hash<A: Hash + ?Sized>(
    accel: &mut A,
    key: &HmacKey,
    seed: &[&[u8]],
    out: &mut [u8],
) -> Result<(), Error> {
    // A(1) = HMAC(secret, seed); A(i) = HMAC(secret, A(i-1)); the output is HMAC(secret, A(i) + seed) for i = 1, 2, ...
    let mut state = key.start();
    let mut place = Zeroizing::new(Bytes([0; MAX_DIGEST_LENGTH]));
    let a = place.0.get_mut(..key.algorithm().digest_length()).unwrap_or_default();
    seed.iter().try_for_each(|part| accel.hash_update(&mut state, part))?;
    finish(accel, key, &mut state, a)?;
    let mut rest = out;
    loop {
        let length = rest.len().min(a.len());
        let (chunk, left) = mem::take(&mut rest).split_at_mut_checked(length).unwrap_or_default();
        rest = left;
        accel.hash_update(&mut state, a)?;
        seed.iter().try_for_each(|part| accel.hash_update(&mut state, part))?;
        finish(accel, key, &mut state, chunk)?;
        if rest.is_empty() {
            return Ok(());
        }
        accel.hash_update(&mut state, a)?;
        finish(accel, key, &mut state, a)?;
    }
}

/// Ends a MAC, writes as much of it as fits, and begins the next one with the same key.
// Not inlined: a digest on the stack is enough.
#[inline(never)]
fn finish<A: Hash + ?Sized>(
    accel: &mut A,
    key: &HmacKey,
    state: &mut HashState,
    out: &mut [u8],
) -> Result<(), Error> {
    // Not copied: a copy takes 70 bytes of stack.
    let finished = key.finish(accel, state);
    copy(out, finished.as_ref().map_err(|error| *error)?.as_bytes());
    key.restart(state);
    Ok(())
}

/// Two MAC keys and two AES keys of 32 bytes.
const MAX_KEY_BLOCK_LENGTH: usize = 128;
/// The implicit part of a nonce (RFC 5288 §3, RFC 6655 §3).
const SALT_LENGTH: usize = 4;

/// The lengths of a MAC key, an AES key and a salt.
fn lengths(suite: Suite) -> (usize, usize, usize) {
    match suite.mac() {
        Some(mac) => (mac.digest_length(), suite.key_length(), 0),
        None => (0, suite.key_length(), SALT_LENGTH),
    }
}

fn split<'k>(rest: &mut &'k [u8], length: usize) -> &'k [u8] {
    let (taken, left) = rest.split_at_checked(length).unwrap_or_default();
    *rest = left;
    taken
}

//! The random number generator: Hash_DRBG with SHA-256 over a board's entropy (NIST SP 800-90A §10.1.1).
//!
//! | | here | SP 800-90A |
//! |---|---|---|
//! | security strength | 256 bits | §10.1 table 2 |
//! | entropy input | 32 bytes of full entropy | §8.6.3 |
//! | nonce | 16 bytes more of the same | §8.6.7 |
//! | seed length | 440 bits | §10.1 table 2 |
//! | requests from one seed | [`RESEED_REQUESTS`] | at most 2^48 |
//! | bytes in one request | [`MAX_REQUEST`]; `fill` divides what is longer | at most 2^16 |
//! | prediction resistance | [`Drbg::prediction_resistant`] | §9.3 |
//! | personalization string, additional input | none | optional |
//!
//! The entropy is tested (`health.rs`, NIST SP 800-90B §4). When the source or a test fails, the request fails with the source's code, the
//! answer is zeroed, the state is wiped, and each later request asks the source again: no output ever follows a failure without fresh
//! entropy. What was answered cannot be computed from the state that is kept, as a hash lies between.
//!
//! A request of up to 32 bytes takes three compressions of SHA-256, each further 32 bytes one. On a Cortex-M4 all requests of a handshake
//! take 61 000 instructions of 805 000, of a resumed one 22 000 of 310 000, of one with a client key of 2048 bits 97 000 of 13.2 million.

use status::Error;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::Hasher;
use crate::health::Tested;
use crate::{Digest, Entropy, Hash, HashAlgorithm, Rng};

/// So many requests are answered from one seed.
pub const RESEED_REQUESTS: u32 = 1024;
/// The bytes of one request of SP 800-90A.
pub const MAX_REQUEST: usize = 65_536;

/// The length of V and C, 440 bits.
const SEED_LENGTH: usize = 55;
/// Bytes of entropy, and of the nonce behind it at the instantiation.
const ENTROPY: usize = 32;
const NONCE: usize = 16;

/// The generator over its source of entropy. Its state is wiped when it is dropped.
///
/// ```
/// use accel::{Entropy, Rng, soft::Drbg};
/// # use status::Error;
/// # struct Unit(u64);
/// # impl Entropy for Unit {
/// #     fn entropy(&mut self, out: &mut [u8]) -> Result<(), Error> {
/// #         for byte in out {
/// #             self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
/// #             *byte = (self.0 >> 56) as u8;
/// #         }
/// #         Ok(())
/// #     }
/// # }
///
/// let mut drbg = Drbg::new(Unit(1));
/// let (mut first, mut second) = ([0; 32], [0; 32]);
/// drbg.fill(&mut first)?;
/// drbg.reseed()?;
/// drbg.fill(&mut second)?;
/// assert_ne!(first, second);
/// # Ok::<(), Error>(())
/// ```
#[derive(ZeroizeOnDrop)]
pub struct Drbg<E> {
    #[zeroize(skip)]
    entropy: Tested<E>,
    state: WorkingState,
    /// Whether each request is preceded by fresh entropy.
    resists_prediction: bool,
}

impl<E: Entropy> Drbg<E> {
    /// Makes a generator that asks for its seed when it is first used.
    pub const fn new(entropy: E) -> Self {
        Self { entropy: Tested::new(entropy), state: WorkingState::EMPTY, resists_prediction: false }
    }

    /// Makes a generator that is seeded anew before every request (SP 800-90A §9.3.1 with prediction resistance): whoever knows its state
    /// knows nothing of what comes next. For a source that is always there and gives 32 bytes in a short time.
    pub const fn prediction_resistant(entropy: E) -> Self {
        Self { entropy: Tested::new(entropy), state: WorkingState::EMPTY, resists_prediction: true }
    }

    /// Mixes fresh entropy in (SP 800-90A §9.2), or instantiates the generator where it has had none (§9.1).
    ///
    /// # Errors
    /// The source's; nothing is given then before it has answered again.
    pub fn reseed(&mut self) -> Result<(), Error> {
        let mut input = [0; ENTROPY + NONCE];
        let seeded = if self.state.is_seeded() {
            let (entropy, _) = input.split_at_mut(ENTROPY);
            self.entropy.entropy(entropy).and_then(|()| self.state.reseed(entropy, &[]))
        } else {
            self.entropy.entropy(&mut input).and_then(|()| self.state.instantiate(&[&input]))
        };
        input.zeroize();
        if seeded.is_err() {
            self.state.zeroize();
        }
        seeded
    }

    fn request(&mut self, out: &mut [u8]) -> Result<(), Error> {
        if self.resists_prediction || self.state.needs_seed() {
            self.reseed()?;
        }
        self.state.generate(out, &[])
    }
}

impl<E: Entropy> Rng for Drbg<E> {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error> {
        let filled = out.chunks_mut(MAX_REQUEST).try_for_each(|part| self.request(part));
        if filled.is_err() {
            out.zeroize();
        }
        filled
    }
}

/// The working state (SP 800-90A §10.1.1.1).
#[derive(Zeroize, ZeroizeOnDrop)]
struct WorkingState {
    v: [u8; SEED_LENGTH],
    c: [u8; SEED_LENGTH],
    /// Requests since the seed, and one; 0 before the first seed and after a failure.
    reseed_counter: u32,
}

impl WorkingState {
    /// Nothing has been seeded.
    const EMPTY: Self = Self { v: [0; SEED_LENGTH], c: [0; SEED_LENGTH], reseed_counter: 0 };

    const fn is_seeded(&self) -> bool {
        self.reseed_counter > 0
    }

    const fn needs_seed(&self) -> bool {
        !self.is_seeded() || self.reseed_counter > RESEED_REQUESTS
    }

    /// §10.1.1.2: of entropy input, nonce and personalization string.
    fn instantiate(&mut self, material: &[&[u8]]) -> Result<(), Error> {
        derive(&mut self.v, material)?;
        self.start()
    }

    /// §10.1.1.3: of entropy input and additional input.
    fn reseed(&mut self, entropy: &[u8], additional: &[u8]) -> Result<(), Error> {
        let mut v = [0; SEED_LENGTH];
        derive(&mut v, &[&[1], &self.v, entropy, additional])?;
        self.v = v;
        v.zeroize();
        self.start()
    }

    /// What both end with.
    fn start(&mut self) -> Result<(), Error> {
        derive(&mut self.c, &[&[0], &self.v])?;
        self.reseed_counter = 1;
        Ok(())
    }

    /// §10.1.1.4: a request with additional input, of at most [`MAX_REQUEST`] bytes.
    fn generate(&mut self, out: &mut [u8], additional: &[u8]) -> Result<(), Error> {
        if !additional.is_empty() {
            let w = sha256(&[&[2], &self.v, additional])?;
            add(&mut self.v, w.as_bytes());
        }
        let mut data = self.v;
        for part in out.chunks_mut(32) {
            copy(part, sha256(&[&data])?.as_bytes());
            add(&mut data, &[1]);
        }
        data.zeroize();
        let h = sha256(&[&[3], &self.v])?;
        add(&mut self.v, h.as_bytes());
        add(&mut self.v, &self.c);
        add(&mut self.v, &self.reseed_counter.to_be_bytes());
        self.reseed_counter = self.reseed_counter.saturating_add(1);
        Ok(())
    }
}

/// `Hash_df` (§10.3.1), to the length of a seed.
fn derive(seed: &mut [u8; SEED_LENGTH], material: &[&[u8]]) -> Result<(), Error> {
    const BITS: [u8; 4] = 440_u32.to_be_bytes();
    for (counter, part) in (1_u8..).zip(seed.chunks_mut(32)) {
        let mut state = Hasher.hash_start(HashAlgorithm::Sha256)?;
        for piece in [[counter].as_slice(), &BITS].into_iter().chain(material.iter().copied()) {
            Hasher.hash_update(&mut state, piece)?;
        }
        copy(part, Hasher.hash_finish_in_place(&mut state)?.as_bytes());
    }
    Ok(())
}

fn sha256(parts: &[&[u8]]) -> Result<Digest, Error> {
    Hasher.hash(HashAlgorithm::Sha256, parts)
}

/// `sum` += `number`, both big-endian, modulo 2^440. In words from their ends, of which the last has three bytes.
fn add(sum: &mut [u8; SEED_LENGTH], number: &[u8]) {
    let mut carry = 0;
    let mut words = number.rchunks(4);
    for part in sum.rchunks_mut(4) {
        let total = word(part).wrapping_add(words.next().map_or(0, word)).wrapping_add(carry);
        let [_, _, _, high, bytes @ ..] = total.to_be_bytes();
        if let Some(part) = part.first_chunk_mut() {
            *part = bytes;
            carry = u64::from(high);
        } else {
            let [_, rest @ ..] = bytes;
            copy(part, &rest);
        }
    }
}

fn word(bytes: &[u8]) -> u64 {
    match bytes.first_chunk() {
        Some(bytes) => u64::from(u32::from_be_bytes(*bytes)),
        None => bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    }
}

fn copy(to: &mut [u8], from: &[u8]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}

#[cfg(test)]
mod tests;

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
//! A request of up to 32 bytes takes three compressions of SHA-256, each further 32 bytes one. V and C are words, so that what is hashed lies in
//! whole blocks already.

use status::Error;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{Hasher, compress};
use crate::health::Tested;
use crate::{ChainingValue, Entropy, Hash, HashAlgorithm, Rng};

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
    v: DrbgNumber,
    c: DrbgNumber,
    /// Requests since the seed, and one; 0 before the first seed and after a failure.
    reseed_counter: u32,
}

impl WorkingState {
    /// Nothing has been seeded.
    const EMPTY: Self = Self { v: DrbgNumber::ZERO, c: DrbgNumber::ZERO, reseed_counter: 0 };

    const fn is_seeded(&self) -> bool {
        self.reseed_counter > 0
    }

    const fn needs_seed(&self) -> bool {
        !self.is_seeded() || self.reseed_counter > RESEED_REQUESTS
    }

    /// §10.1.1.2: of entropy input, nonce and personalization string.
    fn instantiate(&mut self, material: &[&[u8]]) -> Result<(), Error> {
        self.v = derive(material)?;
        self.start()
    }

    /// §10.1.1.3: of entropy input and additional input.
    fn reseed(&mut self, entropy: &[u8], additional: &[u8]) -> Result<(), Error> {
        self.v = derive(&[self.v.behind(1).message(), entropy, additional])?;
        self.start()
    }

    /// What both end with.
    fn start(&mut self) -> Result<(), Error> {
        self.c = derive(&[self.v.behind(0).message()])?;
        self.reseed_counter = 1;
        Ok(())
    }

    /// §10.1.1.4: a request with additional input, of at most [`MAX_REQUEST`] bytes.
    fn generate(&mut self, out: &mut [u8], additional: &[u8]) -> Result<(), Error> {
        if !additional.is_empty() {
            let w = Hasher.hash(HashAlgorithm::Sha256, &[self.v.behind(2).message(), additional])?;
            self.v.add(&DrbgNumber::of_digest(w.as_bytes()).0);
        }
        let mut data = self.v.clone();
        for part in out.chunks_mut(32) {
            let digest = data.behind(0).hash_without_first();
            for (to, word) in part.chunks_mut(4).zip(digest.words32()) {
                copy(to, &word.to_be_bytes());
            }
            data.add(&[1]);
        }
        self.v.add(self.v.behind(3).hash().words32());
        self.v.add(&self.c.0);
        self.v.add(&[self.reseed_counter]);
        self.reseed_counter = self.reseed_counter.saturating_add(1);
        Ok(())
    }
}

/// V or C: a number of 440 bits in words from the highest on, whose own upper byte is zero.
#[derive(Clone, ZeroizeOnDrop)]
struct DrbgNumber([u32; WORDS]);

const WORDS: usize = 14;

impl DrbgNumber {
    const ZERO: Self = Self([0; WORDS]);

    /// The number in these big-endian bytes.
    fn of_digest(bytes: &[u8]) -> Self {
        let mut number = Self::ZERO;
        for (word, bytes) in number.0.iter_mut().rev().zip(bytes.rchunks(4)) {
            *word = bytes.iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
        }
        number
    }

    /// += `number`, modulo 2^440.
    fn add(&mut self, number: &[u32]) {
        let mut carry = 0;
        let mut words = number.iter().rev();
        for word in self.0.iter_mut().rev() {
            let other = words.next().map_or(0, |word| u64::from(*word));
            let [a, b, c, d, sum @ ..] =
                u64::from(*word).wrapping_add(other).wrapping_add(carry).to_be_bytes();
            carry = u64::from(u32::from_be_bytes([a, b, c, d]));
            *word = u32::from_be_bytes(sum);
        }
        let [first, ..] = &mut self.0;
        *first &= 0x00FF_FFFF;
    }

    /// The message of this byte and the number's 55.
    fn behind(&self, first: u8) -> DrbgMessage {
        let mut message = DrbgMessage([0; MESSAGE + PADDING]);
        // FIPS 180-4 §5.1.1: a message is followed by one bit.
        let words = self.0.iter().chain(&[0x8000_0000]);
        for (to, word) in message.0.as_chunks_mut().0.iter_mut().zip(words) {
            *to = word.to_be_bytes();
        }
        let [to, ..] = &mut message.0;
        *to = first;
        message
    }
}

impl Zeroize for DrbgNumber {
    // As a slice: an array would be wiped word by word.
    fn zeroize(&mut self) {
        self.0.as_mut_slice().zeroize();
    }
}

/// A byte, a number's 55 bytes, and padding as far as it is the same for both messages that are hashed where they lie.
#[derive(ZeroizeOnDrop)]
struct DrbgMessage([u8; MESSAGE + PADDING]);

const MESSAGE: usize = 1 + SEED_LENGTH;
/// Without the message's first byte it is one block.
const PADDING: usize = 9;

impl DrbgMessage {
    fn message(&self) -> &[u8] {
        self.0.get(..MESSAGE).unwrap_or_default()
    }

    /// SHA-256 of the number, which is one block with its padding.
    fn hash_without_first(mut self) -> ChainingValue {
        let [_, block @ ..] = &mut self.0;
        let [.., high, low] = block;
        [*high, *low] = BITS;
        let mut chain = ChainingValue::initial(HashAlgorithm::Sha256);
        compress(&mut chain, HashAlgorithm::Sha256, block);
        chain
    }

    /// SHA-256 of the message, whose length stands in a second block.
    fn hash(self) -> ChainingValue {
        const LENGTH: [u8; 64] = {
            let mut block = [0; 64];
            let [.., high, low] = &mut block;
            [*high, *low] = [0x01, 0xC0];
            block
        };
        let [block @ .., _] = &self.0;
        let mut chain = ChainingValue::initial(HashAlgorithm::Sha256);
        compress(&mut chain, HashAlgorithm::Sha256, block);
        compress(&mut chain, HashAlgorithm::Sha256, &LENGTH);
        chain
    }
}

impl Zeroize for DrbgMessage {
    fn zeroize(&mut self) {
        self.0.as_mut_slice().zeroize();
    }
}

/// The length of a seed in bits, 440.
const BITS: [u8; 2] = [0x01, 0xB8];

/// `Hash_df` (§10.3.1), to the length of a seed.
fn derive(material: &[&[u8]]) -> Result<DrbgNumber, Error> {
    let mut seed = DrbgNumber::ZERO;
    let mut bytes = DrbgMessage([0; MESSAGE + PADDING]);
    let [_, place @ ..] = &mut bytes.0;
    let [high, low] = BITS;
    for (counter, part) in (1..).zip(place.get_mut(..SEED_LENGTH).unwrap_or_default().chunks_mut(32)) {
        let mut state = Hasher.hash_start(HashAlgorithm::Sha256)?;
        for piece in [[counter, 0, 0, high, low].as_slice()].into_iter().chain(material.iter().copied()) {
            Hasher.hash_update(&mut state, piece)?;
        }
        copy(part, Hasher.hash_finish_in_place(&mut state)?.as_bytes());
    }
    for (word, bytes) in seed.0.iter_mut().zip(bytes.0.as_chunks().0) {
        *word = u32::from_be_bytes(*bytes);
    }
    Ok(seed)
}

fn copy(to: &mut [u8], from: &[u8]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}

#[cfg(test)]
mod tests;

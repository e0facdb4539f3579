//! The rules that every backend keeps, as tests that you run on your backend.
//!
//! [`crate::self_test`] checks that a unit still works. This checks that a backend does what a connection needs: several messages and keys in
//! turn, the right code for wrong input, and no secrets that stay behind. Run it in a test of your backend, on a PC over a model of the unit,
//! or on the chip. It has no heap and no panic, and takes a few hundred thousand calls at most, and some ten million instructions for public
//! keys.
//!
//! ```
//! use accel::{conformance, soft::Soft};
//! # struct Source(u64);
//! # impl accel::Entropy for Source {
//! #     fn entropy(&mut self, out: &mut [u8]) -> Result<(), status::Error> {
//! #         for byte in out {
//! #             self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
//! #             *byte = (self.0 >> 56) as u8;
//! #         }
//! #         Ok(())
//! #     }
//! # }
//!
//! let mut accel = Soft::new(Source(1));
//! let broken = conformance::failures(&mut accel, &mut [0; conformance::WORKSPACE]).count();
//! assert_eq!(broken, 0);
//! ```
//!
//! Deliberately absent: that time does not depend on secrets, that a unit which does not answer is given up, and that nothing is left in a
//! unit's registers: none of them can be seen from here.

use core::fmt;

use status::{Error, aes, cipher, device, ecp, mpi, rsa};

use crate::self_test::{self, RSA_KEY, RSA_LENGTH, RSA_SIGNATURE, counting_from, same};
use crate::soft::{Ciphers, Hasher};
use crate::{
    Accel, Cipher, CipherMode, Curve, Direction, EcPublicKey, Hash, HashAlgorithm, HmacKey, Job,
    MAX_TAG_LENGTH, RsaPublicKey, ecdsa_workspace,
};

/// A rule. What it says is its `Display`.
///
/// ```
/// # struct Fixed(u64);
/// # impl accel::Entropy for Fixed {
/// #     fn entropy(&mut self, out: &mut [u8]) -> Result<(), status::Error> {
/// #         out.fill_with(|| {
/// #             self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
/// #             (self.0 >> 56) as u8
/// #         });
/// #         Ok(())
/// #     }
/// # }
/// use accel::{conformance::{self, Rule}, soft::Soft};
///
/// // In the tests of a backend: one rule, or all of them by `conformance::failures`.
/// let mut workspace = vec![0; conformance::WORKSPACE];
/// conformance::check(&mut Soft::new(Fixed(1)), Rule::HashForks, &mut workspace)?;
/// # Ok::<(), status::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Rule {
    /// Every hash function gives the known answer.
    HashAnswers,
    /// A digest does not depend on how its message is cut, empty pieces included, for every length about a block or two.
    HashSplits,
    /// A hash that is cloned and its clone go on independently (a transcript is forked for Finished).
    HashForks,
    /// Hashes of all algorithms take turns on one accelerator.
    HashTurns,
    /// An HMAC key serves any number of messages, also two at once, and in a state that is used again.
    HmacKeys,
    /// Every mode gives the known answers.
    CipherAnswers,
    /// What is sealed and encrypted is what software makes of it, for every length of data and associated data about a block or two, and
    /// opens again.
    CipherLengths,
    /// Keys take turns: a call works with its own key, whatever came before.
    CipherTurns,
    /// The initialization vector that CBC leaves lets the next call go on where this one ended.
    CbcGoesOn,
    /// CBC refuses data that is no whole number of blocks with -0x6280 and leaves it and the vector as they were.
    CbcWholeBlocks,
    /// A key that has not 16, 24 or 32 bytes is refused with -0x0020.
    KeyLengths,
    /// A key of another mode or direction is refused with -0x6100, and nothing is sealed or encrypted with it.
    KeyUses,
    /// Whatever bit of tag, data, associated data or nonce is changed, opening fails with -0x6300.
    TagsAreChecked,
    /// A tag of another length is refused with -0x6100.
    TagLengths,
    /// What cannot be opened is zeroed, whatever the reason.
    NothingUnauthenticated,
    /// RSA signatures are made and verified, ECDSA signatures verified; wrong ones are refused with -0x4380 and -0x4E00.
    Signatures,
    /// RSA encryption fills the modulus, differs each time, and refuses a message that is too long with -0x4080.
    Encryption,
    /// A public key out of bounds and a digest of another length are refused with -0x4080, a point that is not on its curve with -0x4C80.
    PublicKeyBounds,
    /// Too little lent memory is refused with -0x0010, too short an output with -0x4400.
    Memory,
    /// The lent memory is zeroed when a job has ended, well or not, and a job that has ended gives nothing more.
    JobsEnd,
    /// Random numbers do not repeat, and fill all that is asked for.
    RandomNumbers,
}

impl Rule {
    /// All of them, in the order in which they are tested.
    pub const ALL: [Self; 21] = [
        Self::HashAnswers,
        Self::HashSplits,
        Self::HashForks,
        Self::HashTurns,
        Self::HmacKeys,
        Self::CipherAnswers,
        Self::CipherLengths,
        Self::CipherTurns,
        Self::CbcGoesOn,
        Self::CbcWholeBlocks,
        Self::KeyLengths,
        Self::KeyUses,
        Self::TagsAreChecked,
        Self::TagLengths,
        Self::NothingUnauthenticated,
        Self::Signatures,
        Self::Encryption,
        Self::PublicKeyBounds,
        Self::Memory,
        Self::JobsEnd,
        Self::RandomNumbers,
    ];
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HashAnswers => "a hash function does not give the known answer",
            Self::HashSplits => "a digest depends on how its message is cut",
            Self::HashForks => "a hash and its clone disturb each other",
            Self::HashTurns => "hashes that take turns disturb each other",
            Self::HmacKeys => "an HMAC key does not serve its messages",
            Self::CipherAnswers => "a mode does not give the known answers",
            Self::CipherLengths => "a length of data or associated data is worked on wrongly",
            Self::CipherTurns => "keys that take turns disturb each other",
            Self::CbcGoesOn => "CBC leaves another initialization vector than the last block",
            Self::CbcWholeBlocks => {
                "CBC does not refuse data that is no whole number of blocks, or changes it"
            }
            Self::KeyLengths => "a key of another length than 16, 24 or 32 bytes is not refused",
            Self::KeyUses => "a key of another mode or direction is not refused",
            Self::TagsAreChecked => "something forged is opened",
            Self::TagLengths => "a tag of another length is not refused",
            Self::NothingUnauthenticated => "what could not be opened is not zeroed",
            Self::Signatures => "signatures are made or verified wrongly",
            Self::Encryption => "RSA encryption is wrong, repeats itself, or takes too long a message",
            Self::PublicKeyBounds => {
                "a public key out of bounds or a digest of another length is not refused"
            }
            Self::Memory => "too little memory or output is not refused",
            Self::JobsEnd => "a job leaves something in the lent memory, or goes on after its end",
            Self::RandomNumbers => "random numbers repeat, or do not fill what is asked for",
        })
    }
}

/// Bytes of lent memory.
pub const WORKSPACE: usize = {
    let (rsa, ecdsa) = (self_test::RSA_WORKSPACE, ecdsa_workspace(Curve::P256));
    if rsa > ecdsa { rsa } else { ecdsa }
};

/// Tests every rule, as the iterator is advanced: yields each that is broken, with the reason.
pub fn failures<'a, A: Accel>(
    accel: &'a mut A,
    workspace: &'a mut [u8],
) -> impl Iterator<Item = (Rule, Error)> + use<'a, A> {
    Rule::ALL.into_iter().filter_map(|rule| check(accel, rule, workspace).err().map(|error| (rule, error)))
}

/// Tests one rule in lent memory of [`WORKSPACE`] bytes.
///
/// # Errors
/// `device::SELF_TEST_FAILED` (-0x8100) for a rule that is broken; the backend's own code where it refuses what it must do;
/// `mpi::ALLOC_FAILED` (-0x0010) for less memory.
pub fn check<A: Accel>(accel: &mut A, rule: Rule, workspace: &mut [u8]) -> Result<(), Error> {
    let workspace = workspace.get_mut(..WORKSPACE).ok_or(mpi::ALLOC_FAILED)?;
    match rule {
        Rule::HashAnswers => HashAlgorithm::ALL.into_iter().try_for_each(|it| self_test::hash(accel, it)),
        Rule::HashSplits => HashAlgorithm::ALL.into_iter().try_for_each(|it| hash_splits(accel, it)),
        Rule::HashForks => HashAlgorithm::ALL.into_iter().try_for_each(|it| hash_forks(accel, it)),
        Rule::HashTurns => hash_turns(accel),
        Rule::HmacKeys => HashAlgorithm::ALL.into_iter().try_for_each(|it| hmac_keys(accel, it)),
        Rule::CipherAnswers => MODES.into_iter().try_for_each(|mode| self_test::cipher(accel, mode)),
        Rule::CipherLengths => cipher_lengths(accel),
        Rule::CipherTurns => cipher_turns(accel),
        Rule::CbcGoesOn => cbc_goes_on(accel),
        Rule::CbcWholeBlocks => cbc_whole_blocks(accel),
        Rule::KeyLengths => key_lengths(accel),
        Rule::KeyUses => key_uses(accel),
        Rule::TagsAreChecked => AEAD.into_iter().try_for_each(|mode| tags_are_checked(accel, mode)),
        Rule::TagLengths => AEAD.into_iter().try_for_each(|mode| tag_lengths(accel, mode)),
        Rule::NothingUnauthenticated => {
            AEAD.into_iter().try_for_each(|mode| nothing_unauthenticated(accel, mode))
        }
        Rule::Signatures => signatures(accel, workspace),
        Rule::Encryption => encryption(accel, workspace),
        Rule::PublicKeyBounds => public_key_bounds(accel, workspace),
        Rule::Memory => memory(accel, workspace),
        Rule::JobsEnd => jobs_end(accel, workspace),
        Rule::RandomNumbers => random_numbers(accel),
    }
}

const MODES: [CipherMode; 4] = [CipherMode::Cbc, CipherMode::Gcm, CipherMode::Ccm, CipherMode::Ccm8];
const AEAD: [CipherMode; 3] = [CipherMode::Gcm, CipherMode::Ccm, CipherMode::Ccm8];
const NONCE: [u8; 12] = [0xA5; 12];
const BROKEN: Error = device::SELF_TEST_FAILED;

/// What must hold.
fn holds(condition: bool) -> Result<(), Error> {
    if condition { Ok(()) } else { Err(BROKEN) }
}

fn head(bytes: &[u8], length: usize) -> &[u8] {
    bytes.get(..length).unwrap_or(bytes)
}

fn hash_splits<A: Accel>(accel: &mut A, algorithm: HashAlgorithm) -> Result<(), Error> {
    let message: [u8; 261] = counting_from(1);
    for length in (0..=message.len()).filter(|length| *length < 140 || *length > 250) {
        let whole = head(&message, length);
        let expected = Hasher.hash(algorithm, &[whole])?;
        let (first, second) = whole.split_at_checked(length / 3).unwrap_or_default();
        let digest = accel.hash(algorithm, &[first, &[], second, &[]])?;
        same(digest.as_bytes(), expected.as_bytes())?;
        let mut state = accel.hash_start(algorithm)?;
        for piece in whole.chunks(63) {
            accel.hash_update(&mut state, piece)?;
        }
        same(accel.hash_finish(state)?.as_bytes(), expected.as_bytes())?;
    }
    Ok(())
}

fn hash_forks<A: Accel>(accel: &mut A, algorithm: HashAlgorithm) -> Result<(), Error> {
    let message: [u8; 200] = counting_from(7);
    for (at, longer) in [(3, 4), (63, 90), (64, 200), (68, 69), (100, 137), (128, 150)] {
        let mut trunk = accel.hash_start(algorithm)?;
        accel.hash_update(&mut trunk, head(&message, at))?;
        let mut fork = trunk.clone();
        accel.hash_update(&mut trunk, message.get(at..longer).unwrap_or_default())?;
        accel.hash_update(&mut fork, &[0xEE; 70])?;
        let fork = accel.hash_finish(fork)?;
        let trunk = accel.hash_finish(trunk)?;
        same(trunk.as_bytes(), Hasher.hash(algorithm, &[head(&message, longer)])?.as_bytes())?;
        same(fork.as_bytes(), Hasher.hash(algorithm, &[head(&message, at), &[0xEE; 70]])?.as_bytes())?;
    }
    Ok(())
}

fn hash_turns<A: Accel>(accel: &mut A) -> Result<(), Error> {
    let message: [u8; 150] = counting_from(3);
    let [mut a, mut b, mut c] = [
        accel.hash_start(HashAlgorithm::Sha256)?,
        accel.hash_start(HashAlgorithm::Sha1)?,
        accel.hash_start(HashAlgorithm::Sha256)?,
    ];
    for piece in message.chunks(37) {
        for (state, twice) in [(&mut a, false), (&mut b, false), (&mut c, true)] {
            accel.hash_update(state, piece)?;
            if twice {
                accel.hash_update(state, piece)?;
            }
        }
    }
    let mut expected = Hasher.hash_start(HashAlgorithm::Sha256)?;
    for piece in message.chunks(37) {
        Hasher.hash_update(&mut expected, piece)?;
        Hasher.hash_update(&mut expected, piece)?;
    }
    same(accel.hash_finish(c)?.as_bytes(), Hasher.hash_finish(expected)?.as_bytes())?;
    for (state, algorithm) in [(a, HashAlgorithm::Sha256), (b, HashAlgorithm::Sha1)] {
        same(accel.hash_finish(state)?.as_bytes(), Hasher.hash(algorithm, &[&message])?.as_bytes())?;
    }
    Ok(())
}

fn hmac_keys<A: Accel>(accel: &mut A, algorithm: HashAlgorithm) -> Result<(), Error> {
    let message: [u8; 150] = counting_from(9);
    for key_length in [0, 20, 64, 65, 128, 129] {
        let key = head(&message, key_length);
        let (ours, reference) =
            (HmacKey::new(accel, algorithm, key)?, HmacKey::new(&mut Hasher, algorithm, key)?);
        let (short, long) = (head(&message, 5), &message[..]);
        let (mut first, mut second) = (ours.start(), ours.start());
        accel.hash_update(&mut first, short)?;
        accel.hash_update(&mut second, long)?;
        same(ours.finish(accel, &mut second)?.as_bytes(), reference.mac(&mut Hasher, &[long])?.as_bytes())?;
        same(ours.finish(accel, &mut first)?.as_bytes(), reference.mac(&mut Hasher, &[short])?.as_bytes())?;
        ours.restart(&mut second);
        accel.hash_update(&mut second, short)?;
        same(ours.finish(accel, &mut second)?.as_bytes(), reference.mac(&mut Hasher, &[short])?.as_bytes())?;
    }
    Ok(())
}

fn cipher_lengths<A: Accel>(accel: &mut A) -> Result<(), Error> {
    let (key, plain): ([u8; 32], [u8; 83]) = (counting_from(1), counting_from(0x30));
    for mode in AEAD {
        let sealer = accel.cipher_load(mode, Direction::Encrypt, &key)?;
        let opener = accel.cipher_load(mode, Direction::Decrypt, &key)?;
        let reference = Ciphers.cipher_load(mode, Direction::Encrypt, &key)?;
        for length in 0..=plain.len() {
            let aad = head(&plain, length.wrapping_mul(7) % 40);
            let (mut data, mut tag) = (plain, [0; MAX_TAG_LENGTH]);
            let (mut expected, mut expected_tag) = (plain, [0; MAX_TAG_LENGTH]);
            let data = data.get_mut(..length).unwrap_or_default();
            let expected = expected.get_mut(..length).unwrap_or_default();
            let tag = tag.get_mut(..mode.tag_length()).unwrap_or_default();
            let expected_tag = expected_tag.get_mut(..mode.tag_length()).unwrap_or_default();
            accel.seal(&sealer, &NONCE, aad, data, tag)?;
            Ciphers.seal(&reference, &NONCE, aad, expected, expected_tag)?;
            same(data, expected)?;
            same(tag, expected_tag)?;
            accel.open(&opener, &NONCE, aad, data, tag)?;
            same(data, head(&plain, length))?;
        }
    }
    let sealer = accel.cipher_load(CipherMode::Cbc, Direction::Encrypt, &key)?;
    let opener = accel.cipher_load(CipherMode::Cbc, Direction::Decrypt, &key)?;
    let reference = Ciphers.cipher_load(CipherMode::Cbc, Direction::Encrypt, &key)?;
    for length in [0, 16, 32, 48, 64, 80] {
        let (mut data, mut expected) = (plain, plain);
        let data = data.get_mut(..length).unwrap_or_default();
        let expected = expected.get_mut(..length).unwrap_or_default();
        accel.cbc_encrypt(&sealer, &mut [9; 16], data)?;
        Ciphers.cbc_encrypt(&reference, &mut [9; 16], expected)?;
        same(data, expected)?;
        accel.cbc_decrypt(&opener, &mut [9; 16], data)?;
        same(data, head(&plain, length))?;
    }
    Ok(())
}

fn cipher_turns<A: Accel>(accel: &mut A) -> Result<(), Error> {
    let keys: [[u8; 16]; 2] = [counting_from(1), counting_from(0x80)];
    for mode in AEAD {
        let load = |accel: &mut A, key| accel.cipher_load(mode, Direction::Encrypt, key);
        let [first, second] = &keys;
        let loaded = [load(accel, first)?, load(accel, second)?];
        for _ in 0..2 {
            for (loaded, key) in loaded.iter().zip(&keys) {
                let ((mut data, mut tag), (mut expected, mut expected_tag)) =
                    (([7; 20], [0; 16]), ([7; 20], [0; 16]));
                let tag = tag.get_mut(..mode.tag_length()).unwrap_or_default();
                let expected_tag = expected_tag.get_mut(..mode.tag_length()).unwrap_or_default();
                accel.seal(loaded, &NONCE, &[1; 13], &mut data, tag)?;
                let reference = Ciphers.cipher_load(mode, Direction::Encrypt, key)?;
                Ciphers.seal(&reference, &NONCE, &[1; 13], &mut expected, expected_tag)?;
                same(&data, &expected)?;
                same(tag, expected_tag)?;
            }
        }
    }
    Ok(())
}

fn cbc_goes_on<A: Accel>(accel: &mut A) -> Result<(), Error> {
    let (key, plain): ([u8; 32], [u8; 80]) = (counting_from(1), counting_from(0x30));
    let sealer = accel.cipher_load(CipherMode::Cbc, Direction::Encrypt, &key)?;
    let opener = accel.cipher_load(CipherMode::Cbc, Direction::Decrypt, &key)?;
    let (mut whole, mut iv) = (plain, [5; 16]);
    accel.cbc_encrypt(&sealer, &mut iv, &mut whole)?;
    same(&iv, whole.last_chunk::<16>().map_or(&[], |last| last))?;
    for cut in [0, 16, 48, 80] {
        let mut data = plain;
        let (first, second) = data.split_at_mut_checked(cut).unwrap_or_default();
        let mut iv = [5; 16];
        accel.cbc_encrypt(&sealer, &mut iv, first)?;
        accel.cbc_encrypt(&sealer, &mut iv, second)?;
        same(&data, &whole)?;
        let (first, second) = data.split_at_mut_checked(cut).unwrap_or_default();
        let mut iv = [5; 16];
        accel.cbc_decrypt(&opener, &mut iv, first)?;
        accel.cbc_decrypt(&opener, &mut iv, second)?;
        same(&data, &plain)?;
    }
    Ok(())
}

fn cbc_whole_blocks<A: Accel>(accel: &mut A) -> Result<(), Error> {
    let sealer = accel.cipher_load(CipherMode::Cbc, Direction::Encrypt, &[1; 16])?;
    let opener = accel.cipher_load(CipherMode::Cbc, Direction::Decrypt, &[1; 16])?;
    for length in [1, 15, 17, 31, 33] {
        let (mut data, mut iv) = ([7; 33], [5; 16]);
        let part = data.get_mut(..length).unwrap_or_default();
        holds(accel.cbc_encrypt(&sealer, &mut iv, part) == Err(cipher::FULL_BLOCK_EXPECTED))?;
        holds(accel.cbc_decrypt(&opener, &mut iv, part) == Err(cipher::FULL_BLOCK_EXPECTED))?;
        same(&data, &[7; 33])?;
        same(&iv, &[5; 16])?;
    }
    Ok(())
}

fn key_lengths<A: Accel>(accel: &mut A) -> Result<(), Error> {
    let key = [3; 40];
    for mode in MODES {
        for direction in [Direction::Encrypt, Direction::Decrypt] {
            for length in 0..=key.len() {
                let loaded = accel.cipher_load(mode, direction, head(&key, length));
                match (length, loaded) {
                    (16 | 24 | 32, loaded) => {
                        let loaded = loaded?;
                        holds(loaded.mode() == mode && loaded.direction() == direction)?;
                    }
                    (_, loaded) => holds(loaded.err() == Some(aes::INVALID_KEY_LENGTH))?,
                }
            }
        }
    }
    Ok(())
}

fn key_uses<A: Accel>(accel: &mut A) -> Result<(), Error> {
    const REFUSED: Result<(), Error> = Err(cipher::BAD_INPUT_DATA);
    for mode in MODES {
        for direction in [Direction::Encrypt, Direction::Decrypt] {
            let key = accel.cipher_load(mode, direction, &[1; 16])?;
            let is = |of_cbc: bool, other| (mode == CipherMode::Cbc) == of_cbc && direction == other;
            let (mut data, mut iv, mut tag) = ([7; 16], [5; 16], [0; MAX_TAG_LENGTH]);
            let tag = tag.get_mut(..mode.tag_length()).unwrap_or_default();
            if !is(true, Direction::Encrypt) {
                holds(accel.cbc_encrypt(&key, &mut iv, &mut data) == REFUSED)?;
            }
            if !is(true, Direction::Decrypt) {
                holds(accel.cbc_decrypt(&key, &mut iv, &mut data) == REFUSED)?;
            }
            if !is(false, Direction::Encrypt) {
                holds(accel.seal(&key, &NONCE, &[], &mut data, tag) == REFUSED)?;
            }
            same(&data, &[7; 16])?;
            if !is(false, Direction::Decrypt) {
                holds(accel.open(&key, &NONCE, &[], &mut data, tag) == REFUSED)?;
            }
        }
    }
    Ok(())
}

/// 40 bytes that are sealed with associated data of 5, and their tag.
fn sealed<A: Accel>(accel: &mut A, mode: CipherMode) -> Result<([u8; 40], [u8; MAX_TAG_LENGTH]), Error> {
    let (mut data, mut tag) = (counting_from(0x30), [0; MAX_TAG_LENGTH]);
    let key = accel.cipher_load(mode, Direction::Encrypt, &[1; 16])?;
    let place = tag.get_mut(..mode.tag_length()).unwrap_or_default();
    accel.seal(&key, &NONCE, &[2; 5], &mut data, place)?;
    Ok((data, tag))
}

fn tags_are_checked<A: Accel>(accel: &mut A, mode: CipherMode) -> Result<(), Error> {
    let (data, tag) = sealed(accel, mode)?;
    let key = accel.cipher_load(mode, Direction::Decrypt, &[1; 16])?;
    let length = mode.tag_length();
    for bit in 0..8_u32 {
        let flip = 1_u8 << (bit & 7);
        // One bit of each of the parts in turns, as far as they have so many bytes.
        for at in 0..data.len() {
            for part in 0..4 {
                let (mut data, mut tag, mut aad, mut nonce) = (data, tag, [2; 5], NONCE);
                let tag = tag.get_mut(..length).unwrap_or_default();
                let byte = match part {
                    0 => data.get_mut(at),
                    1 => tag.get_mut(at),
                    2 => aad.get_mut(at),
                    _ => nonce.get_mut(at),
                };
                let Some(byte) = byte else { continue };
                *byte ^= flip;
                holds(accel.open(&key, &nonce, &aad, &mut data, tag) == Err(cipher::AUTH_FAILED))?;
            }
        }
    }
    let mut opened = data;
    accel.open(&key, &NONCE, &[2; 5], &mut opened, head(&tag, length))?;
    same(&opened, &counting_from::<40>(0x30))
}

fn tag_lengths<A: Accel>(accel: &mut A, mode: CipherMode) -> Result<(), Error> {
    let sealer = accel.cipher_load(mode, Direction::Encrypt, &[1; 16])?;
    let opener = accel.cipher_load(mode, Direction::Decrypt, &[1; 16])?;
    let (_, tag) = sealed(accel, mode)?;
    for length in (0..=20).filter(|length| *length != mode.tag_length()) {
        let mut long = [0; 20];
        for (to, from) in long.iter_mut().zip(tag) {
            *to = from;
        }
        let place = long.get_mut(..length).unwrap_or_default();
        holds(accel.open(&opener, &NONCE, &[2; 5], &mut [7; 40], place) == Err(cipher::BAD_INPUT_DATA))?;
        holds(accel.seal(&sealer, &NONCE, &[2; 5], &mut [7; 40], place) == Err(cipher::BAD_INPUT_DATA))?;
    }
    Ok(())
}

fn nothing_unauthenticated<A: Accel>(accel: &mut A, mode: CipherMode) -> Result<(), Error> {
    let (data, tag) = sealed(accel, mode)?;
    let opener = accel.cipher_load(mode, Direction::Decrypt, &[1; 16])?;
    let sealer = accel.cipher_load(mode, Direction::Encrypt, &[1; 16])?;
    let length = mode.tag_length();
    let mut wrong = tag;
    if let Some(byte) = wrong.first_mut() {
        *byte ^= 1;
    }
    for (key, tag) in [
        (&opener, head(&wrong, length)),
        (&opener, head(&tag, length.wrapping_sub(1))),
        (&opener, &[]),
        (&sealer, head(&tag, length)),
    ] {
        let mut opened = data;
        holds(accel.open(key, &NONCE, &[2; 5], &mut opened, tag).is_err())?;
        same(&opened, &[0; 40])?;
    }
    Ok(())
}

/// Runs a job to its end, of which it needs fewer slices than this.
fn run<A: Accel>(
    accel: &mut A,
    job: Result<Job<'_>, Error>,
    workspace: &mut [u8],
    output: &mut [u8],
) -> Result<usize, Error> {
    let mut job = job?;
    for _ in 0..10_000 {
        match accel.step(&mut job, workspace, output) {
            Ok(length) => return Ok(length),
            Err(nb::Error::Other(error)) => return Err(error),
            Err(nb::Error::WouldBlock) => {}
        }
    }
    Err(BROKEN)
}

const EC_KEY: EcPublicKey<'static> = EcPublicKey { curve: Curve::P256, point: &EC_POINT };

fn signatures<A: Accel>(accel: &mut A, workspace: &mut [u8]) -> Result<(), Error> {
    let (digest, sha256): ([u8; 32], _) = (counting_from(0), HashAlgorithm::Sha256);
    self_test::rsa_signature(accel, workspace)?;
    let mut wrong = RSA_SIGNATURE;
    if let Some(byte) = wrong.get_mut(64) {
        *byte ^= 0x10;
    }
    for (signature, digest) in
        [(&wrong[..], digest), (&RSA_SIGNATURE, [0; 32]), (head(&RSA_SIGNATURE, 127), digest)]
    {
        let job = accel.rsa_verify(&RSA_KEY.public, sha256, &digest, signature, workspace);
        holds(run(accel, job, workspace, &mut []) == Err(rsa::VERIFY_FAILED))?;
    }
    let job = accel.ecdsa_verify(&EC_KEY, &digest, &EC_SIGNATURE, workspace);
    holds(run(accel, job, workspace, &mut []) == Ok(0))?;
    let mut wrong = EC_SIGNATURE;
    if let Some(byte) = wrong.last_mut() {
        *byte ^= 1;
    }
    for (signature, digest) in
        [(&wrong[..], digest), (&EC_SIGNATURE, [0; 32]), (head(&EC_SIGNATURE, 70), digest)]
    {
        let job = accel.ecdsa_verify(&EC_KEY, &digest, signature, workspace);
        holds(run(accel, job, workspace, &mut []) == Err(ecp::VERIFY_FAILED))?;
    }
    Ok(())
}

fn encryption<A: Accel>(accel: &mut A, workspace: &mut [u8]) -> Result<(), Error> {
    let mut sealed = [[0; RSA_LENGTH]; 2];
    for output in &mut sealed {
        let job = accel.rsa_encrypt(&RSA_KEY.public, &[7; 48], workspace);
        holds(run(accel, job, workspace, output) == Ok(RSA_LENGTH))?;
    }
    let [first, second] = &sealed;
    holds(first != second && first.first() <= RSA_KEY.public.modulus.first())?;
    let longest = [7; RSA_LENGTH - 10];
    let job = accel.rsa_encrypt(&RSA_KEY.public, head(&longest, RSA_LENGTH - 11), workspace);
    holds(run(accel, job, workspace, &mut [0; RSA_LENGTH]) == Ok(RSA_LENGTH))?;
    let job = accel.rsa_encrypt(&RSA_KEY.public, &longest, workspace);
    holds(run(accel, job, workspace, &mut [0; RSA_LENGTH]) == Err(rsa::BAD_INPUT_DATA))
}

fn public_key_bounds<A: Accel>(accel: &mut A, workspace: &mut [u8]) -> Result<(), Error> {
    let sha256 = HashAlgorithm::Sha256;
    let modulus = RSA_KEY.public.modulus;
    let mut even = [0; RSA_LENGTH];
    for (to, from) in even.iter_mut().zip(modulus) {
        *to = *from;
    }
    if let Some(byte) = even.last_mut() {
        *byte &= 0xFE;
    }
    for (modulus, exponent) in [
        (&even[..], &[3][..]),
        (head(modulus, 127), &[3]),
        (modulus, &[1]),
        (modulus, &[4]),
        (modulus, &[]),
        (&[], &[3]),
    ] {
        let key = RsaPublicKey { modulus, exponent };
        let job = accel.rsa_verify(&key, sha256, &[1; 32], &RSA_SIGNATURE, workspace);
        holds(run(accel, job, workspace, &mut []) == Err(rsa::BAD_INPUT_DATA))?;
        let job = accel.rsa_encrypt(&key, &[1; 48], workspace);
        holds(run(accel, job, workspace, &mut [0; RSA_LENGTH]) == Err(rsa::BAD_INPUT_DATA))?;
    }
    for digest in [&[1; 20][..], &[1; 33], &[]] {
        let job = accel.rsa_verify(&RSA_KEY.public, sha256, digest, &RSA_SIGNATURE, workspace);
        holds(run(accel, job, workspace, &mut []) == Err(rsa::BAD_INPUT_DATA))?;
        let job = accel.rsa_sign(&RSA_KEY, sha256, digest, workspace);
        holds(run(accel, job, workspace, &mut [0; RSA_LENGTH]) == Err(rsa::BAD_INPUT_DATA))?;
    }
    let mut beside = EC_POINT;
    if let Some(byte) = beside.last_mut() {
        *byte ^= 1;
    }
    for point in [&beside[..], head(&EC_POINT, 64), &[]] {
        let key = EcPublicKey { curve: Curve::P256, point };
        let job = accel.ecdsa_verify(&key, &[1; 32], &EC_SIGNATURE, workspace);
        holds(run(accel, job, workspace, &mut []) == Err(ecp::INVALID_KEY))?;
    }
    Ok(())
}

fn memory<A: Accel>(accel: &mut A, workspace: &mut [u8]) -> Result<(), Error> {
    let sha256 = HashAlgorithm::Sha256;
    let little = workspace.get_mut(..60).unwrap_or_default();
    let refused = [
        accel.rsa_verify(&RSA_KEY.public, sha256, &[1; 32], &RSA_SIGNATURE, little).err(),
        accel.rsa_encrypt(&RSA_KEY.public, &[1; 48], little).err(),
        accel.rsa_sign(&RSA_KEY, sha256, &[1; 32], little).err(),
        accel.ecdsa_verify(&EC_KEY, &[1; 32], &EC_SIGNATURE, little).err(),
    ];
    holds(refused == [Some(mpi::ALLOC_FAILED); 4])?;
    let short = &mut [0; RSA_LENGTH - 1];
    let job = accel.rsa_sign(&RSA_KEY, sha256, &[1; 32], workspace);
    holds(run(accel, job, workspace, short) == Err(rsa::OUTPUT_TOO_LARGE))?;
    let job = accel.rsa_encrypt(&RSA_KEY.public, &[1; 48], workspace);
    holds(run(accel, job, workspace, short) == Err(rsa::OUTPUT_TOO_LARGE))
}

fn jobs_end<A: Accel>(accel: &mut A, workspace: &mut [u8]) -> Result<(), Error> {
    let (digest, sha256): ([u8; 32], _) = (counting_from(0), HashAlgorithm::Sha256);
    for (length, wanted) in [(RSA_LENGTH, true), (1, false)] {
        let mut output = [0; RSA_LENGTH];
        let output = output.get_mut(..length).unwrap_or_default();
        let mut job = accel.rsa_sign(&RSA_KEY, sha256, &digest, workspace)?;
        let mut ended = false;
        for _ in 0..10_000 {
            match accel.step(&mut job, workspace, output) {
                Err(nb::Error::WouldBlock) => {}
                result => {
                    ended = result.is_ok() == wanted;
                    break;
                }
            }
        }
        holds(ended && workspace.iter().all(|byte| *byte == 0))?;
        let again = accel.step(&mut job, workspace, output);
        holds(matches!(again, Err(nb::Error::Other(_))))?;
    }
    Ok(())
}

fn random_numbers<A: Accel>(accel: &mut A) -> Result<(), Error> {
    let mut bytes = [[0; 64]; 4];
    for out in &mut bytes {
        accel.fill(out)?;
    }
    accel.fill(&mut [])?;
    let blocks = bytes.as_flattened().as_chunks::<16>().0;
    for (at, block) in blocks.iter().enumerate() {
        holds(block != &[0; 16] && !blocks.iter().skip(at.saturating_add(1)).any(|other| other == block))?;
    }
    Ok(())
}

/// A throw-away key on P-256, and its signature over the digest 00 to 1F. Made with OpenSSL 3.
const EC_POINT: [u8; 65] = [
    0x04, 0xF1, 0xD8, 0xD0, 0x56, 0xD7, 0x24, 0x53, 0xED, 0x9B, 0x2E, 0x41, 0xFE, 0x1B, 0x36, 0x26, 0xFB,
    0x26, 0xFD, 0x92, 0xE7, 0xD0, 0x09, 0x0A, 0xA5, 0x9C, 0x3A, 0xDE, 0x4A, 0x8C, 0x8C, 0xE6, 0x59, 0x60,
    0xA1, 0xB5, 0x37, 0xBC, 0x3A, 0xCF, 0xEF, 0xE7, 0x9D, 0xF7, 0x27, 0xBB, 0x2F, 0xAE, 0x8D, 0x3F, 0x3B,
    0x0E, 0x5E, 0x39, 0xEA, 0xF3, 0xA6, 0x86, 0xE3, 0x10, 0x27, 0xD8, 0xCE, 0x3B, 0x32,
];

const EC_SIGNATURE: [u8; 71] = [
    0x30, 0x45, 0x02, 0x21, 0x00, 0x94, 0x26, 0x1C, 0xF3, 0xEF, 0x47, 0xFC, 0x61, 0x21, 0xD1, 0xD9, 0x38,
    0x49, 0x86, 0x4E, 0x3E, 0xAE, 0x4E, 0x1F, 0x02, 0xE2, 0x0C, 0xE8, 0x28, 0x75, 0x93, 0x92, 0x80, 0xA3,
    0x1E, 0x8D, 0x77, 0x02, 0x20, 0x2F, 0xA1, 0x29, 0x88, 0x28, 0x2A, 0x8F, 0x47, 0x35, 0x10, 0xE1, 0x22,
    0x5D, 0x22, 0x2B, 0xB3, 0x59, 0x7E, 0x6A, 0x42, 0xB3, 0x87, 0xD7, 0xF6, 0xF5, 0xBE, 0xE7, 0x2E, 0x5F,
    0x4F, 0x2E, 0x5C,
];

//! Our backends keep the rules that every backend keeps, and a backend that breaks one of them is found by that rule.

use accel::conformance::{Rule, WORKSPACE, check, failures};
use accel::soft::{Ciphers, Drbg, Hasher, PublicKeys};
use accel::{
    Accel, Cipher, CipherKey, CipherMode, Compose, Digest, Direction, EcPublicKey, Hash, HashAlgorithm,
    HashState, Hashes, Job, MAX_DIGEST_LENGTH, Modes, NONCE_LENGTH, PublicKeyPart, Rng, RsaPublicKey,
};
use status::{Error, cipher, mpi, rsa};
use tests::{block_unit::BlockUnit, entropy::InsecureSeeded};

on_each_backend!(every_rule_is_kept);

on_a_block_unit!(every_rule_is_kept);

fn every_rule_is_kept(accel: &mut impl Accel) {
    let broken: Vec<_> = failures(accel, &mut [0; WORKSPACE]).collect();
    assert_eq!(broken, []);
    assert_eq!(check(accel, Rule::Memory, &mut [0; WORKSPACE - 1]), Err(mpi::ALLOC_FAILED));
}

/// The same over units for compression and for blocks together.
#[test]
fn units_for_blocks_and_compression_keep_every_rule() {
    struct Unit;
    impl accel::Compression for Unit {
        fn compress(
            &mut self,
            chain: &mut accel::ChainingValue,
            algorithm: HashAlgorithm,
            blocks: &[u8],
        ) -> Result<(), Error> {
            accel::soft::compress(chain, algorithm, blocks);
            Ok(())
        }
    }
    let blocks = Modes::start(BlockUnit::default());
    every_rule_is_kept(&mut crate::soft().with_cipher(blocks).with_hash(Hashes::start(Unit)));
}

/// A control for each rule: something that it must notice.
#[test]
fn a_backend_that_breaks_a_rule_is_found() {
    for rule in Rule::ALL {
        let part = || Planted { rule, running: None, key: Vec::new() };
        let rng = PlantedRng(rule, crate::soft().rng);
        let mut accel = Compose { hash: part(), cipher: part(), public_key: part(), rng };
        let broken: Vec<_> = failures(&mut accel, &mut [0; WORKSPACE]).map(|(rule, _)| rule).collect();
        assert!(broken.contains(&rule), "{rule:?} does not notice it, but {broken:?} do");
        assert!(!rule.to_string().is_empty());
    }
}

/// The software, but for what breaks one rule.
struct Planted {
    rule: Rule,
    /// The only message that there is room for.
    running: Option<HashState>,
    /// The key that was loaded last.
    key: Vec<u8>,
}

impl Hash for Planted {
    fn hash_start(&mut self, algorithm: HashAlgorithm) -> Result<HashState, Error> {
        let state = Hasher.hash_start(algorithm)?;
        self.running = Some(state.clone());
        // One that keeps all of a message, and nothing where an HMAC key looks for it.
        if self.rule == Rule::HmacKeys { Ok(HashState::new(algorithm)) } else { Ok(state) }
    }

    fn hash_update(&mut self, state: &mut HashState, data: &[u8]) -> Result<(), Error> {
        match (self.rule, &mut self.running) {
            (Rule::HashForks | Rule::HashTurns, Some(running)) => Hasher.hash_update(running, data),
            (Rule::HmacKeys, _) => {
                let (_, rest) = state.memory_mut()?;
                for byte in data {
                    let at = usize::try_from(rest[0]).unwrap();
                    if let Some(word) = rest.get_mut(1 + at / 8) {
                        *word |= u64::from(*byte) << (at % 8 * 8);
                    }
                    rest[0] += 1;
                }
                Ok(())
            }
            (Rule::HashSplits, _) if data.is_empty() => Hasher.hash_update(state, &[0]),
            _ => Hasher.hash_update(state, data),
        }
    }

    fn hash_finish_in_place(&mut self, state: &mut HashState) -> Result<Digest, Error> {
        let algorithm = state.algorithm();
        match (self.rule, &mut self.running) {
            (Rule::HashForks | Rule::HashTurns, Some(running)) => Hasher.hash_finish(running.clone()),
            (Rule::HmacKeys, _) => {
                let (_, rest) = state.memory_mut()?;
                let length = usize::try_from(rest[0]).unwrap();
                let bytes: Vec<u8> = rest[1..].iter().flat_map(|word| word.to_le_bytes()).collect();
                Hasher.hash(algorithm, &[&bytes[..length.min(144)]])
            }
            (Rule::HashAnswers, _) if algorithm == HashAlgorithm::Md5 => {
                Ok(Digest::new(algorithm, [0; MAX_DIGEST_LENGTH]))
            }
            _ => Hasher.hash_finish_in_place(state),
        }
    }
}

impl Cipher for Planted {
    fn cipher_load(
        &mut self,
        mode: CipherMode,
        direction: Direction,
        key: &[u8],
    ) -> Result<CipherKey, Error> {
        self.key = key.to_vec();
        let key = match (self.rule, mode, key.len()) {
            (Rule::CipherAnswers, CipherMode::Ccm8, 24) => &[0; 24],
            (Rule::KeyLengths, _, 20) => &key[..16],
            _ => key,
        };
        Ciphers.cipher_load(mode, direction, key)
    }

    fn cbc_encrypt(&mut self, key: &CipherKey, iv: &mut [u8; 16], data: &mut [u8]) -> Result<(), Error> {
        match self.rule {
            Rule::CbcGoesOn => Ciphers.cbc_encrypt(key, &mut iv.clone(), data),
            Rule::CbcWholeBlocks => {
                let whole = data.len() / 16 * 16;
                Ciphers.cbc_encrypt(key, iv, &mut data[..whole])?;
                if whole == data.len() { Ok(()) } else { Err(cipher::FULL_BLOCK_EXPECTED) }
            }
            _ => Ciphers.cbc_encrypt(key, iv, data),
        }
    }

    fn seal(
        &mut self,
        key: &CipherKey,
        nonce: &[u8; NONCE_LENGTH],
        aad: &[u8],
        data: &mut [u8],
        tag: &mut [u8],
    ) -> Result<(), Error> {
        match self.rule {
            Rule::CipherTurns => {
                let key = Ciphers.cipher_load(key.mode(), Direction::Encrypt, &self.key)?;
                return Ciphers.seal(&key, nonce, aad, data, tag);
            }
            Rule::KeyUses if key.mode() != CipherMode::Cbc && key.direction() == Direction::Decrypt => {
                return Ok(());
            }
            _ => Ciphers.seal(key, nonce, aad, data, tag)?,
        }
        if self.rule == Rule::CipherLengths && data.len() == 17 {
            data[16] ^= 1;
        }
        Ok(())
    }

    fn open(
        &mut self,
        key: &CipherKey,
        nonce: &[u8; NONCE_LENGTH],
        aad: &[u8],
        data: &mut [u8],
        tag: &[u8],
    ) -> Result<(), Error> {
        let before = data.to_vec();
        let opened = Ciphers.open(key, nonce, aad, data, tag);
        match self.rule {
            Rule::TagsAreChecked if aad.last() == Some(&3) => Ok(()),
            Rule::TagLengths if tag.len() == 12 => Ok(()),
            Rule::NothingUnauthenticated if opened.is_err() => {
                data.copy_from_slice(&before);
                opened
            }
            _ => opened,
        }
    }
}

impl PublicKeyPart for Planted {
    fn rsa_verify(
        &mut self,
        key: &RsaPublicKey<'_>,
        algorithm: HashAlgorithm,
        digest: &[u8],
        signature: &[u8],
        workspace: &mut [u8],
    ) -> Result<Job<'static>, Error> {
        if self.rule == Rule::PublicKeyBounds && digest.len() == 20 {
            return Ok(Job::finished(Err(rsa::VERIFY_FAILED)));
        }
        PublicKeys.rsa_verify(key, algorithm, digest, signature, workspace)
    }

    fn rsa_encrypt(
        &mut self,
        key: &RsaPublicKey<'_>,
        message: &[u8],
        workspace: &mut [u8],
        rng: &mut impl Rng,
    ) -> Result<Job<'static>, Error> {
        match self.rule {
            Rule::Encryption => PublicKeys.rsa_encrypt(key, message, workspace, &mut tests::insecure::NoRng),
            Rule::Memory if workspace.len() < 100 => Err(rsa::BAD_INPUT_DATA),
            _ => PublicKeys.rsa_encrypt(key, message, workspace, rng),
        }
    }

    fn ecdsa_verify(
        &mut self,
        key: &EcPublicKey<'_>,
        digest: &[u8],
        signature: &[u8],
        workspace: &mut [u8],
    ) -> Result<Job<'static>, Error> {
        let job = PublicKeys.ecdsa_verify(key, digest, signature, workspace)?;
        if self.rule == Rule::Signatures { Ok(Job::finished(Ok(0))) } else { Ok(job) }
    }

    fn step(
        &mut self,
        job: &mut Job<'_>,
        workspace: &mut [u8],
        output: &mut [u8],
    ) -> nb::Result<usize, Error> {
        let done = PublicKeys.step(job, workspace, output);
        if self.rule == Rule::JobsEnd && done.is_ok() {
            workspace[0] = 1;
        }
        done
    }
}

/// A generator that gives no more than 32 bytes where that is the rule to be broken.
struct PlantedRng(Rule, Drbg<InsecureSeeded>);

impl Rng for PlantedRng {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error> {
        let most = if self.0 == Rule::RandomNumbers { out.len().min(32) } else { out.len() };
        self.1.fill(&mut out[..most])
    }
}

//! INSECURE: an accelerator for fuzzing, deterministic and without any secrecy.
//!
//! A fuzzer cannot guess digests, tags and signatures. Here every digest is zero (and so are all keys, MACs and Finished messages
//! that are made of them), encryption changes nothing, and tags and signatures are right unless they end in 0xFF, so that
//! refusals can be reached as well. The constant-time check of CBC records does not ask an accelerator for its hashes and stays
//! real.

use accel::soft::PublicKeys;
use accel::{
    Cipher, CipherKey, CipherMode, Compose, Digest, Direction, EcPublicKey, Hash, HashAlgorithm, HashState,
    Job, NONCE_LENGTH, PublicKeyPart, Rng, RsaPublicKey,
};
use status::{Error, cipher};

/// A modulus of 1024 bits of a key that is thrown away, for the exponent 3.
const MODULUS: &[u8] = include_bytes!("insecure/modulus.bin");
/// That key's signature over 32 zero bytes as a SHA-256 digest: the cheapest real verification stands in for all of them.
const SIGNATURE: &[u8] = include_bytes!("insecure/signature.bin");
/// The end of what is to be refused.
const WRONG: u8 = 0xFF;

/// The accelerator.
pub type Insecure = Compose<NoHash, NoCipher, AnySignature, NoRng>;

/// Always the same.
pub const fn insecure() -> Insecure {
    Compose { hash: NoHash, cipher: NoCipher, public_key: AnySignature, rng: NoRng }
}

/// Random numbers that are one byte over and over.
pub struct NoRng;

impl Rng for NoRng {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error> {
        out.fill(0x55);
        Ok(())
    }
}

/// Digests of zeros.
pub struct NoHash;

impl Hash for NoHash {
    fn hash_update(&mut self, _state: &mut HashState, _data: &[u8]) -> Result<(), Error> {
        Ok(())
    }

    fn hash_finish_in_place(&mut self, state: &mut HashState) -> Result<Digest, Error> {
        Ok(Digest::new(state.algorithm(), [0; accel::MAX_DIGEST_LENGTH]))
    }
}

/// Encryption that changes nothing.
pub struct NoCipher;

impl Cipher for NoCipher {
    fn cipher_load(
        &mut self,
        mode: CipherMode,
        direction: Direction,
        key: &[u8],
    ) -> Result<CipherKey, Error> {
        CipherKey::from_bytes(mode, direction, key)
    }

    fn cbc_encrypt(&mut self, key: &CipherKey, _iv: &mut [u8; 16], data: &mut [u8]) -> Result<(), Error> {
        check(key, &[CipherMode::Cbc], Direction::Encrypt, data.len().is_multiple_of(16))
    }

    fn cbc_decrypt(&mut self, key: &CipherKey, _iv: &mut [u8; 16], data: &mut [u8]) -> Result<(), Error> {
        check(key, &[CipherMode::Cbc], Direction::Decrypt, data.len().is_multiple_of(16))
    }

    fn seal(
        &mut self,
        key: &CipherKey,
        _nonce: &[u8; NONCE_LENGTH],
        _aad: &[u8],
        _data: &mut [u8],
        tag: &mut [u8],
    ) -> Result<(), Error> {
        check(key, &AEAD, Direction::Encrypt, tag.len() == key.mode().tag_length())?;
        tag.fill(0);
        Ok(())
    }

    fn open(
        &mut self,
        key: &CipherKey,
        _nonce: &[u8; NONCE_LENGTH],
        _aad: &[u8],
        data: &mut [u8],
        tag: &[u8],
    ) -> Result<(), Error> {
        check(key, &AEAD, Direction::Decrypt, tag.len() == key.mode().tag_length())?;
        if tag.last() == Some(&WRONG) {
            data.fill(0);
            return Err(cipher::AUTH_FAILED);
        }
        Ok(())
    }
}

/// A key of the right kind, and what else was asked for.
fn check(key: &CipherKey, modes: &[CipherMode], direction: Direction, is_right: bool) -> Result<(), Error> {
    let is_right = is_right && modes.contains(&key.mode()) && key.direction() == direction;
    if is_right { Ok(()) } else { Err(cipher::BAD_INPUT_DATA) }
}

const AEAD: [CipherMode; 3] = [CipherMode::Gcm, CipherMode::Ccm, CipherMode::Ccm8];

/// Signatures that are right unless they end in 0xFF.
pub struct AnySignature;

impl AnySignature {
    fn verify(signature: &[u8], workspace: &mut [u8]) -> Result<Job<'static>, Error> {
        let key = RsaPublicKey { modulus: MODULUS, exponent: &[3] };
        let is_wrong = signature.last() == Some(&WRONG);
        let digest = [u8::from(is_wrong); 32];
        PublicKeys.rsa_verify(&key, HashAlgorithm::Sha256, &digest, SIGNATURE, workspace)
    }
}

impl PublicKeyPart for AnySignature {
    fn rsa_verify(
        &mut self,
        _key: &RsaPublicKey<'_>,
        _algorithm: HashAlgorithm,
        _digest: &[u8],
        signature: &[u8],
        workspace: &mut [u8],
    ) -> Result<Job<'static>, Error> {
        Self::verify(signature, workspace)
    }

    fn ecdsa_verify(
        &mut self,
        _key: &EcPublicKey<'_>,
        _digest: &[u8],
        signature: &[u8],
        workspace: &mut [u8],
    ) -> Result<Job<'static>, Error> {
        Self::verify(signature, workspace)
    }
}

//! The self-test finds nothing wrong with the backends, and names what is wrong with a broken one.

use accel::self_test::{Algorithm, RSA_WORKSPACE, check, failures, rsa_signature};
use accel::soft::{Ciphers, Drbg, Hasher, PublicKeys};
use accel::{
    Accel, Cipher, CipherKey, CipherMode, Compose, Digest, Direction, Hash, HashAlgorithm, HashState, Job,
    MAX_DIGEST_LENGTH, NONCE_LENGTH, PublicKeyPart, Rng, RsaPrivateKey, RsaPublicKey,
};
use status::{Error, device, md, mpi, rsa};
use tests::entropy::InsecureSeeded;

on_each_backend!(nothing_fails, a_signature_is_the_known_one);

fn a_signature_is_the_known_one(accel: &mut impl Accel) {
    let mut workspace = vec![0; RSA_WORKSPACE];
    assert_eq!(rsa_signature(accel, &mut workspace), Ok(()));
    assert!(workspace.iter().all(|byte| *byte == 0));
    let short = workspace.get_mut(..100).unwrap();
    assert_eq!(rsa_signature(accel, short), Err(mpi::ALLOC_FAILED));
}

/// A backend that signs wrongly, and ones that take any signature or none.
#[test]
fn wrong_signatures_are_noticed() {
    for fault in [Fault::Wrong, Fault::AnyTag, Fault::Silent] {
        let mut accel = crate::soft().with_public_key(Forger(fault));
        let expected = if fault == Fault::Silent { rsa::HW_ACCEL_FAILED } else { device::SELF_TEST_FAILED };
        assert_eq!(rsa_signature(&mut accel, &mut vec![0; RSA_WORKSPACE]), Err(expected));
    }
}

fn nothing_fails(accel: &mut impl Accel) {
    assert_eq!(failures(accel).collect::<Vec<_>>(), []);
    for algorithm in Algorithm::ALL {
        assert_eq!(check(accel, algorithm), Ok(()));
    }
}

#[test]
fn what_is_broken_is_named() {
    for broken in Algorithm::ALL {
        let mut accel = Faulty { broken, fault: Fault::Wrong }.accel();
        assert_eq!(failures(&mut accel).collect::<Vec<_>>(), [(broken, device::SELF_TEST_FAILED)]);
    }
}

/// A unit that fails to answer is told apart from one that answers wrongly.
#[test]
fn the_code_of_a_silent_unit_is_passed_on() {
    let broken = Algorithm::Hash(HashAlgorithm::Sha1);
    let mut accel = Faulty { broken, fault: Fault::Silent }.accel();
    assert_eq!(failures(&mut accel).collect::<Vec<_>>(), [(broken, md::HW_ACCEL_FAILED)]);
}

/// A backend that opens whatever tag it is given, and one that leaves what it could not authenticate.
#[test]
fn careless_opening_is_noticed() {
    for mode in [CipherMode::Gcm, CipherMode::Ccm, CipherMode::Ccm8] {
        for fault in [Fault::AnyTag, Fault::NotWiped] {
            let mut accel = Faulty { broken: Algorithm::Cipher(mode), fault }.accel();
            let expected = [(Algorithm::Cipher(mode), device::SELF_TEST_FAILED)];
            assert_eq!(failures(&mut accel).collect::<Vec<_>>(), expected);
        }
    }
}

/// The software, whose public-key jobs end otherwise.
struct Forger(Fault);

impl PublicKeyPart for Forger {
    fn rsa_verify(
        &mut self,
        key: &RsaPublicKey<'_>,
        algorithm: HashAlgorithm,
        digest: &[u8],
        signature: &[u8],
        workspace: &mut [u8],
    ) -> Result<Job<'static>, Error> {
        match self.0 {
            Fault::AnyTag => Ok(Job::finished(Ok(0))),
            _ => PublicKeys.rsa_verify(key, algorithm, digest, signature, workspace),
        }
    }

    fn rsa_sign<'k>(
        &mut self,
        key: &RsaPrivateKey<'k>,
        algorithm: HashAlgorithm,
        digest: &[u8],
        workspace: &mut [u8],
        rng: &mut impl Rng,
    ) -> Result<Job<'k>, Error> {
        match self.0 {
            Fault::Silent => Ok(Job::finished(Err(rsa::HW_ACCEL_FAILED))),
            _ => PublicKeys.rsa_sign(key, algorithm, digest, workspace, rng),
        }
    }

    fn step(
        &mut self,
        job: &mut Job<'_>,
        workspace: &mut [u8],
        output: &mut [u8],
    ) -> nb::Result<usize, Error> {
        let done = PublicKeys.step(job, workspace, output)?;
        if let (Fault::Wrong, Some(byte)) = (self.0, output.last_mut()) {
            *byte ^= 1;
        }
        Ok(done)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    Wrong,
    Silent,
    AnyTag,
    NotWiped,
}

/// The software with one fault.
#[derive(Clone, Copy)]
struct Faulty {
    broken: Algorithm,
    fault: Fault,
}

impl Faulty {
    fn accel(self) -> Compose<Self, Self, PublicKeys, FaultyRng> {
        let rng = FaultyRng(self, crate::soft().rng);
        Compose { hash: self, cipher: self, public_key: PublicKeys, rng }
    }
}

impl Hash for Faulty {
    fn hash_finish_in_place(&mut self, state: &mut HashState) -> Result<Digest, Error> {
        let algorithm = state.algorithm();
        let digest = Hasher.hash_finish_in_place(state)?;
        if self.broken != Algorithm::Hash(algorithm) {
            return Ok(digest);
        }
        if self.fault == Fault::Silent {
            return Err(md::HW_ACCEL_FAILED);
        }
        let mut bytes = [0; MAX_DIGEST_LENGTH];
        bytes[..algorithm.digest_length()].copy_from_slice(digest.as_bytes());
        bytes[algorithm.digest_length() - 1] ^= 0x80;
        Ok(Digest::new(algorithm, bytes))
    }
}

impl Cipher for Faulty {
    fn cipher_load(
        &mut self,
        mode: CipherMode,
        direction: Direction,
        key: &[u8],
    ) -> Result<CipherKey, Error> {
        // One key length only, the last to be tested.
        let wrong = self.broken == Algorithm::Cipher(mode) && self.fault == Fault::Wrong && key.len() == 32;
        Ciphers.cipher_load(mode, direction, if wrong { &[0; 32] } else { key })
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
        if self.broken != Algorithm::Cipher(key.mode()) || opened.is_ok() {
            return opened;
        }
        match self.fault {
            Fault::AnyTag => Ok(()),
            Fault::NotWiped => {
                data.copy_from_slice(&before);
                opened
            }
            _ => opened,
        }
    }
}

/// Counts where random numbers are broken.
struct FaultyRng(Faulty, Drbg<InsecureSeeded>);

impl Rng for FaultyRng {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error> {
        if self.0.broken == Algorithm::Rng {
            for (byte, number) in out.iter_mut().zip(0..) {
                *byte = number;
            }
            return Ok(());
        }
        self.1.fill(out)
    }
}

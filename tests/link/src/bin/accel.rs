//! `accel`'s own software holds no panic.
#![no_std]
#![no_main]

use accel::{
    Accel, BlockCipher, ChainingValue, CipherKey, CipherMode, Compression, Curve, Digest, Direction,
    EcPublicKey, Hash, HashAlgorithm, HashState, Hashes, HmacKey, Job, Modes, RsaPrivateKey, RsaPublicKey,
    conformance, self_test, soft, soft::Drbg, soft::Hasher, soft::Soft,
};
use link::{Source, any};

#[unsafe(no_mangle)]
extern "C" fn _start() {
    let mut accel = Soft::new(Source);
    symmetric(any(&mut accel));
    pieces();
    public_key(any(&mut accel));
    units();
}

fn symmetric<A: Accel>(accel: &mut A) {
    let bytes = any(&[0; 99][..]);
    let mut block = [0; 99];
    let data = any(&mut block[..]);
    let algorithm = any(HashAlgorithm::Sha384);
    let _ = any(accel.fill(data));
    if let Ok(digest) = accel.hash(algorithm, any(&[bytes, bytes])) {
        any(Digest::as_bytes(&digest));
    }
    if let Ok(key) = HmacKey::new(accel, algorithm, bytes) {
        let mac = key.mac(accel, any(&[bytes]));
        any(mac.is_ok_and(|mac| any(mac.as_bytes()).is_empty()));
    }
    let Ok(key) = accel.cipher_load(any(CipherMode::Gcm), any(Direction::Decrypt), bytes) else { return };
    let (mut iv, nonce, mut tag) = (any([0; 16]), any([0; 12]), [0; 16]);
    let _ = any(accel.cbc_encrypt(&key, &mut iv, data));
    let _ = any(accel.cbc_decrypt(&key, &mut iv, data));
    let _ = any(accel.seal(&key, &nonce, bytes, data, any(&mut tag[..])));
    let _ = any(accel.open(&key, &nonce, bytes, data, any(&tag[..])));
    any(self_test::failures(accel).count());
}

/// What code outside of the backend uses of it: the record layer takes hashes apart, a unit's driver keeps keys.
fn pieces() {
    let bytes = any(&[0; 99][..]);
    let algorithm = any(HashAlgorithm::Sha384);
    let mut chain = ChainingValue::initial(algorithm);
    soft::compress(&mut chain, any(algorithm), bytes);
    any(soft::digest(&chain, any(algorithm)).as_bytes());
    if let Ok(mut state) = Hasher.hash_start(any(algorithm)) {
        let _ = any(Hasher.hash_update(&mut state, bytes));
    }
    if let Ok(key) = CipherKey::from_bytes(any(CipherMode::Gcm), any(Direction::Decrypt), bytes) {
        let _ = any(key.bytes(any(CipherMode::Gcm), any(Direction::Decrypt)));
    }
}

/// A unit that answers now and then.
struct Unit;

impl BlockCipher for Unit {
    fn load_key(&mut self, direction: Direction, key: &[u8]) -> Result<(), status::Error> {
        any((direction, key));
        any(Ok(()))
    }

    fn process(&mut self, blocks: &mut [[u8; 16]]) -> Result<(), status::Error> {
        any(blocks);
        any(Ok(()))
    }

    fn clear(&mut self) {}
}

impl Compression for Unit {
    fn compress(
        &mut self,
        chain: &mut ChainingValue,
        algorithm: HashAlgorithm,
        blocks: &[u8],
    ) -> Result<(), status::Error> {
        any((chain.words32_mut(), algorithm, blocks));
        any(Ok(()))
    }
}

/// Parts over units, a generator that is reseeded, and the rules of a backend.
fn units() {
    let mut rng = Drbg::prediction_resistant(Source);
    let _ = any(rng.reseed());
    let parts = Soft::new(Source).with_cipher(Modes::start(Unit)).with_hash(Hashes::start(Unit));
    let mut accel = parts.with_rng(rng);
    any((accel.cipher.failure(), accel.hash.failure()));
    symmetric(any(&mut accel));
    let mut state = HashState::new(any(HashAlgorithm::Sha384));
    if let Ok((head, rest)) = state.memory_mut() {
        any((head, rest));
    }
    let mut workspace = [0; conformance::WORKSPACE];
    any(conformance::failures(&mut accel, any(&mut workspace[..])).count());
}

fn public_key<A: Accel>(accel: &mut A) {
    let bytes = any(&[0; 99][..]);
    let mut memory = [0; 5000];
    let workspace = any(&mut memory[..]);
    let algorithm = any(HashAlgorithm::Sha384);
    let public = any(RsaPublicKey { modulus: bytes, exponent: bytes });
    let private = any(RsaPrivateKey {
        public,
        prime1: bytes,
        prime2: bytes,
        exponent1: bytes,
        exponent2: bytes,
        coefficient: bytes,
    });
    let point = any(EcPublicKey { curve: any(Curve::P384), point: bytes });
    let job = accel.rsa_verify(&public, algorithm, bytes, bytes, workspace);
    run(accel, job, workspace);
    let job = accel.rsa_encrypt(&public, bytes, workspace);
    run(accel, job, workspace);
    let job = accel.rsa_sign(&private, algorithm, bytes, workspace);
    run(accel, job, workspace);
    let job = accel.ecdsa_verify(&point, bytes, bytes, workspace);
    run(accel, job, workspace);
}

fn run<A: Accel>(accel: &mut A, job: Result<Job<'_>, status::Error>, workspace: &mut [u8]) {
    let Ok(mut job) = job else { return };
    let mut output = [0; 512];
    while let Err(nb::Error::WouldBlock) = accel.step(&mut job, workspace, any(&mut output[..])) {}
}

//! An accelerator that fails: whichever of its calls it is, the handshake or the record ends there, and nothing is sent but an alert.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that goes wrong panics"
)]

use accel::rustcrypto::RustCrypto;
use accel::{
    Cipher, CipherKey, CipherMode, Digest, Direction, EcPublicKey, Hash, HashAlgorithm, HashState, Job,
    NONCE_LENGTH, PublicKey, Rng, RsaPrivateKey, RsaPublicKey,
};
use status::{Error, Step, cipher};
use tests::entropy::InsecureSeeded;
use tests::link::{Link, Pieces};
use tests::server::{Saved, Script, Server};
use tests::throwaway;
use tls12::{Config, Connection, Want};

use super::handshake::{identity, peer, trusting};

/// What a failed call says, wherever it is: no code that a signature or a key can be blamed for.
const FAULT: Error = cipher::HW_ACCEL_FAILED;

/// Counts its calls, and fails at one of them and at all that follow.
struct Failing {
    inner: RustCrypto<InsecureSeeded>,
    calls: usize,
    /// The first call that fails, counted from 1; none for 0.
    failing: usize,
}

impl Failing {
    fn at(failing: usize) -> Self {
        Self { inner: RustCrypto::new(InsecureSeeded::new(1)), calls: 0, failing }
    }

    fn call(&mut self) -> Result<&mut RustCrypto<InsecureSeeded>, Error> {
        self.calls += 1;
        if self.failing != 0 && self.calls >= self.failing { Err(FAULT) } else { Ok(&mut self.inner) }
    }
}

impl Rng for Failing {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error> {
        self.call()?.fill(out)
    }
}

impl Hash for Failing {
    fn hash_start(&mut self, algorithm: HashAlgorithm) -> Result<HashState, Error> {
        self.call()?.hash_start(algorithm)
    }

    fn hash_update(&mut self, state: &mut HashState, data: &[u8]) -> Result<(), Error> {
        self.call()?.hash_update(state, data)
    }

    fn hash_finish(&mut self, state: HashState) -> Result<Digest, Error> {
        self.call()?.hash_finish(state)
    }
}

impl Cipher for Failing {
    fn cipher_load(
        &mut self,
        mode: CipherMode,
        direction: Direction,
        key: &[u8],
    ) -> Result<CipherKey, Error> {
        self.call()?.cipher_load(mode, direction, key)
    }

    fn cbc_encrypt(&mut self, key: &CipherKey, iv: &mut [u8; 16], data: &mut [u8]) -> Result<(), Error> {
        self.call()?.cbc_encrypt(key, iv, data)
    }

    fn cbc_decrypt(&mut self, key: &CipherKey, iv: &mut [u8; 16], data: &mut [u8]) -> Result<(), Error> {
        self.call()?.cbc_decrypt(key, iv, data)
    }

    fn seal(
        &mut self,
        key: &CipherKey,
        nonce: &[u8; NONCE_LENGTH],
        aad: &[u8],
        data: &mut [u8],
        tag: &mut [u8],
    ) -> Result<(), Error> {
        self.call()?.seal(key, nonce, aad, data, tag)
    }

    fn open(
        &mut self,
        key: &CipherKey,
        nonce: &[u8; NONCE_LENGTH],
        aad: &[u8],
        data: &mut [u8],
        tag: &[u8],
    ) -> Result<(), Error> {
        self.call()?.open(key, nonce, aad, data, tag)
    }
}

impl PublicKey for Failing {
    fn rsa_verify(
        &mut self,
        key: &RsaPublicKey<'_>,
        algorithm: HashAlgorithm,
        digest: &[u8],
        signature: &[u8],
        workspace: &mut [u8],
    ) -> Result<Job<'static>, Error> {
        self.call()?.rsa_verify(key, algorithm, digest, signature, workspace)
    }

    fn rsa_encrypt(
        &mut self,
        key: &RsaPublicKey<'_>,
        message: &[u8],
        workspace: &mut [u8],
    ) -> Result<Job<'static>, Error> {
        self.call()?.rsa_encrypt(key, message, workspace)
    }

    fn rsa_sign<'k>(
        &mut self,
        key: &RsaPrivateKey<'k>,
        algorithm: HashAlgorithm,
        digest: &[u8],
        workspace: &mut [u8],
    ) -> Result<Job<'k>, Error> {
        self.call()?.rsa_sign(key, algorithm, digest, workspace)
    }

    fn ecdsa_verify(
        &mut self,
        key: &EcPublicKey<'_>,
        digest: &[u8],
        signature: &[u8],
        workspace: &mut [u8],
    ) -> Result<Job<'static>, Error> {
        self.call()?.ecdsa_verify(key, digest, signature, workspace)
    }

    fn step(
        &mut self,
        job: &mut Job<'_>,
        workspace: &mut [u8],
        output: &mut [u8],
    ) -> nb::Result<usize, Error> {
        self.call()?.step(job, workspace, output)
    }
}

/// A handshake and a record each way; the calls that they took, or how it ended.
struct Outcome {
    result: Result<Want, Error>,
    step: Step,
    server: Server,
    calls: usize,
    session: Vec<u8>,
}

fn run(config: &Config<'_>, session: &[u8], script: Script, failing: usize) -> Outcome {
    let (mut rx, mut tx) = (vec![0; Connection::FULL_RX], vec![0; Connection::GOOD_TX]);
    let mut kept = vec![0; Connection::GOOD_SESSION];
    let mut connection = Connection::new(config, peer(session), &mut rx, &mut tx, &mut kept).unwrap();
    let mut accel = Failing::at(failing);
    let mut link = Link::new(Server::new(script), Pieces::Whole);
    let mut result = link.run(&mut connection, &mut accel);
    let step = connection.step();
    if result.is_ok() {
        connection.write_space()[..5].copy_from_slice(b"hello");
        result = connection.wrote(5, &mut accel).and_then(|()| {
            link.server.send(b"welcome");
            link.run(&mut connection, &mut accel)
        });
        if result.is_err() {
            // Whatever is still to be said.
            let _ = link.run(&mut connection, &mut accel);
        }
    }
    let session = connection.session().to_vec();
    drop(connection);
    Outcome { result, step, server: link.server, calls: accel.calls, session }
}

/// For every call of a whole connection: it fails there, with the call's code, and says nothing more of its own.
fn each_call(name: &str, config: &Config<'_>, session: &[u8], script: impl Fn() -> Script) -> Outcome {
    let good = run(config, session, script(), 0);
    assert_eq!(good.result, Ok(Want::READ | Want::WRITE), "{name}");
    assert_eq!((&good.server.data[..], &good.server.fault), (&b"hello"[..], &None), "{name}");
    for failing in 1..=good.calls {
        let outcome = run(config, session, script(), failing);
        let place = format!("{name}, call {failing} of {}", good.calls);
        let error = outcome.result.expect_err(&place);
        assert!(error == FAULT || error.high() == Some(FAULT), "{place}: {error:?}");
        assert!(outcome.session.is_empty(), "{place}: a session was kept");
        assert_eq!(outcome.server.fault, None, "{place}");
        // What the server has of us is what a good client had sent before, or an alert.
        assert!(good.server.messages.starts_with(&outcome.server.messages), "{place}");
        let is_in_traffic = outcome.step == Step::Traffic;
        assert!(
            is_in_traffic || outcome.server.data.is_empty(),
            "{place}: data before the end of the handshake"
        );
    }
    good
}

#[test]
fn every_call_of_a_handshake_and_of_a_record_may_fail() {
    let own = Config { identity: Some(identity("client-2048")), ..trusting() };
    for (suite, encrypt_then_mac) in
        [(0x009D, false), (0x003D, false), (0x003D, true), (0x002F, true), (0xC0A0, false)]
    {
        let asking = || Script {
            encrypt_then_mac,
            certificate_request: Some(Default::default()),
            client_key: Some(throwaway::rsa_public_key("client-2048.key")),
            ..Script::new(suite)
        };
        let full = each_call(&format!("{suite:04X}, full"), &own, &[], asking);
        let saved: Saved = full.server.saved();
        let resuming = || Script { resume: Some(saved.clone()), encrypt_then_mac, ..Script::new(suite) };
        each_call(&format!("{suite:04X}, resumed"), &own, &full.session, resuming);
    }
}

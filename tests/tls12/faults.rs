//! An accelerator that fails: whichever of its calls it is, the handshake or the record ends there, and nothing is sent but an alert.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that goes wrong panics"
)]

use accel::Parts;
use accel::rustcrypto::{self, RustCrypto};
use status::{Alert, Error, Step, cipher, mpi, ssl};
use tests::entropy::InsecureSeeded;
use tests::link::{Link, Pieces};
use tests::server::{Saved, Script, Server};
use tests::throwaway;
use tls12::{Config, Connection, Want};

use super::handshake::{identity, peer, trusting};

/// What a failed call says, wherever it is: no code that a signature or a key can be blamed for.
const FAULT: Error = cipher::HW_ACCEL_FAILED;

/// Which calls fail, and with what.
#[derive(Clone, Copy)]
enum Fault {
    /// One of all calls, counted from 1, and all that follow; none for 0.
    Any(usize),
    /// One of those for a public-key job, which finds too little memory.
    Memory(usize),
}

/// Counts its calls, and fails.
struct Failing {
    inner: RustCrypto<InsecureSeeded>,
    calls: usize,
    fault: Fault,
}

impl Failing {
    fn new(fault: Fault) -> Self {
        Self { inner: RustCrypto::new(InsecureSeeded::new(1)), calls: 0, fault }
    }

    fn call(&mut self) -> Result<&mut RustCrypto<InsecureSeeded>, Error> {
        if let Fault::Any(failing) = self.fault {
            self.calls += 1;
            if failing != 0 && self.calls >= failing {
                return Err(FAULT);
            }
        }
        Ok(&mut self.inner)
    }
}

impl Parts for Failing {
    type Hash = rustcrypto::Hasher;
    type Cipher = rustcrypto::Ciphers;
    type PublicKey = rustcrypto::PublicKeys;
    type Rng = rustcrypto::Source<InsecureSeeded>;

    fn hash_part(&mut self) -> Result<&mut Self::Hash, Error> {
        self.call()?.hash_part()
    }

    fn cipher_part(&mut self) -> Result<&mut Self::Cipher, Error> {
        self.call()?.cipher_part()
    }

    fn public_key_part(&mut self) -> Result<(&mut Self::PublicKey, &mut Self::Rng), Error> {
        if let Fault::Memory(failing) = self.fault {
            self.calls += 1;
            if self.calls == failing {
                return Err(mpi::ALLOC_FAILED);
            }
        }
        self.call()?.public_key_part()
    }

    fn rng_part(&mut self) -> Result<&mut Self::Rng, Error> {
        self.call()?.rng_part()
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

fn run(config: &Config<'_>, session: &[u8], script: Script, fault: Fault) -> Outcome {
    let (mut rx, mut tx) = (vec![0; Connection::FULL_RX], vec![0; Connection::GOOD_TX]);
    let mut kept = vec![0; Connection::GOOD_SESSION];
    let mut connection = Connection::new(config, peer(session), &mut rx, &mut tx, &mut kept).unwrap();
    let mut accel = Failing::new(fault);
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
    let good = run(config, session, script(), Fault::Any(0));
    assert_eq!(good.result, Ok(Want::READ | Want::WRITE), "{name}");
    assert_eq!((&good.server.data[..], &good.server.fault), (&b"hello"[..], &None), "{name}");
    for failing in 1..=good.calls {
        let outcome = run(config, session, script(), Fault::Any(failing));
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

/// A job that finds too little memory was lent one of our buffers: the buffer is too small.
#[test]
fn every_job_may_find_its_memory_too_small() {
    let own = Config { identity: Some(identity("client-2048")), ..trusting() };
    let script = || Script {
        certificate_request: Some(Default::default()),
        client_key: Some(throwaway::rsa_public_key("client-2048.key")),
        ..Script::default()
    };
    let good = run(&own, &[], script(), Fault::Memory(0));
    assert_eq!(good.result, Ok(Want::READ | Want::WRITE));
    // The server's signature, the premaster secret and our own signature.
    assert!(good.calls >= 6, "{} calls", good.calls);
    for failing in 1..=good.calls {
        let outcome = run(&own, &[], script(), Fault::Memory(failing));
        assert_eq!(outcome.result, Err(ssl::BUFFER_TOO_SMALL), "call {failing}");
        assert_eq!(outcome.server.alerts, [(2, Alert::INTERNAL_ERROR.0)], "call {failing}");
    }
}

//! Looks for what is secret in the memory of a connection: while it shakes hands, when it is connected, and when it was dropped.
//!
//! `record_secrets` has recorded a handshake for each suite, with and without extended master secret and encrypt-then-MAC: full, resumed,
//! and with a client certificate; the last one keeps no session. What the server said is played to the client, and all of the memory
//! that the connection has, its own and what it was lent, is read byte by byte.
//!
//! A scan that finds nothing proves nothing. So what a connection needs has to be found while it needs it: the premaster secret and
//! the master secret at some poll, its keys when it is connected, the master secret in the session; and so has a piece of the
//! premaster secret that is planted in the memory of the connection that was dropped.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used, reason = "a test")]

mod board;
mod case;
mod scan;

use core::mem::MaybeUninit;

use accel::{Cipher, Direction, HashAlgorithm, HmacKey};
use tls12::{Config, Connection, Identity, Peer, Suite, Want};
use x509::{Bundle, PrivateKey};

use case::Case;
use repeating::Repeating;
use scan::{Found, Pieces, Secret, is_zero, plant};

#[path = "../../bench/ours/src/repeating.rs"]
mod repeating;

static CASES: &[u8] = include_bytes!(env!("SECRETS_CASES"));

macro_rules! vector {
    ($name:literal) => {
        include_bytes!(concat!("../../../vectors/tls12/", $name))
    };
}

/// What a connection may keep when it is connected: the keys of its records, as the accelerator keeps them.
const KEYS: Found = Found::of(&[Secret::LoadedKey, Secret::LoadedMac]);
/// What a session may keep.
const SESSION: Found = Found::of(&[Secret::Master]);

#[cfg(not(target_os = "none"))]
fn main() -> std::process::ExitCode {
    board::end(run())
}

/// Plays every case; whether all of them were good.
fn run() -> bool {
    let mut storage = [[0; 4096]; 3];
    let [anchor, chain, key] = &mut storage;
    let key = PrivateKey::from_pem(vector!("client-1024.key"), key).unwrap();
    let chain = Bundle::from_pem(vector!("client-1024.pem"), chain).unwrap();
    let anchors = Some(Bundle::from_pem(vector!("intermediate.pem"), anchor).unwrap());
    let open = Config { anchors, ..Config::default() };
    let identified = Config { identity: Some(Identity { chain, key: &key }), ..open };

    let (mut rest, mut pieces, mut count, mut good) = (CASES, Pieces::new(), 0, true);
    while let Some(case) = Case::next(&mut rest) {
        let config = if case.identity { &identified } else { &open };
        good &= Scan { case: &case, good: true }.play(config, &key, &mut pieces);
        count += 1;
    }
    say!("{} handshakes", count);
    good && count > 0 && rest.is_empty()
}

/// One case, and whether it is good.
struct Scan<'c> {
    case: &'c Case<'c>,
    good: bool,
}

impl Scan<'_> {
    #[inline(never)]
    fn play(mut self, config: &Config<'_>, key: &PrivateKey<'_>, pieces: &mut Pieces) -> bool {
        let mut rx = [0; Connection::SMALL_RX];
        let mut tx = [0; Connection::GOOD_TX];
        let mut kept = [0; Connection::GOOD_SESSION];
        let kept = &mut kept[..self.case.keeps];
        let lent = [(rx.as_ptr() as usize, rx.len()), (tx.as_ptr() as usize, tx.len())];
        let session = (kept.as_ptr() as usize, kept.len());
        let mut accel = Repeating::started();
        let peer = Peer { host: "localhost", now: self.case.now, session: self.case.offered };
        let mut place = MaybeUninit::<Connection<'_>>::zeroed();
        let object = (place.as_ptr() as usize, size_of::<Connection<'_>>());
        let connection = place.write(Connection::new(config, peer, &mut rx, &mut tx, kept).unwrap());

        // What the accelerator keeps of a key is only known when the suite is.
        self.learn(None, key, pieces);
        let mut seen = Found::default();
        let mut said = self.case.said;
        while !connection.poll(&mut accel).unwrap().contains(Want::WRITE) {
            seen = seen.and(pieces.find(object.0, object.1));
            connection.sent(usize::MAX);
            let space = connection.recv_space();
            let length = space.len().min(said.len());
            let (now, later) = said.split_at(length);
            space[..length].copy_from_slice(now);
            said = later;
            connection.received(length);
        }
        self.learn(connection.suite(), key, pieces);
        self.expect(
            "premaster secret at no poll",
            seen.has(Secret::Premaster) != self.case.premaster.is_empty(),
        );
        self.expect("master secret at no poll", seen.has(Secret::Master));
        self.expect("resumed", connection.resumed() == !self.case.offered.is_empty());

        let live = pieces.find(object.0, object.1);
        self.none("connected", live.without(KEYS));
        self.expect("no AES key when connected", live.has(Secret::LoadedKey));
        self.expect("no MAC key when connected", live.has(Secret::LoadedMac) != self.case.mac[0].is_empty());
        for (address, length) in lent {
            self.none("connected, in what was lent", pieces.find(address, length));
        }
        let saved = pieces.find(session.0, session.1);
        self.none("connected, in the session", saved.without(SESSION));
        self.expect("no master secret in the session", saved.has(Secret::Master) == (self.case.keeps > 0));

        // SAFETY: written above, and not used any more.
        unsafe { place.assume_init_drop() };
        self.none("dropped", pieces.find(object.0, object.1));
        for (address, length) in lent.into_iter().chain([session]) {
            self.expect("what was lent is not wiped", is_zero(address, length));
        }
        for offset in [0, 333, object.1 - 11] {
            plant(&mut place, offset, &self.case.master[18..29]);
            self.expect("what was planted", pieces.find(object.0, object.1) == SESSION);
            plant(&mut place, offset, &[0; 11]);
        }
        self.good
    }

    /// Takes all secrets of the case to look for.
    #[inline(never)]
    fn learn(&self, suite: Option<Suite>, key: &PrivateKey<'_>, pieces: &mut Pieces) {
        let case = self.case;
        pieces.clear();
        pieces.add(Secret::Premaster, case.premaster.get(2..).unwrap_or_default());
        pieces.add(Secret::Master, case.master);
        for bytes in case.mac.into_iter().chain(case.key) {
            pieces.add(Secret::KeyBlock, bytes);
        }
        for bytes in case.expanded {
            pieces.add(Secret::RoundKeys, bytes);
        }
        let parts = key.rsa();
        for part in [parts.prime1, parts.prime2, parts.exponent1, parts.exponent2, parts.coefficient] {
            let mut limbs = [0; 512];
            let limbs = &mut limbs[..part.len()];
            limbs.iter_mut().zip(part.iter().rev()).for_each(|(to, from)| *to = *from);
            pieces.add(Secret::PrivateKey, part);
            pieces.add(Secret::PrivateKey, limbs);
        }
        let Some(suite) = suite else { return };
        let mut accel = Repeating::started();
        for (key, direction) in case.key.into_iter().zip([Direction::Encrypt, Direction::Decrypt]) {
            pieces.add_object(Secret::LoadedKey, &accel.cipher_load(suite.mode(), direction, key).unwrap());
        }
        let mut hmac = |secret, algorithm, bytes: &[u8]| {
            pieces.add_object(secret, &HmacKey::new(&mut accel, algorithm, bytes).unwrap());
        };
        hmac(Secret::PremasterKey, suite.prf(), case.premaster);
        hmac(Secret::MasterKey, suite.prf(), case.master);
        for bytes in case.mac.into_iter().filter(|bytes| !bytes.is_empty()) {
            let algorithm = if bytes.len() == 20 { HashAlgorithm::Sha1 } else { HashAlgorithm::Sha256 };
            hmac(Secret::LoadedMac, algorithm, bytes);
        }
    }

    fn none(&mut self, when: &str, found: Found) {
        for secret in Secret::ALL.into_iter().filter(|secret| found.has(*secret)) {
            self.good = false;
            say!("{}: {}: {:?} is there", self.name(), when, secret);
        }
    }

    fn expect(&mut self, what: &str, is_so: bool) {
        if !is_so {
            self.good = false;
            say!("{}: {}", self.name(), what);
        }
    }

    fn name(&self) -> &str {
        core::str::from_utf8(self.case.name).unwrap_or("?")
    }
}

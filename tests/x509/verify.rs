//! Chains: what is found wrong with them, held against a table and against the real library.

use accel::{Accel, rustcrypto::RustCrypto, soft::Soft};
use status::{Alert, Error, Flags};
use tests::{
    entropy::InsecureSeeded,
    oracle,
    parity::{self, Difference, difference as row},
    pki::armour,
};
use x509::{
    Bundle, Certificate, Context, MAX_DER_LENGTH, Outcome, Policy, Time, Verifier, alert, verify::WORKSPACE,
};

use crate::{
    corpus::{self, NOW},
    differences::{CERTIFICATE_RULES, FILES, KEY_RULES},
    key::PARTS,
    mutation::Random,
    strange::STRANGE,
};

/// A chain and what it is held against.
#[derive(Clone)]
pub(crate) struct Chain {
    pub(crate) message: Vec<Vec<u8>>,
    pub(crate) anchors: Vec<u8>,
    pub(crate) host: Option<&'static str>,
    pub(crate) now: u64,
    pub(crate) policy: Policy,
}

impl Chain {
    /// From the corpus's names, separated by spaces.
    pub(crate) fn new(message: &str, anchors: &str) -> Self {
        Self {
            message: message.split_whitespace().map(corpus::der).collect(),
            anchors: anchors.split_whitespace().flat_map(corpus::pem).collect(),
            host: Some("localhost"),
            now: NOW,
            policy: Policy::default(),
        }
    }

    pub(crate) fn ours(&self) -> Result<Outcome, Error> {
        self.ours_with(&mut Soft::new(InsecureSeeded::new(0)))
    }

    fn ours_with(&self, accel: &mut impl Accel) -> Result<Outcome, Error> {
        let mut storage = [0; MAX_DER_LENGTH];
        let anchors =
            (!self.anchors.is_empty()).then(|| Bundle::from_pem(&self.anchors, &mut storage)).transpose()?;
        let context =
            Context { anchors, policy: self.policy, now: Time::from_unix(self.now), host: self.host };
        let (mut verifier, mut workspace, mut job) = (Verifier::new(), [0; WORKSPACE], None);
        for der in &self.message {
            // As from a receive buffer: the bytes are gone after the call.
            let der = der.clone();
            let certificate = Certificate::from_der(&der)?;
            nb::block!(verifier.push(&certificate, &context, accel, &mut workspace, &mut job))?;
        }
        Ok(verifier.finish())
    }

    pub(crate) fn theirs(&self) -> oracle::Verified {
        let message: Vec<&[u8]> = self.message.iter().map(Vec::as_slice).collect();
        let anchors = (!self.anchors.is_empty()).then_some(self.anchors.as_slice());
        oracle::verify(&message, anchors, self.host, self.now, self.policy.md5)
    }
}

const NONE: u32 = 0;
const EXPIRED: u32 = 0x01;
const NAME: u32 = 0x04;
const UNTRUSTED: u32 = 0x08;
const FUTURE: u32 = 0x200;
const USAGE: u32 = 0x800;
const PURPOSE: u32 = 0x1000;
const HASH: u32 = 0x4000;
const KEY: u32 = 0x1_0000;

/// Message, CA file, flags.
const CHAINS: &[(&str, &str, u32)] = &[
    // Trusted.
    ("leaf", "root", NONE),
    ("leaf", "root-other root", NONE),
    ("leaf", "root-same-name root", NONE),
    ("leaf root", "root", NONE),
    ("leaf root-other intermediate", "root", NONE),
    ("leaf-by-intermediate intermediate", "root", NONE),
    ("leaf-by-intermediate intermediate root", "root", NONE),
    ("leaf-by-intermediate root intermediate", "root", NONE),
    ("leaf-by-intermediate leaf root-other intermediate", "root", NONE),
    ("leaf-by-intermediate-p256 intermediate-p256", "root", NONE),
    ("leaf-by-4096", "root-4096", NONE),
    ("leaf-4096", "root-4096", NONE),
    ("leaf-3072", "root", NONE),
    ("leaf-2047", "root", NONE),
    ("leaf-p256", "root-p256", NONE),
    ("leaf-p384", "root-p384", NONE),
    ("leaf-p521", "root-p521", NONE),
    ("leaf-p256-sha1", "root-p256", NONE),
    ("leaf-p256-sha224", "root-p256", NONE),
    ("leaf-p256-sha512", "root-p256", NONE),
    ("leaf-p256-by-rsa", "root", NONE),
    ("leaf-sha1", "root", NONE),
    ("leaf-sha1-oiw", "root", NONE),
    ("leaf-sha224", "root", NONE),
    ("leaf-sha384", "root", NONE),
    ("leaf-sha512", "root", NONE),
    ("leaf", "root-sha1", NONE),
    ("leaf", "root-v1", NONE),
    ("leaf", "root-printable", NONE),
    // An intermediate as anchor; the leaf itself as anchor.
    ("leaf-by-intermediate", "intermediate", NONE),
    ("leaf-by-intermediate intermediate", "intermediate", NONE),
    ("leaf-by-intermediate intermediate root", "intermediate", NONE),
    ("leaf-self-signed", "leaf-self-signed", NONE),
    ("leaf", "leaf", UNTRUSTED),
    ("leaf-self-signed", "root", UNTRUSTED),
    ("root", "root", NAME | USAGE),
    // RFC 5280 §6.1.3 (a): signatures and names.
    ("leaf", "", UNTRUSTED),
    ("leaf root", "", UNTRUSTED),
    ("leaf", "root-other", UNTRUSTED),
    ("leaf", "root-same-name", UNTRUSTED),
    ("leaf root", "root-other", UNTRUSTED),
    ("leaf-by-intermediate", "root", UNTRUSTED),
    ("intermediate leaf-by-intermediate", "root", NAME | USAGE),
    ("leaf-bad-signature", "root", UNTRUSTED),
    ("leaf-bad-signature root", "root", UNTRUSTED),
    ("leaf-by-same-name root", "root", UNTRUSTED),
    ("leaf-by-intermediate intermediate-other-key", "root", UNTRUSTED),
    ("leaf-by-intermediate intermediate-other-key intermediate", "root", UNTRUSTED),
    // RFC 5280 §6.1.4 (k) to (n): who may sign.
    ("leaf", "root-not-ca", UNTRUSTED),
    ("leaf-by-intermediate intermediate-not-ca", "root", UNTRUSTED),
    ("leaf-by-intermediate intermediate-no-constraints", "root", UNTRUSTED),
    ("leaf-by-intermediate intermediate-no-cert-sign", "root", UNTRUSTED),
    ("leaf-by-intermediate intermediate-no-usage", "root", NONE),
    ("leaf-by-intermediate intermediate-not-ca intermediate", "root", NONE),
    ("leaf-by-second second intermediate", "root", UNTRUSTED),
    ("leaf-by-second second intermediate-any-length", "root", NONE),
    ("leaf-by-second second intermediate intermediate-any-length", "root", NONE),
    ("leaf-by-second second", "intermediate", UNTRUSTED),
    ("leaf-by-second second", "second", NONE),
    ("leaf-by-same-name root-rollover", "root", NONE),
    // Validity.
    ("leaf-expired", "root", EXPIRED),
    ("leaf-future", "root", FUTURE),
    ("leaf", "root-expired", EXPIRED),
    ("leaf", "root-future", FUTURE),
    ("leaf", "root-expired root", NONE),
    ("leaf", "root-expired root-future", EXPIRED),
    ("leaf root-expired", "root-other", EXPIRED | UNTRUSTED),
    ("leaf root-expired root", "root-other", UNTRUSTED),
    ("leaf-by-intermediate intermediate-expired", "root", EXPIRED),
    ("leaf-by-intermediate intermediate-future", "root", FUTURE),
    ("leaf-by-intermediate intermediate-expired intermediate", "root", NONE),
    ("leaf-by-intermediate intermediate intermediate-expired", "root", NONE),
    ("leaf-by-intermediate intermediate-expired intermediate-future", "root", EXPIRED),
    ("leaf-by-intermediate intermediate-expired intermediate-other-key", "root", UNTRUSTED),
    ("leaf-by-intermediate intermediate-expired root intermediate", "root-other", UNTRUSTED),
    ("leaf-expired-other-name-by-other", "root", EXPIRED | NAME | UNTRUSTED),
    ("leaf-expired", "root-expired", EXPIRED),
    // Algorithms and keys.
    ("leaf-md5", "root", HASH),
    ("leaf-by-intermediate intermediate-md5", "root", HASH),
    ("leaf-1024", "root", KEY),
    ("leaf-by-1024", "root-1024", KEY),
    ("leaf-by-1024", "root", UNTRUSTED),
    ("leaf-by-intermediate-1024 intermediate-1024", "root", KEY),
    ("leaf-512", "root", KEY),
    // Usage of the server's key.
    ("leaf-no-usage", "root", NONE),
    ("leaf-no-purpose", "root", NONE),
    ("leaf-any-purpose", "root", NONE),
    ("leaf-no-key-encipherment", "root", USAGE),
    ("leaf-client", "root", PURPOSE),
    // Keys that only encipher or only decipher, which nobody asks for.
    ("leaf-usage-enc-only", "root", USAGE),
    ("leaf-usage-dec-only", "root", USAGE),
    ("leaf-usage-both-only", "root", USAGE),
    ("leaf-by-intermediate intermediate-usage-enc-only", "root", UNTRUSTED),
    ("leaf-by-intermediate intermediate-usage-dec-only", "root", UNTRUSTED),
    // Keys that cannot be used, where another one is.
    ("leaf", "root-768 root-secp256k1 root", NONE),
    ("leaf root-768 root-secp256k1", "root", NONE),
    ("leaf root-secp256k1", "root-other", KEY | UNTRUSTED),
    ("leaf", "root-secp256k1 root-brainpool", UNTRUSTED),
    ("leaf-p256", "root-768 root-5120", UNTRUSTED),
    ("leaf-no-key-encipherment-client", "root", USAGE | PURPOSE),
    ("leaf-no-key-encipherment-client", "root-other", USAGE | PURPOSE | UNTRUSTED),
    // The longest path, and one more.
    ("leaf-by-deep-8 deep-8 deep-7 deep-6 deep-5 deep-4 deep-3 deep-2 deep-1", "root", NONE),
    ("leaf-by-deep-8 deep-8 deep-7 deep-6 deep-5 deep-4 deep-3 deep-2 deep-1 root", "root-other", FATAL),
    ("leaf-by-deep-9 deep-9 deep-8 deep-7 deep-6 deep-5 deep-4 deep-3 deep-2 deep-1", "root", FATAL),
    ("leaf-by-deep-9 deep-9 deep-8 deep-7 deep-6 deep-5 deep-4 deep-3 deep-2", "deep-2 deep-1", NONE),
];

/// Where nobody here can compute with the key that signed, or may have signed: message, CA file, the flags of Mbed TLS and ours.
const UNUSABLE: &[Difference] = &[
    row("short-anchor", "leaf-by-768 / root-768", "0x10000", "0x10008"),
    row("short-anchor", "leaf-by-768 root-768 / root-768", "0x10000", "0x10008"),
    row("short-anchor", "leaf-by-768 root-768 / root-other", "0x10008", "0x10008"),
    row("short-anchor", "leaf / root-768", "0x08", "0x10008"),
    row("long-anchor", "leaf-by-5120 / root-5120", "0x00", "0x10008"),
    row("long-anchor", "leaf-by-5120 root-5120 / root-5120", "0x00", "0x10008"),
    row("long-anchor", "leaf-by-5120 root-5120 / root-other", "0x08", "0x10008"),
    row("other-curve", "leaf-by-secp256k1 / root-secp256k1", "0x10000", "0x10008"),
    row("other-curve", "leaf-by-brainpool / root-brainpool", "0x10000", "0x10008"),
    row("other-curve", "leaf-by-brainpool / root-other root-brainpool", "0x10000", "0x10008"),
    row("other-curve", "leaf-by-secp256k1 root-secp256k1 / root-secp256k1", "0x10000", "0x10008"),
];

#[test]
fn keys_that_cannot_be_used_are_bad_keys() {
    for difference in UNUSABLE {
        let (message, anchors) = difference.id.split_once(" / ").unwrap();
        let chain = Chain::new(message, anchors);
        let (theirs, ours) = (chain.theirs(), chain.ours().unwrap());
        assert_eq!(format!("0x{:02X}", theirs.flags), difference.expected, "Mbed TLS: {}", difference.id);
        assert_eq!(format!("0x{:02X}", ours.flags.bits()), difference.actual, "{}", difference.id);
        assert!(ours.flags.contains(Flags::BAD_KEY | Flags::NOT_TRUSTED));
    }
}

/// Every file, chain and kind of certificate that is answered otherwise has its row, and every row is met.
#[test]
fn the_table_of_differences_is_met() {
    parity::hold("Certificates and keys", &[FILES, UNUSABLE, STRANGE, PARTS].concat());
    let rows = parity::all();
    for rule in CERTIFICATE_RULES.iter().chain(KEY_RULES) {
        assert!(rows.iter().any(|row| row.name == rule.row), "no row {}", rule.row);
    }
}

/// In place of flags: the path is too long to be looked at.
const FATAL: u32 = u32::MAX;

#[test]
fn chains_have_the_flags_of_the_table_and_of_the_library() {
    for (message, anchors, flags) in CHAINS {
        let chain = Chain::new(message, anchors);
        let theirs = chain.theirs();
        assert_eq!(theirs.flags, *flags, "Mbed TLS: {message} / {anchors}");
        for ours in [chain.ours(), chain.ours_with(&mut RustCrypto::new(InsecureSeeded::new(0)))] {
            match ours {
                Ok(outcome) => assert_eq!(outcome.flags.bits(), *flags, "{message} / {anchors}: {outcome:?}"),
                Err(error) => {
                    assert_eq!((error.code(), *flags), (theirs.result, FATAL), "{message} / {anchors}")
                }
            }
        }
    }
}

#[test]
fn without_a_host_any_name_will_do() {
    let chain = Chain { host: None, ..Chain::new("name-wildcard", "root") };
    assert_eq!(chain.ours().unwrap().flags, Flags::NONE);
    assert_eq!(chain.theirs().flags, NONE);
}

#[test]
fn a_policy_may_accept_md5_refuse_sha1_and_ask_for_longer_keys() {
    let flags =
        |message, policy| Chain { policy, ..Chain::new(message, "root") }.ours().unwrap().flags.bits();
    let device = Policy::default();
    assert_eq!(flags("leaf-md5", Policy { md5: true, ..device }), NONE);
    assert_eq!(flags("leaf-sha1", Policy { sha1: false, ..device }), HASH);
    assert_eq!(flags("leaf", Policy { minimum_rsa_bits: 3072, ..device }), KEY);
    assert_eq!(flags("leaf-1024", Policy { minimum_rsa_bits: 1024, ..device }), NONE);
}

/// RFC 5280 §4.1.2.5: both ends belong to the validity.
#[test]
fn validity_includes_its_first_and_its_last_second() {
    // 2020-01-01 00:00:00 and 2046-01-01 00:00:00.
    for (now, expected) in
        [(1_577_836_799, FUTURE), (1_577_836_800, NONE), (2_398_377_600, NONE), (2_398_377_601, EXPIRED)]
    {
        let chain = Chain { now, ..Chain::new("leaf", "root") };
        assert_eq!(chain.theirs().flags, expected, "Mbed TLS at {now}");
        assert_eq!(chain.ours().unwrap().flags.bits(), expected, "at {now}");
    }
}

#[test]
fn the_depth_is_that_of_the_first_certificate_at_fault() {
    let depth = |message, anchors| Chain::new(message, anchors).ours().unwrap().depth;
    assert_eq!(depth("leaf-expired", "root"), 0);
    assert_eq!(depth("leaf", "root-expired"), 1);
    assert_eq!(depth("leaf-by-intermediate intermediate-expired", "root"), 1);
    assert_eq!(depth("leaf-by-intermediate intermediate", "root-expired"), 2);
    assert_eq!(depth("leaf-by-intermediate", "root"), 0);
}

/// Each call does one slice: a signature is never checked in one go.
#[test]
fn work_is_done_in_slices() {
    let pem = corpus::pem("root");
    let mut storage = [0; MAX_DER_LENGTH];
    let anchors = Some(Bundle::from_pem(&pem, &mut storage).unwrap());
    let context = Context { anchors, host: Some("localhost"), ..Context::new(Time::from_unix(NOW)) };
    let (mut verifier, mut accel, mut workspace, mut job) =
        (Verifier::new(), Soft::new(InsecureSeeded::new(0)), [0; WORKSPACE], None);
    let der = corpus::der("leaf");
    let certificate = Certificate::from_der(&der).unwrap();
    let mut slices = 0;
    while let Err(error) = verifier.push(&certificate, &context, &mut accel, &mut workspace, &mut job) {
        assert_eq!(error, nb::Error::WouldBlock);
        assert!(!verifier.is_complete());
        slices += 1;
    }
    assert!(slices > 3, "{slices}");
    assert!(verifier.is_complete());
    assert!(verifier.finish().flags.is_empty());
}

#[test]
fn a_workspace_that_is_too_small_is_not_the_certificates_fault() {
    let pem = corpus::pem("root");
    let mut storage = [0; MAX_DER_LENGTH];
    let context = Context {
        anchors: Some(Bundle::from_pem(&pem, &mut storage).unwrap()),
        ..Context::new(Time::from_unix(NOW))
    };
    let der = corpus::der("leaf");
    let certificate = Certificate::from_der(&der).unwrap();
    let result = Verifier::new().push(
        &certificate,
        &context,
        &mut Soft::new(InsecureSeeded::new(0)),
        &mut [0; 16],
        &mut None,
    );
    assert_eq!(result, Err(nb::Error::Other(status::mpi::ALLOC_FAILED)));
}

/// A server may send certificates of an anchor's name without end; the checks do not go on without end. Mbed TLS has no such
/// bound.
#[test]
fn signature_checks_are_bounded() {
    let message = ["leaf"].into_iter().chain(["root-same-name"; 7]).collect::<Vec<_>>().join(" ");
    let chain = Chain::new(&message, "root-1024 root-1024 root-1024 root-1024");
    assert_eq!(chain.theirs().flags, UNTRUSTED);
    assert_eq!(chain.ours(), Err(status::x509::FATAL_ERROR));
    // Up to the bound, both agree.
    let chain = Chain { message: chain.message[..5].to_vec(), ..chain };
    assert_eq!(chain.ours().unwrap().flags.bits(), chain.theirs().flags);
}

/// Whoever goes on after an error cannot make a trusted chain of what comes then.
#[test]
fn an_error_is_repeated() {
    let pem = corpus::pem("root");
    let mut storage = [0; MAX_DER_LENGTH];
    let anchors = Some(Bundle::from_pem(&pem, &mut storage).unwrap());
    let context = Context { anchors, ..Context::new(Time::from_unix(NOW)) };
    let (mut verifier, mut accel) = (Verifier::new(), Soft::new(InsecureSeeded::new(0)));
    let der = corpus::der("leaf");
    let leaf = Certificate::from_der(&der).unwrap();
    let expected = Err(nb::Error::Other(status::mpi::ALLOC_FAILED));
    assert_eq!(verifier.push(&leaf, &context, &mut accel, &mut [], &mut None), expected);
    assert_eq!(verifier.push(&leaf, &context, &mut accel, &mut [0; WORKSPACE], &mut None), expected);
    assert_eq!(verifier.finish().flags, Flags::NOT_TRUSTED);
}

/// It is part of every connection.
#[test]
fn a_verifier_is_small() {
    assert!(size_of::<Verifier>() <= 400, "{}", size_of::<Verifier>());
}

#[test]
fn nothing_is_trusted_before_the_first_certificate() {
    assert_eq!(Verifier::new().finish().flags, Flags::NOT_TRUSTED);
}

/// RFC 5246 §7.2.2, in Mbed TLS's order.
#[test]
fn alerts_are_chosen_in_the_librarys_order() {
    for (flags, expected) in [
        (Flags::ALL, Alert::ACCESS_DENIED),
        (Flags::CN_MISMATCH | Flags::KEY_USAGE | Flags::EXPIRED | Flags::NOT_TRUSTED, Alert::BAD_CERTIFICATE),
        (Flags::KEY_USAGE | Flags::EXPIRED, Alert::UNSUPPORTED_CERTIFICATE),
        (Flags::EXTENDED_KEY_USAGE, Alert::UNSUPPORTED_CERTIFICATE),
        (Flags::BAD_KEY | Flags::EXPIRED, Alert::UNSUPPORTED_CERTIFICATE),
        (Flags::EXPIRED | Flags::REVOKED | Flags::NOT_TRUSTED, Alert::CERTIFICATE_EXPIRED),
        (Flags::REVOKED | Flags::NOT_TRUSTED, Alert::CERTIFICATE_REVOKED),
        (Flags::NOT_TRUSTED | Flags::FUTURE, Alert::UNKNOWN_CA),
        (Flags::FUTURE, Alert::CERTIFICATE_UNKNOWN),
        (Flags::BAD_MD, Alert::CERTIFICATE_UNKNOWN),
    ] {
        assert_eq!(alert(flags), expected, "{flags:?}");
    }
}

/// Chains of the table with one certificate damaged, and messages in another order, as the library sees them.
#[test]
fn mutated_chains() {
    let mut random = Random::from_environment();
    println!("X509_SEED={}", random.seed());
    let mut tried = 0;
    // An anchor that nobody here can compute with may have signed anything.
    let is_usable = |anchors: &str| !["768", "5120", "secp256k1"].iter().any(|key| anchors.contains(key));
    for (message, anchors, _) in CHAINS.iter().filter(|(_, anchors, _)| is_usable(anchors)) {
        for _ in 0..random.count() / 4 {
            let mut chain = Chain::new(message, anchors);
            let at = random.below(chain.message.len());
            match random.below(4) {
                0 => {
                    let other = random.below(chain.message.len());
                    chain.message.swap(at, other);
                }
                1 => drop(chain.message.splice(at..at, [corpus::der("root"), corpus::der("intermediate")])),
                2 => {
                    chain.anchors =
                        armour("CERTIFICATE", &random.mutate_der(&corpus::der("root"))).into_bytes()
                }
                _ => chain.message[at] = random.mutate_der(&chain.message[at]),
            }
            // What cannot be read is the other test's business.
            let (Ok(ours), theirs) = (chain.ours(), chain.theirs()) else { continue };
            if theirs.result == 0 || theirs.flags != 0 {
                tried += 1;
                assert_eq!(
                    ours.flags.bits(),
                    theirs.flags,
                    "{message} / {anchors}: {ours:?}, {chain:02X?}",
                    chain = chain.message
                );
            }
        }
    }
    println!("{tried} chains");
    assert!(tried > 100, "the mutations reach too little");
}

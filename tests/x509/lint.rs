//! What would fail on the wire.

mod strict;
mod trust;

use accel::{HashAlgorithm, soft::Soft};
use status::{Error, asn1, device, pk, x509 as code};
use tests::entropy::InsecureSeeded;
use x509::{
    Bundle, Kind, MAX_DER_LENGTH, Policy, PrivateKey, Recognized, Time, Wanted,
    lint::{
        Decoded, File, Finding, Memory, Problem, Request, Role, Severity, Slot, Trust, WORKSPACE, check,
        check_decoded,
    },
};

use crate::corpus::{self, NOW};

/// Files by the corpus's names; an empty name is no file.
struct Files {
    authority: Vec<u8>,
    certificate: Vec<u8>,
    key: Vec<u8>,
}

fn files(authority: &str, certificate: &str, key: &str) -> Files {
    let certificates = |names: &str| names.split_whitespace().flat_map(corpus::pem).collect();
    let keys = corpus::files("keys");
    Files {
        authority: certificates(authority),
        certificate: certificates(certificate),
        key: if key.is_empty() { Vec::new() } else { keys[key].clone() },
    }
}

fn findings(files: &Files, role: Role) -> Vec<Finding> {
    let given = |text: &Vec<u8>| !text.is_empty();
    let request = Request {
        authority: given(&files.authority).then_some(&files.authority),
        certificate: given(&files.certificate).then_some(&files.certificate),
        key: given(&files.key).then_some(&files.key),
        role,
        host: (role == Role::Server).then_some("localhost"),
        now: Some(Time::from_unix(NOW)),
        policy: Policy::default(),
    };
    let mut found = Vec::new();
    check(&request, &mut Memory::new(), &mut Soft::new(InsecureSeeded::new(0)), |finding| {
        found.push(finding)
    });
    found
}

fn error(file: File, number: usize, problem: Problem) -> Finding {
    Finding { severity: Severity::Error, file, number, problem }
}

fn warning(file: File, number: usize, problem: Problem) -> Finding {
    Finding { severity: Severity::Warning, ..error(file, number, problem) }
}

fn mistaken(code: Error, kind: Kind, wanted: Wanted) -> Problem {
    Problem::Mistaken(code, Recognized { kind, is_binary: false, wanted })
}

#[test]
fn there_is_nothing_to_say_about_good_files() {
    assert_eq!(findings(&files("root", "", ""), Role::Client), []);
    assert_eq!(findings(&files("intermediate", "", ""), Role::Client), []);
    assert_eq!(findings(&files("root", "leaf", "leaf"), Role::Server), []);
    assert_eq!(findings(&files("root", "leaf-by-intermediate intermediate", ""), Role::Server), []);
    assert_eq!(findings(&files("root", "leaf-no-purpose", "pkcs8"), Role::Client), []);
    assert_eq!(findings(&files("leaf-self-signed", "leaf-self-signed", ""), Role::Server), []);
}

#[test]
fn a_servers_certificate_is_looked_at_as_a_client_would() {
    use File::{Authority, Certificate};
    let expired = Problem::Expired(Time::from_unix(1_735_689_600));
    let future = Problem::NotYetValid(Time::from_unix(2_208_988_800));
    for (authority, certificate, expected) in [
        ("root", "leaf-expired", vec![error(Certificate, 1, expired)]),
        ("root", "leaf-future", vec![error(Certificate, 1, future)]),
        ("root-expired", "leaf", vec![error(Authority, 1, expired)]),
        ("root", "leaf-1024", vec![error(Certificate, 1, Problem::WeakKey(1024))]),
        ("root-1024", "leaf-by-1024", vec![error(Authority, 1, Problem::WeakKey(1024))]),
        ("root", "leaf-sha1", vec![warning(Certificate, 1, Problem::WeakHash(HashAlgorithm::Sha1))]),
        ("root", "leaf-md5", vec![error(Certificate, 1, Problem::WeakHash(HashAlgorithm::Md5))]),
        ("root", "leaf-no-key-encipherment", vec![error(Certificate, 1, Problem::NoKeyEncipherment)]),
        ("root", "leaf-client", vec![error(Certificate, 1, Problem::NotForServers)]),
        ("root", "name-wildcard", vec![error(Certificate, 1, Problem::WrongHost)]),
        ("root", "leaf-p256-by-rsa", vec![error(Certificate, 1, Problem::EllipticCurve)]),
        ("root", "leaf-by-intermediate", vec![error(Certificate, 1, Problem::MissingIssuer)]),
        ("root", "leaf-by-second second", vec![error(Certificate, 2, Problem::MissingIssuer)]),
        ("root-other", "leaf", vec![error(Certificate, 1, Problem::MissingIssuer)]),
        ("root-same-name", "leaf", vec![error(Certificate, 1, Problem::NotTrusted)]),
        ("root", "leaf-bad-signature", vec![error(Certificate, 1, Problem::NotTrusted)]),
        (
            "root",
            "leaf-by-intermediate intermediate-not-ca",
            vec![error(Certificate, 1, Problem::NotTrusted)],
        ),
        (
            "leaf",
            "leaf",
            vec![error(Authority, 1, Problem::NotAnAuthority), error(Certificate, 1, Problem::MissingIssuer)],
        ),
    ] {
        assert_eq!(
            findings(&files(authority, certificate, ""), Role::Server),
            expected,
            "{authority} / {certificate}"
        );
    }
}

#[test]
fn a_clients_certificate_is_looked_at_as_a_server_would() {
    use File::{Certificate, Key};
    for (certificate, key, expected) in [
        ("leaf", "leaf", vec![error(Certificate, 1, Problem::NotForClients)]),
        ("leaf-client", "", vec![error(Key, 0, Problem::NoKey)]),
        ("leaf-client", "ca", vec![error(Key, 0, Problem::KeyMismatch)]),
        (
            "leaf-client",
            "pkcs8-encrypted",
            vec![error(Key, 0, mistaken(pk::PASSWORD_REQUIRED, Kind::EncryptedKey, Wanted::PrivateKey))],
        ),
        (
            "leaf-client",
            "p256",
            vec![error(Key, 0, mistaken(pk::UNKNOWN_PK_ALG, Kind::EcKey, Wanted::PrivateKey))],
        ),
        ("", "leaf", vec![error(Key, 0, Problem::NoCertificate)]),
        ("usage-zero", "leaf", vec![error(Certificate, 1, Problem::NoDigitalSignature)]),
        // What a server thinks of these is its own matter.
        (
            "leaf-by-intermediate",
            "leaf",
            vec![
                error(Certificate, 1, Problem::NotForClients),
                warning(Certificate, 1, Problem::MissingIssuer),
            ],
        ),
        ("version-1", "leaf", vec![]),
    ] {
        assert_eq!(
            findings(&files("root", certificate, key), Role::Client),
            expected,
            "{certificate} / {key}"
        );
    }
    // The application note, §1, recommends 1024 bits.
    let found = findings(&files("root", "leaf-1024", "rsa-1024"), Role::Client);
    assert_eq!(
        found,
        [warning(Certificate, 1, Problem::WeakKey(1024)), error(Certificate, 1, Problem::NotForClients)]
    );
}

#[test]
fn files_that_cannot_be_read_say_why() {
    let large = Files { authority: vec![b'x'; 4097], certificate: b"text".to_vec(), key: b"text".to_vec() };
    assert_eq!(
        findings(&large, Role::Client),
        [
            error(File::Authority, 0, Problem::Unreadable(device::FILE_TOO_LARGE)),
            error(File::Certificate, 0, mistaken(code::INVALID_FORMAT, Kind::Text, Wanted::Certificate)),
            error(File::Key, 0, mistaken(pk::KEY_INVALID_FORMAT, Kind::Text, Wanted::PrivateKey)),
        ]
    );
    let some = Files { authority: corpus::files("files")["good-bad"].clone(), ..files("", "", "") };
    // Mbed TLS counts those of a CA file and goes on with the others.
    assert_eq!(
        findings(&some, Role::Client),
        [
            warning(File::Authority, 0, Problem::SomeUnreadable(1)),
            error(File::Authority, 1, Problem::NotAnAuthority)
        ]
    );
    let unknown = files("extension-unknown-critical", "", "");
    let expected = code::INVALID_EXTENSIONS.because(asn1::UNEXPECTED_TAG);
    assert_eq!(findings(&unknown, Role::Client), [error(File::Authority, 0, Problem::Unreadable(expected))]);
}

#[test]
fn findings_are_told_in_plain_words() {
    let expired = error(File::Authority, 2, Problem::Expired(Time::from_unix(NOW)));
    assert_eq!(expired.to_string(), "CA certificate 2: error: expired on 2030-01-01 00:00:00");
    let encrypted = error(File::Key, 0, Problem::Unreadable(pk::PASSWORD_REQUIRED));
    assert_eq!(
        encrypted.to_string(),
        "private key: error: -0x3C00: it is encrypted; store it without a password"
    );
    let large = error(File::Certificate, 0, Problem::Unreadable(device::FILE_TOO_LARGE));
    assert_eq!(large.to_string(), "certificate: error: -0x8280 DEVICE - The file is larger than 4096 bytes");
    let hash = warning(File::Certificate, 1, Problem::WeakHash(HashAlgorithm::Sha1));
    assert_eq!(hash.to_string(), "certificate: warning: signed over SHA-1, which newer software refuses");
}

#[test]
fn a_chain_is_looked_at_in_slices() {
    for (authority, certificate, key, least, expected) in [
        ("root", "leaf-by-intermediate intermediate", "", 4, vec![]),
        ("root-p521", "leaf-p521", "", 50, vec![]),
        ("root", "leaf-bad-signature", "", 2, vec![warning(File::Certificate, 1, Problem::NotTrusted)]),
        // A trial signature takes as long as a handshake's.
        ("", "leaf-no-purpose", "pkcs8", 10, vec![]),
    ] {
        let Files { authority, certificate, key } = files(authority, certificate, key);
        let given = |text: &[u8]| (!text.is_empty()).then(|| text.to_vec());
        let mut memory = [[0; MAX_DER_LENGTH]; 3];
        let [first, second, third] = &mut memory;
        let files = Decoded {
            authority: given(&authority).map(|text| Bundle::from_pem(&text, first)).into(),
            certificate: Slot::Read(Bundle::from_pem(&certificate, second).unwrap()),
            key: given(&key).map(|text| PrivateKey::from_pem(&text, third)).into(),
        };
        let request = Request {
            authority: None,
            certificate: None,
            key: None,
            role: Role::Client,
            host: None,
            now: Some(Time::from_unix(NOW)),
            policy: Policy::default(),
        };
        let (mut accel, mut workspace) = (Soft::new(InsecureSeeded::new(0)), [0; WORKSPACE]);
        let (mut trust, mut slices) = (Trust::new(&files, &request), 0);
        let verdict = loop {
            match trust.step(&mut accel, &mut workspace) {
                Ok(verdict) => break verdict,
                Err(_) => slices += 1,
            }
        };
        let mut found = Vec::new();
        check_decoded(&files, &request, verdict, |finding| found.push(finding));
        found.retain(|finding| {
            !matches!(finding.problem, Problem::NotForClients | Problem::NoKey | Problem::EllipticCurve)
        });
        assert_eq!(found, expected);
        assert!(slices >= least, "{slices} slices");
    }
}

//! PEM files, certificates, chains.

use x509::{
    Bundle, Certificate, Context, MAX_FILE_LENGTH, PrivateKey, PublicKey, Time, Verifier, Wanted,
    has_private_key, recognize,
};

use super::Input;
use crate::insecure::insecure;

const ANCHORS: &[u8] = include_bytes!("../../../vectors/tls12/ca.pem");
const NOW: u64 = 1_800_000_000;

/// A file as the menu takes it: certificates, or a private key.
pub fn pem(data: &[u8]) {
    let mut storage = [0; MAX_FILE_LENGTH];
    if let Ok(bundle) = Bundle::from_pem(data, &mut storage) {
        assert!(data.len() <= MAX_FILE_LENGTH);
        assert_eq!(bundle.iter().count(), bundle.len());
        for certificate in bundle.iter() {
            describe(&certificate);
        }
    }
    let mut storage = [0; MAX_FILE_LENGTH];
    if let Ok(key) = PrivateKey::from_pem(data, &mut storage) {
        let _ = key.rsa();
        assert!(key.bits() > 0);
    }
    // Whatever it is, it has a name, or is what was wanted.
    for wanted in [Wanted::Certificate, Wanted::PrivateKey] {
        if let Some(found) = recognize(data, wanted) {
            assert!(!found.kind.name().is_empty() && !found.advice().is_empty());
        }
    }
    let _ = has_private_key(data);
}

/// A key as ASN.1 has it. One that is taken has parts of which a signature can be made, or a code; one that is not leaves nothing behind.
pub fn key(data: &[u8]) {
    let mut storage = vec![0xA5; data.len()];
    let refused = PrivateKey::from_der(data, &mut storage).map(|key| {
        assert!((1_024..=4_096).contains(&key.bits()));
        assert!(key.is_private_half_of(&PublicKey::Rsa(key.rsa().public)), "its own half");
    });
    if let Err(error) = refused {
        assert!(error.number().get() < 0x4000, "a code of PK's: {error}");
    }
    assert!(storage.iter().all(|byte| *byte == 0), "a key that is refused or dropped is wiped");
}

/// Certificates, each after its length in two bytes, as a chain.
pub fn certificate(data: &[u8]) {
    let mut storage = [0; MAX_FILE_LENGTH];
    let anchors = Bundle::from_pem(ANCHORS, &mut storage).ok();
    let context = Context { anchors, host: Some("localhost"), ..Context::new(Time::from_unix(NOW)) };
    let (mut verifier, mut accel) = (Verifier::new(), insecure());
    let (mut workspace, mut job) = (vec![0; x509::verify::WORKSPACE], None);
    let mut input = Input(data);
    while !input.is_empty() {
        let length = u16::from_be_bytes([input.byte(), input.byte()]);
        let Ok(certificate) = Certificate::from_der(input.take(usize::from(length))) else { return };
        describe(&certificate);
        let _ = certificate.is_for_host("localhost");
        let _ = certificate.is_for_host("127.0.0.1");
        loop {
            match verifier.push(&certificate, &context, &mut accel, &mut workspace, &mut job) {
                Err(nb::Error::WouldBlock) => {}
                Err(nb::Error::Other(_)) => return,
                Ok(()) => break,
            }
        }
    }
    let _ = verifier.finish();
}

fn describe(certificate: &Certificate<'_>) {
    let mut text = String::new();
    x509::describe(certificate, "  ", &mut text).expect("a string takes everything");
    assert!(!text.contains('\0'), "a description is text");
}

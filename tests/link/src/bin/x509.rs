//! `x509` holds no panic.
#![no_std]
#![no_main]

use core::fmt::Write;

use accel::{HashAlgorithm, soft::Soft};
use link::{Sink, Source, any};
use x509::{
    Bundle, BundleBuilder, Certificate, Context, Hosts, KeyUsage, Policy, PrivateKey, Purpose, Time, Verifier, Wanted, lint,
};

#[unsafe(no_mangle)]
extern "C" fn _start() {
    let mut accel = Soft::new(Source);
    let (text, mut first, mut second) = (any(&[0; 4096][..]), [0; 4096], [0; 4096]);
    if let Ok(key) = PrivateKey::from_pem(text, any(&mut first[..])) {
        any((key.rsa().prime1, key.bits()));
        let _ = any(x509::describe_key(&key, "", &mut Sink));
    }
    if let Ok(key) = PrivateKey::from_der(text, any(&mut first[..])) {
        any(key.bits());
    }
    let mut builder = BundleBuilder::new(any(&mut first[..]));
    let _ = any((builder.add_pem(text), builder.add_der(text)));
    let _ = any(builder.finish().map(|bundle| bundle.len()));
    for wanted in [Wanted::Certificate, Wanted::PrivateKey] {
        if let Some(found) = x509::recognize(text, any(wanted)) {
            let _ = any(write!(Sink, "{found}"));
        }
    }
    any(x509::has_private_key(text));
    let request = lint::Request {
        authority: any(Some(text)),
        certificate: any(Some(text)),
        key: any(Some(text)),
        role: any(lint::Role::Server),
        host: core::str::from_utf8(text).ok(),
        now: any(Some(Time::from_unix(0))),
        policy: any(Policy::default()),
    };
    lint::check(&request, any(&mut lint::Memory::new()), &mut accel, |finding| {
        let _ = any(write!(Sink, "{finding}"));
    });
    let Ok(anchors) = Bundle::from_pem(text, any(&mut second[..])) else { return };
    let mut digest = any([0; 32]);
    let Ok(anchors) = anchors.with_digest(&mut accel, &mut digest) else { return };
    let _ = any(Bundle::from_der(text).map(|bundle| (bundle.failure(), bundle.begins_with_failure())));
    let Ok(leaf) = Certificate::from_der(text) else { return };
    let host = core::str::from_utf8(text).ok();
    accessors(&leaf, host.unwrap_or_default(), text);
    let algorithm = any(HashAlgorithm::Sha256);
    for digest in [leaf.digest(algorithm, &mut accel), leaf.public_key_digest(algorithm, &mut accel)] {
        let _ = any(digest.map(|digest| digest.as_bytes().len()));
    }
    let context = Context {
        anchors: Some(anchors),
        policy: any(Policy::default()),
        now: Time::from_unix(any(0)),
        host,
    };
    let (mut verifier, mut job) = (Verifier::new(), None);
    for certificate in anchors.iter().chain([leaf]) {
        let _ = any(x509::describe(&certificate, "", &mut Sink));
        let mut workspace = [0; x509::verify::WORKSPACE];
        while let Err(nb::Error::WouldBlock) =
            verifier.push(&certificate, &context, any(&mut accel), any(&mut workspace[..]), any(&mut job))
        {
        }
    }
    any(verifier.finish().flags);
}

/// What a caller may ask of a certificate.
fn accessors(certificate: &Certificate<'_>, host: &str, text: &[u8]) {
    any((certificate.version(), certificate.serial(), certificate.signed(), certificate.signature()));
    let _ = any(write!(Sink, "{}", Hosts(certificate)));
    any((certificate.issuer().common_name(), certificate.subject().der(), certificate.is_for_host(host)));
    any((certificate.not_before().to_unix(), certificate.is_ca(), certificate.path_length()));
    any(certificate.allows_usage(any(KeyUsage::KEY_ENCIPHERMENT))
        && certificate.allows_purpose(any(Purpose::Server)));
    let public = certificate.public_key();
    let policy = any(Policy::default());
    any((
        public.bits(),
        policy.accepts_key(&public),
        policy.accepts_signature(certificate.signature_algorithm()),
    ));
    any(x509::alert(any(status::Flags::NONE)));
    let mut memory = [0; 4096];
    if let Ok(key) = PrivateKey::from_pem(text, any(&mut memory[..])) {
        any(key.is_private_half_of(&public));
    }
}

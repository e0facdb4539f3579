//! `x509` holds no panic.
#![no_std]
#![no_main]

use core::fmt::Write;

use accel::soft::Soft;
use link::{Sink, Source, any};
use x509::{Bundle, Certificate, Context, Policy, PrivateKey, Time, Verifier, lint};

#[unsafe(no_mangle)]
extern "C" fn _start() {
    let mut accel = Soft::new(Source);
    let (text, mut first, mut second) = (any(&[0; 4096][..]), [0; 4096], [0; 4096]);
    if let Ok(key) = PrivateKey::from_pem(text, any(&mut first[..])) {
        any(key.rsa().prime1);
        let _ = any(x509::describe_key(&key, "", &mut Sink));
    }
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
    let Ok(leaf) = Certificate::from_der(text) else { return };
    let host = core::str::from_utf8(text).ok();
    let context =
        Context { anchors: Some(anchors), policy: any(Policy::default()), now: Time::from_unix(any(0)), host };
    let mut verifier = Verifier::new();
    for certificate in anchors.iter().chain([leaf]) {
        let _ = any(x509::describe(&certificate, "", &mut Sink));
        let mut workspace = [0; 4096];
        while let Err(nb::Error::WouldBlock) =
            verifier.push(&certificate, &context, any(&mut accel), any(&mut workspace[..]))
        {}
    }
    any(verifier.finish().flags);
}

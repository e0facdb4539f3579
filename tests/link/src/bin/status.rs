//! `status` holds no panic.
#![no_std]
#![no_main]

use core::fmt::Write;

use link::{Sink, any};
use status::{Alert, Error, Flags, Status};

#[unsafe(no_mangle)]
extern "C" fn _start() {
    let status: Status = any(Status::new(any(status::ssl::INVALID_MAC)));
    let error: Error = any(status.error.because(any(status::x509::INVALID_FORMAT)));
    any((error.code(), error.high(), error.low(), error.find()));
    let flags: Flags = any(status.flags);
    for flag in flags.iter() {
        any(flag);
    }
    let _ = any(write!(Sink, "{status} {error} {error:?} {flags:?} {} {status:?}", any(Alert(40))));
}

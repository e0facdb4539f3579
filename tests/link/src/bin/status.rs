//! `status` holds no panic.
#![no_std]
#![no_main]

use core::{fmt::Write, hint::black_box};

use status::{Error, Status};

struct Sink;

impl Write for Sink {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        black_box(text);
        black_box(Ok(()))
    }
}

#[unsafe(no_mangle)]
extern "C" fn _start() {
    let status: Status = black_box(Status::new(black_box(status::ssl::INVALID_MAC)));
    let error: Error = black_box(status.error.because(black_box(status::x509::INVALID_FORMAT)));
    black_box((error.code(), error.high(), error.low(), error.find()));
    black_box((write!(Sink, "{status}"), write!(Sink, "{error}"), write!(Sink, "{:?}", status.flags)));
    use link as _;
}

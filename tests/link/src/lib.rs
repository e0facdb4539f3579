//! The panic handler that does not link, and values that the optimizer knows nothing about.
#![no_std]

use accel::Entropy;
use status::Error;

#[cfg(not(feature = "search"))]
unsafe extern "C" {
    /// Defined nowhere: a program from which a panic can be reached does not link.
    safe fn a_panic_is_reachable() -> !;
}

#[cfg(feature = "search")]
#[inline(never)]
fn a_panic_is_reachable() -> ! {
    loop {
        core::hint::black_box(());
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    a_panic_is_reachable()
}

/// A value of which the optimizer knows nothing; of a slice not even the length.
pub use core::hint::black_box as any;

/// A source of entropy that may fail.
pub struct Source;

impl Entropy for Source {
    fn entropy(&mut self, out: &mut [u8]) -> Result<(), Error> {
        any(out);
        any(Ok(()))
    }
}

/// Takes every text.
pub struct Sink;

impl core::fmt::Write for Sink {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        any(text);
        any(Ok(()))
    }
}

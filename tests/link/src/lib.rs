//! The panic handler that does not link, and bytes that the optimizer knows nothing about.
#![no_std]

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

/// Some of `bytes`: the optimizer knows neither which nor how many.
pub fn some(bytes: &[u8]) -> &[u8] {
    core::hint::black_box(bytes)
}

/// Some of `bytes`, to write to.
pub fn some_mut(bytes: &mut [u8]) -> &mut [u8] {
    core::hint::black_box(bytes)
}

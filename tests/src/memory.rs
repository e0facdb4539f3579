//! The memory of this process as it is, whoever it belongs to: also what nobody has written, and what a function has left on the stack.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

/// Reads so many bytes from `address` on.
///
/// # Panics
/// When there is no memory.
#[expect(clippy::expect_used, reason = "a test ends there")]
pub fn read(address: usize, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    let memory = File::open("/proc/self/mem").expect("the memory can be read");
    memory.read_exact_at(&mut bytes, address as u64).expect("there is memory");
    bytes
}

/// Whether eight bytes in a row of `secret` stand anywhere in `memory`.
pub fn holds(memory: &[u8], secret: &[u8]) -> bool {
    secret.windows(8).any(|piece| memory.windows(8).any(|place| place == piece))
}

//! Who this device is: its Ethernet address from the chip's unique number, and the firmware's identity from the linker's hash.

use core::fmt::Write as _;

use embassy_stm32::uid;
use heapless::String;
use static_cell::StaticCell;

use crate::memory;

/// A number of this chip's own: not secret.
pub(crate) fn number() -> u64 {
    let id = uid::uid();
    u64::from(hash(&id)) << 32 | u64::from(hash(id.get(4..).unwrap_or_default()))
}

/// A locally administered unicast Ethernet address (IEEE 802 §8.4) of this chip's own.
pub(crate) fn mac_address() -> [u8; 6] {
    let [a, b, c, d, e, ..] = number().to_be_bytes();
    [0x02, a, b, c, d, e]
}

/// The firmware's identity: its version, and the first eight bytes of the linker's hash over the whole program, which is
/// another one for every other program.
pub(crate) fn firmware() -> &'static str {
    static TEXT: StaticCell<String<32>> = StaticCell::new();
    let text = TEXT.init(String::new());
    // It fits: a version of up to 15 letters, a plus sign, sixteen digits.
    let _ = write!(text, "{}+", env!("CARGO_PKG_VERSION"));
    for byte in memory::build_id() {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// FNV-1a, 32 bits: tells things apart, hides nothing.
pub(crate) fn hash(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811C_9DC5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

//! Key log lines in the NSS format, with which Wireshark opens a recorded connection.
//!
//! Whoever has such a line reads the whole connection: this exists only behind the feature `key-log`, for the bench.

use core::fmt::Write;

use crate::schedule::MasterSecret;

/// Writes `CLIENT_RANDOM <client random> <master secret>` in hexadecimal, and the end of the line.
///
/// # Errors
/// Those of `out`.
pub fn write_line(
    out: &mut impl Write,
    client_random: &[u8; 32],
    master: &MasterSecret,
) -> core::fmt::Result {
    out.write_str("CLIENT_RANDOM ")?;
    hexadecimal(out, client_random)?;
    out.write_char(' ')?;
    hexadecimal(out, master.as_bytes())?;
    out.write_char('\n')
}

fn hexadecimal(out: &mut impl Write, bytes: &[u8]) -> core::fmt::Result {
    for byte in bytes {
        write!(out, "{byte:02x}")?;
    }
    Ok(())
}

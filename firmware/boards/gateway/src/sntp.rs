//! SNTP's server side (RFC 4330 §6): one datagram in, one out.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::Time;

/// The server's port.
pub(crate) const PORT: u16 = 123;

/// The length of a message without authentication (§4).
const LENGTH: usize = 48;
/// Seconds from 1900-01-01, where NTP's time begins, to 1970-01-01.
const FROM_1900_TO_1970: u64 = 2_208_988_800;
/// A client (§4, "Mode").
const CLIENT: u8 = 3;
/// A server.
const SERVER: u8 = 4;

/// The answer to a request; none where it is no request.
pub(crate) fn answer(request: &[u8], time: Time, now: Duration) -> Option<Vec<u8>> {
    let request: &[u8; LENGTH] = request.first_chunk()?;
    let [first, ..] = *request;
    let version = first & 0x38;
    if first & 0x07 != CLIENT || version == 0 {
        return None;
    }
    let told = timestamp(match time {
        Time::Pc => SystemTime::now().duration_since(UNIX_EPOCH).ok()?,
        Time::Since(start) => start.checked_add(now)?,
    });
    let [.., t0, t1, t2, t3, t4, t5, t6, t7] = *request;
    let mut answer = Vec::with_capacity(LENGTH);
    // Leap indicator 0, the client's version; stratum 1; the client's poll interval; a precision of 2^-10 seconds.
    let [_, _, poll, ..] = *request;
    answer.extend([version | SERVER, 1, poll, 0xF6]);
    // Root delay and root dispersion; a clock that nobody checks.
    answer.extend([0; 8]);
    answer.extend(b"LOCL");
    // Reference, originate (the client's transmit timestamp, §5), receive, transmit.
    answer.extend(told);
    answer.extend([t0, t1, t2, t3, t4, t5, t6, t7]);
    answer.extend(told);
    answer.extend(told);
    Some(answer)
}

/// A time since 1970 as NTP's seconds since 1900, modulo 2^32 (RFC 4330 §3), and fraction.
fn timestamp(since_1970: Duration) -> [u8; 8] {
    let seconds = since_1970.as_secs().wrapping_add(FROM_1900_TO_1970) & 0xFFFF_FFFF;
    let fraction = (u64::from(since_1970.subsec_nanos()) << 32).checked_div(1_000_000_000).unwrap_or(0);
    (seconds << 32 | fraction).to_be_bytes()
}

//! SNTP packets, version 4 (RFC 4330 §4): writes a request, and checks whether an answer is valid (§5).
//!
//! The request's timestamp is a random number, since the board may not know the time. So only someone who has seen the request can answer
//! it, and the request reveals nothing about the device. Deliberately absent: extensions, authentication, broadcasts.

/// The length of a packet without extensions, in bytes.
pub const LENGTH: usize = 48;
/// The server's UDP port.
pub const PORT: u16 = 123;

/// Why an answer is refused.
///
/// ```
/// use mqtts::sntp::{self, Refusal};
///
/// // A packet that answers another question.
/// let (mut packet, nonce) = ([0; sntp::LENGTH], *b"question");
/// packet[0] = 0x24;
/// assert_eq!(sntp::answer(&packet, nonce), Err(Refusal::Foreign));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Refusal {
    /// It does not answer this request; the right answer may still come.
    Foreign,
    /// The server's own clock is not synchronized.
    Unsynchronized,
    /// The server asks the client to stop: a kiss-o'-death packet (§8) with this code.
    KissOfDeath([u8; 4]),
}

/// Writes a request whose transmit timestamp is `nonce`.
#[must_use]
pub fn request(nonce: [u8; 8]) -> [u8; LENGTH] {
    let mut packet = [0; LENGTH];
    let [first, .., n0, n1, n2, n3, n4, n5, n6, n7] = &mut packet;
    *first = VERSION_4 | CLIENT;
    [*n0, *n1, *n2, *n3, *n4, *n5, *n6, *n7] = nonce;
    packet
}

/// Reads the answer to the request with `nonce`. Returns the time at which the server sent it, in milliseconds since 1970-01-01 00:00:00
/// UTC.
///
/// # Errors
/// Why the answer is refused.
pub fn answer(packet: &[u8], nonce: [u8; 8]) -> Result<u64, Refusal> {
    let packet: &[u8; LENGTH] = packet.first_chunk().ok_or(Refusal::Foreign)?;
    let [first, stratum, ..] = *packet;
    let [_, _, _, _, _, _, _, _, _, _, _, _, r0, r1, r2, r3, ..] = *packet;
    // §5: the originate timestamp must be ours, the mode 4, the version a known one.
    let is_ours = packet.get(24..32) == Some(&nonce)
        && first & MODE == SERVER
        && (1..=4).contains(&(first >> 3 & 0b111));
    if !is_ours {
        return Err(Refusal::Foreign);
    }
    if stratum == 0 {
        return Err(Refusal::KissOfDeath([r0, r1, r2, r3]));
    }
    let [.., s0, s1, s2, s3, f0, f1, f2, f3] = *packet;
    let (seconds, fraction) = (u32::from_be_bytes([s0, s1, s2, s3]), u32::from_be_bytes([f0, f1, f2, f3]));
    if first >> 6 == ALARM || stratum > MAX_STRATUM || (seconds, fraction) == (0, 0) {
        return Err(Refusal::Unsynchronized);
    }
    milliseconds(seconds, fraction).ok_or(Refusal::Unsynchronized)
}

/// §3: a timestamp with the highest bit set is from 1968 to 2036; without it, from 2036 to 2104.
fn milliseconds(seconds: u32, fraction: u32) -> Option<u64> {
    let era = if seconds & 0x8000_0000 == 0 { 1 << 32 } else { 0 };
    let since_1970 = u64::from(seconds).checked_add(era)?.checked_sub(FROM_1900_TO_1970)?;
    let part = u64::from(fraction).checked_mul(1000)? >> 32;
    since_1970.checked_mul(1000)?.checked_add(part)
}

const VERSION_4: u8 = 4 << 3;
const MODE: u8 = 0b111;
const CLIENT: u8 = 3;
const SERVER: u8 = 4;
/// The leap indicator of an unsynchronized clock.
const ALARM: u8 = 3;
const MAX_STRATUM: u8 = 15;
const FROM_1900_TO_1970: u64 = 2_208_988_800;

#[cfg(test)]
mod tests {
    use super::*;

    const NONCE: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

    /// A good answer: stratum 2, the transmit timestamp 2024-01-01 00:00:00.5 UTC.
    fn good() -> [u8; LENGTH] {
        let mut packet = [0; LENGTH];
        packet[0] = 0b00_100_100;
        packet[1] = 2;
        packet[24..32].copy_from_slice(&NONCE);
        packet[40..44].copy_from_slice(&3_913_056_000_u32.to_be_bytes());
        packet[44..48].copy_from_slice(&0x8000_0000_u32.to_be_bytes());
        packet
    }

    fn with(place: usize, byte: u8) -> Result<u64, Refusal> {
        let mut packet = good();
        packet[place] = byte;
        answer(&packet, NONCE)
    }

    #[test]
    fn a_request_says_nothing_but_its_nonce() {
        let packet = request(NONCE);
        assert_eq!((packet[0], &packet[40..]), (0b00_100_011, &NONCE[..]));
        assert!(packet[1..40].iter().all(|byte| *byte == 0));
    }

    #[test]
    fn an_answer_has_the_time_in_milliseconds() {
        assert_eq!(answer(&good(), NONCE), Ok(1_704_067_200_500));
        // RFC 4330 §3: without its highest bit a timestamp is one of the years from 2036 on.
        assert_eq!(with(40, 0x01), Ok(2_106_720_384_500));
    }

    #[test]
    fn what_is_no_good_answer_is_not_believed() {
        for length in 0..LENGTH {
            assert_eq!(answer(&good()[..length], NONCE), Err(Refusal::Foreign));
        }
        // Another nonce; a client's packet; a broadcast; no version.
        for (place, byte) in [(24, 9), (31, 9), (0, 0b00_100_011), (0, 0b00_100_101), (0, 0b00_000_100)] {
            assert_eq!(with(place, byte), Err(Refusal::Foreign));
        }
        assert_eq!(with(1, 0), Err(Refusal::KissOfDeath([0; 4])));
        // A clock that is not synchronized, and a stratum that there is not.
        for (place, byte) in [(0, 0b11_100_100), (1, 16), (1, 255)] {
            assert_eq!(with(place, byte), Err(Refusal::Unsynchronized));
        }
        let mut zero = good();
        zero[40..].fill(0);
        assert_eq!(answer(&zero, NONCE), Err(Refusal::Unsynchronized));
    }
}

//! What a row may cost us at most, and what others cost.

/// The most that a row may cost, if it has a target.
pub(super) fn of(row: &str) -> Option<u64> {
    TARGETS.iter().find(|(name, _)| *name == row).map(|(_, target)| *target)
}

const TARGETS: [(&str, u64); 33] = [
    ("fast: AES-128-GCM seal per KiB", 125_000),
    ("fast: AES-256-GCM seal per KiB", 155_000),
    ("fast: AES-128-CCM seal per KiB", 170_000),
    ("fast: AES-256-CCM seal per KiB", 230_000),
    ("fast: AES-128-CBC encrypt per KiB", 165_000),
    ("fast: AES-256-CBC encrypt per KiB", 225_000),
    ("fast: AES-128-CBC decrypt per KiB", 110_000),
    ("fast: AES-256-CBC decrypt per KiB", 150_000),
    ("fast: record write, 1 KiB", 160_000),
    ("fast: ECDSA P-256 verify", 1_000_000),
    ("fast: ECDSA P-384 verify", 3_200_000),
    ("fast: ECDSA P-521 verify", 8_500_000),
    ("fast: RSA-2048 sign, cold", 9_500_000),
    ("fast: RSA-2048 verify, cold", 270_000),
    ("fast: RSA-2048 encrypt, cold", 320_000),
    ("fast: handshake, no verification", 680_000),
    ("fast: handshake, verification", 1_080_000),
    ("fast: handshake, client certificate 1024", 3_100_000),
    ("fast: handshake, client certificate 2048", 10_900_000),
    ("fast: handshake, resumed", 270_000),
    ("fast: CA, certificate and key of 2048 bits from PEM", 200_000),
    ("small: CA, certificate and key of 2048 bits from PEM", 260_000),
    ("fast: RAM of a connection, worst of all suites, bytes", 15_360),
    ("small: RAM of a connection, worst of all suites, bytes", 15_360),
    ("fast: RAM of a connection, smallest windows, bytes", 12_000),
    ("small: RAM of a connection, smallest windows, bytes", 12_000),
    ("small: text and data, TLS client alone, bytes", 64_000),
    ("small: text and data, client with MQTT and texts, bytes", 82_000),
    ("fast: longest slice of RSA-2048 sign, cold", super::MAX_SLICE),
    ("fast: longest slice of ECDSA P-256 verify", super::MAX_SLICE),
    ("fast: handshake, client certificate 2048: longest poll", super::MAX_SLICE),
    ("small: longest slice of RSA-2048 sign, cold", super::MAX_SLICE),
    ("small: handshake, client certificate 2048: longest poll", super::MAX_SLICE),
];

/// What two others take, measured once beside our commit d507937 by the same method, where nothing is measured now: BearSSL 0.6 at -O2, and wolfSSL 5.7.2
/// with its big-number and Thumb-2 assembly, whose AES has tables.
pub(super) const OTHERS: [(&str, Option<u64>, Option<u64>); 17] = [
    ("RSA-2048 verify, cold", None, Some(454_000)),
    ("RSA-2048 encrypt, cold", None, Some(480_000)),
    ("RSA-2048 sign, cold", None, Some(16_200_000)),
    ("ECDSA P-256 verify", None, Some(1_026_000)),
    ("ECDSA P-384 verify", None, Some(9_070_000)),
    ("ECDSA P-521 verify", None, Some(13_000_000)),
    ("AES-128-GCM seal per KiB", None, Some(84_000)),
    ("AES-256-GCM seal per KiB", None, Some(97_000)),
    ("AES-256-CCM seal per KiB", None, Some(101_000)),
    ("record write, 1 KiB", None, Some(97_000)),
    ("handshake, no verification", None, Some(1_550_000)),
    ("handshake, verification", None, Some(2_050_000)),
    ("handshake, client certificate 1024", None, Some(19_300_000)),
    ("handshake, client certificate 2048", None, Some(19_000_000)),
    ("handshake, resumed", None, Some(670_000)),
    ("RAM of a connection, worst of all suites, bytes", Some(21_000), Some(36_000)),
    ("text and data, TLS client alone, bytes", Some(59_176), Some(281_000)),
];

/// What a user waits for or pays for, in the order of the summary: a row, and whether it is of the small profile.
pub(super) const SUMMARY: [(&str, &str); 24] = [
    ("fast", "handshake, no verification"),
    ("fast", "handshake, verification"),
    ("fast", "handshake, client certificate 1024"),
    ("fast", "handshake, client certificate 2048"),
    ("fast", "handshake, client certificate 2048, again"),
    ("fast", "handshake, resumed"),
    ("fast", "CA, certificate and key of 2048 bits from PEM"),
    ("fast", "RSA-2048 sign, cold"),
    ("fast", "RSA-2048 verify, cold"),
    ("fast", "RSA-2048 encrypt, cold"),
    ("fast", "ECDSA P-256 verify"),
    ("fast", "ECDSA P-384 verify"),
    ("fast", "ECDSA P-521 verify"),
    ("fast", "SHA-256 per KiB"),
    ("fast", "SHA-384 per KiB"),
    ("fast", "record write, 1 KiB"),
    ("fast", "AES-128-GCM seal per KiB"),
    ("fast", "AES-256-GCM seal per KiB"),
    ("fast", "AES-256-CCM seal per KiB"),
    ("fast", "AES-256-CBC encrypt per KiB"),
    ("fast", "AES-256-CBC decrypt per KiB"),
    ("fast", "RAM of a connection, worst of all suites, bytes"),
    ("small", "RAM of a connection, worst of all suites, bytes"),
    ("small", "text and data, TLS client alone, bytes"),
];

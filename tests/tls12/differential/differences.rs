//! Where our client deliberately ends otherwise than Mbed TLS 2.28.3, and why: rows of `docs/parity.md`.

/// A case: what Mbed TLS does (`expected`), what we do (`actual`).
pub(super) struct Difference {
    pub(super) id: &'static str,
    pub(super) expected: &'static str,
    pub(super) actual: &'static str,
    pub(super) reason: &'static str,
}

const SUITE: &str = "this client knows its own ten suites only: any other might as well not exist";
const EXTENSION: &str = "RFC 5246 §7.4.1.4: only what was offered, and nothing twice";
const ENCRYPT_THEN_MAC: &str = "RFC 7366 §3: only with a block cipher";
const MESSAGE_LENGTH: &str = "nothing is too long for fragments, but work is bounded";
const FRAGMENTS: &str = "RFC 5246 §6.2.1: messages may be cut into records anywhere";
const REQUEST: &str = "RFC 5246 §7.4.4: at least one type and one algorithm, in whole pairs";
const INSIDE: &str = "RFC 5246 §6.2.1: nothing comes between the fragments of a message";
const LEVEL: &str = "RFC 5246 §7.2: an alert is a warning or fatal";
const WARNINGS: &str = "bounded work";
const TRUNCATION: &str = "RFC 5246 §7.2.1: an end without close_notify may be an attack";
const VERSION: &str = "RFC 5246 §6.2.1: once it is agreed on, a record's version is 3.3";
const AFRESH: &str = "RFC 7366 §3: negotiated afresh with each handshake";
const EXTENDED: &str = "RFC 7627 §5.3: a session keeps it or lacks it for ever";
const RESUMED_SUITE: &str =
    "RFC 5246 §7.4.1.3: who resumes keeps the suite; the library takes it for a new session and fails later";
const LEAF: &str =
    "RFC 5246 §7.4.2: the first one is the server's; the library skips it and takes the next one for that";

const fn row(
    id: &'static str,
    expected: &'static str,
    actual: &'static str,
    reason: &'static str,
) -> Difference {
    Difference { id, expected, actual, reason }
}

pub(super) const DIFFERENCES: &[Difference] = &[
    row("suite C02F", "-0x7980", "-0x7100", SUITE),
    row("suite 000A", "-0x7980", "-0x7100", SUITE),
    row("extension 10 once more or unasked", "connected", "-0x7980", EXTENSION),
    row("extension 23 once more or unasked", "connected", "-0x7980", EXTENSION),
    row("encrypt_then_mac with an AEAD suite", "connected", "-0x7980", ENCRYPT_THEN_MAC),
    row("message of an absurd length", "-0x7080", "-0x7100", MESSAGE_LENGTH),
    row("messages cut Every(1)", "-0x7200", "connected", FRAGMENTS),
    row("messages cut Every(100)", "-0x7080", "connected", FRAGMENTS),
    row("messages cut Every(1000)", "-0x7080", "connected", FRAGMENTS),
    row("CertificateRequest without types", "connected", "-0x7A80", REQUEST),
    row("CertificateRequest without algorithms", "connected", "-0x7A80", REQUEST),
    row("CertificateRequest with half an algorithm", "connected", "-0x7A80", REQUEST),
    row("warning inside a message", "-0x7200", "-0x7700", INSIDE),
    row("handshake record [2], then another message", "-0x7200", "-0x7100", FRAGMENTS),
    row("handshake record [2, 0], then another message", "-0x7200", "-0x6E80", FRAGMENTS),
    row("handshake record [2, 0, 0], then another message", "-0x7200", "-0x6E80", FRAGMENTS),
    row("alert [3, 40]", "connected", "-0x7200", LEVEL),
    row("alert [0, 40]", "connected", "-0x7200", LEVEL),
    row("5 warnings", "connected", "-0x7700", WARNINGS),
    row("end in traffic", "connected, end", "connected, -0x7280", TRUNCATION),
    row("data, then the end", "connected, 5 bytes, end", "connected, 5 bytes, -0x7280", TRUNCATION),
    row("end inside a record", "connected, end", "connected, -0x7280", TRUNCATION),
    row("5 warnings, then data", "connected, 5 bytes", "connected, -0x7700", WARNINGS),
    row("records of version 3.0", "connected, 5 bytes", "-0x7180", VERSION),
    row("records of version 3.1", "connected, 5 bytes", "-0x7180", VERSION),
    row("resumed with encrypt-then-MAC gone", "-0x7180", "resumed, 5 bytes", AFRESH),
    row("resumed with extended master secret gone", "resumed", "-0x7980", EXTENDED),
    row("resumed with extended master secret new", "resumed", "-0x7980", EXTENDED),
    row("resumed with another suite", "-0x7A00", "-0x7980", RESUMED_SUITE),
    row("leaf: certificates/algorithm-unknown", "-0x2700 flags 0x804", "-0x262E", LEAF),
];

//! Alert numbers and names (RFC 5246 §7.2).

use status::Alert;

#[test]
fn named_and_unknown() {
    assert_eq!(Alert::HANDSHAKE_FAILURE.to_string(), "alert 40, handshake_failure");
    assert_eq!(Alert(40).name(), Some("handshake_failure"));
    assert_eq!(Alert(255).to_string(), "alert 255");
}

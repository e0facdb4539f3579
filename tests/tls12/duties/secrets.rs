//! Secrets: wiped when dropped, never in Debug output, and in a key log only when that is asked for.

use tests::assert_secret;
use tests::server::Script;
use tests::server::crypto::SUITES;
use tls12::Connection;
use tls12::record::Protection;
use tls12::schedule::{KeyBlock, MasterKey, MasterSecret, PremasterSecret, VerifyData};
use tls12::session::Session;
use x509::PrivateKey;

use super::Talk;

#[test]
fn secrets_have_no_debug_and_are_wiped() {
    assert_secret!(PremasterSecret, MasterSecret, MasterKey, KeyBlock, VerifyData, Protection);
    assert_secret!(Session<'static>, Connection<'static>, PrivateKey<'static>);
}

/// The NSS format that Wireshark reads: the server's own idea of the secrets.
#[test]
fn the_key_log_has_the_secrets_that_both_sides_use() {
    for suite in SUITES {
        let mut line = String::new();
        let talk = Talk::new(Script::new(suite));
        assert!(talk.connection.key_log(&mut line).is_ok());
        assert!(line.is_empty(), "nothing to tell yet");
        let talk = talk.connected();
        assert!(talk.connection.key_log(&mut line).is_ok());
        let hexadecimal = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let random = hexadecimal(&talk.link.server.hello.random);
        let master = hexadecimal(&talk.link.server.saved().master);
        assert_eq!(line, format!("CLIENT_RANDOM {random} {master}\n"));
    }
}

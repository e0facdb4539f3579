//! Secrets: wiped when dropped, never in Debug output, and in a key log only when that is asked for.

use core::fmt::Debug;
use core::marker::PhantomData;
use core::mem::needs_drop;

use tests::server::Script;
use tests::server::crypto::SUITES;
use tls12::Connection;
use tls12::record::Protection;
use tls12::schedule::{KeyBlock, MasterSecret, PremasterSecret, VerifyData};
use tls12::session::Session;

use super::Talk;

/// Tells whether a type has Debug: the method of the trait is only found where the inherent one does not apply.
struct Probe<T>(PhantomData<T>);

impl<T: Debug> Probe<T> {
    const fn has_debug(&self) -> bool {
        true
    }
}

trait Otherwise {
    fn has_debug(&self) -> bool {
        false
    }
}

impl<T> Otherwise for Probe<T> {}

#[test]
fn secrets_have_no_debug_and_are_wiped() {
    assert!(Probe::<u8>(PhantomData).has_debug(), "the probe works");
    macro_rules! secret {
        ($($kind:ty),*) => {$(
            assert!(!Probe::<$kind>(PhantomData).has_debug(), stringify!($kind));
            assert!(needs_drop::<$kind>(), "{} is not wiped", stringify!($kind));
        )*};
    }
    secret!(PremasterSecret, MasterSecret, KeyBlock, VerifyData, Protection);
    secret!(Session<'static>, Connection<'static>);
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

//! Keys and certificates for this run, made once, and what a client keeps of them.

use std::{
    fs,
    path::{Path, PathBuf},
    process,
    sync::LazyLock,
    time::{SystemTime, UNIX_EPOCH},
};

use tls12::{Config, Identity, Suite, Suites, Verification};
use x509::{Bundle, PrivateKey};
use xtask::pki::Pki;

static PKI: LazyLock<Pki> = LazyLock::new(|| {
    let pki = Pki::create(&folder("pki")).unwrap();
    for bits in [1024, 2048, 4096] {
        pki.client(bits).unwrap();
    }
    pki
});

/// The keys and certificates of this run.
pub(crate) fn pki() -> &'static Pki {
    &PKI
}

/// A folder of this run's own, such as a server's configuration needs.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("peers-{}", process::id())).join(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Memory that is lent for the rest of the run: a connection borrows all that it uses.
pub(crate) fn lend(length: usize) -> &'static mut [u8] {
    vec![0; length].leak()
}

/// The time now, in Unix seconds.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// A client that verifies its server up to the root CA.
pub(crate) fn verifying() -> Config<'static> {
    Config { anchors: Some(bundle("ca")), ..Config::default() }
}

/// A client that does not verify.
pub(crate) fn trusting() -> Config<'static> {
    Config { verification: Verification::None, ..Config::default() }
}

/// The same client, offering only one suite.
pub(crate) fn only(suite: Suite, config: Config<'static>) -> Config<'static> {
    Config { suites: Suites::new(&[suite]).unwrap(), ..config }
}

/// The same client, with the client certificate of so many bits.
pub(crate) fn with_identity(bits: u16, config: Config<'static>) -> Config<'static> {
    let name = format!("client-{bits}");
    let key =
        PrivateKey::from_pem(&fs::read(pki().key(&name)).unwrap(), lend(x509::MAX_FILE_LENGTH)).unwrap();
    let key: &'static PrivateKey<'static> = Box::leak(Box::new(key));
    Config { identity: Some(Identity { chain: bundle(&name), key }), ..config }
}

/// A file's certificates.
pub(crate) fn bundle(name: &str) -> Bundle<'static> {
    Bundle::from_pem(&fs::read(pki().certificate(name)).unwrap(), lend(x509::MAX_FILE_LENGTH)).unwrap()
}

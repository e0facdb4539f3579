//! From options to a transport: files are read once, and for every connection a socket is connected and TLS set up around it.

use std::{
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use accel::{HashAlgorithm, PublicKey, soft::Soft};
use status::{Error, rsa, ssl};
use tls12::{Config, Connection, Identity, Peer, Verification};
use x509::{Bundle, PrivateKey, Wanted, der_length};
use zeroize::Zeroizing;

use crate::{
    connect::connect,
    failure::Failure,
    files::{self, MAX_SESSION},
    layer::Layer,
    limits::Limits,
    options::{Link, Tls},
    random::OperatingSystem,
    trace::Trace,
    transport::Transport,
    trust::{self, Source},
};

/// Where to, and all that TLS is told; lives for as many connections as it takes.
pub(crate) struct Endpoint<'a> {
    link: &'a Link,
    tls: Option<Security<'a>>,
}

/// What TLS is told.
struct Security<'a> {
    options: &'a Tls,
    config: Config<'a>,
    /// What the next connection may resume from.
    session: Zeroizing<Vec<u8>>,
}

/// Reads every file that `link` names, and lets `job` connect.
///
/// # Errors
/// What a file or the job fails with.
pub(crate) fn with_endpoint<T>(
    link: &Link,
    job: impl FnOnce(&mut Endpoint<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let Some(tls) = &link.tls else { return job(&mut Endpoint { link, tls: None }) };
    // 1. Everything that can be wrong without a network.
    let mut storage = Vec::new();
    let anchors = anchors(link, tls, &mut storage)?;
    let (mut chain, mut key) = (Zeroizing::default(), Zeroizing::default());
    let identity = match &tls.identity {
        Some((certificate, private)) => {
            let chain = files::certificates("--cert", certificate, &mut chain)?;
            let key = files::private_key("--key", private, &mut key)?;
            belong_together(&chain, &key, certificate, private)?;
            can_sign(&key, private)?;
            Some((chain, key))
        }
        None => None,
    };
    let session = tls.session.as_deref().map_or_else(|| Ok(Zeroizing::default()), files::load_session)?;
    if tls.verification == Verification::None && !link.quiet {
        eprintln!("mqtts: the server is not verified (--insecure without --cafile)");
    }

    // 2. What the connections are told.
    let protocols = tls.alpn.as_deref();
    let config = Config {
        anchors,
        identity: identity.as_ref().map(|(chain, key)| Identity { chain: *chain, key }),
        verification: tls.verification,
        suites: tls.suites,
        max_fragment_length: tls.max_fragment_length,
        alpn: protocols.as_slice(),
        ..Config::default()
    };
    job(&mut Endpoint { link, tls: Some(Security { options: tls, config, session }) })
}

impl Endpoint<'_> {
    /// Connects, lets `job` use the transport, and keeps the TLS session for the next time.
    ///
    /// # Errors
    /// What the network, a file or the job fails with.
    pub(crate) fn connect(
        &mut self,
        limits: &Limits,
        job: impl FnOnce(&mut Transport<'_>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let Link { host, port, debug, .. } = self.link;
        let trace = Trace::new(*debug);
        let Some(tls) = &mut self.tls else {
            let mut transport = Transport::new(connect(host, *port, limits)?, Layer::plain(), trace)?;
            return job(&mut transport).map_err(|failure| transport.explain(failure, false));
        };
        let (mut rx, mut tx) = (vec![0; RX], vec![0; TX]);
        let mut saved = Zeroizing::new(vec![0; SESSION]);
        let (config, offered) = (tls.config, tls.session.clone());
        let peer = Peer { host, now: now(), session: &offered };
        let connection = Connection::new(&config, peer, &mut rx, &mut tx, &mut saved).map_err(Error::from)?;
        let layer = Layer::tls(connection, Soft::new(OperatingSystem));
        let mut transport = Transport::new(connect(host, *port, limits)?, layer, trace)?;
        let result =
            job(&mut transport).map_err(|failure| transport.explain(failure, tls.options.identity.is_some()));
        let kept = tls.keep_session(&transport);
        result.and(kept)
    }
}

impl Security<'_> {
    /// RFC 5246 §7.2.2: after a fatal alert the session must not be resumed any more. A failure of the network alone, or a server
    /// that offered nothing new, leaves what was saved before.
    fn keep_session(&mut self, transport: &Transport<'_>) -> Result<(), Failure> {
        let session = transport.session();
        if session.is_empty() && !transport.has_failed() {
            return Ok(());
        }
        self.session = Zeroizing::new(session.to_vec());
        self.options.session.as_deref().map_or(Ok(()), |file| files::save_session(file, session))
    }
}

/// All certificates that are trusted, in one bundle; none where nobody asks for it.
fn anchors<'s>(link: &Link, tls: &Tls, storage: &'s mut Vec<u8>) -> Result<Option<Bundle<'s>>, Failure> {
    let texts = trust::texts(&tls.anchors)?;
    let trace = Trace::new(link.debug);
    for Source { place, text, is_one_of_many } in &texts {
        let mut scratch = vec![0; der_length(text.len())];
        match Bundle::from_long_pem(text, &mut scratch) {
            Ok(bundle) => {
                trace.line(format_args!("file = {} certificates of {place} are trusted", bundle.len()));
                storage.extend_from_slice(bundle.der());
            }
            Err(error) if *is_one_of_many => trace.line(format_args!("file = {place} is left out: {error}")),
            Err(error) => return Err(files::refused(error, place, text, Wanted::Certificate)),
        }
    }
    match texts.last() {
        None => Ok(None),
        Some(Source { place, .. }) if storage.is_empty() => Err(Failure::at(ssl::CA_CHAIN_REQUIRED, place)),
        Some(_) => Ok(Some(Bundle::from_der(storage)?)),
    }
}

/// The key of another certificate would only show at the end of the handshake, and as the server's fault.
fn belong_together(
    chain: &Bundle<'_>,
    key: &PrivateKey<'_>,
    certificate: &Path,
    private: &Path,
) -> Result<(), Failure> {
    if let Some(error) = chain.failure().filter(|_| chain.begins_with_failure()) {
        return Err(Failure::at(error, format!("--cert {}", certificate.display())));
    }
    let own = chain.iter().next();
    if own.is_some_and(|own| key.is_private_half_of(&own.public_key())) {
        return Ok(());
    }
    let place = format!("--key {} is not the key of --cert {}", private.display(), certificate.display());
    Err(Failure::at(rsa::KEY_CHECK_FAILED, place))
}

/// A key whose parts do not belong together would only show at the end of the handshake, too.
fn can_sign(key: &PrivateKey<'_>, private: &Path) -> Result<(), Failure> {
    let length = key.bits().div_ceil(8);
    let mut workspace = Zeroizing::new(vec![0; accel::rsa_private_workspace(length)]);
    let (mut signature, mut accel) = (vec![0; length], Soft::new(OperatingSystem));
    let (parts, digest) = (key.rsa(), [0; 32]);
    let signed =
        accel.rsa_sign(&parts, HashAlgorithm::Sha256, &digest, &mut workspace).and_then(|mut job| {
            loop {
                match accel.step(&mut job, &mut workspace, &mut signature) {
                    Ok(_) => return Ok(()),
                    Err(nb::Error::Other(error)) => return Err(error),
                    Err(nb::Error::WouldBlock) => {}
                }
            }
        });
    signed.map_err(|error| {
        Failure::at(error, format!("--key {}: its parts do not belong together", private.display()))
    })
}

/// Every record that TLS allows.
const RX: usize = Connection::FULL_RX;
/// Full records the other way, too.
const TX: usize = Connection::FULL_RX;
/// Every ticket.
const SESSION: usize = MAX_SESSION;

/// Unix seconds.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

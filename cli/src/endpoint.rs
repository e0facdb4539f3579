//! From options to a client. Files are read once, and every mistake that shows without a network is reported before connecting.

use std::{
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use accel::{HashAlgorithm, PublicKey};
use mqtt::{Message, QoS};
use mqtts::{BackOff, Client, Security, Settings, nonblocking, pc};
use status::{entropy, rsa, ssl};
use tls12::{Config, Identity, Verification};
use x509::{Bundle, PrivateKey, Wanted, der_length};
use zeroize::Zeroizing;

use crate::{
    failure::CommandFailure,
    files,
    limits::Limits,
    network::Wire,
    options::{ConnectionOptions, Tls, Will},
    session::ClientLoop,
    trace::{self, ConnectionTrace},
    trust::{self, PemSource},
};

/// Reads every file that `link` names, then lets `job` talk to the server. Its first turn makes the connection.
///
/// # Errors
/// The failure of a file or of the job.
pub(crate) fn with_session(
    link: &ConnectionOptions,
    limits: &Limits,
    max_in_flight: u16,
    job: impl FnOnce(&mut ClientLoop<'_, '_, '_>) -> Result<(), CommandFailure>,
) -> Result<(), CommandFailure> {
    trace::listen(link.debug);
    let Some(tls) = &link.tls else {
        return talk(link, limits, max_in_flight, Security::Plain, &[], job);
    };
    // 1. Everything that can fail without a network.
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

    // 2. The settings of all connections.
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
    talk(link, limits, max_in_flight, Security::Tls { host: &link.host, config: &config }, &session, job)
}

/// Makes the client. Its session lasts for all connections of the run.
fn talk(
    link: &ConnectionOptions,
    limits: &Limits,
    max_in_flight: u16,
    security: Security<'_>,
    session: &[u8],
    job: impl FnOnce(&mut ClientLoop<'_, '_, '_>) -> Result<(), CommandFailure>,
) -> Result<(), CommandFailure> {
    let identifier = link.identifier.clone().map_or_else(random_identifier, Ok)?;
    let settings = Settings {
        mqtt: mqtt::Options { max_in_flight, ..options(link, &identifier) },
        back_off: BACK_OFF,
        handshake_time: HANDSHAKE,
        ..Settings::new(security, &identifier)
    };
    let (mut memory, mut outbox) = (pc::Memory::new(SPILL, IN_FLIGHT), vec![0; OUTBOX]);
    let mut client =
        Client::new(settings, memory.lend()).map_err(|error| CommandFailure::at(error.error(), error))?;
    client.lend_outbox(&mut outbox);
    client.offer(session);
    let mut accel = pc::accelerator();
    let wire = Wire::new(link.target(), link.tls.is_some(), limits, link.debug);
    let inner = nonblocking::Session::new(&mut client, &mut accel, wire);
    let saved = SavedSession(link.tls.as_ref().and_then(|tls| tls.session.as_deref()));
    let has_certificate = link.tls.as_ref().is_some_and(|tls| tls.identity.is_some());
    let mut session = ClientLoop::new(inner, limits, saved, has_certificate);
    let result = job(&mut session);
    let ended = session.end();
    result.and(ended)
}

/// The file, if any, that keeps the TLS session for the next run.
pub(crate) struct SavedSession<'l>(Option<&'l Path>);

impl SavedSession<'_> {
    /// Saves these bytes. Empty bytes delete the file.
    ///
    /// # Errors
    /// `pk::FILE_IO_ERROR` (-0x3E00).
    pub(crate) fn keep(&self, session: &[u8]) -> Result<(), CommandFailure> {
        self.0.map_or(Ok(()), |file| files::save_session(file, session))
    }
}

fn options<'b>(link: &'b ConnectionOptions, identifier: &'b str) -> mqtt::Options<'b> {
    mqtt::Options {
        client_id: identifier,
        clean_session: link.clean,
        keep_alive: link.keep_alive,
        will: link.will.as_ref().map(will),
        user_name: link.user_name.as_deref(),
        password: link.password.as_deref().map(str::as_bytes),
        ..mqtt::Options::default()
    }
}

fn will(will: &Will) -> Message<'_> {
    let qos = QoS::from_number(will.qos).unwrap_or_default();
    Message { topic: &will.topic, payload: &will.payload, qos, retain: will.retain }
}

/// A new name for every run, since the server disconnects a client when another one uses its name (MQTT 3.1.1 §3.1.4).
fn random_identifier() -> Result<String, CommandFailure> {
    let mut bytes = [0; 6];
    getrandom::fill(&mut bytes).map_err(|_| CommandFailure::from(entropy::SOURCE_FAILED))?;
    Ok(bytes.iter().fold("mqtts-".to_owned(), |name, byte| name + &format!("{byte:02x}")))
}

/// All trusted certificates in one bundle; none if no verification needs them.
fn anchors<'s>(
    link: &ConnectionOptions,
    tls: &Tls,
    storage: &'s mut Vec<u8>,
) -> Result<Option<Bundle<'s>>, CommandFailure> {
    let texts = trust::texts(&tls.anchors)?;
    let trace = ConnectionTrace::new(link.debug);
    for PemSource { place, text, is_one_of_many } in &texts {
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
        Some(PemSource { place, .. }) if storage.is_empty() => {
            Err(CommandFailure::at(ssl::CA_CHAIN_REQUIRED, place))
        }
        Some(_) => Ok(Some(Bundle::from_der(storage)?)),
    }
}

/// Checks that the key belongs to the certificate. Otherwise this would show only at the end of the handshake, as an error of the server.
fn belong_together(
    chain: &Bundle<'_>,
    key: &PrivateKey<'_>,
    certificate: &Path,
    private: &Path,
) -> Result<(), CommandFailure> {
    if let Some(error) = chain.failure().filter(|_| chain.begins_with_failure()) {
        return Err(CommandFailure::at(error, format!("--cert {}", certificate.display())));
    }
    let own = chain.iter().next();
    if own.is_some_and(|own| key.is_private_half_of(&own.public_key())) {
        return Ok(());
    }
    let place = format!("--key {} is not the key of --cert {}", private.display(), certificate.display());
    Err(CommandFailure::at(rsa::KEY_CHECK_FAILED, place))
}

/// Checks that the key's parts are consistent. Otherwise this, too, would show only at the end of the handshake.
fn can_sign(key: &PrivateKey<'_>, private: &Path) -> Result<(), CommandFailure> {
    let length = key.bits().div_ceil(8);
    let mut workspace = Zeroizing::new(vec![0; accel::rsa_private_workspace(length)]);
    let (mut signature, mut accel) = (vec![0; length], pc::accelerator());
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
        CommandFailure::at(error, format!("--key {}: its parts do not belong together", private.display()))
    })
}

/// Room for the longest topic and the longest SUBACK.
const SPILL: usize = 128 * 1024;
/// Room for unacknowledged messages of `pub -l`, of a long one only for its head; and for 32,000 received messages of QoS 2 at once.
const IN_FLIGHT: usize = 256 * 1024;
/// Room for a CONNECT with five fields of 65535 bytes.
const OUTBOX: usize = 512 * 1024;
/// The limit for the TLS handshake, counted from the connected socket, in milliseconds.
const HANDSHAKE: u32 = 30_000;
/// Pauses from one second to half a minute. A connection of ten seconds was good.
const BACK_OFF: BackOff = BackOff { first: 1_000, longest: 30_000, stable: 10_000, spread: 1_000 };

/// The present time in Unix seconds.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

//! From options to a transport: files are read, the socket is connected, TLS is set up around it.

use std::{
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use accel::soft::Soft;
use tls12::{Config, Connection, Identity, Peer, Verification};
use x509::MAX_DER_LENGTH;
use zeroize::Zeroizing;

use crate::{
    connect::connect,
    failure::Failure,
    files::{self, MAX_SESSION},
    layer::Layer,
    options::{Link, Tls},
    random::OperatingSystem,
    trace::Trace,
    transport::Transport,
};

/// Connects as `link` says, lets `job` use the transport, and keeps the TLS session for the next time.
///
/// # Errors
/// What a file, the network or the job fails with.
pub(crate) fn with_transport(
    link: &Link,
    job: impl FnOnce(&mut Transport<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    match &link.tls {
        None => job(&mut Transport::new(socket(link)?, Layer::plain(), Trace::new(link.debug))?),
        Some(tls) => with_tls(link, tls, job),
    }
}

fn with_tls(
    link: &Link,
    tls: &Tls,
    job: impl FnOnce(&mut Transport<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    // 1. Everything that can be wrong without a network.
    let (mut anchors, mut chain) = (vec![0; MAX_DER_LENGTH], vec![0; MAX_DER_LENGTH]);
    let mut key = Zeroizing::new(vec![0; MAX_DER_LENGTH]);
    let anchors = match &tls.anchors {
        Some(file) => Some(files::certificates("--cafile", file, &mut anchors)?),
        None => None,
    };
    let identity = match &tls.identity {
        Some((certificate, private)) => Some((
            files::certificates("--cert", certificate, &mut chain)?,
            files::private_key("--key", private, &mut key)?,
        )),
        None => None,
    };
    let session = tls.session.as_deref().map_or_else(|| Ok(Zeroizing::default()), files::load_session)?;

    // 2. What the connection is told.
    let config = Config {
        anchors,
        identity: identity.as_ref().map(|(chain, key)| Identity { chain: *chain, key }),
        verification: if tls.verify { Verification::Required } else { Verification::None },
        suites: tls.suites,
        max_fragment_length: tls.max_fragment_length,
        ..Config::default()
    };
    let peer = Peer { host: &link.host, now: now(), session: &session };

    // 3. The connection, over a socket.
    let (mut rx, mut tx) = (vec![0; RX], vec![0; TX]);
    let mut saved = Zeroizing::new(vec![0; SESSION]);
    let connection = Connection::new(&config, peer, &mut rx, &mut tx, &mut saved)?;
    let layer = Layer::tls(connection, Soft::new(OperatingSystem));
    let mut transport = Transport::new(socket(link)?, layer, Trace::new(link.debug))?;
    let result = job(&mut transport);

    // 4. What the next connection may resume from.
    let kept = tls.session.as_deref().map_or(Ok(()), |file| keep_session(file, &transport));
    result.and(kept)
}

/// RFC 5246 §7.2.2: after a fatal alert the session must not be resumed any more. A failure of the network alone, or a server that
/// offered nothing new, leaves what was saved before.
fn keep_session(file: &Path, transport: &Transport<'_>) -> Result<(), Failure> {
    let session = transport.session();
    if session.is_empty() && !transport.has_failed() {
        return Ok(());
    }
    files::save_session(file, session)
}

fn socket(link: &Link) -> Result<std::net::TcpStream, Failure> {
    let timeout = link.timeout.unwrap_or(CONNECT).min(CONNECT);
    connect(&link.host, link.port, timeout)
}

/// For each of the host's addresses.
const CONNECT: Duration = Duration::from_secs(20);
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

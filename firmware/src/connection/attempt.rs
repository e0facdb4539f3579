//! One connection, from the look-up of the host's name to the end.

use core::pin::pin;

use embassy_net::{
    Stack,
    tcp::{ConnectError, TcpSocket},
};
use embassy_time::{Duration, with_timeout};
use mqtt::Client;
use status::{
    AlertSeen, Cause, Error, Status,
    mqtt::{REFUSED_NOT_AUTHORIZED, REFUSED_USER_NAME_OR_PASSWORD},
    net, ssl,
};
use tls12::{Config, Identity, MaxFragmentLength, Peer, Verification};
use zeroize::Zeroize;

use super::{
    Link, Plan, SESSION,
    conversation::Conversation,
    credentials::Credentials,
    set_state,
    talk::{self, Place},
    transport::{Plain, Transport},
    unless_outdated,
};
use crate::{
    backup::{self, Slot},
    board::Board,
    device::{ConnectionState, Device},
    http::hint::is_refused_without_certificate,
    network,
};

/// How a connection ended.
pub(super) struct Ended {
    /// For how long the broker had accepted the device; zero if it never did.
    pub(super) lasted: Duration,
    /// Why it ended.
    pub(super) why: Why,
}

/// Why a connection ended.
pub(super) enum Why {
    /// The settings or the certificates have changed.
    Outdated,
    /// The broker has gone away after it had accepted the device.
    Lost,
    /// A failure, for the status codes.
    Failed(Status),
}

impl Ended {
    fn before(why: Why) -> Self {
        Self { lasted: Duration::MIN, why }
    }
}

/// Connects, and talks until the end.
pub(super) async fn attempt<B: Board>(
    device: &Device<B>,
    stack: Stack<'_>,
    plan: &Plan,
    link: &mut Link,
    client: &mut Client<'_>,
) -> Ended {
    set_state(device, ConnectionState::LookingUp);
    let verify = plan.settings.verify_server_certificate;
    let mut credentials = Credentials::none();
    if plan.settings.tls {
        match Credentials::read(device, verify, &mut link.credentials, &mut link.rx).await {
            Ok(read) => credentials = read,
            Err(status) => return Ended::before(Why::Failed(status)),
        }
    }
    let config = config(&credentials, verify);
    let mut transport = if plan.settings.tls {
        let session = link.offered.get(..link.offered_length).unwrap_or_default();
        let peer = Peer { host: &plan.settings.host, now: device.clock.now().unwrap_or(0), session };
        match tls12::Connection::new(&config, peer, &mut link.rx, &mut link.tx, &mut link.session) {
            Ok(tls) => Transport::Tls(tls),
            Err(error) => return Ended::before(Why::Failed(Status::from(error))),
        }
    } else {
        Transport::Plain(Plain::new(&mut link.rx, &mut link.tx))
    };
    let mut socket = TcpSocket::new(stack, &mut link.socket_rx, &mut link.socket_tx);
    let mut reached = Ok(());
    let reach = async { reached = reach(device, stack, plan, &mut socket).await };
    if !unless_outdated(device, plan, pin!(reach)).await {
        return Ended::before(Why::Outdated);
    }
    if let Err(error) = reached {
        return Ended::before(Why::Failed(Status::new(error)));
    }
    if plan.settings.tls {
        set_state(device, ConnectionState::Handshake);
    }
    let retained = device.retained.borrow().clone();
    let place = Place { device, plan, retained: &retained };
    let mut conversation = Conversation::new(client, &plan.names, &plan.settings).clearing(&retained);
    let mut ended = talk::talk(&place, &mut socket, &mut transport, &mut conversation).await;
    if let Why::Failed(status) = &mut ended.why {
        explain(status, plan, config.identity.is_some());
    }
    {
        // In a block, so that it takes no room in this future.
        let mut kept = Kept::new(&transport);
        drop(transport);
        kept.offer(device, link.offered.as_mut_slice(), &mut link.offered_length);
    }
    hang_up(&mut socket).await;
    ended
}

/// The host's address, and a TCP connection to it.
async fn reach<B: Board>(
    device: &Device<B>,
    stack: Stack<'_>,
    plan: &Plan,
    socket: &mut TcpSocket<'_>,
) -> Result<(), Error> {
    socket.set_timeout(Some(SILENCE));
    socket.set_keep_alive(Some(KEEP_ALIVE));
    // Records are whole when they are sent: nothing would be gained by waiting for more.
    socket.set_nagle_enabled(false);
    let addresses = network::resolve(device, stack, &plan.settings.host).await?;
    set_state(device, ConnectionState::Connecting);
    let mut failure = net::CONNECT_FAILED;
    // Every address of the host, as one of its servers may be away.
    for address in addresses {
        network::skip_ports(device, stack);
        match with_timeout(CONNECT_TIME, socket.connect((address, plan.settings.port))).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(ConnectError::TimedOut)) | Err(_) => failure = ssl::TIMEOUT,
            Ok(Err(_)) => failure = net::CONNECT_FAILED,
        }
        socket.abort();
    }
    Err(failure)
}

/// Adds to a failure what only this end knows.
fn explain(status: &mut Status, plan: &Plan, has_identity: bool) {
    let is_about_certificates = matches!(
        status.alert,
        Some(AlertSeen::Received(alert)) if is_refused_without_certificate(alert, status.step)
    );
    let refusals = [REFUSED_USER_NAME_OR_PASSWORD, REFUSED_NOT_AUTHORIZED];
    if is_about_certificates && !has_identity {
        status.cause = Cause::NoClientCertificate;
    } else if refusals.contains(&status.error)
        && !plan.settings.user_name.is_empty()
        && plan.settings.password.is_empty()
    {
        status.cause = Cause::NoPassword;
    }
}

fn config<'b>(credentials: &'b Credentials<'b>, verify: bool) -> Config<'b> {
    let identity = credentials.chain.zip(credentials.key.as_ref());
    Config {
        anchors: credentials.anchors,
        identity: identity.map(|(chain, key)| Identity { chain, key }),
        verification: if verify { Verification::Required } else { Verification::None },
        max_fragment_length: Some(MaxFragmentLength::Bytes4096),
        ..Config::default()
    }
}

/// Ends the TCP connection: in order if the peer answers, by a reset if not.
async fn hang_up(socket: &mut TcpSocket<'_>) {
    socket.close();
    if with_timeout(GOODBYE, socket.flush()).await.is_err() {
        socket.abort();
        // The reset has to leave before the socket does.
        let _ = with_timeout(GOODBYE, socket.flush()).await;
    }
}

/// A session on its way from the connection that has ended to the next one.
struct Kept {
    bytes: [u8; SESSION],
    length: usize,
}

impl Kept {
    fn new(transport: &Transport<'_>) -> Self {
        let session = transport.session();
        let mut bytes = [0; SESSION];
        bytes.iter_mut().zip(session).for_each(|(to, from)| *to = *from);
        Self { bytes, length: session.len().min(SESSION) }
    }

    /// What has failed, or has nothing to resume from, leaves nothing: the next handshake is a full one.
    fn offer<B: Board>(&mut self, device: &Device<B>, offered: &mut [u8], length: &mut usize) {
        offered.zeroize();
        offered.iter_mut().zip(self.bytes).for_each(|(to, from)| *to = from);
        *length = self.length;
        if self.length == 0 {
            backup::erase(&mut *device.backup.borrow_mut(), Slot::TlsSession);
        }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

const CONNECT_TIME: Duration = Duration::from_secs(10);
/// A peer that acknowledges nothing for so long is gone.
const SILENCE: Duration = Duration::from_secs(30);
const KEEP_ALIVE: Duration = Duration::from_secs(10);
const GOODBYE: Duration = Duration::from_secs(2);

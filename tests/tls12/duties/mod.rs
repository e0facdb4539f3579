//! What this client owes, one test for each duty, against the scripted server.
//!
//! A test says what the server does and how it ends: Mbed TLS's code where it has one, the alert that goes out, and the cause.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

mod bounds;
mod caller;
mod circumstances;
mod key_change;
mod premaster;
mod records;
mod renegotiation;
mod resumption;
mod secrets;
mod server_hello;
mod step;
mod stream;

use accel::rustcrypto::RustCrypto;
use status::{Alert, AlertSeen, Cause, Error};
use tests::entropy::InsecureSeeded;
use tests::link::{Link, Pieces};
use tests::server::{Script, Server};
use tests::throwaway;
use tls12::{Config, Connection, Peer, Want};
use x509::Bundle;

use super::handshake::{peer, trusting};

/// A bundle of the throw-away certificates in one file.
fn bundle(name: &str) -> Bundle<'static> {
    Bundle::from_pem(&throwaway::text(name), vec![0; 4096].leak()).expect("a certificate file")
}

/// A code, the alert that was sent, and the cause.
type Failure = (Error, Option<Alert>, Cause);

/// A failure for which an alert is sent, and which has no cause of its own.
const fn plain(error: Error, alert: Alert) -> Failure {
    (error, Some(alert), Cause::None)
}

/// A client and its wire to the scripted server. What it is lent is leaked: tests are short.
struct Talk {
    connection: Connection<'static>,
    accel: RustCrypto<InsecureSeeded>,
    link: Link,
    /// The application data that has arrived.
    data: Vec<u8>,
}

impl Talk {
    fn new(script: Script) -> Self {
        Self::with(trusting(), peer(&[]), script, Pieces::Whole)
    }

    fn with(config: Config<'static>, peer: Peer<'_>, script: Script, pieces: Pieces) -> Self {
        let lend = |length: usize| vec![0; length].leak();
        let peer =
            Peer { session: peer.session.to_vec().leak(), host: String::from(peer.host).leak(), ..peer };
        let (rx, tx, session) =
            (lend(Connection::FULL_RX), lend(Connection::GOOD_TX), lend(Connection::GOOD_SESSION));
        let config = Box::leak(Box::new(config));
        let connection = Connection::new(config, peer, rx, tx, session).expect("a good configuration");
        let accel = RustCrypto::new(InsecureSeeded::new(1));
        Self { connection, accel, link: Link::new(Server::new(script), pieces), data: Vec::new() }
    }

    /// Moves bytes, and reads what arrives, until nothing moves any more.
    fn run(&mut self) -> Result<Want, Error> {
        loop {
            let want = self.link.run(&mut self.connection, &mut self.accel)?;
            if !want.contains(Want::READ) {
                return Ok(want);
            }
            self.data.extend(self.connection.plaintext());
            self.connection.consume(usize::MAX);
        }
    }

    /// Completes the handshake.
    #[track_caller]
    fn connected(mut self) -> Self {
        let want = self.run();
        assert_eq!(self.link.server.fault, None);
        assert_eq!(want, Ok(Want::RECV | Want::WRITE), "{:?}", self.connection.status());
        assert!(self.link.server.connected);
        self
    }

    /// Fails, tells the server why, drops the session, and has delivered nothing but `data`.
    #[track_caller]
    fn fails(&mut self, data: &[u8]) -> Failure {
        let result = self.run();
        let status = self.connection.status().expect("a reason");
        assert_eq!(result, Err(status.error));
        assert_eq!(self.data, data);
        // RFC 5246 §7.2.2.
        assert!(self.connection.session().is_empty(), "a failure drops the session");
        let sent = match status.alert {
            Some(AlertSeen::Sent(alert)) => Some(alert),
            _ => None,
        };
        if self.link.server.fault.is_none() {
            let told = self.link.server.alerts.last().filter(|(level, _)| *level == 2);
            assert_eq!(told.map(|(_, description)| Alert(*description)), sent);
        }
        (status.error, sent, status.cause)
    }

    /// What a later connection can resume from.
    fn session(&self) -> Vec<u8> {
        self.connection.session().to_vec()
    }
}

/// How the usual client fails with this server, before any data.
#[track_caller]
fn refused(script: Script) -> Failure {
    Talk::new(script).fails(&[])
}

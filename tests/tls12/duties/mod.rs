//! What this client owes, one test for each duty, against the scripted server.
//!
//! A test says what the server does and how it ends: Mbed TLS's code, the alert that goes out, and the cause.

mod handshake;

use status::{Alert, Cause, Error};
use tests::client::{Client, config};
use tests::server::{Script, Server};
use tls12::{Config, Want};

/// How a connection fails.
type Failure = (Error, Option<Alert>, Cause);

/// Runs the usual client against a script, and returns how it failed and the server.
#[track_caller]
fn fails(script: Script) -> (Failure, Server) {
    fails_with(config(), script)
}

#[track_caller]
fn fails_with(config: Config<'static>, script: Script) -> (Failure, Server) {
    let mut server = Server::new(script);
    let mut client = Client::new(config);
    let result = client.run(&mut server);
    let failure = client.failure().expect("a failure");
    assert_eq!(result, Err(failure.0), "poll and status disagree");
    assert_eq!(client.connection.poll(&mut client.accel), Err(failure.0), "a failure is final");
    assert!(client.data.is_empty(), "delivered data that nobody vouched for");
    assert!(client.connection.session().is_empty(), "a fatal alert drops the session (RFC 5246 §7.2.2)");
    // What the client said to the server is what it says that it said, unless it could not be read.
    if server.fault.is_none() {
        assert_eq!(server.alerts.last().map(|alert| Alert(alert.1)), failure.1);
    }
    (failure, server)
}

/// Connects, or says why not.
#[track_caller]
fn connected(config: Config<'static>, script: Script) -> (Client<impl accel::Accel>, Server) {
    let mut server = Server::new(script);
    let mut client = Client::new(config);
    let want = client.run(&mut server);
    assert_eq!(server.fault, None);
    assert_eq!(want, Ok(Want::RECV | Want::WRITE), "{:?}", client.connection.status());
    assert!(server.connected);
    (client, server)
}

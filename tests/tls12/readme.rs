//! The README's example as it stands there, against the scripted server.

use core::convert::Infallible;

use embedded_io::{ErrorKind, ErrorType};
use mqtt::Packet;
use status::Alert;
use tests::entropy::InsecureSeeded;
use tests::server::{Script, Server};
use tests::throwaway::{self, NOW};

// The example.
use accel::{Entropy, soft::Soft};
use embedded_io::{Read, Write};
use mqtt::{Client, Event, Message, Options, QoS};
use tls12::{Config, Connection, MaxFragmentLength, Peer, Want};
use x509::Bundle;

fn publish<S: Read + Write>(
    socket: &mut S,
    entropy: impl Entropy,
    ca: &[u8],
    host: &str,
    now: u64,
) -> Result<(), status::Error> {
    let mut storage = [0; 4096];
    let config = Config {
        anchors: Some(Bundle::from_pem(ca, &mut storage)?),
        max_fragment_length: Some(MaxFragmentLength::Bytes4096),
        ..Config::default()
    };
    let (mut rx, mut tx) = ([0; Connection::SMALL_RX], [0; Connection::GOOD_TX]);
    let mut session = [0; Connection::GOOD_SESSION];
    let peer = Peer { host, now, session: &[] };
    let mut tls = Connection::new(&config, peer, &mut rx, &mut tx, &mut session)?;
    let mut accel = Soft::new(entropy);
    let mut spill = [0; 64];
    let mut mqtt = Client::new(Options { client_id: "kitchen", ..Options::default() }, &mut spill, &mut [])?;
    let mut connecting = false;
    loop {
        let want = tls.poll(&mut accel);
        if !tls.send_bytes().is_empty() {
            // After a failure, too: the alert.
            match socket.write(tls.send_bytes()) {
                Ok(sent @ 1..) => tls.sent(sent),
                // What the server has said before it hung up is still to be read.
                Ok(0) | Err(_) => tls.send_closed(),
            }
            continue;
        }
        let want = want?;
        if want.contains(Want::WRITE) && !connecting {
            let written = mqtt.connect(0, tls.write_space())?;
            tls.wrote(written, &mut accel)?;
            connecting = true;
        } else if want.contains(Want::READ) {
            let (used, event) = mqtt.receive(tls.plaintext(), 0)?;
            if let Some(Event::Connected { .. }) = event {
                let message =
                    Message { topic: "kitchen/lamp", payload: b"on", qos: QoS::AtMostOnce, retain: true };
                let written = mqtt.publish(&message, 0, tls.write_space())?.written;
                tls.wrote(written, &mut accel)?;
                let written = mqtt.disconnect(tls.write_space())?;
                tls.wrote(written, &mut accel)?;
                tls.close();
            }
            tls.consume(used);
        } else if want.contains(Want::RECV) {
            match socket.read(tls.recv_space()) {
                Ok(received @ 1..) => tls.received(received),
                Ok(0) | Err(_) => tls.recv_closed(),
            }
        } else if want.contains(Want::CLOSED) {
            // Nothing, where it was us who closed.
            return tls.status().map_or(Ok(()), |status| Err(status.error));
        }
    }
}

// Its surroundings.

#[test]
fn the_example_publishes_and_says_goodbye() {
    let mut socket = Wire(Server::new(Script::default()));
    assert_eq!(
        publish(&mut socket, InsecureSeeded::new(1), &throwaway::text("ca.pem"), "localhost", NOW),
        Ok(())
    );
    assert_eq!((&socket.0.fault, &socket.0.alerts[..]), (&None, &[(1, 0)][..]));
    let (mut rest, mut packets) = (&socket.0.data[..], Vec::new());
    while let Some((packet, used)) = Packet::decode(rest).unwrap() {
        rest = rest.get(used..).unwrap();
        packets.push(packet);
    }
    let [Packet::Connect(connect), Packet::Publish(sent), Packet::Disconnect] = &packets[..] else {
        panic!("{} packets", packets.len())
    };
    assert_eq!(
        (connect.client_id, sent.message.topic, sent.message.payload),
        ("kitchen", "kitchen/lamp", &b"on"[..])
    );
}

#[test]
fn the_example_tells_a_stranger_why_it_leaves() {
    let chain = vec![throwaway::der("server.pem")];
    let mut socket = Wire(Server::new(Script { chain, ..Script::default() }));
    let result = publish(&mut socket, InsecureSeeded::new(1), &throwaway::text("ca.pem"), "localhost", NOW);
    assert_eq!(result, Err(status::x509::CERT_VERIFY_FAILED));
    assert_eq!(socket.0.alerts, [(2, Alert::UNKNOWN_CA.0)]);
}

/// A server that hangs up while the client is writing has said why before.
#[test]
fn the_example_says_what_the_server_said_last() {
    for (words, answer) in [
        (Some((2, 40)), status::ssl::FATAL_ALERT_MESSAGE),
        (Some((1, 0)), status::ssl::PEER_CLOSE_NOTIFY),
        (None, status::net::SEND_FAILED),
    ] {
        let places: [fn(&Server) -> bool; 3] = [
            |server| server.is_silent() && server.messages.is_empty(),
            |server| server.certificates.is_some(),
            // The message has come, the farewell has not.
            |server| server.data.len() > 21,
        ];
        // A handshake is not closed.
        let first = if answer == status::ssl::PEER_CLOSE_NOTIFY { 2 } else { 0 };
        for (place, leaves) in places.into_iter().enumerate().skip(first) {
            let asking = Script {
                certificate_request: Some(tests::server::CertificateRequest::default()),
                ..Script::default()
            };
            let mut socket = Leaving { wire: Wire(Server::new(asking)), leaves, has_left: false, words };
            let anchors = throwaway::text("ca.pem");
            let result = publish(&mut socket, InsecureSeeded::new(1), &anchors, "localhost", NOW);
            assert_eq!(result, Err(answer), "{words:?} at {place}");
        }
    }
}

#[test]
fn the_readme_shows_this_code() {
    let code = include_str!("readme.rs").split_once("// The example.\n").unwrap().1;
    let code = code.split_once("\n// Its surroundings.").unwrap().0;
    assert!(
        include_str!("../../README.md").contains(code),
        "README.md shows other code than is tested:\n{code}"
    );
}

/// The server as a socket; it is a broker that accepts everybody, and answers a goodbye.
struct Wire(Server);

impl ErrorType for Wire {
    type Error = Infallible;
}

impl Read for Wire {
    fn read(&mut self, out: &mut [u8]) -> Result<usize, Infallible> {
        if self.0.is_silent() {
            match self.0.alerts.is_empty() {
                true => self.0.send(&[0x20, 2, 0, 0]),
                false => self.0.alert(1, 0),
            }
        }
        let bytes = self.0.take_output(out.len());
        out.iter_mut().zip(&bytes).for_each(|(to, from)| *to = *from);
        Ok(bytes.len())
    }
}

impl Write for Wire {
    fn write(&mut self, data: &[u8]) -> Result<usize, Infallible> {
        self.0.receive(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// A socket that takes one byte at a time, until the server says its last words and is gone.
struct Leaving {
    wire: Wire,
    leaves: fn(&Server) -> bool,
    has_left: bool,
    words: Option<(u8, u8)>,
}

impl ErrorType for Leaving {
    type Error = ErrorKind;
}

impl Read for Leaving {
    fn read(&mut self, out: &mut [u8]) -> Result<usize, ErrorKind> {
        if self.has_left && self.wire.0.is_silent() {
            return Err(ErrorKind::ConnectionReset);
        }
        self.wire.read(out).map_err(|error| match error {})
    }
}

impl Write for Leaving {
    fn write(&mut self, data: &[u8]) -> Result<usize, ErrorKind> {
        if self.has_left {
            return Err(ErrorKind::BrokenPipe);
        }
        self.wire.0.receive(data.get(..1).unwrap_or_default());
        self.has_left = (self.leaves)(&self.wire.0);
        if let (true, Some((level, description))) = (self.has_left, self.words) {
            self.wire.0.alert(level, description);
        }
        Ok(1)
    }

    fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

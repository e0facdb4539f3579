//! The README's example as it stands there, against the scripted server.

use core::convert::Infallible;

use embedded_io::ErrorType;
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
    let lost = |_| status::net::SEND_FAILED;
    let mut storage = [0; 4096];
    let config = Config {
        anchors: Some(Bundle::from_pem(ca, &mut storage)?),
        max_fragment_length: Some(MaxFragmentLength::Bytes4096),
        ..Config::default()
    };
    let (mut rx, mut tx, mut session) = ([0; Connection::SMALL_RX], [0; Connection::GOOD_TX], [0; 512]);
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
            let sent = socket.write(tls.send_bytes()).map_err(lost)?;
            tls.sent(sent);
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
            let received = socket.read(tls.recv_space()).map_err(lost)?;
            if received == 0 { tls.recv_closed() } else { tls.received(received) }
        } else if want.contains(Want::CLOSED) {
            return Ok(());
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

//! A whole device at brokers that acknowledge as they please: it stays on line, or is back at once, and says everything once.

use std::{
    collections::BTreeSet,
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    num::NonZeroU16,
    sync::{Arc, Mutex, MutexGuard},
    thread,
};

use firmware::{connection_state::ConnectionState, web::Handle};
use mqtt::{ConnAck, Message, Packet, Publish, QoS, Results, SubAck};
use serde_json::Value;
use status::{Error, mqtt as codes};
use xtask::mosquitto::Listener;

use crate::rig::{Peer, Rig, World, settings, until, until_state};

const CLIENT_ID: &str = "netcontrol-020000000015";
const STATE: &str = "house/cellar/state";

/// In what a broker is different.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Manner {
    /// Acknowledges everything twice.
    Twice,
    /// Acknowledges what nobody has sent, behind each CONNACK.
    Unknown,
    /// Answers QoS 2 with PUBACK.
    PubAckOnly,
    /// Cuts the first connection before its first PUBREC, and repeats PUBREC behind the CONNACK of the session, as Mosquitto up to
    /// 1.5 does.
    CutBeforePubRec,
    /// Sends messages of QoS 2 with a gap behind each identifier on the first connection, for ever.
    Gaps,
}

/// What a broker has seen.
#[derive(Default)]
struct Seen {
    /// Whether each CONNECT asked for a clean session.
    connects: Vec<bool>,
    /// Topic, payload, whether it was a duplicate.
    published: Vec<(String, Vec<u8>, bool)>,
    /// The messages of QoS 2 whose PUBREL has not come.
    open: BTreeSet<NonZeroU16>,
    released: usize,
}

/// Serves one connection after the other, each until its end, for as long as the test runs.
fn broker(manner: Manner) -> (u16, Arc<Mutex<Seen>>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Arc::<Mutex<Seen>>::default();
    let shared = seen.clone();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _ = serve(manner, stream, &shared);
        }
    });
    (port, seen)
}

fn serve(manner: Manner, mut stream: TcpStream, seen: &Mutex<Seen>) -> std::io::Result<()> {
    let (mut heard, mut buffer) = (Vec::new(), [0; 4096]);
    let mut gaps = (1..u16::MAX).step_by(2);
    loop {
        while let Some((packet, used)) = Packet::decode(&heard).unwrap() {
            let answers = answer(manner, &packet, &mut seen.lock().unwrap());
            let Some(answers) = answers else { return Ok(()) };
            stream.write_all(&answers)?;
            // Each PUBREC brings the next message.
            let is_turn = matches!(packet, Packet::Subscribe(_) | Packet::PubRec(_));
            if manner == Manner::Gaps && is_turn && seen.lock().unwrap().connects.len() == 1 {
                let identifier = gaps.next().and_then(NonZeroU16::new);
                let message = Message { topic: "a", payload: b"", qos: QoS::ExactlyOnce, retain: false };
                let publish = Packet::Publish(Publish { duplicate: false, message, identifier });
                stream.write_all(&encode(&publish))?;
            }
            heard.drain(..used);
        }
        match stream.read(&mut buffer)? {
            0 => return Ok(()),
            length => heard.extend(&buffer[..length]),
        }
    }
}

/// What a broker answers to a packet; nothing when it hangs up.
fn answer(manner: Manner, packet: &Packet<'_>, seen: &mut Seen) -> Option<Vec<u8>> {
    let twice = if manner == Manner::Twice { 2 } else { 1 };
    let unknown = NonZeroU16::new(942).unwrap();
    Some(match packet {
        Packet::Connect(connect) => {
            seen.connects.push(connect.clean_session);
            if connect.clean_session {
                seen.open.clear();
            }
            let session_present = !connect.clean_session;
            let mut answers = encode(&Packet::ConnAck(ConnAck { session_present, return_code: 0 }));
            if manner == Manner::Unknown {
                for packet in [Packet::PubAck, Packet::PubRec, Packet::PubRel, Packet::PubComp] {
                    answers.extend(encode(&packet(unknown)));
                }
                answers.extend(encode(&Packet::UnsubAck(unknown)));
            }
            if manner == Manner::CutBeforePubRec {
                answers.extend(seen.open.iter().flat_map(|identifier| encode(&Packet::PubRec(*identifier))));
            }
            answers
        }
        Packet::Subscribe(subscribe) => {
            let granted: Vec<u8> = subscribe.subscriptions.iter().map(|wanted| wanted.qos.number()).collect();
            let results = Results::new(&granted).unwrap();
            encode(&Packet::SubAck(SubAck { identifier: subscribe.identifier, results })).repeat(twice)
        }
        Packet::Publish(Publish { message, identifier, duplicate }) => {
            seen.published.push((message.topic.to_owned(), message.payload.to_vec(), *duplicate));
            let Some(identifier) = *identifier else { return Some(vec![]) };
            if message.qos == QoS::AtLeastOnce || manner == Manner::PubAckOnly {
                return Some(encode(&Packet::PubAck(identifier)).repeat(twice));
            }
            seen.open.insert(identifier);
            if manner == Manner::CutBeforePubRec && seen.connects.len() == 1 {
                return None;
            }
            encode(&Packet::PubRec(identifier)).repeat(twice)
        }
        Packet::PubRel(identifier) => {
            seen.released += usize::from(seen.open.remove(identifier));
            encode(&Packet::PubComp(*identifier)).repeat(twice)
        }
        Packet::PubRec(_) | Packet::PubComp(_) | Packet::PubAck(_) => vec![],
        Packet::PingReq => encode(&Packet::PingResp),
        Packet::Disconnect => return None,
        _ => panic!("no packet of a client"),
    })
}

fn encode(packet: &Packet<'_>) -> Vec<u8> {
    let mut out = vec![0; 256];
    let length = packet.encode(&mut out).unwrap();
    out.truncate(length);
    out
}

/// The device's settings for a broker without TLS.
async fn connect(device: &Handle<'_, Rig>, port: u16, quality_of_service: u8) {
    let mut settings = settings(port, false);
    settings.mqtt.quality_of_service = quality_of_service;
    settings.mqtt.home_assistant = false;
    device.setup.store_settings(&settings).await.unwrap();
}

fn codes_of(device: &Handle<'_, Rig>) -> Vec<Error> {
    device.journal.status_codes().iter().map(|entry| entry.status.error).collect()
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap()
}

/// The states that have arrived, as the device's inputs are in them.
fn inputs(seen: &Mutex<Seen>) -> Vec<String> {
    let seen = lock(seen);
    let states = seen.published.iter().filter(|(topic, ..)| topic == STATE);
    states
        .map(|(_, state, _)| serde_json::from_slice::<Value>(state).unwrap()["inputs"].to_string())
        .collect()
}

/// Lets the device say several states, each after the one before has been acknowledged.
async fn say_states(world: &World, seen: &Mutex<Seen>) {
    for (wires, expected) in [(1, r#"["ON","OFF"]"#), (2, r#"["OFF","ON"]"#), (0, r#"["OFF","OFF"]"#)] {
        world.wires.inputs.set(wires);
        until(expected, || (inputs(seen).last().is_some_and(|last| last == expected)).then_some(())).await;
    }
}

#[test]
fn the_device_stays_on_line_whatever_a_broker_acknowledges() {
    for (number, manner) in [Manner::Twice, Manner::Unknown, Manner::PubAckOnly].into_iter().enumerate() {
        for level in 1..=2 {
            let (port, seen) = broker(manner);
            let world = World::new(&format!("manner-{number}-{level}"));
            world.run(async |device| {
                connect(device, port, level).await;
                until("a state", || inputs(&seen).first().map(drop)).await;
                say_states(&world, &seen).await;
                assert_eq!(device.journal.connection().state, ConnectionState::Connected);
                assert_eq!(lock(&seen).connects, [true], "{manner:?} at {level}");
                let is_noted = manner == Manner::PubAckOnly && level == 2;
                let noted = [codes::ACKNOWLEDGED_BY_PUBACK];
                assert_eq!(codes_of(device), if is_noted { noted.as_slice() } else { &[] });
            });
        }
    }
}

/// One cut before PUBREC, and a broker that repeats it behind CONNACK: delivered once, on the next connection, which lasts.
#[test]
fn a_cut_before_pub_rec_is_made_up_for_on_the_next_connection() {
    let (port, seen) = broker(Manner::CutBeforePubRec);
    let world = World::new("cut-before-pubrec");
    world.run(async |device| {
        connect(device, port, 2).await;
        until("the second connection", || (lock(&seen).connects.len() == 2).then_some(())).await;
        until("the first PUBREL", || (lock(&seen).released > 0).then_some(())).await;
        say_states(&world, &seen).await;
        until("every PUBREL", || lock(&seen).open.is_empty().then_some(())).await;
        assert_eq!(device.journal.connection().state, ConnectionState::Connected);
        let seen = lock(&seen);
        assert_eq!(seen.connects, [true, false]);
        // What the broker had is released, and not sent again; what it had not is. The device announces itself on both connections.
        let is_first = |(topic, ..): &&(String, Vec<u8>, bool)| topic == "house/cellar/availability";
        let announced: Vec<_> = seen.published.iter().filter(is_first).map(|(.., again)| *again).collect();
        assert_eq!(announced, [false, false]);
        assert_eq!(seen.released, seen.published.len());
        assert_eq!(codes_of(device), []);
    });
}

/// A broker that leaves more gaps than can be remembered: a code, a clean session, and back on line.
#[test]
fn a_session_that_overflows_does_not_lock_the_device_out() {
    let (port, seen) = broker(Manner::Gaps);
    let world = World::new("gaps");
    world.run(async |device| {
        connect(device, port, 2).await;
        until("the second connection", || (lock(&seen).connects.len() == 2).then_some(())).await;
        until_state(device, ConnectionState::Connected).await;
        say_states(&world, &seen).await;
        assert_eq!(lock(&seen).connects, [true, true]);
        assert_eq!(codes_of(device), [codes::SESSION_OVERFLOW]);
    });
}

/// A thousand commands of QoS 2 have waited at a real broker while the device was away: it takes them all, each of them once.
#[test]
fn a_thousand_commands_wait_for_the_device() {
    let world = World::new("thousand");
    world.run(async |device| {
        let mut peer = Peer::new(&world);
        connect(device, world.port(Listener::Plain), 2).await;
        peer.message(STATE, |_| true).await;
        // The second session is one that lasts.
        drop(Peer::named(&world, CLIENT_ID));
        until("the end", || (device.journal.connection().state != ConnectionState::Connected).then_some(()))
            .await;
        until_state(device, ConnectionState::Connected).await;
        peer.message(STATE, |_| true).await;
        world.plugged.set(false);
        drop(Peer::named(&world, CLIENT_ID));
        for number in 0..1_000 {
            peer.command("house/cellar/output/1/set", if number % 2 == 0 { "OFF" } else { "ON" });
        }
        peer.delivered().await;
        world.plugged.set(true);
        let completed = format!("Received PUBCOMP from {CLIENT_ID}");
        let commands = || world.broker.borrow().server.log().matches(&completed).count();
        let before = commands();
        until("the last command", || (commands() >= before + 1_000).then_some(())).await;
        peer.message(STATE, |state| serde_json::from_slice::<Value>(state).unwrap()["outputs"][0] == "ON")
            .await;
        assert_eq!(commands(), before + 1_000);
        assert_eq!(device.journal.connection().state, ConnectionState::Connected);
        assert_eq!(codes_of(device), []);
    });
}

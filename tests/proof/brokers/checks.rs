//! The seventeen checks: each with clients and topics of its own, at a broker that was there before and is there afterwards.

use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    time::Duration,
};

use mqtts::{
    Settings,
    mqtt::{self, Connect, Message, Packet, QoS},
    pc, status,
};

use super::Running;
use crate::client::{Heard, PATIENCE, Talker, named};

/// What a broker does; an error says what it did instead.
type Check = fn(&mut Running) -> Result<(), String>;

/// The check that needs RSA suites.
pub(super) const TLS: &str = "over TLS with an RSA suite";

/// All of them, in the table's order.
pub(super) const CHECKS: &[(&str, Check)] = &[
    ("QoS 0 both ways", |broker| there_and_back(broker, "c1", QoS::AtMostOnce)),
    ("QoS 1 both ways", |broker| there_and_back(broker, "c2", QoS::AtLeastOnce)),
    ("QoS 2 both ways, once", |broker| there_and_back(broker, "c3", QoS::ExactlyOnce)),
    ("the lower of two qualities", lower_quality),
    ("a retained message, until it is cleared", retained),
    ("the will when a client is killed", will_when_killed),
    ("no will when a client leaves", no_will_when_leaving),
    ("a session waits, QoS 1", |broker| waiting(broker, "c8", QoS::AtLeastOnce)),
    ("a session waits, QoS 2, once", |broker| waiting(broker, "c9", QoS::ExactlyOnce)),
    ("a clean session forgets", clean_session),
    ("200 KB both ways", large),
    ("wildcards", wildcards),
    ("unsubscribing", unsubscribing),
    ("keep-alive both ways", keep_alive),
    ("a refused log-in", refused),
    ("a restart", restart),
    (TLS, over_tls),
];

fn message<'a>(topic: &'a str, payload: &'a [u8], qos: QoS) -> Message<'a> {
    Message { topic, payload, qos, retain: false }
}

fn heard(topic: &str, payload: &[u8], qos: QoS) -> Heard {
    Heard { topic: topic.to_owned(), payload: payload.to_vec(), qos, retain: false }
}

fn same<T: PartialEq + std::fmt::Debug>(got: &T, expected: &T) -> Result<(), String> {
    if got == expected { Ok(()) } else { Err(format!("{got:?} and not {expected:?}")) }
}

/// Time for what should not come.
const A_WHILE: Duration = Duration::from_millis(500);

fn there_and_back(broker: &Running, name: &str, qos: QoS) -> Result<(), String> {
    let mut talker = Talker::connect(named(name), broker.port)?;
    same(&talker.subscribe(name, qos)?, &Some(qos))?;
    let payloads: Vec<Vec<u8>> = (0..20).map(|number| format!("{name} {number}").into_bytes()).collect();
    for payload in &payloads {
        talker.publish(&message(name, payload, qos))?;
    }
    talker.until("messages", |talker| talker.heard.len() >= payloads.len())?;
    talker.for_a(A_WHILE);
    let expected: Vec<Heard> = payloads.iter().map(|payload| heard(name, payload, qos)).collect();
    same(&talker.heard, &expected)?;
    talker.leave();
    Ok(())
}

/// [MQTT-3.8.4-6], [MQTT-3.3.5-1]
fn lower_quality(broker: &mut Running) -> Result<(), String> {
    let mut talker = Talker::connect(named("c4"), broker.port)?;
    same(&talker.subscribe("c4/one", QoS::AtLeastOnce)?, &Some(QoS::AtLeastOnce))?;
    same(&talker.subscribe("c4/none", QoS::AtMostOnce)?, &Some(QoS::AtMostOnce))?;
    talker.publish(&message("c4/one", b"a", QoS::ExactlyOnce))?;
    talker.publish(&message("c4/none", b"b", QoS::AtLeastOnce))?;
    talker.until("messages", |talker| talker.heard.len() >= 2)?;
    talker.heard.sort_by(|a, b| a.payload.cmp(&b.payload));
    let expected = [heard("c4/one", b"a", QoS::AtLeastOnce), heard("c4/none", b"b", QoS::AtMostOnce)];
    same(&talker.heard, &expected.to_vec())?;
    talker.leave();
    Ok(())
}

/// [MQTT-3.3.1-6], [MQTT-3.3.1-8], [MQTT-3.3.1-10]
fn retained(broker: &mut Running) -> Result<(), String> {
    let kept = Message { retain: true, ..message("c5/kept", b"still here", QoS::AtLeastOnce) };
    let mut first = Talker::connect(named("c5-first"), broker.port)?;
    first.publish(&Message { payload: b"old", ..kept })?;
    first.publish(&kept)?;
    let mut second = Talker::connect(named("c5-second"), broker.port)?;
    second.subscribe("c5/+", QoS::AtLeastOnce)?;
    second.until("retained message", |talker| !talker.heard.is_empty())?;
    second.for_a(A_WHILE);
    same(&second.heard, &vec![Heard { retain: true, ..heard("c5/kept", b"still here", QoS::AtLeastOnce) }])?;
    first.publish(&Message { payload: b"", ..kept })?;
    second.until("empty message", |talker| talker.heard.len() > 1)?;
    same(&second.heard[1], &heard("c5/kept", b"", QoS::AtLeastOnce))?;
    let mut third = Talker::connect(named("c5-third"), broker.port)?;
    third.subscribe("c5/+", QoS::AtLeastOnce)?;
    third.for_a(A_WHILE);
    same(&third.heard, &Vec::new())?;
    [first, second, third].into_iter().for_each(Talker::leave);
    Ok(())
}

fn with_will(name: &'static str) -> Settings<'static> {
    let settings = named(name);
    let will = Some(message("c6/will", b"gone", QoS::AtLeastOnce));
    Settings { mqtt: mqtt::Options { will, ..settings.mqtt }, ..settings }
}

/// [MQTT-3.1.2-8]
fn will_when_killed(broker: &mut Running) -> Result<(), String> {
    let mut witness = Talker::connect(named("c6-witness"), broker.port)?;
    witness.subscribe("c6/will", QoS::AtLeastOnce)?;
    Talker::connect(with_will("c6-victim"), broker.port)?.vanish();
    witness.until("will", |talker| !talker.heard.is_empty())?;
    same(&witness.heard, &vec![heard("c6/will", b"gone", QoS::AtLeastOnce)])?;
    witness.leave();
    Ok(())
}

/// [MQTT-3.1.2-10]
fn no_will_when_leaving(broker: &mut Running) -> Result<(), String> {
    let mut witness = Talker::connect(named("c7-witness"), broker.port)?;
    witness.subscribe("c6/will", QoS::AtLeastOnce)?;
    Talker::connect(with_will("c7-leaver"), broker.port)?.leave();
    witness.for_a(Duration::from_secs(2));
    same(&witness.heard, &Vec::new())?;
    witness.leave();
    Ok(())
}

fn persistent(name: &str) -> Settings<'static> {
    let settings = named(name);
    Settings { mqtt: mqtt::Options { clean_session: false, ..settings.mqtt }, ..settings }
}

/// [MQTT-3.1.2-4], [MQTT-3.1.2-5], [MQTT-3.2.2-2], [MQTT-3.2.2-3]
fn waiting(broker: &Running, name: &'static str, qos: QoS) -> Result<(), String> {
    let mut away = Talker::connect(persistent(name), broker.port)?;
    same(&away.connected, &vec![false])?;
    away.subscribe(name, qos)?;
    away.leave();
    let mut other = Talker::connect(named(&format!("{name}-other")), broker.port)?;
    for number in 0..10 {
        other.publish(&message(name, &[number], qos))?;
    }
    let mut back = Talker::connect(persistent(name), broker.port)?;
    same(&back.connected, &vec![true])?;
    back.until("waiting messages", |talker| talker.heard.len() >= 10)?;
    back.for_a(A_WHILE);
    let expected: Vec<Heard> = (0..10).map(|number| heard(name, &[number], qos)).collect();
    same(&back.heard, &expected)?;
    back.leave();
    // And nothing is left for the next time.
    let mut again = Talker::connect(persistent(name), broker.port)?;
    again.for_a(A_WHILE);
    same(&again.heard, &Vec::new())?;
    again.leave();
    other.leave();
    // The session goes, so that another run finds the broker as this one did.
    Talker::connect(named(name), broker.port)?.leave();
    Ok(())
}

/// [MQTT-3.1.2-6]
fn clean_session(broker: &mut Running) -> Result<(), String> {
    let mut before = Talker::connect(persistent("c10"), broker.port)?;
    before.subscribe("c10", QoS::AtLeastOnce)?;
    before.leave();
    let mut other = Talker::connect(named("c10-other"), broker.port)?;
    other.publish(&message("c10", b"waits", QoS::AtLeastOnce))?;
    let mut clean = Talker::connect(named("c10"), broker.port)?;
    same(&clean.connected, &vec![false])?;
    other.publish(&message("c10", b"passes", QoS::AtLeastOnce))?;
    clean.for_a(A_WHILE);
    same(&clean.heard, &Vec::new())?;
    clean.leave();
    let after = Talker::connect(persistent("c10"), broker.port)?;
    same(&after.connected, &vec![false])?;
    after.leave();
    Talker::connect(named("c10"), broker.port)?.leave();
    other.leave();
    Ok(())
}

fn large(broker: &mut Running) -> Result<(), String> {
    let payload: Vec<u8> =
        (0..200 * 1024_u32).map(|place| place.to_le_bytes()[0] ^ place.to_le_bytes()[1]).collect();
    let mut talker = Talker::connect(named("c11"), broker.port)?;
    talker.subscribe("c11", QoS::AtLeastOnce)?;
    talker.publish(&message("c11", &payload, QoS::AtLeastOnce))?;
    talker.until("large message", |talker| !talker.heard.is_empty())?;
    if talker.heard != [heard("c11", &payload, QoS::AtLeastOnce)] {
        return Err("other bytes came back".to_owned());
    }
    talker.leave();
    Ok(())
}

/// MQTT 3.1.1 §4.7
fn wildcards(broker: &mut Running) -> Result<(), String> {
    let mut talker = Talker::connect(named("c12"), broker.port)?;
    talker.subscribe("c12/+/lamp", QoS::AtLeastOnce)?;
    talker.subscribe("c12/garden/#", QoS::AtLeastOnce)?;
    for (number, topic) in
        ["c12/hall/lamp", "c12/hall/lamp/2", "c12/garden", "c12/garden/pump/3", "c12/lamp", "c12//lamp"]
            .into_iter()
            .enumerate()
    {
        talker.publish(&message(topic, &[u8::try_from(number).unwrap()], QoS::AtLeastOnce))?;
    }
    talker.until("messages", |talker| talker.heard.len() >= 4)?;
    talker.for_a(A_WHILE);
    let topics: Vec<&str> = talker.heard.iter().map(|heard| heard.topic.as_str()).collect();
    same(&topics, &vec!["c12/hall/lamp", "c12/garden", "c12/garden/pump/3", "c12//lamp"])?;
    talker.leave();
    Ok(())
}

/// [MQTT-3.10.4-2], [MQTT-3.10.4-4]
fn unsubscribing(broker: &mut Running) -> Result<(), String> {
    let mut talker = Talker::connect(named("c13"), broker.port)?;
    talker.subscribe("c13/a", QoS::AtLeastOnce)?;
    talker.subscribe("c13/b", QoS::AtLeastOnce)?;
    talker.unsubscribe("c13/a")?;
    talker.publish(&message("c13/a", b"no", QoS::AtLeastOnce))?;
    talker.publish(&message("c13/b", b"yes", QoS::AtLeastOnce))?;
    talker.until("message", |talker| !talker.heard.is_empty())?;
    talker.for_a(A_WHILE);
    same(&talker.heard, &vec![heard("c13/b", b"yes", QoS::AtLeastOnce)])?;
    talker.leave();
    Ok(())
}

/// [MQTT-3.12.4-1], [MQTT-3.1.2-24]
fn keep_alive(broker: &mut Running) -> Result<(), String> {
    let settings = named("c14");
    let settings = Settings {
        mqtt: mqtt::Options { keep_alive: 1, response_timeout: 2_000, ..settings.mqtt },
        ..settings
    };
    let mut talker = Talker::connect(settings, broker.port)?;
    talker.for_a(Duration::from_secs(5));
    same(&talker.ends, &Vec::new())?;
    talker.leave();

    // One that never says anything.
    let mut silent = TcpStream::connect(("127.0.0.1", broker.port)).map_err(|error| error.to_string())?;
    let connect = Packet::Connect(Connect {
        client_id: "c14-silent",
        clean_session: true,
        keep_alive: 2,
        will: None,
        user_name: Some("user"),
        password: Some(b"password"),
    });
    let mut buffer = [0; 256];
    let length = connect.encode(&mut buffer).unwrap();
    silent.write_all(&buffer[..length]).map_err(|error| error.to_string())?;
    silent.set_read_timeout(Some(Duration::from_secs(15))).unwrap();
    loop {
        match silent.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return Ok(()),
            Err(_) => return Err("a silent client is not cut after 15 seconds of 3".to_owned()),
        }
    }
}

/// [MQTT-3.2.2-5], §3.2.2.3
fn refused(broker: &mut Running) -> Result<(), String> {
    let settings = named("c15");
    let mqtt = mqtt::Options { password: Some(b"wrong"), ..settings.mqtt };
    let mut talker = Talker::new(Settings { mqtt, ..settings }, broker.port);
    talker.until("refusal", |talker| !talker.ends.is_empty() || !talker.connected.is_empty())?;
    same(&talker.connected, &Vec::new())?;
    let refusals = [status::mqtt::REFUSED_USER_NAME_OR_PASSWORD, status::mqtt::REFUSED_NOT_AUTHORIZED];
    if refusals.contains(&talker.ends[0].error) {
        return Ok(());
    }
    Err(format!("refused with {}", talker.ends[0]))
}

/// The client comes back by itself, subscribes again, and what it said meanwhile arrives.
fn restart(broker: &mut Running) -> Result<(), String> {
    let subscriptions = &[mqtt::Subscription { filter: "c16", qos: QoS::AtLeastOnce }];
    let mut talker = Talker::connect(Settings { subscriptions, ..persistent("c16") }, broker.port)?;
    talker.until("SUBACK", |talker| !talker.granted.is_empty())?;
    broker.kill();
    talker.until("end", |talker| !talker.ends.is_empty())?;
    talker
        .session
        .publish(&message("c16", b"meanwhile", QoS::AtLeastOnce))
        .map_err(|error| error.to_string())?;
    broker.start_again()?;
    talker.until_within(PATIENCE * 2, "return", |talker| talker.connected.len() > 1)?;
    talker.until("delivery", |talker| !talker.delivered.is_empty())?;
    talker.publish(&message("c16", b"afterwards", QoS::AtLeastOnce))?;
    talker.until("message", |talker| talker.heard.iter().any(|heard| heard.payload == b"afterwards"))?;
    talker.leave();
    Talker::connect(named("c16"), broker.port)?.leave();
    Ok(())
}

fn over_tls(broker: &mut Running) -> Result<(), String> {
    let security = pc::tls("127.0.0.1", crate::pki().certificate("ca")).map_err(|error| error.to_string())?;
    let mut talker = Talker::connect(Settings { security, ..named("c17") }, broker.tls.unwrap_or_default())?;
    talker.subscribe("c17", QoS::AtLeastOnce)?;
    talker.publish(&message("c17", &[b'x'; 40_000], QoS::AtLeastOnce))?;
    talker.until("message", |talker| !talker.heard.is_empty())?;
    talker.for_a(A_WHILE);
    if talker.heard != [heard("c17", &[b'x'; 40_000], QoS::AtLeastOnce)] {
        return Err("other messages came back".to_owned());
    }
    talker.leave();
    Ok(())
}

//! The connection, with a real broker: what a device of the application note does for its owner, and what it says when it cannot.

use std::cell::{Cell, RefCell};

use embassy_futures::{select::select, yield_now};
use embassy_time::Timer;
use firmware::{
    backup::{self, Slot},
    board::ResetCause,
    certificates::File,
    connection_state::ConnectionState,
    failure::hint::hint,
    settings::{PasswordHash, Settings},
    storage::Key,
    texts::hint as hints,
    web::Handle,
};
use serde_json::{Value, json};
use status::{Alert, AlertSeen, Cause, Error, Flags, Status, device as codes, net, ssl, x509};
use xtask::mosquitto::Listener;

use crate::rig::{HOST, Peer, Rig, World, other_ca, pem, settings, until, until_state};

const AVAILABILITY: &str = "house/cellar/availability";
const STATE: &str = "house/cellar/state";
const CLIENT_ID: &str = "netcontrol-020000000015";

/// A JSON document.
fn parse(payload: &[u8]) -> Value {
    serde_json::from_slice(payload)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(payload)))
}

/// The status codes, the newest first.
fn failures(device: &Handle<'_, Rig>) -> Vec<Status> {
    device.journal.status_codes().iter().map(|entry| entry.status).collect()
}

async fn failure(device: &Handle<'_, Rig>, error: Error) -> Status {
    until(&format!("{error:?}"), || failures(device).into_iter().find(|status| status.error == error)).await
}

/// Sets the device up for TLS with verification, and waits for it.
async fn connect_tls(device: &Handle<'_, Rig>, world: &World, peer: &mut Peer) {
    device.setup.replace_certificate(File::CaCertificate, &pem(File::CaCertificate)).await.unwrap();
    device.setup.store_settings(&settings(world.port(Listener::Tls), true)).await.unwrap();
    on_line(device, peer).await;
}

async fn on_line(device: &Handle<'_, Rig>, peer: &mut Peer) {
    peer.message(AVAILABILITY, |payload| payload == b"online").await;
    peer.message(STATE, |_| true).await;
    until_state(device, ConnectionState::Connected).await;
}

#[test]
fn the_device_is_on_line_without_tls_and_its_outputs_are_switched() {
    let world = World::new("plain");
    world.run(async |device| {
        let mut peer = Peer::new(&world);
        for level in 0..3 {
            let mut settings = settings(world.port(Listener::Plain), false);
            settings.mqtt.quality_of_service = level;
            device.setup.store_settings(&settings).await.unwrap();
            peer.message(AVAILABILITY, |payload| payload == b"online").await;
            let state = parse(&peer.message(STATE, |_| true).await);
            assert_eq!(state["outputs"], json!(["OFF", "OFF", "OFF"]));
            assert_eq!(state["clean_session"], true);
            peer.publish("house/cellar/output/2/set", "ON", false);
            peer.message(STATE, |payload| parse(payload)["outputs"] == json!(["OFF", "ON", "OFF"])).await;
            until("the output", || (world.wires.outputs.get() == 0b010).then_some(())).await;
            world.wires.inputs.set(0b01);
            peer.message(STATE, |payload| parse(payload)["inputs"] == json!(["ON", "OFF"])).await;
            peer.publish("house/cellar/output/2/set", "OFF", false);
            peer.message(STATE, |payload| parse(payload)["outputs"] == json!(["OFF", "OFF", "OFF"])).await;
            world.wires.inputs.set(0);
            peer.message(STATE, |payload| parse(payload)["inputs"] == json!(["OFF", "OFF"])).await;
        }
        assert_eq!(failures(device), []);
    });
    assert!(world.fed.get() > 0, "the watchdog was not fed");
}

#[test]
fn home_assistant_discovers_the_device_and_is_told_again_after_its_birth() {
    let world = World::new("discovery");
    world.run(async |device| {
        let mut peer = Peer::new(&world);
        device.setup.store_settings(&settings(world.port(Listener::Plain), false)).await.unwrap();
        let topic = format!("homeassistant/device/{CLIENT_ID}/config");
        let discovery = parse(&peer.message(&topic, |_| true).await);
        assert_eq!(discovery["components"].as_object().unwrap().len(), 3 + 2 + 2);
        peer.message(STATE, |_| true).await;
        peer.publish("homeassistant/status", "online", false);
        assert_eq!(parse(&peer.message(&topic, |_| true).await), discovery);
        peer.message(STATE, |_| true).await;
    });
}

#[test]
fn the_device_is_on_line_over_tls_with_a_client_certificate_and_everybody_has_a_turn_meanwhile() {
    let world = World::new("mutual");
    world.run(async |device| {
        let mut peer = Peer::new(&world);
        for file in File::ALL {
            device.setup.replace_certificate(file, &pem(file)).await.unwrap();
        }
        device.setup.store_settings(&settings(world.port(Listener::Mutual), true)).await.unwrap();
        let (turns, states) = (Cell::new(0_u32), RefCell::new(Vec::new()));
        let watching = async {
            loop {
                let state = device.journal.connection().state;
                if state == ConnectionState::Handshake {
                    turns.set(turns.get() + 1);
                }
                if states.borrow().last() != Some(&state) {
                    states.borrow_mut().push(state);
                }
                yield_now().await;
            }
        };
        select(watching, on_line(device, &mut peer)).await;
        // An RSA-2048 signature alone has 12 million instructions, in slices of at most 200 000.
        assert!(turns.get() > 60, "{} turns", turns.get());
        let expected = [
            ConnectionState::LookingUp,
            ConnectionState::Connecting,
            ConnectionState::Handshake,
            ConnectionState::WaitingForBroker,
            ConnectionState::Connected,
        ];
        assert!(states.borrow().ends_with(&expected), "{states:?}");
        assert_eq!(failures(device), []);
        let connection = device.journal.connection();
        assert!(connection.suite.is_some() && !connection.resumed);
        assert!(world.broker.borrow().server.log().contains("u'device-2048'"));
    });
}

#[test]
fn a_connection_that_is_cut_is_resumed() {
    let world = World::new("cut");
    world.run(async |device| {
        let mut peer = Peer::new(&world);
        connect_tls(device, &world, &mut peer).await;
        assert!(!device.journal.connection().resumed);
        for _ in 0..2 {
            // The broker throws out a client when another one comes with its identifier (MQTT 3.1.1 §3.1.4).
            drop(Peer::named(&world, CLIENT_ID));
            until("the end", || {
                (device.journal.connection().state != ConnectionState::Connected).then_some(())
            })
            .await;
            until_state(device, ConnectionState::Connected).await;
            assert!(device.journal.connection().resumed);
        }
        assert_eq!(failures(device), []);
    });
}

/// Its ticket keys are gone: a full handshake, back on line, and nothing that anybody has to know.
#[test]
fn a_broker_that_is_restarted_is_no_failure() {
    let world = World::new("restart");
    world.run(async |device| {
        let mut peer = Peer::new(&world);
        connect_tls(device, &world, &mut peer).await;
        drop(peer);
        world.broker.borrow_mut().server.kill();
        // For a while it refuses.
        let refused = || world.gateway.borrow().counters().refused;
        until("the second refusal", || (refused() >= 2).then_some(())).await;
        world.broker.borrow_mut().restart().unwrap();
        until("the end", || (device.journal.connection().state != ConnectionState::Connected).then_some(()))
            .await;
        until_state(device, ConnectionState::Connected).await;
        assert!(!device.journal.connection().resumed);
        let mut peer = Peer::new(&world);
        peer.message(AVAILABILITY, |payload| payload == b"online").await;
        assert_eq!(failures(device), []);
    });
}

#[test]
fn a_reset_resumes_both_sessions_and_brings_what_came_meanwhile() {
    let world = World::new("reset");
    let mut peer = Peer::new(&world);
    world.run(async |device| {
        connect_tls(device, &world, &mut peer).await;
        // The first session is a clean one; the second one lasts.
        drop(Peer::named(&world, CLIENT_ID));
        until("the end", || (device.journal.connection().state != ConnectionState::Connected).then_some(()))
            .await;
        on_line(device, &mut peer).await;
    });
    world.reset.set(ResetCause::Watchdog);
    // The device's socket died with it: the broker says so, by the will.
    drop(Peer::named(&world, CLIENT_ID));
    peer.publish("house/cellar/output/3/set", "ON", false);
    world.run(async |device| {
        until_state(device, ConnectionState::Connected).await;
        assert!(device.journal.connection().resumed, "the TLS session");
        until("the command", || (world.wires.outputs.get() == 0b100).then_some(())).await;
        let state = parse(&peer.message(STATE, |payload| parse(payload)["outputs"][2] == "ON").await);
        assert_eq!(state["clean_session"], false);
        assert_eq!(state["status_codes"][0]["code"], "-0x8180");
        assert_eq!(failures(device), [Status::new(codes::WATCHDOG_RESET)]);
    });
}

#[test]
fn after_a_power_cut_everything_begins_anew() {
    let world = World::new("power");
    let mut peer = Peer::new(&world);
    world.run(async |device| connect_tls(device, &world, &mut peer).await);
    world.backup.0.borrow_mut().fill(0x5A);
    world.run(async |device| {
        let state = parse(&peer.message(STATE, |_| true).await);
        assert_eq!(state["clean_session"], true);
        assert!(!device.journal.connection().resumed);
        assert_eq!(failures(device), []);
    });
}

#[test]
fn another_configuration_ends_the_old_connection_with_a_goodbye_and_forgets_its_session() {
    let world = World::new("goodbye");
    world.run(async |device| {
        let mut peer = Peer::new(&world);
        connect_tls(device, &world, &mut peer).await;
        let session = |world: &World| {
            backup::read(&mut world.backup.clone(), Slot::TlsSession, &mut [0; 2048]).is_some()
        };
        assert!(session(&world));
        let mut other = settings(world.port(Listener::Tls), true);
        other.mqtt.topic_prefix = "house/attic".try_into().unwrap();
        device.setup.store_settings(&other).await.unwrap();
        peer.message(AVAILABILITY, |payload| payload == b"offline").await;
        peer.message("house/attic/availability", |payload| payload == b"online").await;
        assert!(!device.journal.connection().resumed);
        // A certificate is part of it, too, and so is being switched off.
        let renewed = [pem(File::CaCertificate).as_slice(), b"\n"].concat();
        device.setup.replace_certificate(File::CaCertificate, &renewed).await.unwrap();
        peer.message("house/attic/availability", |payload| payload == b"offline").await;
        peer.message("house/attic/availability", |payload| payload == b"online").await;
        assert!(!device.journal.connection().resumed);
        other.mqtt.enabled = false;
        device.setup.store_settings(&other).await.unwrap();
        peer.message("house/attic/availability", |payload| payload == b"offline").await;
        until_state(device, ConnectionState::Disabled).await;
        until("the end of the session", || (!session(&world)).then_some(())).await;
        assert_eq!(failures(device), []);
    });
}

/// What the broker keeps, as somebody sees who comes now.
async fn kept(world: &World) -> Vec<String> {
    let mut newcomer = Peer::watching(world, "newcomer");
    // The broker sends what it keeps before what comes after it.
    newcomer.publish("end", "", false);
    until("the end", || {
        newcomer.pump();
        newcomer.messages.iter().any(|(topic, ..)| topic == "end").then_some(())
    })
    .await;
    let mut topics: Vec<String> =
        newcomer.messages.iter().filter(|(.., retain)| *retain).map(|(topic, ..)| topic.clone()).collect();
    topics.sort();
    topics
}

#[test]
fn retained_messages_of_an_earlier_name_are_cleared_also_after_a_time_off_line_and_a_power_cut() {
    let world = World::new("retained");
    let discovery = format!("homeassistant/device/{CLIENT_ID}/config");
    let of = |prefix: &str| [format!("{prefix}/availability"), format!("{prefix}/state")];
    let port = world.port(Listener::Plain);
    world.run(async |device| {
        let mut peer = Peer::new(&world);
        let mut new = settings(port, false);
        device.setup.store_settings(&new).await.unwrap();
        on_line(device, &mut peer).await;
        assert_eq!(
            kept(&world).await,
            [std::slice::from_ref(&discovery), of("house/cellar").as_slice()].concat()
        );
        // On line, at each quality of service.
        for (level, prefix) in [(0, "house/attic"), (1, "house/roof"), (2, "garden")] {
            new.mqtt.quality_of_service = level;
            new.mqtt.topic_prefix = prefix.try_into().unwrap();
            device.setup.store_settings(&new).await.unwrap();
            peer.message(&format!("{prefix}/state"), |_| true).await;
            until("the end of clearing", || device.setup.retained.borrow().is_empty().then_some(())).await;
            let mut expected = [std::slice::from_ref(&discovery), of(prefix).as_slice()].concat();
            expected.sort();
            assert_eq!(kept(&world).await, expected);
        }
        // Off line: a client identifier that gives the prefix, then another one, then without discovery.
        world.plugged.set(false);
        new.mqtt.topic_prefix.clear();
        for client_id in ["one", "two"] {
            new.mqtt.client_id = client_id.try_into().unwrap();
            device.setup.store_settings(&new).await.unwrap();
        }
        new.mqtt.home_assistant = false;
        device.setup.store_settings(&new).await.unwrap();
    });
    world.backup.0.borrow_mut().fill(0xA5);
    world.plugged.set(true);
    world.run(async |device| {
        until("the end of clearing", || {
            (device.journal.connection().state == ConnectionState::Connected
                && device.setup.retained.borrow().is_empty())
            .then_some(())
        })
        .await;
        let mut peer = Peer::new(&world);
        peer.message("two/state", |_| true).await;
        assert_eq!(kept(&world).await, of("two"));
        // It is forgotten in the flash, too.
        let mut saved = [0; firmware::retained::SAVED];
        let length = device.setup.storage.lock().await.read(Key::Retained, &mut saved).await.unwrap();
        assert_eq!(length, Some(0));
    });
}

#[test]
fn what_does_not_concern_the_broker_leaves_the_connection_alone() {
    let world = World::new("alone");
    world.run(async |device| {
        let mut peer = Peer::new(&world);
        let mut settings = settings(world.port(Listener::Plain), false);
        device.setup.store_settings(&settings).await.unwrap();
        on_line(device, &mut peer).await;
        settings.time.sntp_server = "10.0.2.3".try_into().unwrap();
        device.setup.store_settings(&settings).await.unwrap();
        Timer::after_millis(500).await;
        assert_eq!(device.journal.connection().state, ConnectionState::Connected);
        assert!(!peer.messages.iter().any(|(topic, ..)| topic == AVAILABILITY));
    });
}

#[test]
fn without_the_time_mqtts_waits_and_plain_mqtt_does_not() {
    let world = World::new("time");
    let services = world.gateway.borrow().services();
    world.gateway.borrow_mut().set_services(gateway::Services { sntp: false, ..services });
    world.run(async |device| {
        let mut peer = Peer::new(&world);
        device.setup.store_settings(&settings(world.port(Listener::Plain), false)).await.unwrap();
        on_line(device, &mut peer).await;
        device.setup.replace_certificate(File::CaCertificate, &pem(File::CaCertificate)).await.unwrap();
        device.setup.store_settings(&settings(world.port(Listener::Tls), true)).await.unwrap();
        until_state(device, ConnectionState::WaitingForTime).await;
        Timer::after_millis(1000).await;
        assert_eq!(device.journal.connection().state, ConnectionState::WaitingForTime);
        assert_eq!(device.clock.now(), None);
        // The clock asks again after 15 seconds at the latest.
        world.gateway.borrow_mut().set_services(services);
        on_line(device, &mut peer).await;
        assert_eq!(failures(device), []);
    });
}

fn time_since(seconds: u64) -> gateway::Time {
    gateway::Time::Since(std::time::Duration::from_secs(seconds))
}

/// Real time, in seconds since 1970.
fn real() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

#[test]
fn a_time_of_the_past_opens_no_gate_and_the_device_says_why() {
    let config = gateway::Config { time: time_since(990_000_000), ..gateway::Config::default() };
    let world = World::with("past", config);
    world.run(async |device| {
        device.setup.replace_certificate(File::CaCertificate, &pem(File::CaCertificate)).await.unwrap();
        device.setup.store_settings(&settings(world.port(Listener::Tls), true)).await.unwrap();
        // After half a minute.
        let status = failure(device, codes::CLOCK_NOT_SET).await;
        assert_eq!(hint(&status), hints::TIME_IS_PAST);
        assert_eq!(device.journal.connection().state, ConnectionState::WaitingForTime);
        assert_eq!(device.clock.now(), None);
    });
}

#[test]
fn a_clock_goes_behind_no_time_that_was_known_until_a_factory_reset() {
    let month = 30 * 24 * 3600;
    let later = real() + month;
    let world =
        World::with("known", gateway::Config { time: time_since(later), ..gateway::Config::default() });
    let set = async |device: &Handle<'_, Rig>| until("the time", || device.clock.now()).await;
    world.run(async |device| {
        let mut settings = Settings::default();
        settings.time.sntp_server = "10.0.2.2".try_into().unwrap();
        device.setup.store_settings(&settings).await.unwrap();
        // A month from what is known: by two answers.
        assert!(set(device).await >= later);
        assert!(world.gateway.borrow().counters().times_told >= 2);
        // In the flash, too.
        until("the flash", || (world.operations() > 40).then_some(())).await;
    });
    world.gateway.borrow_mut().set_time(gateway::Time::Pc);
    for is_power_cut in [false, true] {
        if is_power_cut {
            world.backup.0.borrow_mut().fill(0xA5);
        }
        world.run(async |device| {
            until("an answer", || device.clock.is_misled().then_some(())).await;
            assert_eq!(device.clock.now(), None);
        });
    }
    world.run(async |device| {
        until("an answer", || device.clock.is_misled().then_some(())).await;
        device.setup.reset_network(device.clock, device.backup).await.unwrap();
        let mut settings = device.setup.settings.borrow().clone();
        settings.time.sntp_server = "10.0.2.2".try_into().unwrap();
        device.setup.store_settings(&settings).await.unwrap();
        assert!(set(device).await < later);
    });
}

#[test]
fn every_address_of_the_broker_is_tried() {
    let dead = [[192, 0, 2, 1], [192, 0, 2, 2]].map(Into::into).to_vec();
    let world = World::with("dead", gateway::Config { dead_addresses: dead, ..gateway::Config::default() });
    world.run(async |device| {
        let mut peer = Peer::new(&world);
        device.setup.store_settings(&settings(world.port(Listener::Plain), false)).await.unwrap();
        on_line(device, &mut peer).await;
        assert_eq!(failures(device), []);
    });
}

/// What the device has sent to a UDP port, or as a TCP SYN (no port): source ports and UDP's payloads.
fn sent(world: &World, to: Option<u16>) -> Vec<(u16, Vec<u8>)> {
    let frames = world.sent.borrow();
    let read = |frame: &Vec<u8>| {
        let packet = frame.get(14..).filter(|_| frame[12..14] == [0x08, 0x00])?;
        let segment = &packet[usize::from(packet[0] & 0x0F) * 4..];
        let number = |at: usize| u16::from_be_bytes([segment[at], segment[at + 1]]);
        let is_wanted = match to {
            Some(port) => packet[9] == 17 && number(2) == port,
            None => packet[9] == 6 && segment[13] & 0x3F == 0x02,
        };
        is_wanted.then(|| (number(0), segment[8..].to_vec()))
    };
    frames.iter().filter_map(read).collect()
}

#[test]
fn nobody_can_guess_the_next_query_or_port() {
    let world = World::new("ports");
    world.run(async |device| {
        for count in 1..=4 {
            let mut settings = settings(xtask::process::free_port().unwrap(), false);
            settings.mqtt.keep_alive = count;
            device.setup.store_settings(&settings).await.unwrap();
            until("a connection", || (sent(&world, None).len() >= usize::from(count)).then_some(())).await;
        }
        until("a time", || device.clock.now()).await;
    });
    let (queries, times, opened) = (sent(&world, Some(53)), sent(&world, Some(123)), sent(&world, None));
    assert!(queries.len() >= 4 && times.len() >= 2 && opened.len() >= 4);
    for asked in [&queries, &times] {
        assert!(asked.iter().all(|(port, _)| *port >= 0xC000));
    }
    let is_counted = |numbers: &[u16]| numbers.windows(2).all(|two| two[1].wrapping_sub(two[0]) <= 1);
    let ports = |sent: &[(u16, Vec<u8>)]| sent.iter().map(|(port, _)| *port).collect::<Vec<u16>>();
    let identifiers: Vec<u16> =
        queries.iter().map(|(_, query)| u16::from_be_bytes([query[0], query[1]])).collect();
    for numbers in [ports(&queries), ports(&times), ports(&opened), identifiers] {
        assert!(!is_counted(&numbers), "{numbers:?}");
    }
    let names: std::collections::HashSet<&[u8]> = queries.iter().map(|(_, query)| &query[12..]).collect();
    assert!(names.len() > 1, "capitals at random");
    assert!(names.iter().all(|name| name.eq_ignore_ascii_case(b"\x09localhost\x00\x00\x01\x00\x01")));
}

#[test]
fn without_a_network_the_device_waits_for_one() {
    let world = World::new("network");
    let services = world.gateway.borrow().services();
    world.gateway.borrow_mut().set_services(gateway::Services { dhcp: false, ..services });
    world.run(async |device| {
        let mut peer = Peer::new(&world);
        device.setup.store_settings(&settings(world.port(Listener::Plain), false)).await.unwrap();
        until_state(device, ConnectionState::WaitingForNetwork).await;
        // A fixed address needs nobody.
        let mut fixed = settings(world.port(Listener::Plain), false);
        fixed.network.dhcp = false;
        fixed.network.address = [10, 0, 2, 15].into();
        fixed.network.gateway = [10, 0, 2, 2].into();
        fixed.network.dns_server = [10, 0, 2, 2].into();
        device.setup.store_settings(&fixed).await.unwrap();
        on_line(device, &mut peer).await;
    });
}

#[test]
fn a_broker_that_cannot_be_reached_has_the_codes_of_the_network() {
    let world = World::new("unreachable");
    world.run(async |device| {
        let mut nobody = settings(xtask::process::free_port().unwrap(), false);
        device.setup.store_settings(&nobody).await.unwrap();
        assert_eq!(failure(device, net::CONNECT_FAILED).await, Status::new(net::CONNECT_FAILED));
        until_state(device, ConnectionState::WaitingToRetry).await;
        nobody.mqtt.host = "nowhere.example".try_into().unwrap();
        device.setup.store_settings(&nobody).await.unwrap();
        failure(device, net::UNKNOWN_HOST).await;
        // Back to the broker: nothing of it is left in the way.
        let mut peer = Peer::new(&world);
        device.setup.store_settings(&settings(world.port(Listener::Plain), false)).await.unwrap();
        on_line(device, &mut peer).await;
        assert_eq!(failures(device)[0].error, net::UNKNOWN_HOST);
    });
}

#[test]
fn a_server_that_is_not_trusted_has_the_codes_of_the_note() {
    let world = World::new("untrusted");
    world.run(async |device| {
        let mut settings = settings(world.port(Listener::Tls), true);
        device.setup.store_settings(&settings).await.unwrap();
        // "the appropriate CA certificate" is not there.
        failure(device, ssl::CA_CHAIN_REQUIRED).await;
        device.setup.replace_certificate(File::CaCertificate, &other_ca()).await.unwrap();
        let status = failure(device, x509::CERT_VERIFY_FAILED).await;
        assert!(status.flags.contains(Flags::NOT_TRUSTED), "{status}");
        assert_eq!(status.alert, Some(AlertSeen::Sent(Alert::UNKNOWN_CA)));
        // Without verification it is the same to the device.
        settings.mqtt.verify_server_certificate = false;
        let mut peer = Peer::new(&world);
        device.setup.store_settings(&settings).await.unwrap();
        on_line(device, &mut peer).await;
        assert_eq!(failures(device)[0], status);
    });
}

#[test]
fn a_broker_that_wants_a_certificate_and_one_that_speaks_no_tls_have_the_codes_of_the_note() {
    let world = World::new("refusing");
    world.run(async |device| {
        device.setup.replace_certificate(File::CaCertificate, &pem(File::CaCertificate)).await.unwrap();
        device.setup.store_settings(&settings(world.port(Listener::Mutual), true)).await.unwrap();
        let status = failure(device, ssl::FATAL_ALERT_MESSAGE).await;
        assert!(matches!(status.alert, Some(AlertSeen::Received(_))), "{status}");
        assert_eq!(hint(&status), hints::NO_CLIENT_CERTIFICATE);
        device.setup.store_settings(&settings(world.port(Listener::Plain), true)).await.unwrap();
        until("a failure of the handshake", || {
            (failures(device)[0].error != ssl::FATAL_ALERT_MESSAGE).then_some(())
        })
        .await;
        let first = failures(device)[0];
        assert!([ssl::CONN_EOF, net::CONN_RESET].contains(&first.error), "{first}");
        assert_eq!(hint(&first), hints::NOT_TLS);
        assert_eq!(HOST, "localhost");
    });
}

/// The other way round: CONNECT in clear at a port of TLS, which answers with an alert, or hangs up.
#[test]
fn a_port_of_tls_in_plain_mode_is_asked_about() {
    let world = World::new("plain-at-tls");
    world.run(async |device| {
        device.setup.store_settings(&settings(world.port(Listener::Tls), false)).await.unwrap();
        let status = until("a failure", || failures(device).first().copied()).await;
        assert_eq!((status.cause, hint(&status)), (Cause::NotMqtt, hints::NOT_MQTT), "{status}");
    });
}

#[test]
fn status_codes_outlive_a_reset() {
    let world = World::new("codes");
    let port = xtask::process::free_port().unwrap();
    world.run(async |device| {
        device.setup.store_settings(&settings(port, false)).await.unwrap();
        failure(device, net::CONNECT_FAILED).await;
        let mut off = settings(port, false);
        off.mqtt.enabled = false;
        device.setup.store_settings(&off).await.unwrap();
    });
    world.reset.set(ResetCause::Panic);
    world.run(async |device| {
        let kept: Vec<_> = failures(device).iter().map(|status| status.error).collect();
        assert_eq!(kept, [codes::PANIC_RESET, net::CONNECT_FAILED]);
    });
    world.reset.set(ResetCause::Fault);
    world.run(async |device| {
        let kept: Vec<_> = failures(device).iter().map(|status| status.error).collect();
        assert_eq!(kept, [codes::FAULT_RESET, codes::PANIC_RESET]);
    });
    world.reset.set(ResetCause::PowerOn);
    world.backup.0.borrow_mut().fill(0);
    world.run(async |device| assert_eq!(failures(device), []));
}

#[test]
fn who_is_at_the_board_can_have_everything_forgotten() {
    let world = World::new("forget");
    world.run(async |device| {
        let mut settings = settings(1, false);
        settings.access.password = Some(PasswordHash { salt: [1; 16], iterations: 1, hash: [2; 32] });
        device.setup.store_settings(&settings).await.unwrap();
        device.setup.replace_certificate(File::CaCertificate, &pem(File::CaCertificate)).await.unwrap();
    });
    let is_delivered = async |device: &Handle<'_, Rig>| {
        let has_file = device.setup.certificates.lock().await.has(File::CaCertificate).await.unwrap();
        *device.setup.settings.borrow() == Settings::default() && !has_file
    };
    world.run(async |device| assert!(!is_delivered(device).await));
    world.is_to_forget.set(true);
    world.run(async |device| assert!(is_delivered(device).await));
    world.is_to_forget.set(false);
    world.run(async |device| assert!(is_delivered(device).await));
}

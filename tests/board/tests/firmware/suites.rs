//! The ten suites against a real Mosquitto with verification and a client certificate, and the instructions from the ClientHello
//! to the first MQTT packet in the application note's five cases.

use std::{fs, path::PathBuf, process::Command, time::Duration};

use board::{Options, marks::Record};
use serde_json::Value;
use xtask::{
    device::proxy::Proxy,
    mosquitto::Listener,
    pki::Pki,
    process::{self, Server},
};

use crate::{
    device::{Device, World},
    http::Session,
};

/// OpenSSL's names and the RFCs'.
const SUITES: [(&str, &str); 10] = [
    ("AES256-GCM-SHA384", "TLS_RSA_WITH_AES_256_GCM_SHA384"),
    ("AES256-CCM", "TLS_RSA_WITH_AES_256_CCM"),
    ("AES256-SHA256", "TLS_RSA_WITH_AES_256_CBC_SHA256"),
    ("AES256-SHA", "TLS_RSA_WITH_AES_256_CBC_SHA"),
    ("AES256-CCM8", "TLS_RSA_WITH_AES_256_CCM_8"),
    ("AES128-GCM-SHA256", "TLS_RSA_WITH_AES_128_GCM_SHA256"),
    ("AES128-CCM", "TLS_RSA_WITH_AES_128_CCM"),
    ("AES128-SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA256"),
    ("AES128-SHA", "TLS_RSA_WITH_AES_128_CBC_SHA"),
    ("AES128-CCM8", "TLS_RSA_WITH_AES_128_CCM_8"),
];

/// A Mosquitto with a port for each suite, each for holders of a certificate only.
fn broker_of_suites(pki: &Pki, folder: &str) -> (Server, Vec<u16>) {
    let file = |path: PathBuf| path.display().to_string();
    let mut text = "user root\nallow_anonymous true\nlog_dest stderr\n".to_owned();
    let mut ports = Vec::new();
    for (cipher, _) in SUITES {
        let port = process::free_port().unwrap();
        ports.push(port);
        text.push_str(&format!(
            "\nlistener {port} 127.0.0.1\ncertfile {}\nkeyfile {}\ncafile {}\nrequire_certificate true\n\
             tls_version tlsv1.2\nciphers {cipher}:@SECLEVEL=0\n",
            file(pki.certificate("server-chain")),
            file(pki.key("server")),
            file(pki.certificate("ca")),
        ));
    }
    let configuration = PathBuf::from(folder).join("suites.conf");
    fs::write(&configuration, text).unwrap();
    let mut command = Command::new(process::need("mosquitto").unwrap());
    command.arg("-v").arg("-c").arg(configuration);
    (Server::start(&command, "running", Duration::from_secs(60)).unwrap(), ports)
}

/// The connection that the device made after it had sent so many records: the status, and the instructions that it took.
fn connection(device: &mut Device, session: &Session, seen: usize, what: &str) -> (Value, u64) {
    let instructions = device.until(what, |device| {
        let records = device.board.records();
        let records = records.get(seen..).unwrap_or_default();
        let hello = records.iter().rposition(|record| (record.content_type, record.first_byte) == (22, 1))?;
        let first = records[hello..].iter().find(|record: &&Record| record.content_type == 23)?;
        Some(first.instructions - records[hello].instructions)
    });
    (device.until_state(session, "connected"), instructions)
}

#[test]
fn ten_suites_with_verification_and_a_client_certificate() {
    let world = World::new("suites");
    world.pki.client(2048).unwrap();
    let folder = concat!(env!("CARGO_TARGET_TMPDIR"), "/suites");
    let (_broker, ports) = broker_of_suites(&world.pki, folder);
    let mut device = Device::boot(Options::default());
    let session = device.session();
    session.load("ca", &world.file("ca.pem"));
    session.load("client", &world.file("client-2048.pem"));
    session.load("key", &world.file("client-2048.key"));
    for ((_, suite), port) in SUITES.iter().zip(ports) {
        let seen = device.board.records().len();
        session.set(&[
            ("mqtt.enabled", "on"),
            ("mqtt.tls", "on"),
            ("mqtt.verify_server_certificate", "on"),
            ("mqtt.host", "localhost"),
            ("mqtt.port", &port.to_string()),
        ]);
        let (status, instructions) = connection(&mut device, &session, seen, suite);
        assert_eq!(status["connection"]["suite"], *suite, "{status}");
        println!("{suite}: {instructions} instructions from ClientHello to the first MQTT packet");
    }
    let counters = device.board.units(|units| (units.cryp.unit.counters(), units.hash.unit.counters()));
    assert!(counters.0.blocks > 0 && counters.1.blocks > 0, "{counters:?}");
    assert_eq!((counters.0.misuse, counters.1.misuse), (0, 0), "{counters:?}");
    assert_eq!(device.board.resets(), []);
    device.assert_clean();
}

#[test]
fn the_notes_five_cases_in_instructions() {
    let world = World::new("cases");
    for bits in [1024, 2048] {
        world.pki.client(bits).unwrap();
    }
    let proxy = Proxy::start(world.broker.port(Listener::Mutual)).unwrap();
    let mut device = Device::boot(Options::default());
    let session = device.session();
    session.load("ca", &world.file("ca.pem"));
    let tls = world.broker.port(Listener::Tls).to_string();
    session.set(&[("mqtt.tls", "on"), ("mqtt.host", "localhost"), ("mqtt.port", &tls)]);
    let mut counts = Vec::new();
    let mut case = |device: &mut Device, name: &'static str, change: &dyn Fn()| {
        session.set(&[("mqtt.enabled", "off")]);
        device.until_state(&session, "disabled");
        change();
        let seen = device.board.records().len();
        session.set(&[("mqtt.enabled", "on")]);
        let (status, instructions) = connection(device, &session, seen, name);
        assert_eq!(status["connection"]["resumed"], false, "{name}: {status}");
        counts.push((name, instructions));
    };
    let verify = |on| session.set(&[("mqtt.verify_server_certificate", on)]);
    let client = |bits: u16| {
        session.load("client", &world.file(&format!("client-{bits}.pem")));
        session.load("key", &world.file(&format!("client-{bits}.key")));
        session.set(&[("mqtt.port", &proxy.port().to_string())]);
    };
    case(&mut device, "no verification", &|| verify("off"));
    case(&mut device, "verification", &|| verify("on"));
    case(&mut device, "client certificate of 1024 bits", &|| client(1024));
    case(&mut device, "client certificate of 2048 bits", &|| client(2048));
    let seen = device.board.records().len();
    device.until("a connection to cut", |_| (proxy.cut() > 0).then_some(()));
    let (status, instructions) = connection(&mut device, &session, seen, "resumed");
    assert_eq!(status["connection"]["resumed"], true, "{status}");
    counts.push(("resumed by ticket", instructions));
    println!("instructions from ClientHello to the first MQTT packet, everything in between included:");
    for (name, instructions) in &counts {
        println!("  {name}: {instructions}");
    }
    let count = |nth: usize| counts[nth].1;
    assert!(
        count(4) < count(0) && count(0) < count(1) && count(1) < count(2) && count(2) < count(3),
        "{counts:?}"
    );
    // An RSA-2048 signature is the most that the device ever computes at once.
    assert!(count(3) < 60_000_000, "{counts:?}");
    device.assert_clean();
}

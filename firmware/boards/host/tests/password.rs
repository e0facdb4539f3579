//! The password of MQTT: who gets it, and what stays of it in the flash.

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use sha2::{Digest, Sha256};

use crate::http::Device;

const PATIENCE: Duration = Duration::from_secs(60);
const SECRET: &str = "S3cretMqttPw";

/// Somebody who listens, and what whoever connects says first.
struct Listener {
    port: u16,
    heard: Receiver<Vec<u8>>,
}

impl Listener {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (say, heard) = channel();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut bytes = [0; 500];
                let length = first_words(stream, &mut bytes);
                if say.send(bytes[..length].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self { port, heard }
    }

    /// Switches MQTT off, and forgets what was said until then.
    fn forget(&self, device: &Device) {
        set(device, "mqtt.enabled=off");
        while device.request("GET", "/status.json", "", b"").json()["connection"]["state"] != "disabled" {
            thread::sleep(Duration::from_millis(10));
        }
        // What is still on its way from the device's last attempt.
        thread::sleep(Duration::from_millis(300));
        self.heard.try_iter().for_each(drop);
    }

    /// The CONNECT of a device without TLS.
    fn connect(&self) -> Vec<u8> {
        let connect = self.heard.recv_timeout(PATIENCE).unwrap();
        assert_eq!(connect.first(), Some(&0x10), "{connect:?}");
        connect
    }
}

fn first_words(mut stream: TcpStream, bytes: &mut [u8]) -> usize {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let length = stream.read(bytes).unwrap_or(0);
    // CONNACK: not authorized.
    let _ = stream.write_all(&[0x20, 2, 0, 5]);
    length
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

fn set(device: &Device, body: &str) {
    let answer = device.form("/settings", body);
    assert_eq!(answer.status, 200, "{body}: {}", answer.body);
}

fn load(device: &Device, body: &str) {
    let body = format!("# device configuration, version 1\n{body}");
    let checksum: String = Sha256::digest(&body)[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    let file = format!("{body}# checksum {checksum}\n");
    let answer = device.request("PUT", "/configuration", "Content-Type: text/plain\r\n", file.as_bytes());
    assert_eq!(answer.status, 200, "{file}: {}", answer.body);
}

/// The device of an owner whose broker is at `port`.
fn owned(name: &str, port: u16, more: &str) -> Device {
    let device = Device::set_up(name);
    let body = format!(
        "mqtt.enabled=on&mqtt.host=broker.test&mqtt.port={port}&mqtt.user_name=plant&mqtt.password={SECRET}&{more}"
    );
    set(&device, body.trim_end_matches('&'));
    device
}

/// A stored password goes only to the host, port, TLS mode and verification that it was entered for.
#[test]
fn a_stored_password_goes_to_no_other_server() {
    let (owners, other) = (Listener::new(), Listener::new());
    let (port, other_port) = (owners.port, other.port);
    let verified = "mqtt.tls=on&mqtt.verify_server_certificate=on";
    // What the owner had, and what somebody at the menu changes, with the listener who hears of it.
    for (name, before, change, listener) in [
        ("pass-host", "", format!("mqtt.host=10.0.2.2&mqtt.port={port}"), &owners),
        ("pass-port", "", format!("mqtt.port={other_port}"), &other),
        ("pass-tls", verified, "mqtt.tls=off".to_owned(), &owners),
        ("pass-verify", verified, "mqtt.verify_server_certificate=off".to_owned(), &owners),
    ] {
        let device = owned(name, port, before);
        if before.is_empty() {
            assert!(contains(&owners.connect(), SECRET), "the owner's own");
        }
        owners.forget(&device);
        set(&device, &change);
        if name == "pass-verify" {
            // The other way round is no way round.
            set(&device, "mqtt.verify_server_certificate=on&mqtt.tls=off");
        }
        set(&device, "mqtt.enabled=on");
        let connect = listener.connect();
        assert!(!contains(&connect, SECRET), "{name}");
        assert!(contains(&connect, "plant"), "{name}: the user's name is no secret");
        // Nothing of it is left: the old server does not get it either.
        let flash = fs::read(folder_of(name).join("settings.flash")).unwrap();
        assert!(!contains(&flash, SECRET), "{name}");
    }
}

fn folder_of(name: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

#[test]
fn a_configuration_file_takes_no_password_to_another_server() {
    let (owners, other) = (Listener::new(), Listener::new());
    let device = owned("pass-file", owners.port, "");
    assert!(contains(&owners.connect(), SECRET));
    // The owner's own file, with another keep-alive time.
    let own = format!(
        "mqtt.enabled = on\nmqtt.user_name = plant\nmqtt.host = Broker.test\nmqtt.port = {}\nmqtt.keep_alive = 30\n",
        owners.port
    );
    load(&device, &own);
    assert!(contains(&owners.connect(), SECRET), "the same server");
    load(&device, &own.replace(&owners.port.to_string(), &other.port.to_string()));
    let connect = other.connect();
    assert!(contains(&connect, "plant") && !contains(&connect, SECRET));
    // The listener says "not authorized", and the device why.
    let hint =
        || device.request("GET", "/status.json", "", b"").json()["status_codes"][0]["hint"].to_string();
    while !hint().contains("No password is stored") {
        thread::sleep(Duration::from_millis(20));
    }
    assert!(!contains(&fs::read(folder_of("pass-file").join("settings.flash")).unwrap(), SECRET));
}

#[test]
fn a_configuration_without_a_user_name_loads_while_a_password_is_stored() {
    let listener = Listener::new();
    let device = owned("pass-no-user", listener.port, "");
    assert!(contains(&listener.connect(), SECRET));
    load(&device, &format!("mqtt.enabled = on\nmqtt.host = broker.test\nmqtt.port = {}\n", listener.port));
    let connect = listener.connect();
    assert!(!contains(&connect, "plant") && !contains(&connect, SECRET));
}

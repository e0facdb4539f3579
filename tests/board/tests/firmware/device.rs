//! The product's firmware on the virtual board, with the PC around it: a gateway, a browser's requests, and, where a test asks
//! for them, keys and a Mosquitto.

use std::{
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use board::{Board, Options};
use gateway::{Config, Forward, Gateway, Services};
use serde_json::Value;
use xtask::{
    mosquitto::{Broker, Listener},
    pki::Pki,
};

use crate::http::Session;

/// The names that lead to this PC: the broker's, and the time server's that a new device has.
pub(crate) const NAMES: [&str; 2] = ["localhost", "pool.ntp.org"];
/// The most that anything may take on a machine that does other things too.
pub(crate) const LONG: Duration = Duration::from_secs(300);

/// A device.
pub(crate) struct Device {
    pub(crate) board: Board,
    /// The loopback port that leads to its menu.
    pub(crate) port: u16,
}

impl Device {
    /// A new device with power, a cable and everything that a network has.
    pub(crate) fn boot(options: Options) -> Self {
        Self::boot_with(options, Services { dhcp: true, dns: true, sntp: true })
    }

    /// A new device in a network that has some services only.
    pub(crate) fn boot_with(options: Options, services: Services) -> Self {
        let config = Config {
            names: NAMES.map(str::to_owned).to_vec(),
            forwards: vec![Forward { pc_port: 0, device_port: 80 }],
            services,
            ..Config::default()
        };
        let gateway = Gateway::new(config).unwrap();
        let port = gateway.forwards().next().unwrap().pc_port;
        let board = Board::start(&elf(), options, Box::new(gateway)).unwrap();
        Self { board, port }
    }

    /// Waits until the menu answers, and logs in.
    pub(crate) fn session(&mut self) -> Session {
        self.until("the menu answers", |device| Session::open(device.port).ok())
    }

    /// Waits until something is so, asking again and again.
    pub(crate) fn until<T>(&mut self, what: &str, mut ask: impl FnMut(&mut Self) -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            if let Some(found) = ask(self) {
                return found;
            }
            if begun.elapsed() > LONG {
                let (now, instructions) = (self.board.now(), self.board.instructions());
                let (resets, findings) = (self.board.resets(), self.board.findings());
                let log = String::from_utf8_lossy(&self.board.log()).into_owned();
                panic!(
                    "not within {LONG:?}: {what}; the device's time is {now:?} after {instructions} instructions, \
                     resets {resets:?}, findings {findings:#?}, log {log:?}"
                );
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until the connection's state is the one that is named, and returns the whole status.
    pub(crate) fn until_state(&mut self, session: &Session, state: &str) -> Value {
        self.until(state, |_| session.status().ok().filter(|status| status["connection"]["state"] == state))
    }

    /// Asserts that the firmware did nothing that the part does not do or that the board does not model.
    pub(crate) fn assert_clean(&mut self) {
        let findings = self.board.findings();
        assert!(findings.is_empty(), "{findings:#?}");
    }
}

/// Keys, certificates and a broker for one test.
pub(crate) struct World {
    pub(crate) pki: Pki,
    pub(crate) broker: Broker,
}

impl World {
    /// In a folder of the test's own.
    pub(crate) fn new(name: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let pki = Pki::create(&folder).unwrap();
        let broker =
            Broker::start(&folder, &pki, &[Listener::Plain, Listener::Tls, Listener::Mutual]).unwrap();
        Self { pki, broker }
    }

    /// A file of the infrastructure: `ca.pem`, or `client-2048.key`.
    pub(crate) fn file(&self, name: &str) -> Vec<u8> {
        let (stem, kind) = name.rsplit_once('.').unwrap();
        let path = if kind == "key" { self.pki.key(stem) } else { self.pki.certificate(stem) };
        std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// What makes a device connect to a listener of this broker.
    pub(crate) fn connect(&self, session: &Session, listener: Listener) {
        let port = self.broker.port(listener).to_string();
        let tls = if listener == Listener::Plain { "off" } else { "on" };
        session.set(&[
            ("mqtt.enabled", "on"),
            ("mqtt.tls", tls),
            ("mqtt.verify_server_certificate", tls),
            ("mqtt.host", "localhost"),
            ("mqtt.port", &port),
            ("mqtt.topic_prefix", "kitchen"),
        ]);
    }
}

/// Where the product's firmware is.
pub(crate) fn elf() -> PathBuf {
    std::env::var_os("FIRMWARE_ELF").map(PathBuf::from).unwrap_or_else(|| {
        panic!("FIRMWARE_ELF says where the firmware is; `cargo xtask test` builds it and sets it")
    })
}

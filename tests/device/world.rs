//! A broker, somebody who watches it, and a device.

use std::{
    path::{Path, PathBuf},
    sync::LazyLock,
    time::Duration,
};

use serde_json::Value;
use xtask::{
    device::{self, Device, File, observer::Observer},
    mosquitto::{Broker, Listener},
    pki::Pki,
    process::fresh_folder,
};

/// What the device knows the PC by, and the broker's certificate is for.
pub(crate) const HOST: &str = "localhost";
pub(crate) const PASSWORD: &str = "correct horse battery";
/// How long a message may take that the device has every reason to send.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Keys and certificates for all tests.
pub(crate) fn pki() -> &'static Pki {
    static PKI: LazyLock<Pki> = LazyLock::new(|| {
        let pki = Pki::create(&folder("pki")).unwrap();
        pki.client(2048).unwrap();
        pki
    });
    &PKI
}

/// An empty folder.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("device").join(name);
    fresh_folder(&folder).unwrap();
    folder
}

/// A broker on all three ports, an observer, and a device fresh from delivery.
pub(crate) struct World {
    pub(crate) broker: Broker,
    pub(crate) observer: Observer,
    pub(crate) device: Device,
    pub(crate) state: PathBuf,
}

impl World {
    pub(crate) fn new(name: &str) -> Self {
        Self::with(name, &[])
    }

    /// With further words on the device's command line.
    pub(crate) fn with(name: &str, words: &[&str]) -> Self {
        static PROGRAMS: LazyLock<()> = LazyLock::new(|| device::build().unwrap());
        LazyLock::force(&PROGRAMS);
        let folder = folder(name);
        let listeners = [Listener::Plain, Listener::Tls, Listener::Mutual];
        let broker = Broker::start(&folder, pki(), &listeners).unwrap();
        let observer = Observer::start(broker.port(Listener::Plain)).unwrap();
        let state = folder.join("state");
        let mut device = Device::start(device::under_test(&state).args(words)).unwrap();
        device.wait_for_menu().unwrap();
        device.log_in("/password", PASSWORD).unwrap();
        Self { broker, observer, device, state }
    }

    /// Stores the right certificates, and connects over TLS with all of them.
    pub(crate) fn connect(&mut self) -> Value {
        self.connect_by(self.broker.port(Listener::Mutual), &[])
    }

    /// As [`World::connect`], by this port, with further settings.
    pub(crate) fn connect_by(&mut self, port: u16, more: &[(&str, &str)]) -> Value {
        self.upload_right_files();
        let port = port.to_string();
        let settings = [
            ("mqtt.enabled", "on"),
            ("mqtt.tls", "on"),
            ("mqtt.host", HOST),
            ("mqtt.port", &port),
            ("mqtt.topic_prefix", "test"),
        ];
        self.device.set(&[&settings, more].concat()).unwrap();
        self.connected()
    }

    pub(crate) fn upload_right_files(&self) {
        let pki = pki();
        for (file, pem) in [
            (File::Ca, pki.certificate("ca")),
            (File::Client, pki.certificate("client-2048")),
            (File::Key, pki.key("client-2048")),
        ] {
            self.device.upload(file, &pem).unwrap();
        }
    }

    /// The status, once the device is connected.
    pub(crate) fn connected(&self) -> Value {
        self.status_when("connected", |status| status["connection"]["state"] == "connected")
    }

    /// The status, once it is as it should be.
    pub(crate) fn status_when(&self, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        let parse = |body: &str| serde_json::from_str(body).unwrap_or(Value::Null);
        let answer = self.device.wait_for_status(what, |answer| is(&parse(&answer.body)));
        parse(&answer.unwrap_or_else(|error| panic!("{error}\n{}", self.broker.server.log())).body)
    }

    pub(crate) fn status(&self) -> Value {
        serde_json::from_str(&self.device.status().unwrap().body).unwrap()
    }

    /// Waits for a message after the first `after`; how many there were then.
    pub(crate) fn see(&mut self, after: usize, message: &str) -> usize {
        self.observer.wait_for(message, after, PATIENCE, |seen| seen == message).unwrap()
    }

    /// Waits for a JSON state that is as it should be.
    pub(crate) fn see_state(&mut self, after: usize, is: impl Fn(&Value) -> bool) -> usize {
        let state = |message: &str| serde_json::from_str::<Value>(message.strip_prefix("test/state ")?).ok();
        self.observer
            .wait_for("state", after, PATIENCE, |message| state(message).is_some_and(|state| is(&state)))
            .unwrap()
    }

    /// Starts the device again on what is in its flash, as after a power cut.
    pub(crate) fn power_on(&mut self, words: &[&str]) {
        self.device = Device::start(device::under_test(&self.state).args(words)).unwrap();
        self.device.wait_for_menu().unwrap();
        self.device.log_in("/login", PASSWORD).unwrap();
    }
}

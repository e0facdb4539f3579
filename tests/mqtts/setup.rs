//! What `Client::new` says of buffers and settings that cannot be.

use mqtts::mqtt::Options;
use mqtts::status::{Error, mqtt, ssl};
use mqtts::tls12::{self, Config, Connection, Verification};
use mqtts::{Buffers, Client, Security, Settings, SetupError};

/// What a client with buffers of these lengths is refused with: `rx`, `tx`, `spill`, `in_flight`.
fn refused(settings: Settings<'_>, lengths: [usize; 4]) -> Option<SetupError> {
    let [mut rx, mut tx, mut spill, mut in_flight] = lengths.map(|length| vec![0; length]);
    let buffers =
        Buffers { rx: &mut rx, tx: &mut tx, session: &mut [], spill: &mut spill, in_flight: &mut in_flight };
    Client::new(settings, buffers).err()
}

#[test]
fn it_names_the_buffer_and_what_it_needs() {
    let config = Config { verification: Verification::None, ..Config::default() };
    let tls = Settings::new(Security::Tls { host: "localhost", config: &config }, "kitchen");
    let plain = Settings::new(Security::Plain, "kitchen");
    let (rx, tx) = (Connection::MIN_RX, Connection::MIN_TX);
    for (settings, [rx, tx]) in [(tls, [rx, tx]), (plain, [1, 4])] {
        assert_eq!(refused(settings, [rx, tx, 8, 0]), None);
        assert_eq!(refused(settings, [rx, tx, 8, 64]), None);
        let of = |lengths| refused(settings, lengths);
        assert_eq!(of([rx - 1, tx, 8, 64]), Some(SetupError::ReceiveBuffer { needed: rx }));
        assert_eq!(of([rx, tx - 1, 8, 64]), Some(SetupError::SendBuffer { needed: tx }));
        assert_eq!(of([rx, tx, 7, 64]), Some(SetupError::Spill { needed: 8 }));
        assert_eq!(of([rx, tx, 8, 63]), Some(SetupError::InFlight { needed: 64 }));
    }
}

#[test]
fn it_says_what_in_the_settings_cannot_be() {
    let config = Config { verification: Verification::Pinned, ..Config::default() };
    let settings = Settings::new(Security::Tls { host: "localhost", config: &config }, "kitchen");
    assert_eq!(refused(settings, [8192, 8192, 64, 64]), Some(SetupError::Tls(tls12::SetupError::Pins)));
    let mut settings = Settings::new(Security::Plain, "kitchen");
    settings.mqtt = Options { password: Some(b"x"), ..settings.mqtt };
    assert_eq!(refused(settings, [8192, 8192, 64, 64]), Some(SetupError::Options));
}

#[test]
fn each_has_its_code_and_a_sentence() {
    for (refusal, code, text) in [
        (SetupError::ReceiveBuffer { needed: 9 }, ssl::BUFFER_TOO_SMALL, "rx too small: 9 bytes are needed"),
        (SetupError::SendBuffer { needed: 9 }, ssl::BUFFER_TOO_SMALL, "tx too small: 9 bytes are needed"),
        (SetupError::Spill { needed: 8 }, mqtt::BUFFER_TOO_SMALL, "spill too small: 8 bytes are needed"),
        (
            SetupError::InFlight { needed: 64 },
            mqtt::BUFFER_TOO_SMALL,
            "in_flight too small: 64 bytes are needed",
        ),
        (
            SetupError::Options,
            mqtt::BAD_INPUT_DATA,
            "identifier, user name, password or will contradict each other",
        ),
        (
            SetupError::Tls(tls12::SetupError::ClientKey { bits: 512 }),
            ssl::BAD_CONFIG,
            "client key of 512 bits: 1024 to 4096 are possible",
        ),
    ] {
        assert_eq!((Error::from(refusal), refusal.to_string()), (code, text.to_owned()));
        assert_eq!(mqtts::status::Status::from(refusal).error, code);
    }
}

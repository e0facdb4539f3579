//! What the feature `log` tells: packets by name and length, and never what is in them.

use std::cell::RefCell;

use mqtts::mqtt::{Packet, Publish, QoS};
use mqtts::{Security, Settings, accel::soft::Soft};
use tests::{entropy::InsecureSeeded, link::Pieces, server::Script, throwaway::NOW};

use crate::broker::{Broker, client, message, run};
use crate::client::security;

thread_local! {
    /// What this test has told, in order: other tests of this program tell, too, from threads of their own.
    static LINES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

struct Log;

impl log::Log for Log {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        assert_eq!((record.target(), record.level()), ("mqtts", log::Level::Debug));
        LINES.with_borrow_mut(|lines| lines.push(record.args().to_string()));
    }

    fn flush(&self) {}
}

#[test]
fn packets_are_told_by_name_and_length_and_no_secret_is() {
    log::set_logger(&Log).unwrap();
    log::set_max_level(log::LevelFilter::Debug);
    let expected = [
        "mqtt > CONNECT, 38 bytes after the header",
        "mqtt < CONNACK, 2 bytes after the header",
        "mqtt > PUBLISH, QoS 1, 28 bytes after the header",
        "mqtt < PUBACK, 2 bytes after the header",
        "mqtt < PUBLISH, QoS 0, retained, 20 bytes after the header",
    ];
    for pieces in [Pieces::Whole, Pieces::Bytes] {
        for security in [security(), Security::Plain] {
            let is_tls = !matches!(security, Security::Plain);
            let mut settings = Settings::new(security, "the name");
            (settings.mqtt.user_name, settings.mqtt.password) =
                (Some("carol"), Some(b"swordfish".as_slice()));
            let (mut client, mut accel, mut happened) =
                (client(settings), Soft::new(InsecureSeeded::new(1)), Vec::new());
            let mut broker =
                if is_tls { Broker::tls(Script::default(), pieces) } else { Broker::plain(pieces) };
            client.connected(NOW);
            run(&mut client, &mut broker, &mut accel, 0, &mut happened).unwrap();
            client
                .publish(&message("the/topic", b"the own payload", QoS::AtLeastOnce), &mut accel, 1)
                .unwrap();
            run(&mut client, &mut broker, &mut accel, 2, &mut happened).unwrap();
            let mut retained = message("the/topic", b"some news", QoS::AtMostOnce);
            retained.retain = true;
            broker.say(&Packet::Publish(Publish { duplicate: false, message: retained, identifier: None }));
            run(&mut client, &mut broker, &mut accel, 3, &mut happened).unwrap();
            broker.hang_up();
            let status = run(&mut client, &mut broker, &mut accel, 4, &mut happened).unwrap_err();
            client.ended(None, &mut accel, 4);
            let lines = LINES.take();
            let (last, before) = lines.split_last().unwrap();
            let before = if is_tls {
                assert_eq!(before[0], "tls  = TLS_RSA_WITH_AES_256_GCM_SHA384, full handshake");
                &before[1..]
            } else {
                before
            };
            assert_eq!(before, expected, "{pieces:?}");
            let code = format!("end  = -0x{:04X}, next attempt in ", status.error.number());
            assert!(last.starts_with(&code), "{last}");
        }
    }
}

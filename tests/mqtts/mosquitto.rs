//! The loops over real sockets at a real Mosquitto.

use std::path::PathBuf;

use mqtts::mqtt::{Event, Message, QoS, Subscription};
use mqtts::{Client, Security, Settings, blocking::Session, pc, tls12::Config, x509::Bundle};
use xtask::{
    mosquitto::{Broker, Listener},
    pki::Pki,
};

fn folder(name: &str) -> PathBuf {
    let folder =
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("mqtts-{}", std::process::id())).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

const TOPIC: &str = "joined/topic";
const HELLO: Message<'static> =
    Message { topic: TOPIC, payload: b"hello", qos: QoS::ExactlyOnce, retain: false };

#[test]
fn a_message_comes_back_over_tls_and_after_the_broker_has_restarted() {
    let home = folder("restart");
    let pki = Pki::create(&home.join("pki")).unwrap();
    let mut broker = Broker::start(&home, &pki, &[Listener::Plain, Listener::Tls]).unwrap();
    for listener in [Listener::Tls, Listener::Plain] {
        let (text, mut storage) = pc::pem(pki.certificate("ca")).unwrap();
        let config = Config {
            anchors: Some(Bundle::from_long_pem(&text, &mut storage).unwrap()),
            ..Config::default()
        };
        let security = match listener {
            Listener::Tls => Security::Tls { host: "localhost", config: &config },
            _ => Security::Plain,
        };
        let subscriptions = [Subscription { filter: TOPIC, qos: QoS::ExactlyOnce }];
        let settings = Settings { subscriptions: &subscriptions, ..Settings::new(security, "joined") };
        let mut memory = pc::Memory::default();
        let mut client = Client::new(settings, memory.lend()).unwrap();
        let (mut accel, mut network) = (pc::accelerator(), pc::Tcp::new("127.0.0.1", broker.port(listener)));
        let mut session = Session::new(&mut client, &mut accel, &mut network);
        let mut lost = 0;
        for round in 0..2 {
            let mut is_back = false;
            for _ in 0..600 {
                match session.next(100) {
                    Ok(Some(Event::Subscribed { .. })) => {
                        session.publish(&HELLO).unwrap();
                    }
                    Ok(Some(Event::Message(received))) => {
                        assert_eq!(
                            (received.message.topic, received.message.payload),
                            (TOPIC, &b"hello"[..])
                        );
                        is_back = true;
                        break;
                    }
                    Ok(_) => {}
                    Err(_) => lost += 1,
                }
            }
            assert!(is_back, "round {round}");
            if round == 0 {
                broker.restart().unwrap();
            }
        }
        assert!(lost > 0, "the restart was noticed");
        session.disconnect(2_000);
        assert!(!session.client.is_connected());
    }
}

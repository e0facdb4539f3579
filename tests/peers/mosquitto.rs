//! Mosquitto: MQTT over every suite, with and without verification and client certificates, resumed and refused.

use mqtt::{Message, Options, QoS};
use status::{Alert, AlertSeen, Flags, ssl, x509 as codes};
use tls12::{Config, Connection, MaxFragmentLength, Suite};
use xtask::mosquitto::{Broker, Listener};

use crate::{
    files::{bundle, folder, only, pki, trusting, verifying, with_identity},
    mqtt_client::{Carrier, Got, Mqtt, named},
    tls_client::{Client, PATIENCE, Tls},
};

pub(crate) fn broker(name: &str) -> Broker {
    Broker::start(&folder(name), pki(), &[Listener::Plain, Listener::Tls, Listener::Mutual]).unwrap()
}

/// Publishes a message over the connection and expects it back.
fn round_trip(carrier: impl Into<Carrier>, payload: &[u8], qos: QoS) -> Mqtt {
    let mut mqtt = Mqtt::connect(Options::default(), carrier);
    mqtt.subscribe("peers/round", qos);
    let mut got = mqtt.publish("peers/round", payload, qos, false);
    if got.is_empty() {
        got.push(mqtt.message());
    }
    let topic = "peers/round".to_owned();
    assert_eq!(got, [Got::Message { topic, payload: payload.to_vec(), qos, retain: false }]);
    mqtt
}

fn connected(client: &Client, port: u16) -> Tls {
    client.connect(port).unwrap_or_else(|status| panic!("{status}"))
}

#[test]
fn every_suite_carries_a_message_with_verification_on_and_off() {
    let broker = broker("suites");
    for suite in Suite::ALL {
        for config in [verifying(), trusting()] {
            let tls = connected(&Client::new(only(suite, config)), broker.port(Listener::Tls));
            assert_eq!(tls.connection.suite(), Some(suite));
            assert!(!tls.connection.resumed());
            round_trip(tls, suite.name().as_bytes(), QoS::AtLeastOnce).disconnect();
        }
    }
}

#[test]
fn every_suite_with_client_certificates_of_each_length() {
    let broker = broker("clients");
    for bits in [1024, 2048, 4096] {
        for suite in Suite::ALL {
            let config = with_identity(bits, only(suite, verifying()));
            let tls = connected(&Client::new(config), broker.port(Listener::Mutual));
            assert_eq!(tls.connection.suite(), Some(suite));
            round_trip(tls, b"who am I", QoS::AtMostOnce).disconnect();
        }
        // The broker takes the user name from the certificate's common name.
        assert_eq!(broker.server.log().matches(&format!("u'device-{bits}'")).count(), Suite::ALL.len());
    }
}

#[test]
fn without_a_client_certificate_the_broker_refuses() {
    let broker = broker("nobody");
    let status = Client::new(verifying()).connect(broker.port(Listener::Mutual)).err().unwrap();
    assert_eq!(status.error, ssl::FATAL_ALERT_MESSAGE);
    assert_eq!(status.alert, Some(AlertSeen::Received(Alert(40))));
}

#[test]
fn every_suite_resumes_by_ticket_and_by_session_id() {
    let broker = broker("resumption");
    let port = broker.port(Listener::Tls);
    for suite in Suite::ALL {
        for session_tickets in [true, false] {
            let config = Config { session_tickets, ..only(suite, verifying()) };
            let client = Client::new(config);
            let full = round_trip(connected(&client, port), b"full", QoS::AtMostOnce);
            let mut full = full.disconnect();
            let first = client.resuming(full.tls());
            assert!(!first.session.is_empty(), "{suite}: nothing to resume, tickets {session_tickets}");
            // A session resumes more than once, and what the resumed connection leaves resumes again.
            for client in [&first, &first] {
                let tls = connected(client, port);
                assert!(tls.connection.resumed(), "{suite}, tickets {session_tickets}");
                assert_eq!(tls.connection.suite(), Some(suite));
                let again = client.resuming(&tls);
                round_trip(tls, b"resumed", QoS::AtLeastOnce).disconnect();
                let tls = connected(&again, port);
                assert!(tls.connection.resumed(), "{suite}, tickets {session_tickets}");
                // A broker forgets the session of a connection that ends without a farewell.
                round_trip(tls, b"resumed again", QoS::AtMostOnce).disconnect();
            }
        }
    }
}

#[test]
fn a_client_certificate_stays_with_a_resumed_session() {
    let broker = broker("resumed-client");
    let port = broker.port(Listener::Mutual);
    let client = Client::new(with_identity(2048, verifying()));
    let full = round_trip(connected(&client, port), b"full", QoS::AtMostOnce);
    let mut full = full.disconnect();
    let tls = connected(&client.resuming(full.tls()), port);
    assert!(tls.connection.resumed());
    round_trip(tls, b"resumed", QoS::AtMostOnce).disconnect();
    assert_eq!(broker.server.log().matches("u'device-2048'").count(), 2);
}

#[test]
fn a_ticket_that_a_restarted_broker_refuses_leads_to_a_full_handshake() {
    let mut broker = broker("restart");
    let port = broker.port(Listener::Tls);
    for session_tickets in [true, false] {
        let client = Client::new(Config { session_tickets, ..verifying() });
        let tls = connected(&client, port);
        let client = client.resuming(&tls);
        broker.restart().unwrap();
        let tls = connected(&client, port);
        assert!(!tls.connection.resumed());
        let renewed = client.resuming(&tls);
        round_trip(tls, b"full again", QoS::AtMostOnce).disconnect();
        assert!(connected(&renewed, port).connection.resumed());
    }
}

#[test]
fn a_session_is_only_offered_to_the_same_server_in_the_same_way() {
    let broker = broker("other");
    let port = broker.port(Listener::Tls);
    let client = Client::new(verifying());
    let session = client.resuming(&connected(&client, port)).session;
    let others = [
        Client::new(trusting()),
        Client::new(with_identity(2048, verifying())),
        Client { host: "localhost", ..Client::new(verifying()) },
    ];
    for other in others {
        let tls = connected(&Client { session: session.clone(), ..other }, port);
        assert!(!tls.connection.resumed());
    }
    assert!(connected(&Client { session, ..client }, port).connection.resumed());
}

#[test]
fn short_fragments_fit_a_short_window() {
    let broker = broker("fragments");
    let payload: Vec<u8> = (0..20_000_u32).map(|number| number.to_le_bytes()[0]).collect();
    use MaxFragmentLength::{Bytes512, Bytes1024, Bytes2048, Bytes4096};
    for limit in [Bytes512, Bytes1024, Bytes2048, Bytes4096] {
        for suite in Suite::ALL {
            let config = Config { max_fragment_length: Some(limit), ..only(suite, verifying()) };
            let client = Client { window: Connection::SMALL_RX, ..Client::new(config) };
            let tls = connected(&client, broker.port(Listener::Tls));
            let client = client.resuming(&tls);
            round_trip(tls, &payload, QoS::AtLeastOnce).disconnect();
            // RFC 6066 §4: a resumed session keeps the limit.
            let tls = connected(&client, broker.port(Listener::Tls));
            assert!(tls.connection.resumed());
            round_trip(tls, &payload, QoS::AtMostOnce).disconnect();
        }
    }
}

#[test]
fn a_stream_cut_into_single_bytes_is_the_same_stream() {
    let broker = broker("pieces");
    for piece in [1, 7] {
        let client = Client { piece, ..Client::new(with_identity(2048, verifying())) };
        let tls = connected(&client, broker.port(Listener::Mutual));
        let client = client.resuming(&tls);
        round_trip(tls, &[7; 3000], QoS::ExactlyOnce).disconnect();
        assert!(connected(&client, broker.port(Listener::Mutual)).connection.resumed());
    }
}

#[test]
fn every_quality_of_service_over_tls_and_without() {
    let broker = broker("qos");
    for qos in [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce] {
        for length in [0, 1, 100, 5000, 70_000] {
            let payload = vec![0x5A; length];
            round_trip(Carrier::plain(broker.port(Listener::Plain)), &payload, qos).disconnect();
            let tls = connected(&Client::new(verifying()), broker.port(Listener::Tls));
            round_trip(tls, &payload, qos).disconnect();
        }
    }
}

#[test]
fn a_retained_message_waits_for_its_subscriber() {
    let broker = broker("retained");
    let dial = || connected(&Client::new(verifying()), broker.port(Listener::Tls));
    let mut publisher = Mqtt::connect(Options::default(), dial());
    publisher.publish("peers/retained", b"kept", QoS::AtLeastOnce, true);
    publisher.disconnect();
    let mut subscriber = Mqtt::connect(Options::default(), dial());
    subscriber.subscribe("peers/#", QoS::ExactlyOnce);
    let topic = "peers/retained".to_owned();
    let kept = Got::Message { topic, payload: b"kept".to_vec(), qos: QoS::AtLeastOnce, retain: true };
    assert_eq!(subscriber.message(), kept);
    subscriber.disconnect();
}

#[test]
fn the_will_speaks_for_a_client_that_vanishes_and_not_for_one_that_leaves() {
    let broker = broker("will");
    let dial = || connected(&Client::new(verifying()), broker.port(Listener::Tls));
    let mut witness = Mqtt::connect(Options::default(), dial());
    witness.subscribe("peers/will/+", QoS::AtLeastOnce);
    let with_will = |topic| {
        let will = Message { topic, payload: b"gone", qos: QoS::AtLeastOnce, retain: false };
        Mqtt::connect(Options { will: Some(will), ..Options::default() }, dial())
    };
    with_will("peers/will/left").disconnect();
    drop(with_will("peers/will/vanished"));
    let topic = "peers/will/vanished".to_owned();
    let gone = Got::Message { topic, payload: b"gone".to_vec(), qos: QoS::AtLeastOnce, retain: false };
    assert_eq!(witness.message(), gone);
    witness.disconnect();
}

#[test]
fn a_persistent_session_keeps_subscriptions_and_messages() {
    let broker = broker("persistent");
    let dial = || connected(&Client::new(verifying()), broker.port(Listener::Tls));
    let keeping = Options { clean_session: false, ..named("keeper") };
    let mut keeper = Mqtt::connect(keeping, dial());
    keeper.subscribe("peers/kept", QoS::ExactlyOnce);
    let mut keeper = keeper.disconnect();

    let mut publisher = Mqtt::connect(Options::default(), dial());
    for payload in [b"one", b"two"] {
        publisher.publish("peers/kept", payload, QoS::ExactlyOnce, false);
    }
    publisher.disconnect();

    assert!(keeper.reconnect(dial()));
    for payload in [b"one", b"two"] {
        let topic = "peers/kept".to_owned();
        let kept = Got::Message { topic, payload: payload.to_vec(), qos: QoS::ExactlyOnce, retain: false };
        assert_eq!(keeper.message(), kept);
    }
    keeper.settle();
    keeper.disconnect();
}

#[test]
fn a_certificate_for_another_host_is_refused() {
    let mut broker = broker("host");
    let client = Client { host: "example.org", ..Client::new(verifying()) };
    let status = client.connect(broker.port(Listener::Tls)).err().unwrap();
    assert_eq!(status.error, codes::CERT_VERIFY_FAILED);
    assert_eq!(status.flags, Flags::CN_MISMATCH);
    // The broker has heard why.
    broker.server.wait_for("alert bad certificate", PATIENCE).unwrap();
}

#[test]
fn a_certificate_of_an_unknown_authority_is_refused() {
    let mut broker = broker("authority");
    let config = Config { anchors: Some(bundle("client-2048")), ..Config::default() };
    let status = Client::new(config).connect(broker.port(Listener::Tls)).err().unwrap();
    assert_eq!(status.error, codes::CERT_VERIFY_FAILED);
    assert_eq!(status.flags, Flags::NOT_TRUSTED);
    broker.server.wait_for("alert unknown ca", PATIENCE).unwrap();
}

#[test]
fn an_intermediate_or_the_leaf_alone_can_be_the_anchor() {
    let broker = broker("anchors");
    for anchor in ["intermediate", "server"] {
        let config = Config { anchors: Some(bundle(anchor)), ..Config::default() };
        let result = Client::new(config).connect(broker.port(Listener::Tls));
        // As in Mbed TLS 2.28, a leaf that is not self-signed is no anchor for itself.
        assert_eq!(result.is_ok(), anchor == "intermediate", "{anchor}");
    }
}

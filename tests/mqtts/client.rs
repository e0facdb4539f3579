//! The joined client against a broker in the test: whole, byte by byte and at random splits, over TLS and without it.

use mqtts::mqtt::{Packet, Publish, QoS, Subscription};
use mqtts::status::{Step, mqtt as codes, net, ssl};
use mqtts::{Client, Security, Settings, accel::soft::Soft, tls12::Want};
use tests::entropy::InsecureSeeded;
use tests::link::Pieces;
use tests::server::Script;
use tests::throwaway::{self, NOW};

use crate::broker::{Broker, client, identifier, message, run};

type Accelerator = Soft<InsecureSeeded>;

const SUBSCRIPTIONS: &[Subscription<'static>] = &[
    Subscription { filter: "kitchen/#", qos: QoS::ExactlyOnce },
    Subscription { filter: "hall", qos: QoS::AtMostOnce },
];
const PIECES: [Pieces; 3] = [Pieces::Whole, Pieces::Bytes, Pieces::Random(7)];

pub(crate) fn security() -> Security<'static> {
    let storage = vec![0; mqtts::x509::MAX_DER_LENGTH].leak();
    let anchors = mqtts::x509::Bundle::from_pem(&throwaway::text("ca.pem"), storage).unwrap();
    let config = mqtts::tls12::Config { anchors: Some(anchors), ..mqtts::tls12::Config::default() };
    Security::Tls { host: "localhost", config: Box::leak(Box::new(config)) }
}

fn settings(security: Security<'static>) -> Settings<'static> {
    let mut settings = Settings { subscriptions: SUBSCRIPTIONS, ..Settings::new(security, "kitchen") };
    settings.mqtt.clean_session = false;
    settings
}

fn accelerator() -> Accelerator {
    Soft::new(InsecureSeeded::new(1))
}

/// Each way to carry it: over TLS or not, in pieces of each kind.
fn each(test: impl Fn(Client<'static>, &dyn Fn() -> Broker)) {
    for pieces in PIECES {
        test(client(settings(security())), &|| Broker::tls(Script::default(), pieces));
        test(client(settings(Security::Plain)), &|| Broker::plain(pieces));
    }
}

#[test]
fn it_connects_subscribes_publishes_receives_and_leaves() {
    each(|mut client, broker| {
        let (mut broker, mut accel, mut happened) = (broker(), accelerator(), Vec::new());
        assert_eq!(client.retry_at(), Some(0));
        client.connected(NOW);
        assert_eq!(client.retry_at(), None);
        let want = run(&mut client, &mut broker, &mut accel, 0, &mut happened).unwrap();
        assert_eq!(want, Want::RECV | Want::WRITE);
        assert_eq!(broker.packets, ["Connect", "Subscribe"]);
        assert_eq!(happened.len(), 2, "{happened:?}");
        assert!(happened[0].starts_with("Connected") && happened[1].starts_with("Subscribed"));
        for qos in [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce] {
            client.publish(&message("kitchen/lamp", b"on", qos), &mut accel, 5).unwrap();
        }
        run(&mut client, &mut broker, &mut accel, 10, &mut happened).unwrap();
        assert_eq!(broker.packets[2..], ["Publish", "Publish", "Publish", "PubRel"]);
        assert_eq!(happened[2..].iter().filter(|event| event.starts_with("Delivered")).count(), 2);
        assert_eq!(client.mqtt().undelivered().count(), 0);

        let publish = |qos, identifier| {
            Packet::Publish(Publish {
                duplicate: false,
                message: message("kitchen/door", b"open", qos),
                identifier,
            })
        };
        broker.say(&publish(QoS::AtMostOnce, None));
        broker.say(&publish(QoS::AtLeastOnce, Some(identifier(9))));
        broker.say(&publish(QoS::ExactlyOnce, Some(identifier(10))));
        run(&mut client, &mut broker, &mut accel, 20, &mut happened).unwrap();
        assert_eq!(happened[4..].iter().filter(|event| event.starts_with("Message")).count(), 3);
        assert_eq!(broker.packets[6..], ["PubAck", "PubRec"]);

        client.disconnect();
        assert_eq!(run(&mut client, &mut broker, &mut accel, 30, &mut happened), Ok(Want::CLOSED));
        assert_eq!(broker.packets.last().unwrap(), "Disconnect");
        assert_eq!(client.ended(None, &mut accel, 30), None);
        if let crate::broker::Carrier::Tls(server) = &broker.carrier {
            assert_eq!(
                (&server.alerts[..], &server.fault),
                (&[(1, 0)][..], &None),
                "close_notify, and nothing wrong"
            );
        }
    });
}

/// What is given while there is no connection is sent on the next one; a server that has the session is not subscribed to again.
#[test]
fn what_was_not_delivered_comes_with_the_next_connection() {
    each(|mut client, broker| {
        let (mut accel, mut happened) = (accelerator(), Vec::new());
        let first = client.publish(&message("kitchen/lamp", b"on", QoS::AtLeastOnce), &mut accel, 0).unwrap();
        assert!(
            first.is_some() && client.publish(&message("x", b"", QoS::AtMostOnce), &mut accel, 0).is_err()
        );
        let mut cut = broker();
        (cut.acknowledges, cut.session_present) = (false, false);
        client.connected(NOW);
        run(&mut client, &mut cut, &mut accel, 100, &mut happened).unwrap();
        // A session that the server does not have is not continued; what came after CONNACK is.
        let second =
            client.publish(&message("kitchen/lamp", b"off", QoS::ExactlyOnce), &mut accel, 100).unwrap();
        run(&mut client, &mut cut, &mut accel, 100, &mut happened).unwrap();
        cut.hang_up();
        let status = run(&mut client, &mut cut, &mut accel, 200, &mut happened).unwrap_err();
        let is_tls = client.tls().is_some();
        assert_eq!(status.error, if is_tls { ssl::CONN_EOF } else { codes::CONNECTION_CLOSED });
        assert_eq!(client.ended(None, &mut accel, 200).map(|status| status.error), Some(status.error));
        let at = client.retry_at().unwrap();
        assert!((200 + 500..=200 + 1000).contains(&at), "{at}");

        happened.clear();
        let mut next = broker();
        next.session_present = true;
        client.connected(NOW);
        run(&mut client, &mut next, &mut accel, at, &mut happened).unwrap();
        assert!(!next.packets.contains(&"Subscribe".to_owned()), "{:?}", next.packets);
        let delivered = format!("identifier: {}", second.unwrap());
        assert!(
            happened.iter().any(|event| event.starts_with("Delivered") && event.contains(&delivered)),
            "{happened:?}"
        );
        assert_eq!(client.mqtt().undelivered().count(), 0);
    });
}

/// The TLS session goes on without a copy in the application.
#[test]
fn the_next_connection_resumes_the_tls_session() {
    let (mut client, mut accel, mut happened) = (client(settings(security())), accelerator(), Vec::new());
    let mut broker = Broker::tls(Script::default(), Pieces::Whole);
    client.connected(NOW);
    run(&mut client, &mut broker, &mut accel, 0, &mut happened).unwrap();
    assert!(!client.tls().unwrap().resumed());
    let crate::broker::Carrier::Tls(server) = &broker.carrier else { panic!("TLS") };
    let saved = server.saved();
    client.ended(Some(net::CONN_RESET), &mut accel, 60_000);
    let mut broker = Broker::tls(Script { resume: Some(saved), ..Script::default() }, Pieces::Whole);
    client.connected(NOW + 60);
    run(&mut client, &mut broker, &mut accel, 60_000, &mut happened).unwrap();
    assert!(client.tls().unwrap().resumed() && client.is_connected());
}

/// What the server said counts, not what the socket said after it.
#[test]
fn an_alert_counts_and_not_the_reset_behind_it() {
    let (mut client, mut accel, mut happened) = (client(settings(security())), accelerator(), Vec::new());
    let mut broker = Broker::tls(Script::default(), Pieces::Whole);
    client.connected(NOW);
    run(&mut client, &mut broker, &mut accel, 0, &mut happened).unwrap();
    if let crate::broker::Carrier::Tls(server) = &mut broker.carrier {
        server.alert(2, 40);
    }
    client.publish(&message("x", b"", QoS::AtMostOnce), &mut accel, 1).unwrap();
    // The socket takes nothing any more.
    client.send_closed();
    let status = run(&mut client, &mut broker, &mut accel, 1, &mut happened).unwrap_err();
    assert_eq!(status.error, ssl::FATAL_ALERT_MESSAGE);
    assert_eq!(
        client.ended(Some(net::CONN_RESET), &mut accel, 1).map(|it| it.error),
        Some(ssl::FATAL_ALERT_MESSAGE)
    );
}

#[test]
fn without_a_word_of_the_server_the_sockets_reason_counts() {
    for security in [security(), Security::Plain] {
        let (mut client, mut accel) = (client(settings(security)), accelerator());
        assert_eq!(
            client.ended(Some(net::CONNECT_FAILED), &mut accel, 0).map(|it| it.error),
            Some(net::CONNECT_FAILED)
        );
        client.connected(NOW);
        client.poll(&mut accel, 0).unwrap();
        client.recv_closed();
        let _ = client.poll(&mut accel, 0);
        let status = client.ended(Some(net::CONN_RESET), &mut accel, 0).unwrap();
        assert_eq!(status.error, net::CONN_RESET);
    }
}

/// A server that is started again says goodbye, and then nobody is there: the second failure is not the first one once more.
#[test]
fn a_connection_that_cannot_be_made_is_not_told_as_the_end_of_the_one_before() {
    let (mut client, mut accel, mut happened) = (client(settings(security())), accelerator(), Vec::new());
    let mut broker = Broker::tls(Script::default(), Pieces::Whole);
    client.connected(NOW);
    run(&mut client, &mut broker, &mut accel, 0, &mut happened).unwrap();
    if let crate::broker::Carrier::Tls(server) = &mut broker.carrier {
        server.alert(1, 0);
    }
    let status = run(&mut client, &mut broker, &mut accel, 1, &mut happened).unwrap_err();
    assert_eq!(status.error, ssl::PEER_CLOSE_NOTIFY);
    assert_eq!(client.ended(None, &mut accel, 1).map(|it| it.error), Some(ssl::PEER_CLOSE_NOTIFY));
    for _ in 0..2 {
        let status = client.ended(Some(net::CONNECT_FAILED), &mut accel, 2).unwrap();
        assert_eq!((status.error, status.step, status.alert), (net::CONNECT_FAILED, Step::Start, None));
    }
}

/// A server that accepts and then says what MQTT does not allow, again and again: the session's state may be why.
#[test]
fn a_session_that_no_connection_survives_begins_anew() {
    let (mut client, mut accel) = (client(settings(Security::Plain)), accelerator());
    client.publish(&message("x", b"", QoS::AtLeastOnce), &mut accel, 0).unwrap();
    for round in 0..4_u64 {
        let mut happened = Vec::new();
        let mut broker = Broker::plain(Pieces::Whole);
        (broker.session_present, broker.acknowledges) = (round < 3, false);
        client.connected(NOW);
        run(&mut client, &mut broker, &mut accel, round * 1000, &mut happened).unwrap();
        assert_eq!(client.mqtt().has_clean_session(), round == 3, "round {round}");
        broker.say(&Packet::PingReq);
        let status = run(&mut client, &mut broker, &mut accel, round * 1000, &mut happened).unwrap_err();
        assert_eq!(status.error, codes::UNEXPECTED_PACKET);
        client.ended(None, &mut accel, round * 1000);
    }
}

/// A server that does not answer is noticed, also while nothing can be written.
#[test]
fn a_silent_server_is_noticed() {
    let (mut client, mut accel, mut happened) =
        (client(settings(Security::Plain)), accelerator(), Vec::new());
    let mut broker = Broker::plain(Pieces::Whole);
    client.connected(NOW);
    run(&mut client, &mut broker, &mut accel, 0, &mut happened).unwrap();
    let due = client.next_deadline().unwrap();
    assert_eq!(due, 45_000, "three quarters of the keep-alive time");
    // PINGREQ leaves, and nothing comes back.
    client.poll(&mut accel, due).unwrap();
    client.sent(usize::MAX);
    let due = client.next_deadline().unwrap();
    assert_eq!(client.poll(&mut accel, due).unwrap_err().error, codes::KEEP_ALIVE_TIMEOUT);
}

#[test]
fn leaving_before_the_server_has_accepted_says_nothing_of_mqtt() {
    each(|mut client, broker| {
        let (mut broker, mut accel, mut happened) = (broker(), accelerator(), Vec::new());
        client.connected(NOW);
        client.poll(&mut accel, 0).unwrap();
        client.disconnect();
        assert!(run(&mut client, &mut broker, &mut accel, 0, &mut happened).unwrap().contains(Want::CLOSED));
        assert_eq!(client.ended(None, &mut accel, 0), None);
        assert!(!broker.packets.contains(&"Disconnect".to_owned()));
    });
}

/// A TLS session that was saved before a reset is resumed by another client.
#[test]
fn a_saved_tls_session_is_offered() {
    let (mut before, mut accel, mut happened) = (client(settings(security())), accelerator(), Vec::new());
    let mut broker = Broker::tls(Script::default(), Pieces::Whole);
    before.connected(NOW);
    run(&mut before, &mut broker, &mut accel, 0, &mut happened).unwrap();
    let saved = before.tls().unwrap().session().to_vec();
    assert!(!saved.is_empty());
    let crate::broker::Carrier::Tls(server) = &broker.carrier else { panic!("TLS") };
    for (is_offered, session) in
        [(true, saved.clone()), (false, vec![0; 100_000]), (false, saved[1..].to_vec())]
    {
        let script = Script { resume: is_offered.then(|| server.saved()), ..Script::default() };
        let (mut after, mut broker) = (client(settings(security())), Broker::tls(script, Pieces::Whole));
        after.offer(&session);
        after.connected(NOW + 60);
        run(&mut after, &mut broker, &mut accel, 0, &mut happened).unwrap();
        assert_eq!(after.tls().unwrap().resumed(), is_offered);
        assert!(after.is_connected());
    }
}

/// A server that takes the connection and says nothing: after a minute, with the step, however often the client is polled.
#[test]
fn a_handshake_has_its_time() {
    let (mut client, mut accel) = (client(settings(security())), accelerator());
    client.connected(NOW);
    assert!(client.poll(&mut accel, 5_000).unwrap().contains(Want::SEND));
    client.sent(usize::MAX);
    assert_eq!(client.next_deadline(), Some(65_000));
    client.poll(&mut accel, 64_999).unwrap();
    let status = client.poll(&mut accel, 65_000).unwrap_err();
    assert_eq!((status.error, status.step), (ssl::TIMEOUT, Step::ServerHello));
    assert_eq!(client.ended(None, &mut accel, 65_000), Some(status));
    // The next connection has its own.
    client.connected(NOW);
    client.poll(&mut accel, 70_000).unwrap();
    assert_eq!(client.next_deadline(), Some(130_000));
}

/// Why the hint for a port without TLS can be another one than for a line that is cut.
#[test]
fn a_reset_within_the_handshake_tells_its_step() {
    let (mut client, mut accel, mut happened) = (client(settings(security())), accelerator(), Vec::new());
    client.connected(NOW);
    client.poll(&mut accel, 0).unwrap();
    let status = client.ended(Some(net::CONN_RESET), &mut accel, 0).unwrap();
    assert_eq!((status.error, status.step), (net::CONN_RESET, Step::ServerHello));
    let status = client.ended(Some(net::CONNECT_FAILED), &mut accel, 0).unwrap();
    assert_eq!((status.error, status.step), (net::CONNECT_FAILED, Step::Start));
    client.connected(NOW);
    let mut broker = Broker::tls(Script::default(), Pieces::Whole);
    run(&mut client, &mut broker, &mut accel, 0, &mut happened).unwrap();
    assert_eq!(client.ended(Some(net::CONN_RESET), &mut accel, 0).unwrap().step, Step::Traffic);
}

/// What a reset must not lose is told once for each change.
#[test]
fn a_change_of_the_session_is_told() {
    each(|mut client, broker| {
        let (mut broker, mut accel, mut happened) = (broker(), accelerator(), Vec::new());
        assert!(!client.take_changed());
        client.connected(NOW);
        run(&mut client, &mut broker, &mut accel, 0, &mut happened).unwrap();
        assert!(client.take_changed() && !client.take_changed(), "connected");
        client.publish(&message("x", b"", QoS::AtLeastOnce), &mut accel, 0).unwrap();
        assert!(client.take_changed() && !client.take_changed(), "published");
        run(&mut client, &mut broker, &mut accel, 0, &mut happened).unwrap();
        assert!(client.take_changed() && !client.take_changed(), "delivered");
        client.publish(&message("x", b"", QoS::AtMostOnce), &mut accel, 0).unwrap();
        assert!(!client.take_changed(), "nothing of it is kept");
    });
}

/// A server that breaks MQTT's rules is told goodbye by TLS.
#[test]
fn a_failure_of_mqtt_closes_tls_in_order() {
    let (mut client, mut accel, mut happened) = (client(settings(security())), accelerator(), Vec::new());
    let mut broker = Broker::tls(Script::default(), Pieces::Whole);
    client.connected(NOW);
    run(&mut client, &mut broker, &mut accel, 0, &mut happened).unwrap();
    broker.say(&Packet::PingReq);
    for _ in 0..2 {
        let status = run(&mut client, &mut broker, &mut accel, 0, &mut happened).unwrap_err();
        assert_eq!((status.error, status.step), (codes::UNEXPECTED_PACKET, Step::Traffic));
    }
    let crate::broker::Carrier::Tls(server) = &broker.carrier else { panic!("TLS") };
    assert_eq!((&server.alerts[..], &server.fault), (&[(1, 0)][..], &None));
}

/// A server that repeats its PUBREC behind CONNACK has the message: it is not sent again.
#[test]
fn what_has_arrived_is_looked_at_before_anything_is_sent_again() {
    let (mut client, mut accel, mut happened) =
        (client(settings(Security::Plain)), accelerator(), Vec::new());
    let first = client.publish(&message("x", b"", QoS::ExactlyOnce), &mut accel, 0).unwrap().unwrap();
    let mut cut = Broker::plain(Pieces::Whole);
    cut.acknowledges = false;
    client.connected(NOW);
    run(&mut client, &mut cut, &mut accel, 0, &mut happened).unwrap();
    assert!(cut.packets.contains(&"Publish".to_owned()));
    client.ended(Some(net::CONN_RESET), &mut accel, 0);

    let mut broker = Broker::plain(Pieces::Whole);
    broker.session_present = true;
    client.connected(NOW);
    client.poll(&mut accel, 0).unwrap();
    broker.receive(client.send_bytes());
    client.sent(usize::MAX);
    broker.say(&Packet::PubRec(first));
    run(&mut client, &mut broker, &mut accel, 0, &mut happened).unwrap();
    assert_eq!(broker.packets, ["Connect", "PubRel"]);
    assert_eq!(client.mqtt().undelivered().count(), 0);
}

/// A CONNECT, a SUBSCRIBE and a topic that are longer than any record go through the outbox; without one they fail with their code.
#[test]
fn packets_longer_than_a_record_need_an_outbox() {
    let will = vec![b'w'; 60_000].leak();
    let topic: &'static str = String::leak("t/".repeat(10_000) + "t");
    let filters: Vec<&'static str> =
        (0..40).map(|number| &*String::leak(format!("{number}/{topic}"))).collect();
    let list: Vec<_> = filters.iter().map(|filter| Subscription { filter, qos: QoS::AtMostOnce }).collect();
    for (pieces, security) in [(Pieces::Random(50), security()), (Pieces::Random(50), Security::Plain)] {
        let is_tls = !matches!(security, Security::Plain);
        let broker = || if is_tls { Broker::tls(Script::default(), pieces) } else { Broker::plain(pieces) };
        let mut settings = Settings::new(security, "long");
        settings.mqtt.will =
            Some(mqtts::mqtt::Message { topic: "will", payload: will, qos: QoS::AtMostOnce, retain: false });
        let (mut without, mut accel, mut happened) = (client(settings), accelerator(), Vec::new());
        without.connected(NOW);
        let status = run(&mut without, &mut broker(), &mut accel, 0, &mut happened).unwrap_err();
        assert_eq!(status.error, codes::BUFFER_TOO_SMALL);

        let (mut client, mut broker) = (client(settings), broker());
        client.lend_outbox(vec![0; 1_000_000].leak());
        client.connected(NOW);
        run(&mut client, &mut broker, &mut accel, 0, &mut happened).unwrap();
        client.subscribe(&list, &mut accel, 1).unwrap();
        // Nothing can be said into the middle of it.
        let early = client.publish(&message("x", b"", QoS::AtMostOnce), &mut accel, 1);
        assert_eq!((early, client.has_output()), (Err(codes::BUFFER_TOO_SMALL), true));
        run(&mut client, &mut broker, &mut accel, 2, &mut happened).unwrap();
        client.publish(&message(topic, b"here", QoS::AtMostOnce), &mut accel, 3).unwrap();
        run(&mut client, &mut broker, &mut accel, 4, &mut happened).unwrap();
        // Begun with a long topic, gone on with in pieces.
        let begun = mqtts::mqtt::Message { payload: b"", ..message(topic, b"", QoS::AtMostOnce) };
        client.start(&begun, 100_000, &mut accel, 5).unwrap();
        let mut rest = 100_000;
        while rest > 0 {
            run(&mut client, &mut broker, &mut accel, 6, &mut happened).unwrap();
            rest -= client.chunk(&vec![b'x'; rest], &mut accel, 6).unwrap();
        }
        client.disconnect();
        run(&mut client, &mut broker, &mut accel, 7, &mut happened).unwrap();
        assert_eq!(broker.packets, ["Connect", "Subscribe", "Publish", "Publish", "Disconnect"]);
    }
}

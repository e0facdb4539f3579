//! The loop that never waits, over sockets that refuse at every other call, and that give and take one byte at a time.

use std::{cell::RefCell, rc::Rc};

use mqtts::mqtt::{Event, Packet, Publish, QoS, Subscription};
use mqtts::nonblocking::{Network, Session};
use mqtts::status::{Error, Status, mqtt as codes, net, ssl};
use mqtts::{Client, Security, Settings, accel::soft::Soft};
use nb::Error::{Other, WouldBlock};
use tests::{entropy::InsecureSeeded, link::Pieces, server::Script, throwaway::NOW};

use crate::broker::{Broker, client, identifier, message};
use crate::client::security;

/// What a test and its network share.
#[derive(Default)]
struct World {
    /// None: the connection is refused.
    broker: Option<Broker>,
    now: u64,
    connections: u32,
    /// What the socket says to a write.
    failure: Option<Error>,
    /// How often each function was called: every other call would block.
    calls: [u32; 3],
    /// The most bytes that a write takes.
    most: usize,
}

impl World {
    fn is_busy(&mut self, function: usize) -> bool {
        self.calls[function] += 1;
        self.calls[function] % 2 == 1
    }
}

#[derive(Clone)]
struct Wire(Rc<RefCell<World>>);

impl Network for Wire {
    fn connect(&mut self) -> nb::Result<(), Error> {
        let mut world = self.0.borrow_mut();
        if world.is_busy(0) {
            return Err(WouldBlock);
        }
        if world.broker.is_none() {
            return Err(Other(net::CONNECT_FAILED));
        }
        world.connections += 1;
        Ok(())
    }

    fn disconnect(&mut self) {}

    fn read(&mut self, buffer: &mut [u8]) -> nb::Result<usize, Error> {
        let mut world = self.0.borrow_mut();
        if world.is_busy(1) {
            return Err(WouldBlock);
        }
        let broker = world.broker.as_mut().unwrap();
        let bytes = broker.take(buffer.len());
        buffer[..bytes.len()].copy_from_slice(&bytes);
        if bytes.is_empty() && !broker.has_ended() { Err(WouldBlock) } else { Ok(bytes.len()) }
    }

    fn write(&mut self, bytes: &[u8]) -> nb::Result<usize, Error> {
        let mut world = self.0.borrow_mut();
        if let Some(failure) = world.failure {
            return Err(Other(failure));
        }
        if world.is_busy(2) {
            return Err(WouldBlock);
        }
        let length = bytes.len().min(world.most);
        world.broker.as_mut().unwrap().receive(&bytes[..length]);
        Ok(length)
    }

    fn now(&self) -> u64 {
        self.0.borrow().now
    }

    fn unix_time(&self) -> u64 {
        NOW
    }
}

const SUBSCRIPTIONS: &[Subscription<'static>] =
    &[Subscription { filter: "kitchen/#", qos: QoS::ExactlyOnce }];

type Test<'t> = &'t dyn Fn(&mut Session<'_, '_, Soft<InsecureSeeded>, Wire>, Wire, &dyn Fn() -> Broker);

/// Each way to carry it, in pieces of each size.
fn each(test: Test<'_>) {
    for (pieces, most) in [(Pieces::Bytes, 1), (Pieces::Random(3), 100), (Pieces::Whole, usize::MAX)] {
        for security in [security(), Security::Plain] {
            let broker = || match security {
                Security::Plain => Broker::plain(pieces),
                _ => Broker::tls(Script::default(), pieces),
            };
            let mut client: Client<'static> =
                client(Settings { subscriptions: SUBSCRIPTIONS, ..Settings::new(security, "kitchen") });
            let mut accel = Soft::new(InsecureSeeded::new(1));
            let wire = Wire(Rc::new(RefCell::new(World { most, ..World::default() })));
            test(&mut Session::new(&mut client, &mut accel, wire.clone()), wire, &broker);
        }
    }
}

/// Turns until the connection ends, or nothing moves for long.
fn turn(
    session: &mut Session<'_, '_, Soft<InsecureSeeded>, Wire>,
    mut happened: impl FnMut(&Event<'_>),
) -> Option<Status> {
    let mut blocked = 0;
    while blocked < 100 {
        blocked += 1;
        match session.next() {
            Ok(event) => {
                blocked = 0;
                event.iter().for_each(&mut happened);
            }
            Err(WouldBlock) => {}
            Err(Other(status)) => return Some(status),
        }
    }
    None
}

#[test]
fn messages_pass_whatever_blocks() {
    each(&|session, wire, broker| {
        wire.0.borrow_mut().broker = Some(broker());
        let mut subscribed = 0;
        assert_eq!(
            turn(session, |event| subscribed += u32::from(matches!(event, Event::Subscribed { .. }))),
            None
        );
        assert_eq!((subscribed, session.wants()), (1, (true, false)));
        for number in 1..=20 {
            let packet = Publish {
                duplicate: false,
                message: message("kitchen/door", b"open", QoS::ExactlyOnce),
                identifier: Some(identifier(number)),
            };
            wire.0.borrow_mut().broker.as_mut().unwrap().say(&Packet::Publish(packet));
            session.publish(&message("kitchen/lamp", b"on", QoS::AtLeastOnce)).unwrap();
        }
        assert!(session.client.has_output());
        let (mut messages, mut delivered) = (Vec::new(), 0);
        let ended = turn(session, |event| match event {
            Event::Message(received) => messages.push(received.identifier.unwrap().get()),
            Event::Delivered { .. } => delivered += 1,
            _ => {}
        });
        assert_eq!((ended, delivered), (None, 20));
        assert_eq!(messages, (1..=20).collect::<Vec<u16>>());
        assert!(!session.client.has_output());
        while session.disconnect().is_err() {}
        assert_eq!(wire.0.borrow().broker.as_ref().unwrap().packets.last().unwrap(), "Disconnect");
        assert!(session.client.retry_at().is_some());
        // Nothing is left to be done: leaving once more changes no pause.
        let at = session.client.retry_at();
        assert_eq!((session.disconnect(), session.client.retry_at()), (Ok(()), at));
    });
}

#[test]
fn it_comes_back_after_its_pauses_and_tells_each_end_once() {
    each(&|session, wire, broker| {
        assert_eq!(turn(session, |_| ()).unwrap().error, net::CONNECT_FAILED);
        let at = session.client.retry_at().unwrap();
        wire.0.borrow_mut().broker = Some(broker());
        assert_eq!((turn(session, |_| ()), wire.0.borrow().connections), (None, 0), "not before its time");
        wire.0.borrow_mut().now = at;
        assert_eq!((turn(session, |_| ()), wire.0.borrow().connections), (None, 1));
        assert!(session.client.is_connected());
        // What MQTT does not allow: the server is told nothing more, and the failure is told once.
        wire.0.borrow_mut().broker.as_mut().unwrap().say(&Packet::PingReq);
        assert_eq!(turn(session, |_| ()).unwrap().error, codes::UNEXPECTED_PACKET);
        let next = session.client.retry_at().unwrap();
        assert!(next > at);
        assert_eq!(turn(session, |_| ()), None);
        wire.0.borrow_mut().broker = Some(broker());
        wire.0.borrow_mut().now = next;
        assert_eq!((turn(session, |_| ()), wire.0.borrow().connections), (None, 2));
        wire.0.borrow_mut().broker.as_mut().unwrap().hang_up();
        let ended = turn(session, |_| ()).unwrap().error;
        assert!([ssl::CONN_EOF, codes::CONNECTION_CLOSED].contains(&ended), "{ended}");
    });
}

/// A socket that takes nothing any more: what the server has said before is heard, else it is the socket's reason that is told.
#[test]
fn a_failed_write_is_told_with_the_sockets_reason() {
    each(&|session, wire, broker| {
        wire.0.borrow_mut().broker = Some(broker());
        assert_eq!(turn(session, |_| ()), None);
        let packet = Publish {
            duplicate: false,
            message: message("kitchen/door", b"open", QoS::AtMostOnce),
            identifier: None,
        };
        wire.0.borrow_mut().broker.as_mut().unwrap().say(&Packet::Publish(packet));
        wire.0.borrow_mut().failure = Some(net::CONN_RESET);
        session.publish(&message("kitchen/lamp", b"on", QoS::AtLeastOnce)).unwrap();
        let mut messages = 0;
        let ended = turn(session, |event| messages += u32::from(matches!(event, Event::Message(_))));
        assert_eq!(ended.unwrap().error, net::CONN_RESET);
        // The rest of a message may still be under way then, and is not waited for.
        assert!(messages <= 1);
    });
}

/// A server that says nothing holds a handshake up for as long as the settings say.
#[test]
fn a_handshake_that_takes_too_long_is_given_up() {
    let mut client = client(Settings { handshake_time: 5_000, ..Settings::new(security(), "late") });
    let mut accel = Soft::new(InsecureSeeded::new(1));
    let wire = Wire(Rc::new(RefCell::new(World { most: usize::MAX, now: 100, ..World::default() })));
    let mut session = Session::new(&mut client, &mut accel, wire.clone());
    // It takes everything and answers nothing.
    wire.0.borrow_mut().broker = Some(Broker::plain(Pieces::Whole));
    wire.0.borrow_mut().broker.as_mut().unwrap().is_deaf = true;
    assert_eq!(turn(&mut session, |_| ()), None);
    assert_eq!(session.client.next_deadline(), Some(5_100));
    wire.0.borrow_mut().now = 5_099;
    assert_eq!(turn(&mut session, |_| ()), None);
    wire.0.borrow_mut().now = 5_100;
    let status = turn(&mut session, |_| ()).unwrap();
    assert_eq!((status.error, status.step), (ssl::TIMEOUT, mqtts::status::Step::ServerHello));
}

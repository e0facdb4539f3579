//! The asynchronous loop over sockets that make it wait at every turn, and that are abandoned wherever they wait.

use std::{
    cell::{Cell, RefCell},
    convert::Infallible,
    future::{Future, poll_fn},
    pin::pin,
    task::{Context, Poll, Waker},
};

use embedded_io_async::{ErrorType, Read, Write};
use mqtts::asynchronous::{Clock, Connect, Lend, Session};
use mqtts::mqtt::{Event, Packet, Publish, QoS, Subscription};
use mqtts::status::{Error, net, ssl};
use mqtts::{Client, Security, Settings, accel::soft::Soft};
use tests::{entropy::InsecureSeeded, link::Pieces, server::Script, throwaway::NOW};

use crate::broker::{Broker, client, identifier, message};
use crate::client::security;

/// A socket to a broker in the test; each operation is pending once before it is done.
struct Socket<'a> {
    broker: &'a RefCell<Option<Broker>>,
    /// How often it was connected.
    connections: &'a Cell<u32>,
}

/// A clock that stands until somebody waits for it.
struct Time<'a>(&'a Cell<u64>);

async fn pending_once() {
    let mut has_waited = false;
    poll_fn(|_| if std::mem::replace(&mut has_waited, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}

impl ErrorType for Socket<'_> {
    type Error = Infallible;
}

impl Read for Socket<'_> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        pending_once().await;
        poll_fn(|_| {
            let mut broker = self.broker.borrow_mut();
            let broker = broker.as_mut().unwrap();
            let bytes = broker.take(buffer.len());
            buffer[..bytes.len()].copy_from_slice(&bytes);
            if bytes.is_empty() && !broker.has_ended() { Poll::Pending } else { Poll::Ready(Ok(bytes.len())) }
        })
        .await
    }
}

impl Write for Socket<'_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        pending_once().await;
        let length = bytes.len().min(100);
        self.broker.borrow_mut().as_mut().unwrap().receive(&bytes[..length]);
        Ok(length)
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        pending_once().await;
        Ok(())
    }
}

impl Connect for Socket<'_> {
    async fn connect(&mut self) -> Result<(), Error> {
        pending_once().await;
        if self.broker.borrow().is_none() {
            return Err(net::CONNECT_FAILED);
        }
        self.connections.set(self.connections.get() + 1);
        Ok(())
    }

    async fn disconnect(&mut self) {}
}

impl Clock for Time<'_> {
    fn now(&self) -> u64 {
        self.0.get()
    }

    fn unix_time(&self) -> u64 {
        NOW
    }

    async fn wait_until(&self, milliseconds: u64) {
        pending_once().await;
        poll_fn(|_| if self.0.get() >= milliseconds { Poll::Ready(()) } else { Poll::Pending }).await;
    }
}

/// Polls a future so many times; nothing if that was not enough, and it is dropped.
fn patiently<T>(future: impl Future<Output = T>, times: usize) -> Option<T> {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    (0..times).find_map(|_| match future.as_mut().poll(&mut context) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    })
}

const SUBSCRIPTIONS: &[Subscription<'static>] =
    &[Subscription { filter: "kitchen/#", qos: QoS::ExactlyOnce }];

fn each(test: impl Fn(Client<'static>, Broker)) {
    for security in [security(), Security::Plain] {
        let broker = match security {
            Security::Plain => Broker::plain(Pieces::Random(5)),
            _ => Broker::tls(Script::default(), Pieces::Random(5)),
        };
        test(client(Settings { subscriptions: SUBSCRIPTIONS, ..Settings::new(security, "kitchen") }), broker);
    }
}

/// Every operation is abandoned after a few polls, as `select` with a fast timer does: nothing is lost, doubled or out of order.
#[test]
fn it_may_be_abandoned_wherever_it_waits() {
    for times in [3, 4, 7, 1000] {
        each(|mut client, broker| {
            let (broker, connections, now) = (RefCell::new(Some(broker)), Cell::new(0), Cell::new(0));
            let mut accel = Soft::new(InsecureSeeded::new(1));
            let socket = Socket { broker: &broker, connections: &connections };
            let mut session = Session::new(&mut client, &mut accel, socket, Time(&now));
            let (mut messages, mut delivered) = (Vec::new(), 0);
            for _ in 0..200_000 {
                match patiently(session.next(), times) {
                    Some(Ok(Some(Event::Subscribed { .. }))) => {
                        for number in 1..=20 {
                            let message = message("kitchen/door", b"open", QoS::ExactlyOnce);
                            let packet =
                                Publish { duplicate: false, message, identifier: Some(identifier(number)) };
                            broker.borrow_mut().as_mut().unwrap().say(&Packet::Publish(packet));
                            session.publish(&self::message("kitchen/lamp", b"on", QoS::AtLeastOnce)).unwrap();
                        }
                    }
                    Some(Ok(Some(Event::Message(received)))) => {
                        messages.push(received.identifier.unwrap().get())
                    }
                    Some(Ok(Some(Event::Delivered { .. }))) => delivered += 1,
                    Some(Ok(_)) | None => {}
                    Some(Err(status)) => panic!("{status}"),
                }
                if messages.len() == 20 && delivered == 20 {
                    break;
                }
            }
            assert_eq!(messages, (1..=20).collect::<Vec<u16>>(), "{times} polls");
            assert_eq!((delivered, connections.get()), (20, 1));
            patiently(session.disconnect(), 100_000).unwrap();
            let broker = broker.borrow();
            assert_eq!(broker.as_ref().unwrap().packets.last().map(String::as_str), Some("Disconnect"));
        });
    }
}

/// Refused, then accepted, then cut: each end is told once, and the next attempt comes after its pause.
#[test]
fn it_comes_back_after_its_pauses() {
    each(|mut client, first| {
        let (broker, connections, now) = (RefCell::new(None), Cell::new(0), Cell::new(0));
        let mut accel = Soft::new(InsecureSeeded::new(1));
        let socket = Socket { broker: &broker, connections: &connections };
        let mut session = Session::new(&mut client, &mut accel, socket, Time(&now));
        let error = |result: Option<Result<Option<Event<'_>>, mqtts::status::Status>>| match result {
            Some(Err(status)) => status.error,
            _ => panic!("no end was told"),
        };
        assert_eq!(error(patiently(session.next(), 100)), net::CONNECT_FAILED);
        let at = session.client.retry_at().unwrap();
        assert!(patiently(session.next(), 100).is_none(), "not before its time");
        *broker.borrow_mut() = Some(first);
        now.set(at);
        while !session.client.is_connected() {
            let _ = patiently(session.next(), 1000);
        }
        broker.borrow_mut().as_mut().unwrap().hang_up();
        let ended = loop {
            match patiently(session.next(), 1000) {
                Some(Err(status)) => break status.error,
                Some(Ok(_)) => {}
                None => panic!("the end is not noticed"),
            }
        };
        assert!([ssl::CONN_EOF, mqtts::status::mqtt::CONNECTION_CLOSED].contains(&ended), "{ended}");
        assert!(session.client.retry_at().unwrap() > at && connections.get() == 1);
    });
}

/// An accelerator that others use, too.
struct Shared<'a>(&'a RefCell<Soft<InsecureSeeded>>);

impl Lend for Shared<'_> {
    type Accel = Soft<InsecureSeeded>;

    fn lend<T>(&mut self, use_it: impl FnOnce(&mut Self::Accel) -> T) -> T {
        use_it(&mut self.0.borrow_mut())
    }
}

/// Between two calls the accelerator is free, and a failure of MQTT is told once.
#[test]
fn the_accelerator_is_lent_for_one_call_at_a_time() {
    each(|mut client, broker| {
        let (broker, connections, now) = (RefCell::new(Some(broker)), Cell::new(0), Cell::new(0));
        let accel = RefCell::new(Soft::new(InsecureSeeded::new(1)));
        let socket = Socket { broker: &broker, connections: &connections };
        let mut session = Session::new(&mut client, Shared(&accel), socket, Time(&now));
        while !session.client.is_connected() {
            let mut next = pin!(session.next());
            let mut context = Context::from_waker(Waker::noop());
            while next.as_mut().poll(&mut context).is_pending() {
                assert!(accel.try_borrow_mut().is_ok());
            }
        }
        broker.borrow_mut().as_mut().unwrap().say(&Packet::PingReq);
        let mut told = Vec::new();
        while session.client.retry_at().is_none() {
            told.extend(patiently(session.next(), 1000).unwrap().err().map(|status| status.error));
        }
        assert_eq!(told, [mqtts::status::mqtt::UNEXPECTED_PACKET]);
    });
}

/// A server that reads nothing: what is due is noticed although the socket takes nothing.
#[test]
fn a_socket_that_takes_nothing_holds_up_no_deadline() {
    struct Full;
    impl ErrorType for Full {
        type Error = Infallible;
    }
    impl Read for Full {
        async fn read(&mut self, _: &mut [u8]) -> Result<usize, Infallible> {
            std::future::pending().await
        }
    }
    impl Write for Full {
        async fn write(&mut self, _: &[u8]) -> Result<usize, Infallible> {
            std::future::pending().await
        }

        async fn flush(&mut self) -> Result<(), Infallible> {
            Ok(())
        }
    }
    impl Connect for Full {
        async fn connect(&mut self) -> Result<(), Error> {
            Ok(())
        }

        async fn disconnect(&mut self) {}
    }
    each(|mut client, _| {
        let (mut accel, now) = (Soft::new(InsecureSeeded::new(1)), Cell::new(0));
        let mut session = Session::new(&mut client, &mut accel, Full, Time(&now));
        let mut error = None;
        for _ in 0..1000 {
            if let Some(Err(status)) = patiently(session.next(), 10) {
                error = Some(status.error);
                break;
            }
            now.set(now.get() + 1_000);
        }
        assert!(
            [Some(ssl::TIMEOUT), Some(mqtts::status::mqtt::KEEP_ALIVE_TIMEOUT)].contains(&error),
            "{error:?}"
        );
    });
}

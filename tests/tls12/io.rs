//! The three adapters over the same scripted server: blocking, asynchronous, `nb`.
#![expect(clippy::arithmetic_side_effects, clippy::panic, clippy::unwrap_used, reason = "tests")]

mod last_words;

use core::cell::Cell;
use core::convert::Infallible;
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::{Context, Poll, Waker};

use accel::{HashAlgorithm, PublicKey as _, soft::Soft};
use embedded_io::{BufRead as _, Read as _, Write as _};
use status::{Alert, ssl};
use tests::entropy::InsecureSeeded;
use tests::link::{Cutter, Pieces};
use tests::server::{CertificateRequest, Flight, Item, Script, Server};
use tests::throwaway::{der, rsa_public_key};
use tls12::io::{Error, Stream, nonblocking};
use tls12::{Config, Connection};

use super::handshake::{Memory, PIECES, identity, peer, trusting};

/// A socket with the server behind it, which takes and gives pieces of any size.
struct Wire {
    server: Server,
    cutter: Cutter,
    /// Whether the next `nb` call is told to wait.
    waits: bool,
    waited: usize,
}

impl Wire {
    fn new(script: Script) -> Self {
        Self::cut(script, Pieces::Random(100))
    }

    fn cut(script: Script, pieces: Pieces) -> Self {
        Self { server: Server::new(script), cutter: Cutter::new(pieces), waits: false, waited: 0 }
    }

    fn take(&mut self, out: &mut [u8]) -> usize {
        assert!(!out.is_empty(), "read into an empty slice");
        assert!(!self.server.is_silent() || self.server.ended, "would wait for ever");
        let bytes = self.server.take_output(self.cutter.piece(out.len()));
        out.iter_mut().zip(&bytes).for_each(|(to, from)| *to = *from);
        bytes.len()
    }

    fn give(&mut self, data: &[u8]) -> usize {
        assert!(!data.is_empty(), "write of an empty slice");
        let length = self.cutter.piece(data.len());
        self.server.receive(data.get(..length).unwrap());
        length
    }

    /// Every other call has to wait.
    fn must_wait(&mut self) -> bool {
        self.waits = !self.waits;
        self.waited += usize::from(self.waits);
        self.waits
    }
}

impl embedded_io::ErrorType for Wire {
    type Error = Infallible;
}

impl embedded_io::Read for Wire {
    fn read(&mut self, out: &mut [u8]) -> Result<usize, Infallible> {
        Ok(self.take(out))
    }
}

impl embedded_io::Write for Wire {
    fn write(&mut self, data: &[u8]) -> Result<usize, Infallible> {
        Ok(self.give(data))
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// The same socket for the other traits, as no type should have to say which `read` is meant.
struct AsynchronousWire(Wire);

impl AsynchronousWire {
    async fn wait(&mut self) {
        poll_fn(|_| if self.0.must_wait() { Poll::Pending } else { Poll::Ready(()) }).await;
    }
}

impl embedded_io::ErrorType for AsynchronousWire {
    type Error = Infallible;
}

impl embedded_io_async::Read for AsynchronousWire {
    async fn read(&mut self, out: &mut [u8]) -> Result<usize, Infallible> {
        self.wait().await;
        Ok(self.0.take(out))
    }
}

impl embedded_io_async::Write for AsynchronousWire {
    async fn write(&mut self, data: &[u8]) -> Result<usize, Infallible> {
        self.wait().await;
        Ok(self.0.give(data))
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl nonblocking::Socket for Wire {
    type Error = Infallible;

    fn read(&mut self, out: &mut [u8]) -> nb::Result<usize, Infallible> {
        if self.must_wait() { Err(nb::Error::WouldBlock) } else { Ok(self.take(out)) }
    }

    fn write(&mut self, data: &[u8]) -> nb::Result<usize, Infallible> {
        if self.must_wait() { Err(nb::Error::WouldBlock) } else { Ok(self.give(data)) }
    }
}

fn accelerator() -> Soft<InsecureSeeded> {
    Soft::new(InsecureSeeded::new(1))
}

/// Lends everything that a stream needs to a test.
fn with<S>(mut socket: S, test: impl FnOnce(&mut Stream<'_, '_, Soft<InsecureSeeded>, S>)) -> S {
    let (config, mut memory): (Config<'_>, _) = (trusting(), Memory::new());
    let mut connection: Connection<'_> = memory.connect(&config, peer(&[]));
    let mut accel = accelerator();
    test(&mut Stream { connection: &mut connection, accel: &mut accel, socket: &mut socket });
    socket
}

fn text() -> Vec<u8> {
    (0_u32..40_000).map(|at| at.to_le_bytes()[0]).collect()
}

/// A server whose chain nobody trusts.
fn stranger() -> Script {
    Script { chain: vec![der("server.pem")], ..Script::default() }
}

/// A server that ends its stream in the middle of its second flight.
fn quitter() -> Script {
    Script::default().edited_in(Flight::Finish, |items| *items = vec![Item::End])
}

#[test]
fn blocking() {
    PIECES.into_iter().for_each(blocking_in);
}

fn blocking_in(pieces: Pieces) {
    with(Wire::cut(Script::default(), pieces), |stream| {
        stream.handshake().unwrap();
        assert!(stream.socket.server.connected);
        stream.write_all(&text()).unwrap();
        stream.flush().unwrap();
        assert!(stream.socket.server.data == text());
        assert_eq!(stream.write(&[]), Ok(0));

        stream.socket.server.send(&text());
        let mut back = vec![0; text().len()];
        assert_eq!(stream.read(&mut []), Ok(0));
        stream.read_exact(&mut back).unwrap();
        assert!(back == text());
        stream.socket.server.send(b"in place");
        assert_eq!(stream.fill_buf(), Ok(&b"in place"[..]));
        stream.consume(3);
        assert_eq!(stream.fill_buf(), Ok(&b"place"[..]));
        stream.consume(5);

        stream.close().unwrap();
        assert_eq!(stream.socket.server.alerts, [(1, 0)]);
        stream.socket.server.alert(1, 0);
        assert_eq!(stream.read(&mut [0; 8]), Ok(0));
        assert_eq!(stream.write(b"late"), Err(Error::Tls(ssl::PEER_CLOSE_NOTIFY)));
        assert_eq!(stream.socket.server.fault, None);
    });
}

/// What is written leaves at the latest when an answer is awaited, or there would never be one.
#[test]
fn reading_sends_what_was_written() {
    with(Wire::new(Script::default()), |stream| {
        stream.write_all(b"question").unwrap();
        assert!(stream.socket.server.data.is_empty());
        stream.socket.server.send(b"answer");
        assert!(stream.read(&mut [0; 6]).is_ok());
        assert_eq!(stream.socket.server.data, b"question");
    });
}

#[test]
fn blocking_failures_send_their_alert_first() {
    let socket = with(Wire::new(stranger()), |stream| {
        let error = Error::Tls(status::x509::CERT_VERIFY_FAILED);
        assert_eq!(stream.handshake(), Err(error));
        assert_eq!(stream.read(&mut [0; 8]), Err(error));
        assert_eq!(stream.write(b"late"), Err(error));
        assert_eq!(embedded_io::Error::kind(&error), embedded_io::ErrorKind::InvalidData);
    });
    assert_eq!(socket.server.alerts, [(2, Alert::UNKNOWN_CA.0)]);
    with(Wire::new(quitter()), |stream| assert_eq!(stream.handshake(), Err(Error::Tls(ssl::CONN_EOF))));
}

/// RFC 5246 §7.2.1.
#[test]
fn an_end_that_was_not_announced_is_an_error() {
    for announced in [true, false] {
        with(Wire::new(Script::default()), |stream| {
            stream.handshake().unwrap();
            stream.socket.server.send(b"rest");
            if announced {
                stream.socket.server.alert(1, 0);
            }
            stream.socket.server.ended = true;
            let mut out = [0; 8];
            assert_eq!(stream.read(&mut out), Ok(4));
            let end = if announced { Ok(0) } else { Err(Error::Tls(ssl::CONN_EOF)) };
            assert_eq!(stream.read(&mut out), end);
            assert_eq!(stream.read(&mut out), end);
        });
    }
}

#[test]
fn nonblocking() {
    PIECES.into_iter().for_each(nonblocking_in);
}

fn nonblocking_in(pieces: Pieces) {
    let socket = with(Wire::cut(Script::default(), pieces), |stream| {
        let mut slices = 0;
        loop {
            let waited = stream.socket.waited;
            match nonblocking::handshake(stream) {
                Ok(()) => break,
                Err(nb::Error::WouldBlock) => slices += usize::from(stream.socket.waited == waited),
                Err(nb::Error::Other(error)) => panic!("{error}"),
            }
        }
        assert!(slices > 0, "a long computation gives way");

        let (text, mut sent) = (text(), 0);
        while sent < text.len() {
            sent += nb::block!(nonblocking::write(stream, text.get(sent..).unwrap())).unwrap();
        }
        nb::block!(nonblocking::flush(stream)).unwrap();
        assert!(stream.socket.server.data == text);

        stream.socket.server.send(&text);
        let (mut back, mut part) = (Vec::<u8>::new(), [0; 1000]);
        while back.len() < text.len() {
            let length = nb::block!(nonblocking::read(stream, &mut part)).unwrap();
            back.extend(part.get(..length).unwrap());
        }
        assert!(back == text);
        nb::block!(nonblocking::close(stream)).unwrap();
        stream.socket.server.alert(1, 0);
        assert_eq!(nb::block!(nonblocking::read(stream, &mut part)), Ok(0));
    });
    assert_eq!((socket.server.fault, socket.server.alerts), (None, vec![(1, 0)]));
    let socket = with(Wire::new(stranger()), |stream| {
        let error = Error::Tls(status::x509::CERT_VERIFY_FAILED);
        assert_eq!(nb::block!(nonblocking::handshake(stream)), Err(error));
    });
    assert_eq!(socket.server.alerts, [(2, Alert::UNKNOWN_CA.0)]);
}

/// Polls to the end, counting how often it had to wait.
fn complete<T>(future: impl Future<Output = T>) -> (T, usize) {
    let (mut future, mut waits) = (pin!(future), 0);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return (value, waits);
        }
        waits += 1;
    }
}

/// Polls once, and drops what is not ready.
fn abandon<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// Begins an operation again and again, and abandons it each time it has to wait.
macro_rules! abandoned {
    ($operation:expr) => {
        loop {
            if let Some(value) = abandon($operation) {
                break value;
            }
        }
    };
}

mod asynchronous {
    use embedded_io_async::{BufRead, Read, Write};

    use super::*;

    #[test]
    fn asynchronous() {
        PIECES.into_iter().for_each(asynchronous_in);
    }

    fn asynchronous_in(pieces: Pieces) {
        let socket = with(AsynchronousWire(Wire::cut(Script::default(), pieces)), |stream| {
            let (result, waits) = complete(stream.handshake_async());
            result.unwrap();
            assert!(waits > stream.socket.0.waited, "a long computation yields");
            complete(Write::write_all(stream, &text())).0.unwrap();
            complete(Write::flush(stream)).0.unwrap();
            assert!(stream.socket.0.server.data == text());

            stream.socket.0.server.send(&text());
            let mut back = vec![0; text().len()];
            complete(Read::read_exact(stream, &mut back)).0.unwrap();
            assert!(back == text());
            stream.socket.0.server.send(b"in place");
            assert_eq!(complete(BufRead::fill_buf(stream)).0, Ok(&b"in place"[..]));
            BufRead::consume(stream, 8);
            complete(stream.close_async()).0.unwrap();
            stream.socket.0.server.alert(1, 0);
            assert_eq!(complete(Read::read(stream, &mut back)).0, Ok(0));
        });
        assert_eq!((socket.0.server.fault, socket.0.server.alerts), (None, vec![(1, 0)]));
    }

    /// Another task runs once for every slice of a signature with 2048 bits, besides those that a handshake without one gives it.
    #[test]
    fn another_task_runs_during_a_signature() {
        let identity = identity("client-2048");
        let signing = Config { identity: Some(identity), ..trusting() };
        let asking = || Script {
            certificate_request: Some(CertificateRequest::default()),
            client_key: Some(rsa_public_key("client-2048.key")),
            ..Script::default()
        };
        let with_signature = runs_of_another_task(&signing, asking());
        let without = runs_of_another_task(&trusting(), Script::default());

        let (mut accel, mut slices) = (accelerator(), 0);
        let (mut workspace, mut signature) = (vec![0; Connection::FULL_RX], [0; 256]);
        let mut job =
            accel.rsa_sign(&identity.key.rsa(), HashAlgorithm::Sha256, &[7; 32], &mut workspace).unwrap();
        while accel.step(&mut job, &mut workspace, &mut signature) == Err(nb::Error::WouldBlock) {
            slices += 1;
        }
        assert!(slices > 50, "{slices} slices are too few to stay below 200 000 instructions each");
        assert!(
            with_signature >= without + slices,
            "{with_signature} runs, {without} without, {slices} slices"
        );
    }

    /// How often a task that only yields runs while a handshake is made, when both take turns.
    fn runs_of_another_task(config: &Config<'_>, script: Script) -> usize {
        let mut memory = Memory::new();
        let mut connection = memory.connect(config, peer(&[]));
        let (mut accel, mut socket) = (accelerator(), AsynchronousWire(Wire::new(script)));
        let mut stream = Stream { connection: &mut connection, accel: &mut accel, socket: &mut socket };
        let runs = Cell::new(0);
        let mut another = pin!(poll_fn(|_| {
            runs.set(runs.get() + 1);
            Poll::<()>::Pending
        }));
        let mut handshake = pin!(stream.handshake_async());
        let mut context = Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(result) = handshake.as_mut().poll(&mut context) {
                result.unwrap();
                return runs.get();
            }
            assert!(another.as_mut().poll(&mut context).is_pending());
        }
    }

    /// Dropping a future loses no byte, and sends none twice.
    #[test]
    fn abandoned_operations_lose_nothing() {
        with(AsynchronousWire(Wire::new(Script::default())), |stream| {
            abandoned!(stream.handshake_async()).unwrap();
            let (text, mut sent) = (text(), 0);
            while sent < text.len() {
                sent += abandoned!(Write::write(stream, text.get(sent..).unwrap())).unwrap();
            }
            abandoned!(Write::flush(stream)).unwrap();
            assert!(stream.socket.0.server.data == text);
            stream.socket.0.server.send(&text);
            let (mut back, mut part) = (Vec::<u8>::new(), [0; 1000]);
            while back.len() < text.len() {
                let length = abandoned!(Read::read(stream, &mut part)).unwrap();
                back.extend(part.get(..length).unwrap());
            }
            assert!(back == text);
            assert_eq!(stream.socket.0.server.fault, None);
        });
    }

    #[test]
    fn failures_send_their_alert_first() {
        let socket = with(AsynchronousWire(Wire::new(stranger())), |stream| {
            let error = Error::Tls(status::x509::CERT_VERIFY_FAILED);
            assert_eq!(abandoned!(stream.handshake_async()), Err(error));
        });
        assert_eq!(socket.0.server.alerts, [(2, Alert::UNKNOWN_CA.0)]);
    }
}

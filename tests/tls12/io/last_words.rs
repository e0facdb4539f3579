//! A server that hangs up while the client is writing: what it said before is the answer, not what the socket says.
//!
//! The socket fails to write from the moment that the server leaves; what the server has said before can be read, as on a real one.

use accel::soft::Soft;
use embedded_io::{ErrorKind, ErrorKind::*};
use status::{Alert, AlertSeen, ssl};
use tests::entropy::InsecureSeeded;
use tests::server::{CertificateRequest, Item, Script, Server};
use tls12::io::{Error, Stream, nonblocking};

use super::{complete, with};

/// A socket with a server behind it that leaves at some point.
struct Socket {
    server: Server,
    /// At most so many bytes are taken at once.
    piece: usize,
    /// Asked after every piece: whether the server leaves now.
    leaves: Box<dyn FnMut(&mut Server) -> bool>,
    has_left: bool,
    /// What writing says then; nothing taken for none.
    on_write: Option<ErrorKind>,
    /// What flushing says then.
    on_flush: Option<ErrorKind>,
    /// What reading says once all has been read; the end of the stream for none.
    on_read: Option<ErrorKind>,
}

impl Socket {
    fn new(script: Script, leaves: impl FnMut(&mut Server) -> bool + 'static) -> Self {
        Self {
            server: Server::new(script),
            piece: usize::MAX,
            leaves: Box::new(leaves),
            has_left: false,
            on_write: Some(BrokenPipe),
            on_flush: None,
            on_read: None,
        }
    }

    /// One that stays until it is told to leave.
    fn staying() -> Self {
        Self::new(Script::default(), |_| false)
    }

    fn give(&mut self, data: &[u8]) -> Result<usize, ErrorKind> {
        assert!(!data.is_empty(), "write of an empty slice");
        if self.has_left {
            return self.on_write.map_or(Ok(0), Err);
        }
        let length = data.len().min(self.piece);
        self.server.receive(data.get(..length).unwrap());
        self.has_left = (self.leaves)(&mut self.server);
        Ok(length)
    }

    fn take(&mut self, out: &mut [u8]) -> Result<usize, ErrorKind> {
        assert!(!out.is_empty(), "read into an empty slice");
        if self.server.is_silent() {
            assert!(self.has_left, "would wait for ever");
            return self.on_read.map_or(Ok(0), Err);
        }
        let bytes = self.server.take_output(out.len().min(self.piece));
        out.iter_mut().zip(&bytes).for_each(|(to, from)| *to = *from);
        Ok(bytes.len())
    }

    fn flushed(&self) -> Result<(), ErrorKind> {
        self.on_flush.filter(|_| self.has_left).map_or(Ok(()), Err)
    }
}

impl embedded_io::ErrorType for Socket {
    type Error = ErrorKind;
}

impl embedded_io::Read for Socket {
    fn read(&mut self, out: &mut [u8]) -> Result<usize, ErrorKind> {
        self.take(out)
    }
}

impl embedded_io::Write for Socket {
    fn write(&mut self, data: &[u8]) -> Result<usize, ErrorKind> {
        self.give(data)
    }

    fn flush(&mut self) -> Result<(), ErrorKind> {
        self.flushed()
    }
}

impl embedded_io_async::Read for Socket {
    async fn read(&mut self, out: &mut [u8]) -> Result<usize, ErrorKind> {
        self.take(out)
    }
}

impl embedded_io_async::Write for Socket {
    async fn write(&mut self, data: &[u8]) -> Result<usize, ErrorKind> {
        self.give(data)
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        self.flushed()
    }
}

impl nonblocking::Socket for Socket {
    type Error = ErrorKind;

    fn read(&mut self, out: &mut [u8]) -> nb::Result<usize, ErrorKind> {
        self.take(out).map_err(nb::Error::Other)
    }

    fn write(&mut self, data: &[u8]) -> nb::Result<usize, ErrorKind> {
        self.give(data).map_err(nb::Error::Other)
    }
}

type Over<'s, 'b> = Stream<'s, 'b, Soft<InsecureSeeded>, Socket>;
type Outcome<T> = Result<T, Error<ErrorKind>>;

/// The same operations of the three adapters.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Adapter {
    Blocking,
    Asynchronous,
    Nonblocking,
}

use Adapter::{Asynchronous, Blocking, Nonblocking};

const ADAPTERS: [Adapter; 3] = [Blocking, Asynchronous, Nonblocking];

impl Adapter {
    fn handshake(self, stream: &mut Over<'_, '_>) -> Outcome<()> {
        match self {
            Blocking => stream.handshake(),
            Asynchronous => complete(stream.handshake_async()).0,
            Nonblocking => nb::block!(nonblocking::handshake(stream)),
        }
    }

    fn read(self, stream: &mut Over<'_, '_>, out: &mut [u8]) -> Outcome<usize> {
        match self {
            Blocking => embedded_io::Read::read(stream, out),
            Asynchronous => complete(embedded_io_async::Read::read(stream, out)).0,
            Nonblocking => nb::block!(nonblocking::read(stream, out)),
        }
    }

    fn write(self, stream: &mut Over<'_, '_>, data: &[u8]) -> Outcome<usize> {
        match self {
            Blocking => embedded_io::Write::write(stream, data),
            Asynchronous => complete(embedded_io_async::Write::write(stream, data)).0,
            Nonblocking => nb::block!(nonblocking::write(stream, data)),
        }
    }

    fn flush(self, stream: &mut Over<'_, '_>) -> Outcome<()> {
        match self {
            Blocking => embedded_io::Write::flush(stream),
            Asynchronous => complete(embedded_io_async::Write::flush(stream)).0,
            Nonblocking => nb::block!(nonblocking::flush(stream)),
        }
    }

    fn close(self, stream: &mut Over<'_, '_>) -> Outcome<()> {
        match self {
            Blocking => stream.close(),
            Asynchronous => complete(stream.close_async()).0,
            Nonblocking => nb::block!(nonblocking::close(stream)),
        }
    }
}

/// Runs a test with every adapter over sockets that break in every way.
fn each(socket: impl Fn() -> Socket, test: impl Fn(Adapter, &mut Over<'_, '_>)) {
    for adapter in ADAPTERS {
        for piece in [1, usize::MAX] {
            for on_write in [Some(BrokenPipe), Some(ConnectionReset), Some(Other), None] {
                for on_read in [None, Some(ConnectionReset), Some(Other)] {
                    let socket = Socket { piece, on_write, on_read, ..socket() };
                    with(socket, |stream| test(adapter, stream));
                }
            }
        }
    }
}

/// The same once the connection stands.
fn each_connected(test: impl Fn(Adapter, &mut Over<'_, '_>)) {
    each(Socket::staying, |adapter, stream| {
        adapter.handshake(stream).unwrap();
        test(adapter, stream);
    });
}

/// What the socket's failure to write becomes where the server has said nothing.
fn its_own(stream: &Over<'_, '_>) -> Error<ErrorKind> {
    stream.socket.on_write.map_or(Error::Tls(ssl::CONN_EOF), Error::Socket)
}

const ALERTED: Error<ErrorKind> = Error::Tls(ssl::FATAL_ALERT_MESSAGE);
const CLOSED: Error<ErrorKind> = Error::Tls(ssl::PEER_CLOSE_NOTIFY);

fn received(stream: &Over<'_, '_>) -> Option<AlertSeen> {
    stream.connection.status().unwrap().alert
}

/// What a broker does that wants a client certificate: alert 40 as soon as it has seen that there is none.
#[test]
fn a_missing_client_certificate_is_alert_40() {
    let asking = || {
        let script = Script { certificate_request: Some(CertificateRequest::default()), ..Script::default() };
        Socket::new(script, |server| {
            let is_refused = server.certificates.as_ref().is_some_and(Vec::is_empty);
            if is_refused {
                server.alert(2, 40);
            }
            is_refused
        })
    };
    each(asking, |adapter, stream| {
        assert_eq!(adapter.handshake(stream), Err(ALERTED));
        assert_eq!(received(stream), Some(AlertSeen::Received(Alert(40))));
        assert_eq!(adapter.read(stream, &mut [0; 8]), Err(ALERTED), "a failure is final");
        assert_eq!(adapter.write(stream, b"late"), Err(ALERTED));
    });
}

/// At whatever byte of the handshake the server leaves.
#[test]
fn an_alert_is_heard_at_every_byte_of_the_handshake() {
    for says_something in [true, false] {
        let mut places = 0;
        for place in (1..2000).step_by(37) {
            let mut left = place;
            let socket = Socket::new(Script::default(), move |server| {
                left -= 1;
                // Behind its own ChangeCipherSpec the server has nothing to say but the end.
                let leaves = left == 0 && !server.connected;
                if leaves && says_something {
                    server.alert(2, 47);
                }
                leaves
            });
            let adapter = ADAPTERS[place % 3];
            with(Socket { piece: 1, on_read: Some(ConnectionReset), ..socket }, |stream| {
                let result = adapter.handshake(stream);
                if stream.socket.has_left {
                    places += 1;
                    let broken = [Error::Socket(BrokenPipe), Error::Socket(ConnectionReset)];
                    let is_right =
                        |error| if says_something { error == ALERTED } else { broken.contains(&error) };
                    assert!(result.is_err_and(is_right), "at {place}: {result:?}");
                } else {
                    assert_eq!(result, Ok(()));
                }
            });
        }
        assert!(places > 10, "{places}");
    }
}

#[test]
fn without_a_word_of_the_server_it_is_the_sockets_error() {
    let quiet = || {
        Socket::new(Script::default(), |server| {
            !server.is_silent() && server.take_output(usize::MAX).len() > 1
        })
    };
    each(quiet, |adapter, stream| {
        let result = adapter.handshake(stream).unwrap_err();
        let reading = stream.socket.on_read.map_or(Error::Tls(ssl::CONN_EOF), Error::Socket);
        assert!([its_own(stream), reading].contains(&result), "{result:?}");
    });
    each_connected(|adapter, stream| {
        stream.socket.has_left = true;
        adapter.write(stream, b"question").unwrap();
        assert_eq!(adapter.flush(stream), Err(its_own(stream)));
        assert_eq!(adapter.read(stream, &mut [0; 8]), Err(its_own(stream)), "and so it remains");
    });
}

#[test]
fn an_alert_is_the_answer_to_what_was_written() {
    each_connected(|adapter, stream| {
        stream.socket.server.alert(2, 80);
        stream.socket.has_left = true;
        adapter.write(stream, b"question").unwrap();
        assert_eq!(adapter.flush(stream), Err(ALERTED));
        assert_eq!(received(stream), Some(AlertSeen::Received(Alert(80))));
    });
}

/// RFC 5246 §7.2.1: our close_notify answers, as far as there is somebody to take it.
#[test]
fn a_close_notify_is_the_end_for_reading() {
    each_connected(|adapter, stream| {
        stream.socket.server.send(b"last words");
        stream.socket.server.alert(1, 0);
        stream.socket.has_left = true;
        let mut out = [0; 16];
        let mut read = 0;
        while read < 10 {
            read += adapter.read(stream, &mut out[read..]).unwrap();
        }
        assert_eq!(&out[..10], b"last words");
        for _ in 0..2 {
            assert_eq!(adapter.read(stream, &mut out), Ok(0));
        }
        assert_eq!(stream.connection.status().unwrap().error, ssl::PEER_CLOSE_NOTIFY);
        assert_eq!(adapter.write(stream, b"late"), Err(CLOSED));
        assert_eq!(adapter.close(stream), Ok(()));
    });
}

#[test]
fn a_close_notify_is_told_to_who_writes() {
    each_connected(|adapter, stream| {
        stream.socket.server.alert(1, 0);
        stream.socket.has_left = true;
        adapter.write(stream, b"question").unwrap();
        assert_eq!(adapter.flush(stream), Err(CLOSED), "what was written is lost");
        assert_eq!(adapter.flush(stream), Err(CLOSED));
        assert_eq!(adapter.write(stream, b"another"), Err(CLOSED));
        assert_eq!(adapter.read(stream, &mut [0; 8]), Ok(0));
    });
    // It is heard when writing needs the room.
    each_connected(|adapter, stream| {
        stream.socket.server.alert(1, 0);
        stream.socket.has_left = true;
        let result = loop {
            if let Err(error) = adapter.write(stream, &[0; 1000]) {
                break error;
            }
        };
        assert_eq!(result, CLOSED);
    });
}

/// Nobody else may read the application's data for it; then it hears the rest.
#[test]
fn data_comes_before_the_alert_behind_it() {
    each_connected(|adapter, stream| {
        stream.socket.server.send(b"data");
        stream.socket.server.alert(2, 80);
        stream.socket.has_left = true;
        adapter.write(stream, b"question").unwrap();
        assert_eq!(adapter.flush(stream), Err(its_own(stream)));
        let mut out = [0; 4];
        assert_eq!(adapter.read(stream, &mut out), Ok(4));
        assert_eq!(&out, b"data");
        assert_eq!(adapter.read(stream, &mut out), Err(ALERTED));
        assert_eq!(adapter.flush(stream), Err(ALERTED));
    });
}

#[test]
fn closing_towards_a_server_that_has_closed_is_no_failure() {
    for unread in [&b""[..], b"unread"] {
        each_connected(|adapter, stream| {
            stream.socket.server.send(unread);
            stream.socket.server.alert(1, 0);
            stream.socket.has_left = true;
            assert_eq!(adapter.close(stream), Ok(()));
            let mut out = [0; 8];
            assert_eq!(adapter.read(stream, &mut out), Ok(unread.len()));
            assert_eq!(adapter.read(stream, &mut out), Ok(0));
        });
    }
    // What was written before is lost, and that is one.
    each_connected(|adapter, stream| {
        stream.socket.server.alert(1, 0);
        stream.socket.has_left = true;
        adapter.write(stream, b"goodbye").unwrap();
        assert_eq!(adapter.close(stream), Err(CLOSED));
        assert_eq!(stream.connection.status().unwrap().error, ssl::PEER_CLOSE_NOTIFY);
    });
    // Nobody has said anything.
    each_connected(|adapter, stream| {
        stream.socket.has_left = true;
        assert_eq!(adapter.close(stream), Err(its_own(stream)));
    });
}

/// RFC 5246 §7.2.1: nobody has to wait for the answer to a close_notify.
#[test]
fn after_our_goodbye_any_end_is_the_end() {
    each_connected(|adapter, stream| {
        assert_eq!(adapter.close(stream), Ok(()));
        assert_eq!(stream.socket.server.alerts, [(1, 0)]);
        stream.socket.server.send(b"rest");
        stream.socket.has_left = true;
        let mut out = [0; 8];
        assert_eq!(adapter.read(stream, &mut out), Ok(4));
        assert_eq!(adapter.read(stream, &mut out), Ok(0));
        assert!(stream.connection.status().is_none());
    });
    each_connected(|adapter, stream| {
        stream.socket.has_left = true;
        let end = stream.socket.on_read.map_or(Error::Tls(ssl::CONN_EOF), Error::Socket);
        assert_eq!(adapter.read(stream, &mut [0; 8]), Err(end), "before it, none is");
    });
}

#[test]
fn what_passes_is_tried_again() {
    for kind in [TimedOut, Interrupted] {
        for adapter in [Blocking, Asynchronous] {
            for writes in [1, 100, 400, 1000] {
                let mut left = writes;
                let socket = Socket::new(Script::default(), move |_| {
                    left -= 1;
                    left == 0
                });
                let socket = Socket { piece: 1, on_write: Some(kind), on_read: Some(kind), ..socket };
                with(socket, |stream| {
                    let passing = || Error::Socket(kind);
                    let result = adapter.handshake(stream);
                    if stream.socket.has_left {
                        assert_eq!(result, Err(passing()));
                        stream.socket.has_left = false;
                        stream.socket.leaves = Box::new(|_| false);
                        assert_eq!(adapter.handshake(stream), Ok(()));
                    }
                    adapter.write(stream, b"question").unwrap();
                    stream.socket.has_left = true;
                    assert_eq!(adapter.flush(stream), Err(passing()));
                    stream.socket.has_left = false;
                    assert_eq!(adapter.flush(stream), Ok(()));
                    assert_eq!(stream.socket.server.data, b"question");
                    stream.socket.has_left = true;
                    assert_eq!(adapter.read(stream, &mut [0; 8]), Err(passing()));
                    stream.socket.server.send(b"answer");
                    assert_eq!(adapter.read(stream, &mut [0; 8]), Ok(6));
                    stream.socket.on_flush = Some(kind);
                    assert_eq!(adapter.flush(stream), Err(passing()));
                });
            }
        }
    }
}

#[test]
fn a_flush_that_fails_is_answered_by_the_server_too() {
    for adapter in [Blocking, Asynchronous] {
        for (alert, answer) in
            [(Some((2, 80)), ALERTED), (Some((1, 0)), CLOSED), (None, Error::Socket(BrokenPipe))]
        {
            let socket = Socket { on_flush: Some(BrokenPipe), ..Socket::staying() };
            with(socket, |stream| {
                adapter.handshake(stream).unwrap();
                if let Some((level, description)) = alert {
                    stream.socket.server.alert(level, description);
                }
                stream.socket.has_left = true;
                assert_eq!(adapter.flush(stream), Err(answer));
            });
        }
        // Our close_notify was taken before the server left.
        let socket = Socket { on_flush: Some(BrokenPipe), ..Socket::staying() };
        with(socket, |stream| {
            adapter.handshake(stream).unwrap();
            stream.socket.leaves = Box::new(|server| {
                server.alert(1, 0);
                true
            });
            assert_eq!(adapter.close(stream), Ok(()));
        });
    }
}

/// A server that says something else than an alert when it is our turn gets no further.
#[test]
fn other_words_out_of_turn_are_refused() {
    for item in [
        || Item::Message { kind: 14, body: Vec::new() },
        || Item::Raw(b"HTTP/1.1 400 Bad Request\r\n".to_vec()),
    ] {
        for adapter in ADAPTERS {
            let asking =
                Script { certificate_request: Some(CertificateRequest::default()), ..Script::default() };
            let socket = Socket::new(asking, move |server| {
                let leaves = server.certificates.is_some();
                if leaves {
                    server.push(item());
                }
                leaves
            });
            with(socket, |stream| {
                let result = adapter.handshake(stream);
                assert!(
                    matches!(result, Err(Error::Tls(ssl::UNEXPECTED_MESSAGE | ssl::INVALID_RECORD))),
                    "{result:?}"
                );
            });
        }
    }
}

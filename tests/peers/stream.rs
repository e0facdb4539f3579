//! The adapters over real sockets: a server that hangs up says why, and the client hears it although it was writing.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Ipv4Addr, TcpStream},
    pin::pin,
    task::{Context, Poll, Waker},
};

use accel::soft::Soft;
use status::{Alert, AlertSeen, ssl};
use tls12::io::{Error, Stream, nonblocking};
use tls12::{Config, Connection, Peer};
use xtask::{mosquitto::Listener, pki::HOST};

use crate::{
    files::{lend, now, pki, verifying},
    mosquitto::broker,
    openssl::serve,
    tls_client::{PATIENCE, System},
};

/// A socket for every adapter; it writes so many bytes at once.
struct Socket {
    tcp: TcpStream,
    piece: usize,
}

impl Socket {
    fn give(&mut self, data: &[u8]) -> std::io::Result<usize> {
        self.tcp.write(&data[..data.len().min(self.piece)])
    }
}

impl embedded_io::ErrorType for Socket {
    type Error = embedded_io::ErrorKind;
}

impl embedded_io::Read for Socket {
    fn read(&mut self, out: &mut [u8]) -> Result<usize, Self::Error> {
        self.tcp.read(out).map_err(|_| embedded_io::ErrorKind::Other)
    }
}

impl embedded_io::Write for Socket {
    fn write(&mut self, data: &[u8]) -> Result<usize, Self::Error> {
        self.give(data).map_err(|_| embedded_io::ErrorKind::Other)
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

/// It waits within a call, as a test has nothing else to do.
impl embedded_io_async::Read for Socket {
    async fn read(&mut self, out: &mut [u8]) -> Result<usize, Self::Error> {
        embedded_io::Read::read(self, out)
    }
}

impl embedded_io_async::Write for Socket {
    async fn write(&mut self, data: &[u8]) -> Result<usize, Self::Error> {
        embedded_io::Write::write(self, data)
    }

    async fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

impl nonblocking::Socket for Socket {
    type Error = ErrorKind;

    fn read(&mut self, out: &mut [u8]) -> nb::Result<usize, ErrorKind> {
        self.tcp.read(out).map_err(passing)
    }

    fn write(&mut self, data: &[u8]) -> nb::Result<usize, ErrorKind> {
        self.give(data).map_err(passing)
    }
}

fn passing(error: std::io::Error) -> nb::Error<ErrorKind> {
    match error.kind() {
        ErrorKind::WouldBlock => nb::Error::WouldBlock,
        kind => nb::Error::Other(kind),
    }
}

/// The same handshake by each of the three, and the first read, since a server may say no behind it.
fn connect(adapter: usize, stream: &mut Stream<'_, '_, Soft<System>, Socket>) -> Result<usize, String> {
    let mut out = [0; 64];
    match adapter {
        0 => stream
            .handshake()
            .and_then(|()| embedded_io::Read::read(stream, &mut out))
            .map_err(|error| format!("{error:?}")),
        1 => wait(async {
            stream.handshake_async().await?;
            embedded_io_async::Read::read(stream, &mut out).await
        })
        .map_err(|error| format!("{error:?}")),
        _ => {
            stream.socket.tcp.set_nonblocking(true).unwrap();
            nb::block!(nonblocking::handshake(stream))
                .and_then(|()| nb::block!(nonblocking::read(stream, &mut out)))
                .map_err(|error| format!("{error:?}"))
        }
    }
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return value;
        }
    }
}

/// Twenty clients without a certificate, by each adapter: every one of them hears alert 40.
fn all_hear_alert_40(port: u16) {
    let config: &'static Config<'static> = Box::leak(Box::new(verifying()));
    for adapter in 0..3 {
        for run in 0..20 {
            let tcp = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
            tcp.set_nodelay(true).unwrap();
            tcp.set_read_timeout(Some(PATIENCE)).unwrap();
            let mut socket = Socket { tcp, piece: if run % 2 == 0 { usize::MAX } else { 16 } };
            let peer = Peer { host: HOST, now: now(), session: &[] };
            let (rx, tx) = (lend(Connection::FULL_RX), lend(Connection::GOOD_TX));
            let mut connection = Connection::new(config, peer, rx, tx, &mut []).unwrap();
            let mut accel = Soft::new(System);
            let mut stream = Stream { connection: &mut connection, accel: &mut accel, socket: &mut socket };
            let result = connect(adapter, &mut stream);
            let refused = format!("{:?}", Error::<()>::Tls(ssl::FATAL_ALERT_MESSAGE));
            assert_eq!(result, Err(refused), "adapter {adapter}, run {run}");
            let status = connection.status().unwrap();
            assert_eq!(status.alert, Some(AlertSeen::Received(Alert(40))));
        }
    }
}

#[test]
fn every_client_without_a_certificate_hears_alert_40_from_mosquitto() {
    let broker = broker("no-certificate");
    all_hear_alert_40(broker.port(Listener::Mutual));
}

#[test]
fn every_client_without_a_certificate_hears_alert_40_from_openssl() {
    let authority = pki().certificate("ca").to_string_lossy().into_owned();
    let (_server, port) = serve(&["-rev", "-Verify", "2", "-verify_return_error", "-CAfile", &authority]);
    all_hear_alert_40(port);
}

//! Our MQTT over another transport: a UNIX socket in TCP's place, on which a broker of the same machine listens.
//! `cargo run -- /run/mosquitto.sock`
//!
//! Whatever carries bytes in order is a [`Network`]: a serial line, a modem's channel, a tunnel. TLS would go over it just as well; within
//! one machine the socket's file says who may connect.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mqtts::blocking::{Network, Session};
use mqtts::mqtt::{Event, Message, QoS, Subscription};
use mqtts::status::{Error, net};
use mqtts::{Client, Memory, Security, Settings, pc};

struct Socket {
    path: String,
    stream: Option<UnixStream>,
    start: Instant,
}

impl Network for Socket {
    fn connect(&mut self) -> Result<(), Error> {
        self.stream = Some(UnixStream::connect(&self.path).map_err(|_| net::CONNECT_FAILED)?);
        Ok(())
    }

    fn disconnect(&mut self) {
        self.stream = None;
    }

    fn read(&mut self, buffer: &mut [u8], patience: u64) -> Result<Option<usize>, Error> {
        let stream = self.stream.as_mut().ok_or(net::INVALID_CONTEXT)?;
        // Zero would wait for ever.
        let patience = Duration::from_millis(patience.max(1));
        stream.set_read_timeout(Some(patience)).map_err(|_| net::RECV_FAILED)?;
        match stream.read(buffer) {
            Ok(received) => Ok(Some(received)),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Ok(None),
            Err(_) => Err(net::RECV_FAILED),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        let stream = self.stream.as_mut().ok_or(net::INVALID_CONTEXT)?;
        stream.write(bytes).map_err(|_| net::SEND_FAILED)
    }

    fn now(&self) -> u64 {
        self.start.elapsed().as_millis() as u64
    }

    fn unix_time(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }

    fn sleep(&mut self, milliseconds: u64) {
        std::thread::sleep(Duration::from_millis(milliseconds));
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("PATH")?;
    let mut socket = Socket { path, stream: None, start: Instant::now() };
    let subscriptions = &[Subscription { filter: "kitchen/#", qos: QoS::AtLeastOnce }];
    let settings = Settings { subscriptions, ..Settings::new(Security::Plain, "unix-socket") };
    let mut memory = Memory::<1024, 4096>::new();
    let mut client = Client::new(settings, memory.lend())?;
    let mut accel = pc::accelerator();
    let mut session = Session::new(&mut client, &mut accel, &mut socket);
    session.publish(&Message::new("kitchen/lamp", b"on", QoS::AtLeastOnce))?;
    loop {
        match session.next(1_000) {
            Ok(Some(Event::Message(it))) => {
                println!("{}: {}", it.message.topic, String::from_utf8_lossy(it.message.payload));
            }
            Ok(_) => {}
            Err(status) => eprintln!("{status}; again in a moment"),
        }
    }
}

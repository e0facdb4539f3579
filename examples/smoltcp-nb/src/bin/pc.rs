//! The loop around `src/lib.rs`, on a PC whose Ethernet cable is a UNIX socket: each frame follows its length (four bytes, big-endian), as
//! QEMU's `-netdev stream` and `passt` have them, so that nobody needs to be root. `passt --socket /tmp/cable`, and then
//! `cargo run -- /tmp/cable broker.example 8883 ca.pem`
//!
//! It publishes every five seconds, prints what it hears of `kitchen`, and comes back. On a board the loop is the same: there
//! [`Cable`] is the driver of its Ethernet, and in place of [`Cable::wait`] the processor sleeps until an interrupt.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::LazyLock;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mqtts::accel::Rng;
use mqtts::mqtt::{Event, Message, QoS, Subscription};
use mqtts::nonblocking::Session;
use mqtts::{Client, Memory, Settings, pc};
use nb::Error::{Other, WouldBlock};
use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time;
use smoltcp_nb::{Buffers, Setup, Tcp};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, socket, host, port, ca] = arguments.as_slice() else { return Err("SOCKET HOST PORT CA".into()) };
    let mut accel = pc::accelerator();
    let mut seed = [0; 8];
    accel.fill(&mut seed)?;
    let setup = Setup {
        mac_address: [2, 0, 0, 0, 0, 1],
        host: host.clone().leak(),
        port: port.parse()?,
        seed: u64::from_le_bytes(seed),
        now,
        unix_time,
    };
    let mut buffers = Buffers::new();
    let network = Tcp::new(Cable::plug_in(UnixStream::connect(socket)?)?, setup, &mut buffers);

    let subscriptions = &[Subscription { filter: "kitchen/#", qos: QoS::AtLeastOnce }];
    let settings = Settings { subscriptions, ..Settings::new(pc::tls(host, ca)?, "smoltcp") };
    let mut memory = Memory::<1024, 4096>::new();
    let mut client = Client::new(settings, memory.lend())?;
    let mut session = Session::new(&mut client, &mut accel, network);
    let (mut count, mut due) = (0_u32, 0);
    loop {
        let now = now();
        if due <= now {
            (count, due) = (count + 1, now + 5_000);
            let payload = count.to_string();
            // A broker that is away for long has filled the memory: the next count is another chance.
            let _ = session.publish(&Message::new("kitchen/count", payload.as_bytes(), QoS::AtLeastOnce));
        }
        session.network.poll();
        match session.next() {
            Ok(Some(Event::Message(it))) => {
                println!("{}: {}", it.message.topic, String::from_utf8_lossy(it.message.payload));
            }
            Ok(_) => {}
            Err(Other(status)) => eprintln!("{status}; again in a moment"),
            Err(WouldBlock) => {
                // Here is the time for everything else that the program does. What was due and is not done waits for a frame.
                let deadline = session.client.next_deadline().filter(|at| *at > now).unwrap_or(due).min(due);
                let wait = session.network.patience().min(deadline - now);
                session.network.device.wait(Duration::from_millis(wait))?;
            }
        }
    }
}

fn now() -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed().as_millis() as u64
}

fn unix_time() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Frames from and to a UNIX socket.
struct Cable {
    stream: UnixStream,
    frames: Receiver<Vec<u8>>,
    /// What has come while it was waited.
    next: Option<Vec<u8>>,
}

impl Cable {
    fn plug_in(stream: UnixStream) -> io::Result<Self> {
        let (sender, frames) = mpsc::channel();
        let mut from = stream.try_clone()?;
        std::thread::spawn(move || {
            let mut length = [0; 4];
            while from.read_exact(&mut length).is_ok() {
                let mut frame = vec![0; u32::from_be_bytes(length) as usize];
                if from.read_exact(&mut frame).is_err() || sender.send(frame).is_err() {
                    break;
                }
            }
        });
        Ok(Self { stream, frames, next: None })
    }

    /// Waits for a frame.
    fn wait(&mut self, at_most: Duration) -> io::Result<()> {
        if self.next.is_none() {
            match self.frames.recv_timeout(at_most) {
                Ok(frame) => self.next = Some(frame),
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(error) => return Err(io::Error::other(error)),
            }
        }
        Ok(())
    }
}

struct Frame(Vec<u8>);
struct Sender<'a>(&'a UnixStream);

impl Device for Cable {
    type RxToken<'a> = Frame;
    type TxToken<'a> = Sender<'a>;

    fn receive(&mut self, _: time::Instant) -> Option<(Frame, Sender<'_>)> {
        let frame = self.next.take().or_else(|| self.frames.try_recv().ok())?;
        Some((Frame(frame), Sender(&self.stream)))
    }

    fn transmit(&mut self, _: time::Instant) -> Option<Sender<'_>> {
        Some(Sender(&self.stream))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        (capabilities.medium, capabilities.max_transmission_unit) = (Medium::Ethernet, 1514);
        capabilities
    }
}

impl RxToken for Frame {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(&self.0)
    }
}

impl TxToken for Sender<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(mut self, length: usize, write: F) -> R {
        let mut frame = (length as u32).to_be_bytes().to_vec();
        frame.resize(4 + length, 0);
        let result = write(&mut frame[4..]);
        // A frame that is not taken is lost, as on any cable.
        let _ = self.0.write_all(&frame);
        result
    }
}

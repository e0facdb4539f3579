//! A proxy between a client and a broker, which looks at every packet and does what a test tells it.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// Where bytes go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    Up,
    Down,
}

/// What becomes of a packet: all bytes that are to be sent on in its way, an answer to whom it came from, and whether the connection is cut
/// behind them.
#[derive(Default)]
pub(crate) struct Fate {
    pub onward: Vec<u8>,
    pub back: Vec<u8>,
    pub cut: bool,
}

impl Fate {
    /// It goes on as this.
    pub(crate) fn onward(bytes: &[u8]) -> Self {
        Self { onward: bytes.to_vec(), ..Self::default() }
    }
}

/// Decides about each packet of a connection.
pub(crate) type Judge = Arc<dyn Fn(Way, &[u8]) -> Fate + Send + Sync>;

/// Listens on a port of its own for as long as the test runs, and returns that port. Each connection has a judge, which with `whole` sees
/// packets of MQTT, else whatever came at once.
pub(crate) fn start(broker: u16, whole: bool, judge: impl Fn() -> Judge + Send + 'static) -> u16 {
    start_with(broker, whole, judge, None)
}

/// The streams of a proxy's connections, for whoever wants to cut them.
pub(crate) type Streams = Arc<Mutex<Vec<TcpStream>>>;

/// A proxy that changes nothing, and its connections.
pub(crate) fn start_cuttable(broker: u16) -> (u16, Streams) {
    let streams = Streams::default();
    let judge = || -> Judge { Arc::new(|_, bytes: &[u8]| Fate::onward(bytes)) };
    (start_with(broker, false, judge, Some(Arc::clone(&streams))), streams)
}

/// Cuts all connections at once.
pub(crate) fn cut_all(streams: &Streams) {
    for stream in streams.lock().unwrap().drain(..) {
        let _ = stream.shutdown(Shutdown::Both);
    }
}

fn start_with(
    broker: u16,
    whole: bool,
    judge: impl Fn() -> Judge + Send + 'static,
    streams: Option<Streams>,
) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, broker)) else { continue };
            for stream in [&client, &server] {
                let _ = stream.set_nodelay(true);
            }
            let up = judge();
            let down = Arc::clone(&up);
            if let Some(streams) = &streams {
                streams.lock().unwrap().push(client.try_clone().unwrap());
            }
            let ends = (client.try_clone().unwrap(), server.try_clone().unwrap());
            thread::spawn(move || carry(client, server, Way::Up, whole, &up));
            thread::spawn(move || carry(ends.1, ends.0, Way::Down, whole, &down));
        }
    });
    port
}

/// Carries bytes one way until an end.
fn carry(mut from: TcpStream, mut to: TcpStream, way: Way, whole: bool, judge: &Judge) {
    let mut waiting = Vec::new();
    let mut buffer = vec![0; 65_536];
    'stream: while let Ok(length @ 1..) = from.read(&mut buffer) {
        waiting.extend_from_slice(&buffer[..length]);
        while let Some(length) =
            if whole { packet(&waiting) } else { Some(waiting.len()).filter(|length| *length > 0) }
        {
            let packet: Vec<u8> = waiting.drain(..length).collect();
            let fate = judge(way, &packet);
            if to.write_all(&fate.onward).is_err() || from.write_all(&fate.back).is_err() || fate.cut {
                break 'stream;
            }
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}

/// The length of the packet that `bytes` begin with, if it is whole (MQTT 3.1.1 §2.2.3).
pub(crate) fn packet(bytes: &[u8]) -> Option<usize> {
    let (mut length, mut place) = (0, 1);
    loop {
        let byte = usize::from(*bytes.get(place)?);
        length |= (byte & 0x7F) << (7 * (place - 1));
        place += 1;
        if byte & 0x80 == 0 || place > 4 {
            break;
        }
    }
    Some(place + length).filter(|whole| *whole <= bytes.len())
}

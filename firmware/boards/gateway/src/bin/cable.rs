//! A gateway for a program that speaks Ethernet over a UNIX socket: each frame follows its length (four bytes, big-endian), as
//! QEMU's `-netdev stream` and `passt` have them.
//!
//! `cable SOCKET NAME...` listens there, one device after the other; the names stand for this PC.

use std::{
    env, io,
    io::{Read, Write},
    os::unix::net::{UnixListener, UnixStream},
    sync::mpsc::{self, TryRecvError},
    thread,
    time::{Duration, Instant},
};

use gateway::{Config, Gateway};

/// The longest frame that is accepted, in bytes.
const LONGEST: usize = 1_518;
/// The longest wait.
const IDLE: Duration = Duration::from_millis(50);

fn main() -> io::Result<()> {
    let mut arguments = env::args().skip(1);
    let Some(path) = arguments.next() else { return Err(io::Error::other("cable SOCKET NAME...")) };
    let config = Config { names: arguments.collect(), ..Config::default() };
    let listener = UnixListener::bind(&path)?;
    println!("listening on {path}");
    loop {
        let (stream, _) = listener.accept()?;
        println!("a device is plugged in");
        match serve(Gateway::new(config.clone())?, &stream) {
            Ok(()) => println!("it is unplugged"),
            Err(error) => println!("it is unplugged: {error}"),
        }
    }
}

/// Carries frames until the device is gone.
fn serve(mut gateway: Gateway, mut stream: &UnixStream) -> io::Result<()> {
    let (sender, frames) = mpsc::channel();
    let (mut from, waker) = (stream.try_clone()?, gateway.waker());
    thread::spawn(move || {
        while let Ok(frame) = read(&mut from) {
            if sender.send(frame).is_err() {
                break;
            }
            waker.wake();
        }
        drop(sender);
        waker.wake();
    });
    let begun = Instant::now();
    loop {
        let mut from_device = Vec::new();
        loop {
            match frames.try_recv() {
                Ok(frame) => from_device.push(frame),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => return Ok(()),
            }
        }
        let mut to_device: Vec<Vec<u8>> = Vec::new();
        let due = gateway.step(begun.elapsed(), from_device, &mut to_device);
        for frame in to_device {
            let length = u32::try_from(frame.len()).map_err(io::Error::other)?;
            stream.write_all(&length.to_be_bytes())?;
            stream.write_all(&frame)?;
        }
        gateway.wait(due.map_or(IDLE, |due| due.saturating_sub(begun.elapsed()).min(IDLE)));
    }
}

fn read(stream: &mut UnixStream) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = usize::try_from(u32::from_be_bytes(length)).map_err(io::Error::other)?;
    if length > LONGEST {
        return Err(io::Error::other("a frame that is too long"));
    }
    let mut frame = vec![0; length];
    stream.read_exact(&mut frame)?;
    Ok(frame)
}

//! TCP through the gateway, in both directions: bytes, ends, resets, refusals, back-pressure, loss.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Ipv4Addr, Shutdown, TcpListener, TcpStream},
    time::Duration,
};

use gateway::{Config, Forward};
use smoltcp::{iface::SocketHandle, socket::tcp::State};

use crate::device::{GATEWAY, Setup};

/// The device's own server.
const SERVER: u16 = 80;

/// A server on the PC, and a device that has called it.
fn called(config: Config) -> (Setup, SocketHandle, TcpStream) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let mut setup = Setup::new(config);
    let handle = setup.call(GATEWAY, listener.local_addr().unwrap().port(), 50_000);
    setup.until("the device's connection", |setup| setup.socket(handle).may_send().then_some(()));
    let (stream, _) = listener.accept().unwrap();
    stream.set_nonblocking(true).unwrap();
    (setup, handle, stream)
}

/// A server on the device, and a program on the PC that has called it.
fn forwarded() -> (Setup, SocketHandle, TcpStream) {
    let mut setup = Setup::new(forwarding());
    let handle = setup.tcp();
    setup.socket(handle).listen(SERVER).unwrap();
    let stream = call_device(&setup);
    setup.until("the PC's connection", |setup| setup.socket(handle).may_send().then_some(()));
    (setup, handle, stream)
}

fn forwarding() -> Config {
    Config { forwards: vec![Forward { pc_port: 0, device_port: SERVER }], ..Config::default() }
}

fn call_device(setup: &Setup) -> TcpStream {
    let port = setup.gateway.forwards().next().unwrap().pc_port;
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    stream.set_nonblocking(true).unwrap();
    stream
}

/// What the PC reads now: some bytes, none yet, the end, or an error.
fn read(stream: &mut TcpStream) -> Option<Result<Vec<u8>, ErrorKind>> {
    let mut buffer = [0; 4096];
    match stream.read(&mut buffer) {
        Ok(length) => Some(Ok(buffer[..length].to_vec())),
        Err(error) if error.kind() == ErrorKind::WouldBlock => None,
        Err(error) => Some(Err(error.kind())),
    }
}

fn device_receives(setup: &mut Setup, handle: SocketHandle, text: &[u8]) {
    let mut received = Vec::new();
    setup.until("bytes at the device", |setup| {
        let _ = setup.socket(handle).recv(|bytes| {
            received.extend_from_slice(bytes);
            (bytes.len(), ())
        });
        (received.len() >= text.len()).then_some(())
    });
    assert!(received.starts_with(text));
}

fn pc_receives(setup: &mut Setup, stream: &mut TcpStream, text: &[u8]) {
    let mut received = Vec::new();
    setup.until("bytes at the PC", |_| {
        received.extend(read(stream)?.unwrap());
        (received.len() >= text.len()).then_some(())
    });
    assert_eq!(received, text);
}

/// Both ways, then the end from the device, then from the PC.
fn talk((mut setup, handle, mut stream): (Setup, SocketHandle, TcpStream)) -> Setup {
    setup.socket(handle).send_slice(b"from the device").unwrap();
    pc_receives(&mut setup, &mut stream, b"from the device");
    stream.write_all(b"from the PC").unwrap();
    device_receives(&mut setup, handle, b"from the PC");

    // The device has nothing more to say, but still listens (RFC 9293 §3.6).
    setup.socket(handle).close();
    let end = setup.until("the end at the PC", |_| read(&mut stream));
    assert_eq!(end, Ok(Vec::new()));
    stream.write_all(b"last words").unwrap();
    device_receives(&mut setup, handle, b"last words");
    stream.shutdown(Shutdown::Write).unwrap();
    setup.until("the end at the device", |setup| {
        (setup.socket(handle).state() == State::TimeWait).then_some(())
    });
    setup.until("nothing left", |setup| (setup.gateway.connections() == 0).then_some(()));
    let counters = setup.gateway.counters();
    assert_eq!((counters.bytes_from_device, counters.bytes_to_device), (15, 21));
    assert_eq!((counters.reset, counters.refused), (0, 0));
    setup
}

#[test]
fn the_device_calls_and_both_speak() {
    assert_eq!(talk(called(Config::default())).gateway.counters().opened_by_device, 1);
}

#[test]
fn the_pc_calls_and_both_speak() {
    assert_eq!(talk(forwarded()).gateway.counters().opened_by_pc, 1);
}

#[test]
fn the_pc_ends_first_and_the_device_still_speaks() {
    for (mut setup, handle, mut stream) in [called(Config::default()), forwarded()] {
        stream.shutdown(Shutdown::Write).unwrap();
        setup.until("the end", |setup| (setup.socket(handle).state() == State::CloseWait).then_some(()));
        setup.socket(handle).send_slice(b"more").unwrap();
        pc_receives(&mut setup, &mut stream, b"more");
        setup.socket(handle).close();
        assert_eq!(setup.until("the other end", |_| read(&mut stream)), Ok(Vec::new()));
        setup.until("nothing left", |setup| (setup.gateway.connections() == 0).then_some(()));
        assert_eq!(setup.gateway.counters().reset, 0);
    }
}

#[test]
fn a_reset_of_the_device_is_one_for_the_pc() {
    for (mut setup, handle, mut stream) in [called(Config::default()), forwarded()] {
        setup.socket(handle).abort();
        assert_eq!(setup.until("a reset", |_| read(&mut stream)), Err(ErrorKind::ConnectionReset));
        assert_eq!(setup.gateway.counters().reset, 1);
    }
}

#[test]
fn a_reset_of_the_pc_is_one_for_the_device() {
    for (mut setup, handle, stream) in [called(Config::default()), forwarded()] {
        socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
        drop(stream);
        setup.until("a reset", |setup| (setup.socket(handle).state() == State::Closed).then_some(()));
        assert_eq!(setup.gateway.counters().reset, 1);
    }
}

#[test]
fn a_port_where_nobody_listens_refuses_at_once() {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let mut setup = Setup::new(Config::default());
    let handle = setup.call(GATEWAY, port, 50_000);
    setup.rounds(20);
    assert_eq!(setup.socket(handle).state(), State::Closed);
    assert_eq!(setup.gateway.counters().refused, 1);
    assert_eq!(setup.gateway.counters().opened_by_device, 0);
}

#[test]
fn the_outside_is_closed_unless_allowed() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let outside = Ipv4Addr::new(127, 0, 0, 3);
    let mut setup = Setup::new(Config::default());
    let handle = setup.call(outside, port, 50_000);
    setup.rounds(20);
    assert_eq!(setup.socket(handle).state(), State::Closed);

    // An address of loopback that is not the gateway's stands for the outside here.
    let listener = TcpListener::bind((outside, 0)).unwrap();
    let mut setup = Setup::new(Config { outside: true, ..Config::default() });
    let handle = setup.call(outside, listener.local_addr().unwrap().port(), 50_000);
    setup.until("a connection", |setup| setup.socket(handle).may_send().then_some(()));
}

#[test]
fn a_device_that_does_not_listen_refuses_the_pc() {
    let mut setup = Setup::new(forwarding());
    let mut stream = call_device(&setup);
    assert_eq!(setup.until("a reset", |_| read(&mut stream)), Err(ErrorKind::ConnectionReset));
    assert_eq!(setup.gateway.counters().refused, 1);
}

#[test]
fn a_call_waits_for_a_cable_that_is_pulled() {
    let mut setup = Setup::new(forwarding());
    let handle = setup.tcp();
    setup.socket(handle).listen(SERVER).unwrap();
    setup.plugged = false;
    let mut stream = call_device(&setup);
    stream.write_all(b"hello").unwrap();
    setup.rounds(3000);
    assert_eq!(read(&mut stream), None);
    setup.plugged = true;
    device_receives(&mut setup, handle, b"hello");
}

#[test]
fn a_device_that_was_reset_may_begin_anew_on_the_same_port() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut setup = Setup::new(Config::default());
    let handle = setup.call(GATEWAY, port, 50_000);
    setup.until("a connection", |setup| setup.socket(handle).may_send().then_some(()));
    let mut old = listener.accept().unwrap().0;
    old.set_nonblocking(true).unwrap();
    // Forgotten, without a word.
    setup.sockets.remove(handle);
    let handle = setup.call(GATEWAY, port, 50_000);
    setup.until("a new connection", |setup| setup.socket(handle).may_send().then_some(()));
    assert_eq!(setup.until("the old one's reset", |_| read(&mut old)), Err(ErrorKind::ConnectionReset));
    let mut new = listener.accept().unwrap().0;
    new.write_all(b"welcome back").unwrap();
    device_receives(&mut setup, handle, b"welcome back");
}

#[test]
fn a_device_that_has_vanished_is_noticed() {
    let (mut setup, handle, mut stream) = called(Config::default());
    setup.sockets.remove(handle);
    // It is asked whether it is there, and its answer is a reset.
    assert_eq!(setup.until("a reset", |_| read(&mut stream)), Err(ErrorKind::ConnectionReset));
    let (mut setup, _, mut stream) = called(Config::default());
    setup.plugged = false;
    setup.rounds(130_000);
    assert_eq!(read(&mut stream), Some(Err(ErrorKind::ConnectionReset)));
}

/// Bytes that repeat only after 251.
fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index % 251) as u8).collect()
}

/// Sends `length` bytes each way, at once; each side reads what it gets.
fn exchange(setup: &mut Setup, handle: SocketHandle, stream: &mut TcpStream, length: usize) {
    let bytes = pattern(length);
    let (mut sent, mut written) = (0, 0);
    let (mut at_pc, mut at_device) = (Vec::new(), Vec::new());
    setup.until("both transfers", |setup| {
        let socket = setup.socket(handle);
        sent += socket.send_slice(&bytes[sent..]).unwrap();
        let _ = socket.recv(|part| {
            at_device.extend_from_slice(part);
            (part.len(), ())
        });
        written += stream.write(&bytes[written..]).unwrap_or(0);
        if let Some(part) = read(stream) {
            at_pc.extend(part.unwrap());
        }
        (at_pc.len() == length && at_device.len() == length).then_some(())
    });
    assert!(at_pc == bytes && at_device == bytes);
}

#[test]
fn a_long_transfer_arrives_whole() {
    for (mut setup, handle, mut stream) in [called(Config::default()), forwarded()] {
        exchange(&mut setup, handle, &mut stream, 300_000);
    }
}

#[test]
fn a_long_transfer_arrives_whole_over_a_bad_cable() {
    let (mut setup, handle, mut stream) = called(Config::default());
    setup.lose_every = 13;
    exchange(&mut setup, handle, &mut stream, 30_000);
    let (mut setup, handle, mut stream) = forwarded();
    setup.lose_every = 17;
    exchange(&mut setup, handle, &mut stream, 30_000);
}

#[test]
fn a_pc_that_does_not_read_stops_the_device() {
    let (mut setup, handle, mut stream) = called(Config::default());
    let bytes = pattern(32 * 1024 * 1024);
    let mut sent = 0;
    let mut idle = 0;
    // Until nothing has moved for half a second of the device.
    while idle < 500 {
        setup.round();
        let part = setup.socket(handle).send_slice(&bytes[sent..]).unwrap();
        sent += part;
        idle = if part == 0 { idle + 1 } else { 0 };
    }
    assert!(sent < bytes.len(), "the PC's sockets hold less than all of it");
    let mut received = 0;
    setup.until("all that was sent", |_| {
        while let Some(part) = read(&mut stream) {
            let part = part.unwrap();
            assert!(part == bytes[received..received + part.len()]);
            received += part.len();
        }
        (received == sent).then_some(())
    });
}

#[test]
fn a_device_that_does_not_read_stops_the_pc() {
    let (mut setup, handle, mut stream) = forwarded();
    let bytes = pattern(32 * 1024 * 1024);
    let (mut written, mut idle) = (0, 0);
    while idle < 500 {
        setup.round();
        let part = stream.write(&bytes[written..]).unwrap_or(0);
        written += part;
        idle = if part == 0 { idle + 1 } else { 0 };
    }
    // The gateway's send buffer and the device's receive buffer are full; the rest is in the PC's sockets.
    assert!(setup.gateway.counters().bytes_to_device <= 4096 + 16 * 1024);
    assert!(written < bytes.len());
    device_receives(&mut setup, handle, &bytes[..100_000]);
}

#[test]
fn many_connections_at_once_and_one_too_many() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut setup = Setup::new(Config::default());
    let handles: Vec<SocketHandle> = (0..64).map(|index| setup.call(GATEWAY, port, 50_000 + index)).collect();
    let mut streams = Vec::new();
    setup.until("64 connections", |setup| {
        handles.iter().all(|handle| setup.socket(*handle).may_send()).then_some(())
    });
    for _ in &handles {
        let stream = listener.accept().unwrap().0;
        stream.set_nonblocking(true).unwrap();
        streams.push(stream);
    }
    let one_too_many = setup.call(GATEWAY, port, 51_000);
    setup.rounds(20);
    assert_eq!(setup.socket(one_too_many).state(), State::Closed);

    for (index, handle) in handles.iter().enumerate() {
        setup.socket(*handle).send_slice(&[index as u8; 100]).unwrap();
    }
    let mut seen = Vec::new();
    for stream in &mut streams {
        let mut bytes = Vec::new();
        setup.until("a connection's bytes", |_| {
            bytes.extend(read(stream)?.unwrap());
            (bytes.len() == 100).then_some(())
        });
        assert!(bytes.iter().all(|byte| *byte == bytes[0]), "no mixture");
        seen.push(bytes[0]);
    }
    seen.sort_unstable();
    assert_eq!(seen, (0..64).collect::<Vec<u8>>());

    // All of them end, and there is room again.
    drop(streams);
    for handle in &handles {
        setup.socket(*handle).close();
    }
    setup.until("room", |setup| (setup.gateway.connections() == 0).then_some(()));
    setup.sockets.remove(one_too_many);
    let again = setup.call(GATEWAY, port, 51_001);
    setup.until("one more", |setup| setup.socket(again).may_send().then_some(()));
}

#[test]
fn a_wait_ends_when_the_pc_speaks_or_somebody_wakes_it() {
    let (mut setup, _, mut stream) = called(Config::default());
    let forever = Duration::from_secs(600);
    let waker = setup.gateway.waker();
    // Old news first.
    setup.gateway.wait(Duration::from_millis(1));
    stream.write_all(b"news").unwrap();
    setup.gateway.wait(forever);
    let thread = std::thread::spawn(move || waker.wake());
    setup.gateway.wait(forever);
    thread.join().unwrap();
}

//! `reconnect.rs`, `subscribe.rs`, `publish.rs`: a subscription, and what is to be published, outlive a broker's restart and a lost
//! network.

use std::{
    io::{Read, Write},
    net::TcpStream,
    process::Stdio,
    sync::{
        atomic::{AtomicU32, Ordering},
        mpsc::{self, Receiver, Sender},
    },
};

use xtask::process;

use crate::support::{
    Broker, HOST, PLAIN, Relay, SOON, Subscriber, TLS, bash, command, files, packet, server, talk,
};

#[test]
fn a_subscription_lives_through_a_restart_of_the_broker() {
    let mut broker = Broker::usual("reconnect-restart");
    let ca = files().certificate("ca");
    let ways: [(usize, &[&str]); 2] = [(PLAIN, &["--plain"]), (TLS, &["--cafile", &ca])];
    let mut subscribers = ways.map(|(way, security)| {
        Subscriber::start(broker.ports[way], &[security, &["-t", "news", "-q", "1", "-C", "2"]].concat())
    });
    talk("pub", broker.ports[PLAIN], &["--plain", "-t", "news", "-m", "before", "-q", "1"]).printed();
    for subscriber in &mut subscribers {
        subscriber.wait_for("mqtt > PUBACK");
    }
    broker.server.kill();
    for subscriber in &mut subscribers {
        subscriber.wait_for("; trying again in ");
    }
    broker.restart();
    for subscriber in &mut subscribers {
        subscriber.wait_for("mqtts: connected again; subscribing anew");
        subscriber.wait_for("mqtt < SUBACK");
    }
    talk("pub", broker.ports[PLAIN], &["--plain", "-t", "news", "-m", "after", "-q", "1"]).printed();
    for subscriber in subscribers {
        assert_eq!(subscriber.end(), (b"before\nafter\n".to_vec(), Some(0)));
    }
}

#[test]
fn a_kept_session_goes_on_and_loses_nothing_when_the_network_is_cut() {
    let broker = Broker::usual("reconnect-cut");
    let relay = Relay::to(broker.ports[TLS]);
    let ca = files().certificate("ca");
    let arguments = ["--cafile", &ca, "-t", "orders", "-q", "2", "-c", "-i", "clerk", "-C", "6"];
    let mut subscriber = Subscriber::start(relay.port, &arguments);
    for round in 0..3 {
        for half in 0..2 {
            let message = format!("{round}.{half}");
            talk("pub", broker.ports[PLAIN], &["--plain", "-t", "orders", "-m", &message, "-q", "2"])
                .printed();
            if half == 0 {
                relay.cut();
            }
        }
        if round < 2 {
            subscriber.wait_for("mqtts: connected again; the server still has the subscriptions");
        }
    }
    let (output, code) = subscriber.end();
    assert_eq!(String::from_utf8(output).unwrap(), "0.0\n0.1\n1.0\n1.1\n2.0\n2.1\n");
    assert_eq!(code, Some(0));
}

#[test]
fn the_tls_session_is_resumed_by_the_next_connection() {
    let broker = Broker::usual("reconnect-resumed");
    let relay = Relay::to(broker.ports[TLS]);
    let ca = files().certificate("ca");
    let mut subscriber = Subscriber::start(relay.port, &["--cafile", &ca, "-t", "a"]);
    relay.cut();
    subscriber.wait_for(", resumed");
    subscriber.wait_for("mqtts: connected again; subscribing anew");
    subscriber.wait_for("mqtt < SUBACK");
    subscriber.signal("-INT");
    assert_eq!(subscriber.end(), (Vec::new(), Some(0)));
}

#[test]
fn a_first_connection_that_fails_is_a_failure() {
    let port = process::free_port().unwrap();
    let line = talk("sub", port, &["--plain", "-t", "a"]).failed(1);
    assert!(line.starts_with("status: -0x0044 NET - "), "{line}");
}

#[test]
fn a_refusal_ends_it_unless_the_server_is_only_unavailable() {
    // Accepted and cut; unavailable; accepted and cut; not authorized.
    static VISITS: AtomicU32 = AtomicU32::new(0);
    let port = server(|mut socket| {
        let _ = packet(&mut socket);
        let code = [0, 3, 0, 5][VISITS.fetch_add(1, Ordering::Relaxed) as usize % 4];
        socket.write_all(&[0x20, 2, 0, code]).unwrap();
    });
    let ran = talk("sub", port, &["--plain", "-t", "a"]);
    assert_eq!((ran.code, ran.output.as_str()), (Some(5), ""));
    let lines: Vec<_> = ran.errors.lines().map(|line| line.split(';').next().unwrap()).collect();
    let lost = |line: &str| line.starts_with("status: -0x9700") || line.starts_with("status: -0x0050");
    assert!(lost(lines[0]), "{lines:?}");
    assert!(!ran.errors.contains("is this the TLS port?"), "it was there: {lines:?}");
    assert!(lines[1].starts_with("status: -0x9300 MQTT - "), "{lines:?}");
    assert_eq!(lines[2], "mqtts: connected again");
    assert!(lost(lines[3]), "{lines:?}");
    assert_eq!(lines[4..], ["status: -0x9400 MQTT - Connection refused, not authorized"]);
}

#[test]
fn the_time_of_a_run_and_a_signal_count_while_it_waits_for_the_next_attempt() {
    let mut broker = Broker::usual("reconnect-waiting");
    let mut timed = Subscriber::start(broker.ports[PLAIN], &["--plain", "-t", "a", "-W", "4"]);
    let mut interrupted = Subscriber::start(broker.ports[PLAIN], &["--plain", "-t", "a"]);
    broker.server.kill();
    timed.wait_for("; trying again in ");
    interrupted.wait_for("; trying again in ");
    interrupted.signal("-TERM");
    assert_eq!(interrupted.end(), (Vec::new(), Some(0)));
    timed.wait_for("mqtts: timed out after 4 s (-W)");
    assert_eq!(timed.end(), (Vec::new(), Some(27)));
}

/// A network that is lost says nothing; only the answer to a PINGREQ that does not come shows it.
#[test]
fn a_server_that_falls_silent_is_given_up_and_asked_again() {
    static VISITS: AtomicU32 = AtomicU32::new(0);
    let port = server(|mut socket| {
        let is_first = VISITS.fetch_add(1, Ordering::Relaxed) == 0;
        // Side by side: the silent connection stays open.
        std::thread::spawn(move || {
            let _ = packet(&mut socket);
            socket.write_all(&[0x20, 2, 0, 0]).unwrap();
            let (_, subscribe) = packet(&mut socket);
            socket.write_all(&[0x90, 3, subscribe[0], subscribe[1], 0]).unwrap();
            if !is_first {
                socket.write_all(b"\x30\x06\0\x01ayes").unwrap();
            }
            drop(socket.read_to_end(&mut Vec::new()));
        });
    });
    let ran = talk("sub", port, &["--plain", "-t", "a", "-k", "1", "-C", "1"]);
    assert_eq!((ran.code, ran.output.as_str()), (Some(0), "yes\n"), "{ran:?}");
    assert!(
        ran.errors.starts_with("status: -0x9500 MQTT - The server did not answer in time; trying again in ")
    );
    assert!(ran.errors.ends_with(" s\nmqtts: connected again; subscribing anew\n"), "{}", ran.errors);
}

/// A message of 300 000 bytes comes half, twice, and then whole.
#[test]
fn nothing_is_printed_of_a_message_that_does_not_come_whole() {
    static VISITS: AtomicU32 = AtomicU32::new(0);
    const LENGTH: usize = 300_000;
    let port = server(|mut socket| {
        let _ = packet(&mut socket);
        socket.write_all(&[0x20, 2, 0, 0]).unwrap();
        let (_, subscribe) = packet(&mut socket);
        socket.write_all(&[0x90, 3, subscribe[0], subscribe[1], 0]).unwrap();
        // PUBLISH, QoS 0, with a topic of one letter.
        let rest = LENGTH + 3;
        let digits = [rest & 0x7F | 0x80, rest >> 7 & 0x7F | 0x80, rest >> 14];
        let mut message = vec![0x30];
        message.extend(digits.map(|digit| u8::try_from(digit).unwrap()));
        message.extend([0, 1, b'a']);
        message.resize(message.len() + LENGTH, b'x');
        let is_whole = VISITS.fetch_add(1, Ordering::Relaxed) == 2;
        let end = if is_whole { message.len() } else { message.len() / 2 };
        socket.write_all(&message[..end]).unwrap();
        if is_whole {
            drop(socket.read_to_end(&mut Vec::new()));
        }
    });
    let ran = talk("sub", port, &["--plain", "-t", "a", "--no-reconnect"]);
    assert_eq!((ran.code, ran.output.as_str()), (Some(7), ""));
    let ran = talk("sub", port, &["--plain", "-t", "a", "-C", "1"]);
    assert_eq!((ran.code, ran.output), (Some(0), "x".repeat(LENGTH) + "\n"));
}

/// A server that takes one visit after the other, each with its number, and gives what it has seen to the test.
fn visits(
    behaviour: impl Fn(usize, &mut TcpStream, &Sender<(u8, Vec<u8>)>) + Send + 'static,
) -> (u16, Receiver<(u8, Vec<u8>)>) {
    let (sender, receiver) = mpsc::channel();
    let count = AtomicU32::new(0);
    let port = server(move |mut socket| {
        let visit = count.fetch_add(1, Ordering::Relaxed) as usize;
        let (first, connect) = packet(&mut socket);
        assert_eq!((first, &connect[2..6]), (0x10, b"MQTT".as_slice()));
        behaviour(visit, &mut socket, &sender);
    });
    (port, receiver)
}

/// The identifier of a PUBLISH with a topic of one letter, and its payload.
fn identifier(publish: &[u8]) -> ([u8; 2], &[u8]) {
    ([publish[3], publish[4]], &publish[5..])
}

/// Reads to the end of the stream, so that nothing unread makes a reset of it.
fn read_out(socket: &mut TcpStream) {
    drop(socket.read_to_end(&mut Vec::new()));
}

/// With a clean session the server has forgotten all of it, so that each line is a new message there (MQTT 3.1.1 §3.1.2.4).
#[test]
fn lines_that_were_not_acknowledged_are_sent_again_in_their_order() {
    let (port, seen) = visits(|visit, socket, seen| {
        socket.write_all(&[0x20, 2, 0, 0]).unwrap();
        let count = [5, 4, 4][visit];
        for number in 0..count {
            let (first, publish) = packet(socket);
            seen.send((first, identifier(&publish).1.to_vec())).unwrap();
            // Of the first visit the first one counts, of the second none.
            if visit == 2 || (visit == 0 && number == 0) {
                let ([high, low], _) = identifier(&publish);
                socket.write_all(&[0x40, 2, high, low]).unwrap();
            }
        }
        if visit == 2 {
            read_out(socket);
        }
    });
    let program = env!("CARGO_BIN_EXE_mqtts");
    let ran = bash(&format!("seq 5 | {program} pub --plain -h {HOST} -p {port} -t a -l -q 1 -W 60"));
    assert_eq!((ran.code, ran.output.as_str()), (Some(0), ""), "{ran:?}");
    let again = "mqtts: connected again; what was not acknowledged is sent again";
    assert_eq!(ran.errors.lines().filter(|line| *line == again).count(), 2, "{ran:?}");
    assert_eq!(ran.errors.lines().filter(|line| line.contains("; trying again in ")).count(), 2, "{ran:?}");
    let lines: Vec<_> =
        seen.try_iter().map(|(first, line)| (first, String::from_utf8(line).unwrap())).collect();
    let expected = ["1", "2", "3", "4", "5", "2", "3", "4", "5", "2", "3", "4", "5"];
    assert_eq!(lines, expected.map(|line| (0x32, line.to_owned())));
}

/// A kept session says by itself what was not acknowledged, as a duplicate (MQTT 3.1.1 §4.4); unless the server has lost it.
#[test]
fn a_kept_session_repeats_and_a_lost_one_begins_anew() {
    for (present, first_byte) in [(1, 0x3A), (0, 0x32)] {
        let (port, seen) = visits(move |visit, socket, seen| {
            socket.write_all(&[0x20, 2, if visit == 0 { 0 } else { present }, 0]).unwrap();
            for _ in 0..3 {
                let (first, publish) = packet(socket);
                let ([high, low], line) = identifier(&publish);
                seen.send((first, line.to_vec())).unwrap();
                if visit == 1 {
                    socket.write_all(&[0x40, 2, high, low]).unwrap();
                }
            }
            if visit == 1 {
                read_out(socket);
            }
        });
        let program = env!("CARGO_BIN_EXE_mqtts");
        let line = format!(
            "seq 3 | {program} pub --plain -h {HOST} -p {port} -t a -l -q 1 -c -i clerk -W 60 --quiet"
        );
        bash(&line).printed();
        let lines: Vec<_> = seen.try_iter().map(|(first, line)| (first, line[0])).collect();
        let expected = [(0x32, b'1'), (0x32, b'2'), (0x32, b'3')].into_iter();
        let expected = expected.chain([(first_byte, b'1'), (first_byte, b'2'), (first_byte, b'3')]);
        assert_eq!(lines, expected.collect::<Vec<_>>());
    }
}

#[test]
fn a_message_that_was_not_acknowledged_is_sent_again() {
    for source in [&["-m", "payload"][..], &["-m", "payload", "--repeat", "2"]] {
        let (port, seen) = visits(|visit, socket, seen| {
            socket.write_all(&[0x20, 2, 0, 0]).unwrap();
            while let Some((first, publish)) = packet_or_end(socket) {
                if first != 0x32 {
                    return read_out(socket);
                }
                let ([high, low], payload) = identifier(&publish);
                seen.send((first, payload.to_vec())).unwrap();
                if visit == 0 {
                    return;
                }
                socket.write_all(&[0x40, 2, high, low]).unwrap();
            }
        });
        let ran = talk("pub", port, &[&["--plain", "-t", "a", "-q", "1"], source].concat());
        assert_eq!((ran.code, ran.output.as_str()), (Some(0), ""), "{ran:?}");
        let rounds = if source.len() > 2 { 2 } else { 1 };
        let payloads: Vec<_> = seen.try_iter().map(|(_, payload)| payload).collect();
        assert_eq!(payloads, vec![b"payload"; 1 + rounds]);
    }
}

fn packet_or_end(socket: &mut TcpStream) -> Option<(u8, Vec<u8>)> {
    let mut first = [0];
    // What is behind it is there.
    (socket.peek(&mut first).unwrap() > 0).then(|| packet(socket))
}

/// As a server does that does not allow the topic.
#[test]
fn a_server_that_takes_nothing_is_given_up() {
    for (arguments, connections) in [(&[][..], 3), (&["--no-reconnect"], 1)] {
        let (port, seen) = visits(|_, socket, seen| {
            socket.write_all(&[0x20, 2, 0, 0]).unwrap();
            seen.send(packet(socket)).unwrap();
        });
        let ran = talk("pub", port, &[&["--plain", "-t", "a", "-m", "b", "-q", "1"], arguments].concat());
        assert_eq!((ran.code, ran.output.as_str()), (Some(7), ""), "{ran:?}");
        assert_eq!(seen.try_iter().count(), connections);
        let failures = ran.errors.lines().filter(|line| line.starts_with("status: "));
        assert_eq!(failures.count(), connections, "{ran:?}");
    }
}

/// As a server does that allows no packets of that length. What is written of a message is no progress.
#[test]
fn a_server_that_takes_no_long_message_is_given_up() {
    let line = "x".repeat(20_000_000);
    for source in ["-s", "-l"] {
        let (port, seen) = visits(|_, socket, seen| {
            socket.write_all(&[0x20, 2, 0, 0]).unwrap();
            socket.read_exact(&mut [0; 50_000]).unwrap();
            seen.send((0, Vec::new())).unwrap();
        });
        let mut command =
            command(&["pub", "--plain", "-h", HOST, "-p", &port.to_string(), "-t", "a", source]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(line.as_bytes()).unwrap();
        drop(input);
        let ran = child.wait_with_output().unwrap();
        assert!(!ran.status.success(), "{ran:?}");
        assert_eq!(seen.try_iter().count(), 3, "{source}");
    }
}

/// Between the server's end and the turn that tells it lines still come. They wait for the next connection.
#[test]
fn busy_lines_outlive_a_server_that_hangs_up() {
    let (port, seen) = visits(|visit, socket, seen| {
        socket.write_all(&[0x20, 2, 0, 0]).unwrap();
        let mut count: u8 = 0;
        while let Some((0x30..=0x3F, _)) = packet_or_end(socket) {
            count = count.saturating_add(1);
            if visit < 2 && count == 50 {
                return;
            }
        }
        seen.send((count, Vec::new())).unwrap();
        read_out(socket);
    });
    let program = env!("CARGO_BIN_EXE_mqtts");
    let line = format!(
        "seq 300000 300000000 | head -n 400000 | {program} pub --plain -h {HOST} -p {port} -t a -l -W 60"
    );
    let ran = bash(&line);
    assert_eq!((ran.code, ran.output.as_str()), (Some(0), ""), "{ran:?}");
    let again = "mqtts: connected again; what was not acknowledged is sent again";
    assert_eq!(ran.errors.lines().filter(|line| *line == again).count(), 2, "{ran:?}");
    assert_eq!(seen.try_iter().count(), 1);
}

/// A line that is longer than the client's memory is asked for again where a kept session sends it again.
#[test]
fn a_long_line_that_was_cut_is_sent_again_whole() {
    const LENGTH: usize = 400_000;
    for (present, first_byte) in [(1, 0x3A), (0, 0x32)] {
        let (port, seen) = visits(move |visit, socket, seen| {
            socket.write_all(&[0x20, 2, if visit == 0 { 0 } else { present }, 0]).unwrap();
            if visit == 0 {
                return socket.read_exact(&mut [0; 50_000]).unwrap();
            }
            for _ in 0..2 {
                let (first, publish) = packet(socket);
                let ([high, low], line) = identifier(&publish);
                seen.send((first, line.to_vec())).unwrap();
                socket.write_all(&[0x40, 2, high, low]).unwrap();
            }
            read_out(socket);
        });
        let program = env!("CARGO_BIN_EXE_mqtts");
        let line = format!(
            "{{ head -c {LENGTH} /dev/zero | tr '\\0' x; echo; echo y; }} | {program} pub --plain -h {HOST} -p {port} -t a -l -q 1 -c -i \
             clerk -W 60 --quiet"
        );
        bash(&line).printed();
        let lines: Vec<_> = seen.try_iter().collect();
        assert_eq!(lines.len(), 2);
        assert!(lines[0] == (first_byte, vec![b'x'; LENGTH]), "{:02x}, {}", lines[0].0, lines[0].1.len());
        assert_eq!(lines[1], (0x32, b"y".to_vec()));
    }
}

/// Connections that are lost while nothing is to be sent are not in vain, however many there are.
#[test]
fn a_publisher_without_a_line_outlives_its_connections() {
    let (port, seen) = visits(|visit, socket, seen| {
        socket.write_all(&[0x20, 2, 0, 0]).unwrap();
        if visit == 4 {
            let (first, publish) = packet(socket);
            let ([high, low], line) = identifier(&publish);
            socket.write_all(&[0x40, 2, high, low]).unwrap();
            seen.send((first, line.to_vec())).unwrap();
            read_out(socket);
        }
    });
    let port = port.to_string();
    let mut command =
        command(&["pub", "-h", HOST, "-p", &port, "--plain", "-t", "a", "-l", "-q", "1", "-W", "60"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut publisher = Subscriber::of(child);
    for _ in 0..4 {
        publisher.wait_for("; trying again in ");
    }
    input.write_all(b"late\n").unwrap();
    drop(input);
    assert_eq!(publisher.end().1, Some(0));
    assert_eq!(seen.try_iter().collect::<Vec<_>>(), [(0x32, b"late".to_vec())]);
}

/// Nothing is lost of what is typed while the broker is away.
#[test]
fn lines_are_published_through_a_restart_of_the_broker() {
    let mut broker = Broker::usual("reconnect-lines");
    let ca = files().certificate("ca");
    let port = broker.ports[TLS].to_string();
    let arguments =
        ["pub", "-h", HOST, "-p", &port, "--cafile", &ca, "-t", "a", "-l", "-q", "1", "-r", "-W", "60"];
    let mut command = command(&arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut publisher = Subscriber::of(child);
    input.write_all(b"first\n").unwrap();
    broker.server.wait_for("PUBACK", SOON).unwrap();
    broker.server.kill();
    publisher.wait_for("; trying again in ");
    input.write_all(b"second\n").unwrap();
    broker.restart();
    publisher.wait_for("mqtts: connected again");
    drop(input);
    assert_eq!(publisher.end().1, Some(0));
    let printed = talk("sub", broker.ports[PLAIN], &["--plain", "-t", "a", "-C", "1"]).printed();
    assert_eq!(printed, "second\n");
}

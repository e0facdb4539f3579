//! `publish.rs`, `subscribe.rs`, `session.rs`, `network.rs`, `endpoint.rs`: messages to a real broker and back.

use std::{fs, io::Write, os::unix::fs::PermissionsExt, process::Command};

use crate::support::{
    Broker, HOST, PLAIN, Ran, SOON, Subscriber, TLS, bash, files, folder, packet, server, talk, text,
};

fn verifying() -> [String; 2] {
    ["--cafile".to_owned(), files().certificate("ca")]
}

#[test]
fn a_message_of_each_quality_of_service_arrives_with_and_without_tls() {
    let broker = Broker::usual("messages-qos");
    let [option, ca] = verifying();
    let ways: [(usize, &[&str]); 3] = [(PLAIN, &["--plain"]), (TLS, &[&option, &ca]), (TLS, &["--insecure"])];
    for (way, security) in ways {
        for qos in ["0", "1", "2"] {
            let port = broker.ports[way];
            let common = [&["-t", "room/temperature", "-q", qos], security].concat();
            let subscriber = Subscriber::start(port, &[&common, ["-C", "2", "-v"].as_slice()].concat());
            talk("pub", port, &[&common, ["-m", "21.5"].as_slice()].concat()).printed();
            talk("pub", port, &[&common, ["-m", ""].as_slice()].concat()).printed();
            let expected = b"room/temperature 21.5\nroom/temperature \n".to_vec();
            assert_eq!(subscriber.end(), (expected, Some(0)), "QoS {qos}, {security:?}");
        }
    }
}

#[test]
fn a_file_larger_than_every_buffer_arrives_whole() {
    let broker = Broker::usual("messages-large");
    let file = folder("messages-large-file").join("payload");
    let payload: Vec<u8> =
        (0..3_000_000_u32).flat_map(|number| number.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
    fs::write(&file, &payload).unwrap();
    let (file, [option, ca]) = (text(&file), verifying());
    let ways: [(usize, &[&str]); 3] =
        [(PLAIN, &["--plain"]), (TLS, &[&option, &ca]), (TLS, &[&option, &ca, "--max-fragment", "1024"])];
    for (way, security) in ways {
        let port = broker.ports[way];
        let common = [&["-t", "large", "-q", "2"], security].concat();
        let subscriber = Subscriber::start(port, &[&common, ["-C", "1"].as_slice()].concat());
        talk("pub", port, &[&common, ["-f", &file].as_slice()].concat()).printed();
        let (output, code) = subscriber.end();
        assert!(output.strip_suffix(b"\n") == Some(&payload), "{} bytes, {security:?}", output.len());
        assert_eq!(code, Some(0));
    }
}

#[test]
fn a_message_from_a_pipe_is_read_to_its_end() {
    let broker = Broker::usual("messages-pipe");
    let port = broker.ports[PLAIN].to_string();
    let program = env!("CARGO_BIN_EXE_mqtts");
    let line =
        format!("printf piped | {program} pub --plain -h {HOST} -p {port} -t pipe -f /dev/stdin -r -q 1");
    assert!(Command::new("sh").args(["-c", &line]).status().unwrap().success());
    assert_eq!(talk("sub", broker.ports[PLAIN], &["--plain", "-t", "pipe", "-C", "1"]).printed(), "piped\n");
}

#[test]
fn several_filters_and_retained_messages() {
    let broker = Broker::usual("messages-filters");
    let port = broker.ports[PLAIN];
    for (topic, message) in [("a/1", "one"), ("a/2", "two"), ("b/x/y", "three"), ("c", "four")] {
        talk("pub", port, &["--plain", "-t", topic, "-m", message, "-r", "-q", "1"]).printed();
    }
    let printed = talk("sub", port, &["--plain", "-v", "-t", "a/+", "-t", "b/#", "-C", "3"]).printed();
    let mut lines: Vec<_> = printed.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["a/1 one", "a/2 two", "b/x/y three"]);
    // An empty retained message clears the topic.
    talk("pub", port, &["--plain", "-t", "c", "-m", "", "-r", "-q", "1"]).printed();
    let line = talk("sub", port, &["--plain", "-t", "c", "-C", "1", "-W", "1"]).failed(27);
    assert_eq!(line, "mqtts: timed out after 1 s (-W)");
}

#[test]
fn a_lost_client_leaves_its_will_and_one_that_says_goodbye_does_not() {
    let broker = Broker::usual("messages-will");
    let port = broker.ports[TLS];
    let will =
        ["--insecure", "-t", "any", "--will-topic", "will", "--will-payload", "gone", "--will-qos", "1"];
    let listener =
        Subscriber::start(port, &["--insecure", "-t", "will", "-t", "end", "-q", "1", "-v", "-C", "2"]);
    let polite = Subscriber::start(port, &will);
    polite.signal("-TERM");
    assert_eq!(polite.end().1, Some(0));
    let lost = Subscriber::start(port, &will);
    lost.signal("-KILL");
    assert_eq!(lost.end().1, None);
    talk("pub", port, &["--insecure", "-t", "end", "-m", "of test", "-q", "1"]).printed();
    let (output, _) = listener.end();
    let mut lines: Vec<_> = output.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
    lines.sort_unstable();
    assert_eq!(lines, [b"end of test".as_slice(), b"will gone".as_slice()]);
}

#[test]
fn a_kept_session_gets_what_came_while_it_was_away() {
    let broker = Broker::usual("messages-session");
    let port = broker.ports[PLAIN];
    let kept = ["--plain", "-c", "-i", "keeper", "-t", "mail", "-q", "1"];
    let subscriber = Subscriber::start(port, &kept);
    subscriber.signal("-INT");
    assert_eq!(subscriber.end(), (Vec::new(), Some(0)));
    for message in ["first", "second"] {
        talk("pub", port, &["--plain", "-t", "mail", "-m", message, "-q", "1"]).printed();
    }
    assert_eq!(talk("sub", port, &[&kept, ["-C", "2"].as_slice()].concat()).printed(), "first\nsecond\n");
}

#[test]
fn an_interrupt_ends_a_subscription_with_goodbyes_in_both_layers() {
    let mut broker = Broker::usual("messages-interrupt");
    for (way, security) in [(PLAIN, "--plain"), (TLS, "--insecure")] {
        let name = format!("interrupted-{way}");
        let mut subscriber = Subscriber::start(broker.ports[way], &["-t", "a", "-i", &name, security]);
        subscriber.signal("-INT");
        subscriber.wait_for("mqtt > DISCONNECT");
        if way == TLS {
            subscriber.wait_for("tls  > alert, protected");
        }
        assert_eq!(subscriber.end().1, Some(0));
        broker.server.wait_for(&format!("Received DISCONNECT from {name}"), SOON).unwrap();
    }
}

#[test]
fn a_quiet_subscription_is_kept_alive() {
    let broker = Broker::usual("messages-keep-alive");
    let ways = [(broker.ports[PLAIN], "--plain"), (broker.ports[TLS], "--insecure")];
    let start = |(port, security)| Subscriber::start(port, &["-t", security, "-k", "4", "-C", "1", security]);
    for (mut subscriber, (port, security)) in ways.map(start).into_iter().zip(ways) {
        // The broker gives up after one and a half times the keep-alive, which is two of ours.
        for _ in 0..3 {
            subscriber.wait_for("mqtt < PINGRESP");
        }
        talk("pub", port, &["-t", security, "-m", "still there", security, "-q", "1"]).printed();
        assert_eq!(subscriber.end(), (b"still there\n".to_vec(), Some(0)));
    }
}

#[test]
fn the_trace_names_suite_handshake_messages_and_packets() {
    let broker = Broker::usual("messages-trace");
    let [option, ca] = verifying();
    let suite = "TLS_RSA_WITH_AES_128_CCM_8";
    let ran = talk(
        "pub",
        broker.ports[TLS],
        &[&option, &ca, "-t", "a", "-m", "b", "-q", "1", "-d", "--ciphers", suite],
    );
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let address = format!("tcp  = {HOST}:{}", broker.ports[TLS]);
    let words = [
        &address,
        "tls  > ClientHello, ",
        "tls  < ServerHello, ",
        "tls  < Certificate, ",
        "tls  < ServerHelloDone, 4 bytes",
        "tls  > ClientKeyExchange, ",
        "tls  > ChangeCipherSpec",
        "tls  > Finished, protected",
        "tls  < NewSessionTicket, ",
        "tls  < ChangeCipherSpec",
        "tls  < Finished, protected",
        "tls  = TLS_RSA_WITH_AES_128_CCM_8, full handshake",
        "mqtt > CONNECT, ",
        "tls  > application data, ",
        "mqtt < CONNACK, ",
        "mqtt > PUBLISH, QoS 1, 6 bytes after the header",
        "mqtt < PUBACK, ",
        "mqtt > DISCONNECT, ",
        "tls  > alert, protected",
    ];
    let mut lines = ran.errors.lines();
    for word in words {
        assert!(
            lines.any(|line| line.starts_with(&format!("debug: {word}"))),
            "no {word:?} in order:\n{}",
            ran.errors
        );
    }
}

#[test]
fn a_saved_session_is_resumed_and_only_its_owner_can_read_it() {
    let broker = Broker::usual("messages-resumed");
    let session = folder("messages-resumed-session").join("session");
    let [option, ca] = verifying();
    let publish = |more: &[&str]| {
        let common =
            [option.as_str(), &ca, "-t", "a", "-m", "b", "-d", "--session", session.to_str().unwrap()];
        let ran = talk("pub", broker.ports[TLS], &[&common, more].concat());
        assert_eq!(ran.code, Some(0), "{ran:?}");
        how(&ran)
    };
    assert_eq!(publish(&[]), "full handshake");
    assert_eq!(fs::metadata(&session).unwrap().permissions().mode() & 0o7777, 0o600);
    assert_eq!(publish(&[]), "resumed");
    assert_eq!(publish(&[]), "resumed");
    // Another anchor, another offer: what was decided then does not count now, and is no error.
    let suite = ["--ciphers", "TLS_RSA_WITH_AES_128_CBC_SHA"];
    assert_eq!(publish(&suite), "full handshake");
    assert_eq!(publish(&suite), "resumed");
    fs::write(&session, b"not a session").unwrap();
    assert_eq!(publish(&[]), "full handshake");
    assert_eq!(publish(&[]), "resumed");
    let left: Vec<_> = fs::read_dir(session.parent().unwrap()).unwrap().collect();
    assert_eq!(left.len(), 1, "only the session is left: {left:?}");
}

fn how(ran: &Ran) -> String {
    let line = ran.errors.lines().find_map(|line| line.strip_prefix("debug: tls  = ")).unwrap();
    line.split_once(", ").unwrap().1.to_owned()
}

#[test]
fn user_name_and_client_certificate_are_shown_to_the_broker() {
    let folder = folder("messages-user");
    let (passwords, rights) = (text(&folder.join("passwords")), text(&folder.join("rights")));
    let made = Command::new("mosquitto_passwd").args(["-b", "-c", &passwords, "carol", "secret"]).status();
    assert!(made.expect("mosquitto_passwd is missing; `cargo xtask test` installs it").success());
    fs::write(&rights, "user carol\ntopic readwrite carol/#\nuser device-2048\ntopic readwrite device/#\n")
        .unwrap();
    let mutual = format!(
        "{}cafile {}\nrequire_certificate true\nuse_identity_as_username true\n",
        files().listener("server-chain", "server"),
        files().certificate("ca"),
    );
    let settings = format!("allow_anonymous false\npassword_file {passwords}\nacl_file {rights}\n");
    let broker = Broker::start_with("messages-user-broker", &settings, &["", &mutual]);

    let carol = ["--plain", "-u", "carol", "-P", "secret", "-t", "carol/x", "-q", "1"];
    talk("pub", broker.ports[PLAIN], &[&carol, ["-m", "hi", "-r"].as_slice()].concat()).printed();
    assert_eq!(
        talk("sub", broker.ports[PLAIN], &[&carol, ["-C", "1"].as_slice()].concat()).printed(),
        "hi\n"
    );

    let (certificate, key, [option, ca]) =
        (files().certificate("client-2048"), files().key("client-2048"), verifying());
    let device = [&option, &ca, "--cert", &certificate, "--key", &key, "-t", "device/x", "-q", "1"];
    talk("pub", broker.ports[TLS], &[&device, ["-m", "it is me", "-r"].as_slice()].concat()).printed();
    assert_eq!(
        talk("sub", broker.ports[TLS], &[&device, ["-C", "1"].as_slice()].concat()).printed(),
        "it is me\n"
    );
}

#[test]
fn a_reader_that_goes_away_ends_the_subscription_quietly() {
    let mut broker = Broker::usual("messages-closed-output");
    let port = broker.ports[PLAIN];
    // At once, not only with the next message.
    let mut subscriber = Subscriber::start(port, &["--plain", "-t", "a", "-i", "reader"]);
    drop(subscriber.child.stdout.take());
    subscriber.wait_for("mqtt > DISCONNECT");
    assert_eq!(subscriber.end_with_trace(), (Vec::new(), Some(0), String::new()));
    broker.server.wait_for("Received DISCONNECT from reader", SOON).unwrap();

    talk("pub", port, &["--plain", "-t", "a/1", "-m", "first", "-r", "-q", "1"]).printed();
    talk("pub", port, &["--plain", "-t", "a/2", "-m", "second", "-r", "-q", "1"]).printed();
    let program = env!("CARGO_BIN_EXE_mqtts");
    let line = format!("set -o pipefail; {program} sub --plain -h {HOST} -p {port} -t a/# | head -1");
    assert_eq!(bash(&line).printed(), "first\n");
    // So does every other command.
    let line = format!("{program} man | head -1 >/dev/null; echo ${{PIPESTATUS[0]}}");
    assert_eq!(bash(&line).printed(), "0\n");
}

#[test]
fn every_suite_can_be_asked_for_by_its_name() {
    let broker = Broker::usual("messages-suites");
    let [option, ca] = verifying();
    for suite in tls12::Suite::ALL {
        let arguments = [&option, &ca, "-t", suite.name(), "-q", "1", "--ciphers", suite.name()];
        talk("pub", broker.ports[TLS], &[&arguments, ["-m", "here", "-r"].as_slice()].concat()).printed();
        let ran = talk("sub", broker.ports[TLS], &[&arguments, ["-C", "1", "-d"].as_slice()].concat());
        assert_eq!((ran.code, ran.output.as_str()), (Some(0), "here\n"), "{ran:?}");
        assert!(ran.errors.contains(&format!("= {suite}, full handshake\n")), "{ran:?}");
    }
}

#[test]
fn an_acknowledgement_of_nothing_ends_nothing_and_the_trace_counts_it() {
    let port = server(|mut socket| {
        let _ = packet(&mut socket);
        // CONNACK, PUBACK 77, PUBCOMP 78, PUBREC 79.
        socket.write_all(&[0x20, 2, 0, 0, 0x40, 2, 0, 77, 0x70, 2, 0, 78, 0x50, 2, 0, 79]).unwrap();
        let mut open = None;
        loop {
            match packet(&mut socket) {
                (0x32, publish) => open = Some([publish[3], publish[4]]),
                // Only who answers PUBREC 79 by its PUBREL gets on.
                (0x62, release) => assert_eq!(release, [0, 79]),
                _ => return,
            }
            if let Some([high, low]) = open {
                socket.write_all(&[0x40, 2, high, low]).unwrap();
            }
        }
    });
    let ran = talk("pub", port, &["--plain", "-t", "a", "-m", "b", "-q", "1", "-d"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.errors.contains("debug: mqtt = "), "{}", ran.errors);
    assert!(ran.errors.contains(" acknowledgements of nothing were ignored\n"), "{}", ran.errors);
}

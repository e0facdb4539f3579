//! `publish.rs`, `source.rs`, `options/url.rs`: where messages come from, and addresses as URLs.

use std::{
    fs,
    io::{Read, Write},
    process::Stdio,
    sync::mpsc,
};

use crate::support::{
    Broker, HOST, PLAIN, Subscriber, TLS, bash, command, files, folder, mqtts, packet, ran, server, talk,
    text,
};

/// Subscribes, runs lines of bash in which `PUB` is the command up to its options, and gives what was printed.
fn through(broker: &Broker, count: usize, lines: &[&str]) -> String {
    let port = broker.ports[PLAIN];
    let subscriber = Subscriber::start(port, &["--plain", "-t", "a/#", "-q", "2", "-C", &count.to_string()]);
    for line in lines {
        let command = format!("{} pub --plain -h {HOST} -p {port}", env!("CARGO_BIN_EXE_mqtts"));
        bash(&line.replace("PUB", &command)).printed();
    }
    let (output, code) = subscriber.end();
    assert_eq!(code, Some(0));
    String::from_utf8(output).unwrap()
}

#[test]
fn standard_input_is_a_message_or_a_message_for_each_line() {
    let broker = Broker::usual("publish-input");
    let printed = through(
        &broker,
        3,
        &[
            r"printf 'all\nof it\n' | PUB -t a -s",
            r"printf 'the same' | PUB -t a -q 1 -f -",
            "PUB -t a -q 2 -n",
        ],
    );
    assert_eq!(printed, "all\nof it\n\nthe same\n\n");
    for qos in ["0", "1", "2"] {
        let line = format!(r"printf 'one\n\ntwo\r\nlast' | PUB -t a -l -q {qos}");
        assert_eq!(through(&broker, 4, &[&line]), "one\n\ntwo\r\nlast\n");
    }
    // More than fit into any window at once.
    let expected: String = (1..=900).map(|number| format!("{number}\n")).collect();
    assert_eq!(through(&broker, 900, &["seq 900 | PUB -t a -l -q 2"]), expected);
}

#[test]
fn a_line_is_sent_as_soon_as_it_is_typed_and_the_connection_lives_on_in_between() {
    let broker = Broker::usual("publish-lines");
    let port = broker.ports[PLAIN].to_string();
    let mut subscriber = Subscriber::start(broker.ports[PLAIN], &["--plain", "-t", "a", "-C", "2"]);
    let arguments = ["pub", "--plain", "-h", HOST, "-p", &port, "-t", "a", "-l", "-d", "-k", "4"];
    let mut child = command(&arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"first\n").unwrap();
    subscriber.wait_for("mqtt < PUBLISH");
    // While nothing is typed the server is told that somebody is there.
    let mut publisher = Subscriber::of(child);
    publisher.wait_for("mqtt < PINGRESP");
    input.write_all(b"second\n").unwrap();
    drop(input);
    assert_eq!(publisher.end().1, Some(0));
    assert_eq!(subscriber.end(), (b"first\nsecond\n".to_vec(), Some(0)));
}

#[test]
fn a_message_is_repeated() {
    let broker = Broker::usual("publish-repeat");
    let file = folder("publish-repeat-file").join("payload");
    fs::write(&file, "from a file").unwrap();
    let lines = [
        "PUB -t a -m b --repeat 3".to_owned(),
        format!("PUB -t a -f {} --repeat 2 --repeat-delay 0.01 -q 1", text(&file)),
        "printf x | PUB -t a -s --repeat 2 -q 2".to_owned(),
    ];
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    let expected = "b\nb\nb\nfrom a file\nfrom a file\nx\nx\n";
    assert_eq!(through(&broker, 7, &lines), expected);
}

#[test]
fn an_address_can_be_a_url() {
    let broker = Broker::usual("publish-url");
    let (plain, tls) = (broker.ports[PLAIN], broker.ports[TLS]);
    let ca = files().certificate("ca");
    let publish = |arguments: &[&str]| {
        mqtts(&[&["pub", "-W", "60", "-q", "1", "-r", "-m", "by URL"], arguments].concat()).printed();
    };
    publish(&["-L", &format!("mqtt://{HOST}:{plain}/url/1")]);
    publish(&["-L", &format!("mqtts://somebody:secret@{HOST}:{tls}/url/2"), "--cafile", &ca]);
    publish(&["-h", &format!("mqtts://{HOST}:{tls}"), "-t", "url/3", "--cafile", &ca]);
    publish(&["-h", &format!("mqtt://{HOST}"), "-p", &plain.to_string(), "-t", "url/4", "-V", "mqttv311"]);
    let url = format!("mqtt://{HOST}:{plain}/url/+");
    let printed = mqtts(&["sub", "-L", &url, "-t", "other", "-C", "4", "-v", "-W", "60"]).printed();
    let mut lines: Vec<_> = printed.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["url/1 by URL", "url/2 by URL", "url/3 by URL", "url/4 by URL"]);
}

#[test]
fn suites_have_openssls_names_too() {
    let broker = Broker::usual("publish-suites");
    let ca = files().certificate("ca");
    let suites = "AES128-CCM8:TLS_RSA_WITH_AES_256_CBC_SHA";
    let ran = talk(
        "pub",
        broker.ports[TLS],
        &["--cafile", &ca, "--tls-version", "tlsv1.2", "--ciphers", suites, "-t", "a", "-n", "-d"],
    );
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(
        ["TLS_RSA_WITH_AES_128_CCM_8", "TLS_RSA_WITH_AES_256_CBC_SHA"]
            .iter()
            .any(|suite| ran.errors.contains(&format!("= {suite}, full handshake"))),
        "{}",
        ran.errors
    );
}

// RFC 7301 §3.1.
#[test]
fn a_protocol_is_asked_for() {
    let (sender, receiver) = mpsc::channel();
    let port = server(move |mut socket| {
        let mut hello = vec![0; 4096];
        let length = socket.read(&mut hello).unwrap();
        sender.send(hello[..length].to_vec()).unwrap();
    });
    for (arguments, is_there) in [(&["--tls-alpn", "mqtt"][..], true), (&[], false)] {
        let ran = talk("pub", port, &[&["--insecure", "-t", "a", "-n"], arguments].concat());
        assert_eq!(ran.code, Some(7), "{ran:?}");
        let hello = receiver.recv().unwrap();
        let extension = b"\0\x10\0\x07\0\x05\x04mqtt";
        assert_eq!(hello.windows(extension.len()).any(|window| window == extension), is_there);
    }
}

#[test]
fn the_time_of_a_run_counts_while_standard_input_is_read() {
    let port = xtask::process::free_port().unwrap().to_string();
    for source in [&["-s"][..], &["-f", "-"], &["-f", "/dev/stdin"]] {
        // Nothing comes from there, and nothing is connected before.
        let common = ["pub", "--plain", "-h", HOST, "-p", &port, "-t", "a", "-W", "1"];
        let mut command = command(&[&common[..], source].concat());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let input = child.stdin.take();
        assert_eq!(ran(&child.wait_with_output().unwrap()).failed(27), "mqtts: timed out after 1 s (-W)");
        drop(input);
    }
}

#[test]
fn an_identifier_can_have_a_prefix() {
    let mut broker = Broker::usual("publish-prefix");
    let port = broker.ports[PLAIN].to_string();
    let mut command = command(&["pub", "--plain", "-h", HOST, "-p", &port, "-t", "a", "-n", "-I", "prefix-"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let name = format!("as prefix-{} ", child.id());
    ran(&child.wait_with_output().unwrap()).printed();
    broker.server.wait_for(&name, crate::support::SOON).unwrap();
}

/// A large message leaves in records of full length, but for its head and its end.
#[test]
fn a_large_message_leaves_in_full_records() {
    let broker = Broker::usual("publish-records");
    let file = folder("publish-records-file").join("payload");
    // Twelve records of 16384 bytes and a half one.
    fs::write(&file, vec![b'x'; 12 * 16_384 + 8_192]).unwrap();
    let (ca, file) = (files().certificate("ca"), text(&file));
    let suite = "TLS_RSA_WITH_AES_256_GCM_SHA384";
    let arguments = ["--cafile", &ca, "--ciphers", suite, "-t", "a", "-f", &file, "-q", "1", "-d"];
    let ran = talk("pub", broker.ports[TLS], &arguments);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let lengths: Vec<_> = ran
        .errors
        .lines()
        .filter_map(|line| {
            line.strip_prefix("debug: tls  > application data, ")?.strip_suffix(" bytes protected")
        })
        .filter_map(|length| length.parse::<usize>().ok())
        .filter(|length| *length > 100)
        .collect();
    // The nonce and the tag of each are 24 bytes.
    assert_eq!(lengths, [[16_408; 12].as_slice(), &[8_216]].concat());
}

/// Behind as many messages as may be under way the next packet is a PINGREQ, not a message.
#[test]
fn so_many_messages_are_under_way_as_were_asked_for() {
    for (option, most) in [("-M 1", 1), ("-M 7", 7), ("", 20), ("-M 40", 40)] {
        let port = server(move |mut socket| {
            let _ = packet(&mut socket);
            socket.write_all(&[0x20, 2, 0, 0]).unwrap();
            let mut open = Vec::new();
            loop {
                match packet(&mut socket) {
                    (0x32, publish) => open.push([publish[3], publish[4]]),
                    (0xC0, _) => {
                        socket.write_all(&[0xD0, 0]).unwrap();
                        // The last ones are fewer.
                        let acknowledged =
                            if open.len() == most || open.last() == Some(&[0, 45]) { open.len() } else { 0 };
                        for [high, low] in open.drain(..acknowledged) {
                            socket.write_all(&[0x40, 2, high, low]).unwrap();
                        }
                    }
                    _ => return,
                }
                assert!(open.len() <= most, "more than {most} are under way");
            }
        });
        let lines = if most == 1 { 2 } else { 45 };
        let program = env!("CARGO_BIN_EXE_mqtts");
        let line = format!(
            "seq {lines} | {program} pub --plain -h {HOST} -p {port} -t a -l -q 1 -k 1 -W 60 {option}"
        );
        bash(&line).printed();
    }
}

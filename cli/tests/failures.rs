//! `failure.rs`: whatever fails is one line with its code, flags and alert, and exit status 1.

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    process::{Command, Stdio},
};

use xtask::process;

use crate::support::{
    Broker, HOST, PLAIN, Subscriber, TLS, command, files, folder, mqtts, packet, server, talk, text, vector,
};

/// Publishes something, expecting a failure.
fn publish(port: u16, arguments: &[&str]) -> String {
    fails(port, arguments, 1)
}

/// The same with this exit status.
fn fails(port: u16, arguments: &[&str], code: i32) -> String {
    talk("pub", port, &[&["-t", "a", "-m", "b", "-q", "1"], arguments].concat()).failed(code)
}

#[test]
fn nobody_listens() {
    let port = process::free_port().unwrap();
    for security in ["--plain", "--insecure"] {
        let place = format!("({HOST}:{port}: Connection refused)");
        let expected =
            format!("status: -0x0044 NET - The connection to the given server / port failed {place}");
        assert_eq!(publish(port, &[security]), expected);
    }
}

#[test]
fn the_host_has_no_address() {
    let line =
        mqtts(&["pub", "-h", "no-such-host.invalid", "-p", "8883", "-t", "a", "-m", "b", "--insecure"])
            .failed(1);
    let place = "(no-such-host.invalid:8883)";
    assert_eq!(
        line,
        format!("status: -0x0052 NET - Failed to get an IP address for the given hostname {place}")
    );
}

#[test]
fn the_server_hangs_up_resets_says_nothing_or_speaks_something_else() {
    let hangs_up = server(|mut socket| drop(socket.read(&mut [0; 4096])));
    // Unread data makes the system answer with a reset.
    let resets = server(|socket| drop(socket.peek(&mut [0; 1])));
    let silent = server(|mut socket| drop(socket.read_to_end(&mut Vec::new())));
    let web = server(|mut socket| {
        drop(socket.read(&mut [0; 4096]));
        drop(socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n"));
        drop(socket.read_to_end(&mut Vec::new()));
    });
    let (tls, plain) = ("is this the TLS port?", "is this the TLS port? (without --plain)");
    let cut = "(connection ended without close_notify)";
    assert_eq!(
        fails(hangs_up, &["--insecure"], 7),
        format!("status: -0x7280 SSL - The connection indicated an EOF {cut}: {tls}")
    );
    assert_eq!(
        fails(hangs_up, &["--plain"], 7),
        format!("status: -0x9700 MQTT - The server closed the connection: {plain}")
    );
    for (security, hint) in [("--insecure", tls), ("--plain", plain)] {
        assert_eq!(
            fails(resets, &[security], 7),
            format!("status: -0x0050 NET - Connection was reset by peer: {hint}")
        );
        assert_eq!(fails(silent, &[security, "-W", "1"], 27), "mqtts: timed out after 1 s (-W)");
    }
    let line = fails(web, &["--insecure"], 8);
    assert!(line.starts_with("status: -0x7200 SSL - An invalid SSL record was received"), "{line}");
    assert!(line.ends_with(": the server speaks HTTP; is this the TLS port?"), "{line}");
    assert_eq!(
        publish(web, &["--plain"]),
        "status: -0x9100 MQTT - A malformed packet was received: the server speaks HTTP"
    );
}

#[test]
fn the_tls_port_and_the_plain_port_are_told_apart_by_what_mosquitto_does() {
    let broker = Broker::usual("failures-ports");
    let ca = files().certificate("ca");
    let line = fails(broker.ports[PLAIN], &["--cafile", &ca], 7);
    assert!(line.ends_with(": is this the TLS port?"), "{line}");
    let line = fails(broker.ports[TLS], &["--plain"], 7);
    assert!(line.ends_with(": is this the TLS port? (without --plain)"), "{line}");
    assert!(!line.contains("SSL"), "{line}");
}

#[test]
fn an_alert_in_the_place_of_a_server_hello_says_what_it_means() {
    let words = [
        (40, "no suite in common"),
        (70, "the server does not speak TLS 1.2"),
        (71, "no suite in common"),
        (80, "a fault at the server"),
        (112, "the server has no certificate for this name (-h)"),
        (120, "the server does not know this protocol (--tls-alpn)"),
    ];
    for (alert, expected) in words {
        let port = server(move |mut socket| {
            drop(socket.read(&mut [0; 4096]));
            // The rest of what comes is not read: a reset follows the alert.
            drop(socket.write_all(&[21, 3, 3, 0, 2, 2, alert]));
        });
        let line = fails(port, &["--insecure"], 8);
        assert!(line.starts_with("status: -0x7780 SSL - "), "{line}");
        assert!(
            line.contains(&format!("(alert {alert}")) && line.contains(&format!("): {expected}")),
            "{line}"
        );
    }
}

#[test]
fn the_servers_return_code_is_the_exit_status_and_counts_more_than_a_reset() {
    let codes = [(1, "-0x9200"), (2, "-0x9280"), (3, "-0x9300"), (4, "-0x9380"), (5, "-0x9400")];
    for (code, expected) in codes {
        let port = server(move |mut socket| {
            // What is left of CONNECT, unread, makes the system reset the connection behind CONNACK.
            socket.read_exact(&mut [0; 2]).unwrap();
            socket.write_all(&[0x20, 2, 0, code]).unwrap();
        });
        for verb in ["pub", "sub"] {
            let message: &[&str] = if verb == "pub" { &["-m", "b"] } else { &[] };
            let line = talk(verb, port, &[&["--plain", "-t", "a"], message].concat()).failed(code.into());
            assert!(line.starts_with(&format!("status: {expected} MQTT - Connection refused, ")), "{line}");
        }
    }
}

#[test]
fn exit_statuses_are_those_of_mosquittos_clients() {
    let passwords = folder("failures-statuses").join("passwords");
    fs::write(&passwords, "").unwrap();
    let settings = format!("allow_anonymous false\npassword_file {}\n", passwords.display());
    let closed = Broker::start_with("failures-statuses-closed", &settings, &[""]);
    let open = Broker::usual("failures-statuses-open");
    let nobody = process::free_port().unwrap();
    let other = files().certificate("other");
    let cases: [(&str, u16, &[&str], i32); 5] = [
        ("sub", open.ports[PLAIN], &["-t", "a", "-W", "1"], 27),
        ("sub", closed.ports[0], &["-t", "a"], 5),
        ("pub", closed.ports[0], &["-t", "a", "-m", "b"], 5),
        ("pub", nobody, &["-t", "a", "-m", "b"], 1),
        ("pub", open.ports[TLS], &["-t", "a", "-m", "b", "--cafile", &other], 8),
    ];
    for (verb, port, arguments, code) in cases {
        let port = port.to_string();
        let arguments = [&["-h", HOST, "-p", &port], arguments].concat();
        let theirs = Command::new(format!("mosquitto_{verb}")).args(&arguments).output().unwrap();
        let ours = if arguments.contains(&"--cafile") { [verb].to_vec() } else { vec![verb, "--plain"] };
        // Theirs is 1 for TLS, too, when the handshake fails while it still connects: a matter of time.
        let is_theirs = |status| status == code || (code == 8 && status == 1);
        assert!(theirs.status.code().is_some_and(is_theirs), "{verb} {arguments:?}: {theirs:?}");
        mqtts(&[ours, arguments].concat()).failed(code);
    }
}

#[test]
fn what_has_arrived_counts_more_than_a_failed_write() {
    // The server takes CONNECT, says something that no server may say, and hangs up on everything else.
    let port = server(|mut socket| {
        let _ = packet(&mut socket);
        socket.write_all(&[0x20, 2, 0, 0]).unwrap();
        drop(socket.peek(&mut [0; 1]));
        drop(socket.write_all(&[0xC0, 0]));
    });
    let file = folder("failures-write").join("large");
    fs::write(&file, vec![b'x'; 8_000_000]).unwrap();
    for _ in 0..10 {
        let line = talk("pub", port, &["--plain", "-t", "a", "-f", file.to_str().unwrap()]).failed(1);
        assert!(line.starts_with("status: -0x9180 MQTT - "), "{line}");
    }
}

#[test]
fn quiet_leaves_the_exit_status() {
    let port = process::free_port().unwrap();
    let ran = talk("pub", port, &["--plain", "-t", "a", "-m", "b", "--quiet"]);
    assert_eq!((ran.code, ran.output.as_str(), ran.errors.as_str()), (Some(1), "", ""));
    assert_eq!(
        talk("pub", port, &["--plain", "--quiet", "-m", "b"]).failed(2),
        "mqtts: pub: which topic? (-t TOPIC)"
    );
}

#[test]
fn a_signal_ends_a_publication_that_is_not_delivered() {
    let listener = TcpListener::bind((HOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    for signal in ["-INT", "-TERM"] {
        let mut command =
            command(&["pub", "-h", HOST, "-p", &port, "--plain", "-t", "a", "-m", "b", "-W", "60"]);
        let child = command.stderr(Stdio::piped()).spawn().unwrap();
        // Its CONNECT shows that it listens to signals by now.
        let (mut socket, _) = listener.accept().unwrap();
        assert_ne!(socket.read(&mut [0; 64]).unwrap(), 0);
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr), (Some(1), b"mqtts: interrupted\n".to_vec()));
    }
}

#[test]
fn the_server_is_not_who_it_should_be() {
    let listeners = ["server-chain", "elsewhere", "expired"].map(|name| {
        let key = if name == "elsewhere" { "elsewhere" } else { "server" };
        files().listener(name, key)
    });
    let broker = Broker::start("failures-trust", &listeners.each_ref().map(String::as_str));
    let [good, elsewhere, expired] = broker.ports[..] else { panic!("three ports") };
    let (ca, other) = (files().certificate("ca"), files().certificate("other"));
    let refused =
        "status: -0x2700 X509 - Certificate verification failed, e.g. CRL, CA or signature check failed";
    let not_trusted = "The certificate is not correctly signed by the trusted CA";
    let mismatch = "The certificate Common Name (CN) does not match with the expected CN";

    let line = fails(good, &["--cafile", &other], 8);
    assert!(line.starts_with(&format!("{refused} (sent alert 48, unknown_ca; flags 0x08")), "{line}");
    assert!(line.ends_with(&format!("; {not_trusted})")), "{line}");
    let line = fails(elsewhere, &["--cafile", &ca], 8);
    assert_eq!(line, format!("{refused} (sent alert 42, bad_certificate; flags 0x04; {mismatch})"));
    let line = fails(expired, &["--cafile", &ca], 8);
    let alert = "sent alert 45, certificate_expired";
    assert_eq!(line, format!("{refused} ({alert}; flags 0x01; The certificate validity has expired)"));
    let line = fails(elsewhere, &["--cafile", &other], 8);
    assert_eq!(
        line,
        format!("{refused} (sent alert 42, bad_certificate; flags 0x0C; {mismatch}; {not_trusted})")
    );

    // With verification off, all of them will do.
    for port in [good, elsewhere, expired] {
        talk("pub", port, &["-t", "a", "-m", "b", "--insecure"]).printed();
    }
}

#[test]
fn client_and_server_have_no_suite_in_common() {
    let listener = files().listener("server-chain", "server");
    let one = listener.replace(xtask::mosquitto::CIPHERS, "AES256-GCM-SHA384");
    let broker = Broker::start("failures-suite", &[&one]);
    let line = fails(broker.ports[0], &["--insecure", "--ciphers", "TLS_RSA_WITH_AES_128_CBC_SHA"], 8);
    let text = "status: -0x7780 SSL - A fatal alert message was received from our peer (alert 40, handshake_failure)";
    assert!(line.starts_with(&format!("{text}: no suite in common: ")), "{line}");
}

#[test]
fn the_broker_wants_a_client_certificate() {
    let listener = files().listener("server-chain", "server");
    let mutual = format!("{listener}cafile {}\nrequire_certificate true\n", files().certificate("ca"));
    let broker = Broker::start("failures-mutual", &[&mutual]);
    let ca = files().certificate("ca");
    let alert = "status: -0x7780 SSL - A fatal alert message was received from our peer (alert ";
    // The broker's alert, not the reset behind it, however fast the broker hangs up.
    for _ in 0..20 {
        let line = fails(broker.ports[0], &["--cafile", &ca], 8);
        assert_eq!(
            line,
            format!("{alert}40, handshake_failure): the server wants a client certificate (--cert, --key)")
        );
    }
    // Signed by somebody else.
    let (certificate, key) = (files().certificate("other"), files().key("other"));
    let line = fails(broker.ports[0], &["--insecure", "--cert", &certificate, "--key", &key], 8);
    assert!(line.starts_with(alert), "{line}");
    assert!(
        line.ends_with(": the server does not trust the issuer of the client certificate (--cert)"),
        "{line}"
    );
}

#[test]
fn the_key_of_another_certificate_is_told_before_anything_is_connected() {
    let (certificate, key) = (vector("tls12/client-2048.pem"), vector("tls12/client-1024.key"));
    let port = process::free_port().unwrap();
    let line = publish(port, &["--insecure", "--cert", &certificate, "--key", &key]);
    assert!(line.starts_with("status: -0x4200 RSA - "), "{line}");
    assert!(line.ends_with(&format!("(--key {key} is not the key of --cert {certificate})")), "{line}");
}

#[test]
fn a_key_whose_parts_do_not_belong_together_is_told_before_anything_is_connected() {
    let folder = folder("failures-key");
    let (request, key) = (text(&folder.join("request.conf")), text(&folder.join("damaged.key")));
    // The same modulus and exponents with a wrong coefficient: every signature would be wrong.
    let good = xtask::process::output(Command::new("openssl").args([
        "pkey",
        "-text",
        "-noout",
        "-in",
        &files().key("server"),
    ]))
    .unwrap();
    let number = |name: &str| {
        let (_, rest) = good.split_once(&format!("\n{name}:\n")).unwrap();
        let digits = rest.lines().take_while(|line| line.starts_with(' '));
        digits.map(|line| line.trim().replace(':', "")).collect::<String>()
    };
    let mut asn1 = String::from("asn1=SEQUENCE:key\n[key]\nversion=INTEGER:0\n");
    let names = ["modulus", "privateExponent", "prime1", "prime2", "exponent1", "exponent2"];
    for name in names {
        asn1.push_str(&format!("{name}=INTEGER:0x{}\n", number(name)));
        if name == "modulus" {
            asn1.push_str("publicExponent=INTEGER:65537\n");
        }
    }
    asn1.push_str("coefficient=INTEGER:3\n");
    fs::write(&request, asn1).unwrap();
    let der = text(&folder.join("damaged.der"));
    xtask::process::output(Command::new("openssl").args([
        "asn1parse",
        "-noout",
        "-genconf",
        &request,
        "-out",
        &der,
    ]))
    .unwrap();
    let encoded = xtask::process::output(Command::new("base64").args(["-w64", &der])).unwrap();
    fs::write(&key, format!("-----BEGIN RSA PRIVATE KEY-----\n{encoded}-----END RSA PRIVATE KEY-----\n"))
        .unwrap();

    let port = process::free_port().unwrap();
    let line = publish(port, &["--insecure", "--cert", &files().certificate("server"), "--key", &key]);
    assert!(line.ends_with(&format!("(--key {key}: its parts do not belong together)")), "{line}");
}

#[test]
fn the_broker_dies() {
    let mut broker = Broker::usual("failures-death");
    let ways = [
        (PLAIN, "--plain", "-0x9700 MQTT - The server closed the connection"),
        (
            TLS,
            "--insecure",
            "-0x7280 SSL - The connection indicated an EOF (connection ended without close_notify)",
        ),
    ];
    let subscribers = ways.map(|(way, security, _)| {
        Subscriber::start(broker.ports[way], &["-t", "a", "--no-reconnect", security])
    });
    broker.server.kill();
    for (mut subscriber, (_, _, expected)) in subscribers.into_iter().zip(ways) {
        subscriber.wait_for(&format!("status: {expected}"));
        assert_eq!(subscriber.end(), (Vec::new(), Some(7)));
    }
}

#[test]
fn the_broker_refuses_the_user() {
    let passwords = folder("failures-user").join("passwords");
    fs::write(&passwords, "").unwrap();
    let settings = format!("allow_anonymous false\npassword_file {}\n", passwords.display());
    let broker = Broker::start_with("failures-user-broker", &settings, &[""]);
    for user in [&[][..], &["-u", "nobody", "-P", "wrong"]] {
        let line = fails(broker.ports[0], &[&["--plain"], user].concat(), 5);
        assert_eq!(line, "status: -0x9400 MQTT - Connection refused, not authorized");
    }
}

#[test]
fn a_file_is_at_fault_and_is_named_before_anything_is_connected() {
    let folder = folder("failures-files");
    let port = process::free_port().unwrap();
    let write = |name: &str, text: &str| {
        fs::write(folder.join(name), text).unwrap();
        crate::support::text(&folder.join(name))
    };
    let locked = write(
        "locked.key",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIC\n-----END ENCRYPTED PRIVATE KEY-----\n",
    );
    let empty = write("empty.crt", "");
    let (certificate, key) = (vector("tls12/client-2048.pem"), vector("tls12/client-2048.key"));
    let cases: [(&[&str], &str, &str); 8] = [
        (&["--cafile", &empty], "-0x2180 X509 - ", "--cafile "),
        (&["--cafile", &key], "-0x2180 X509 - ", "--cafile "),
        (&["--cafile", "/dev/zero"], "-0x3E00 PK - Read/write of file failed", "--cafile "),
        (&["--cafile", "none.crt"], "-0x3E00 PK - Read/write of file failed", "--cafile "),
        (&["--insecure", "--cert", &key, "--key", &key], "-0x2180 X509 - ", "--cert "),
        (&["--insecure", "--cert", &certificate, "--key", &locked], "-0x3C00 PK - ", "--key "),
        (&["--insecure", "--cert", &certificate, "--key", &certificate], "-0x3D00 PK - ", "--key "),
        (
            &["--insecure", "--session", "/dev/null/session"],
            "-0x3E00 PK - Read/write of file failed",
            "--session ",
        ),
    ];
    for (arguments, code, option) in cases {
        let line = publish(port, arguments);
        assert!(line.starts_with(&format!("status: {code}")), "{line}");
        let file = arguments.iter().rev().find(|word| !word.starts_with("--")).unwrap();
        assert!(line.contains(&format!("({option}")), "{line} does not name {option}");
        let named = if option == "--cert " { arguments[2] } else { file };
        assert!(line.contains(named), "{line} does not name {named}");
    }
    let line = talk("pub", port, &["--plain", "-t", "a", "-f", "/nonexistent/file"]).failed(1);
    let place = "(-f /nonexistent/file: No such file or directory)";
    assert_eq!(line, format!("status: -0x3E00 PK - Read/write of file failed {place}"));
}

#[test]
fn a_fatal_alert_drops_the_saved_session() {
    // RFC 5246 §7.2.2
    let broker = Broker::usual("failures-session");
    let session = folder("failures-session-file").join("session");
    let (ca, file) = (files().certificate("ca"), text(&session));
    let arguments = ["--cafile", &ca, "--session", &file];
    talk("pub", broker.ports[TLS], &[&["-t", "a", "-m", "b"], arguments.as_slice()].concat()).printed();
    assert!(session.exists());
    // The network's own failures leave it.
    let nobody = process::free_port().unwrap();
    publish(nobody, &arguments);
    assert!(session.exists());
    let other = files().certificate("other");
    let line = fails(broker.ports[TLS], &["--cafile", &other, "--session", &file], 8);
    assert!(line.starts_with("status: -0x2700 "), "{line}");
    assert!(!session.exists());
}

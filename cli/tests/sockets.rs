//! `connect.rs`: the address to connect from, and a Unix socket in TCP's place.

use std::{fs, process::Command, sync::mpsc};

use xtask::process;

use crate::support::{Broker, HOST, Subscriber, folder, mqtts, ran, server, talk, text};

#[test]
fn a_connection_leaves_from_the_address_that_is_asked_for() {
    let (sender, receiver) = mpsc::channel();
    let port = server(move |socket| sender.send(socket.peer_addr().unwrap().ip().to_string()).unwrap());
    let arguments = ["--plain", "-t", "a", "-n"];
    for (from, seen) in [("127.0.0.2", "127.0.0.2"), ("localhost", "127.0.0.1")] {
        assert_eq!(talk("pub", port, &[&arguments[..], &["-A", from]].concat()).code, Some(7));
        assert_eq!(receiver.recv().unwrap(), seen);
    }
    // Of the range for documents: nobody's.
    let line = talk("pub", port, &[&arguments[..], &["-A", "192.0.2.1"]].concat()).failed(1);
    assert!(line.starts_with("status: -0x0046 NET - Binding of the socket failed (-A: "), "{line}");
    let line = talk("sub", port, &["--plain", "-t", "a", "-A", "no-such-name.invalid"]).failed(1);
    assert!(
        line.starts_with("status: -0x0052 NET - ") && line.ends_with(" (-A no-such-name.invalid)"),
        "{line}"
    );
}

#[test]
fn a_broker_is_reached_over_a_unix_socket_as_mosquittos_clients_reach_it() {
    let path = text(&folder("unix").join("broker.sock"));
    let broker =
        Broker::start_with("unix-broker", &format!("allow_anonymous true\nlistener 0 {path}\n"), &[""]);
    let sub = ["sub", "-t", "a", "-C", "2", "-W", "60", "-d"];
    let mut command = crate::support::command(&[&sub[..], &["--unix", &path]].concat());
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut subscriber = Subscriber::of(command.spawn().unwrap());
    subscriber.wait_for(&format!("unix = {path}"));
    subscriber.wait_for("mqtt < SUBACK");
    mqtts(&["pub", "--unix", &path, "-t", "a", "-m", "ours", "-q", "2", "-W", "60"]).printed();
    let mut theirs = Command::new(process::need("mosquitto_pub").unwrap());
    assert_eq!(
        ran(&theirs.args(["--unix", &path, "-t", "a", "-m", "theirs"]).output().unwrap()).code,
        Some(0)
    );
    assert_eq!(subscriber.end(), (b"ours\ntheirs\n".to_vec(), Some(0)));
    drop(broker);
}

#[test]
fn a_unix_socket_that_cannot_be_used_is_named() {
    let folder = folder("unix-missing");
    let (missing, file) = (text(&folder.join("none.sock")), text(&folder.join("file")));
    fs::write(&file, "").unwrap();
    for (path, why) in [(&missing, "No such file or directory"), (&file, "Connection refused")] {
        let line = mqtts(&["pub", "--unix", path, "-t", "a", "-n"]).failed(1);
        let expected = "status: -0x0044 NET - ";
        assert!(line.starts_with(expected) && line.contains(&format!("(--unix {path}: {why})")), "{line}");
    }
}

/// Whoever names a socket names no host, and there is no TLS.
#[test]
fn a_unix_socket_stands_alone() {
    for (arguments, expected) in [
        (&["-h", HOST][..], "pub: --unix and -h exclude each other"),
        (&["-L", "mqtt://h/a"], "pub: --unix and -L exclude each other"),
        (&["-p", "1883"], "pub: --unix and -p exclude each other"),
        (&["-A", "127.0.0.1"], "pub: --unix and -A exclude each other"),
        (&["--cafile", "ca.pem"], "pub: --cafile has no meaning with --unix"),
    ] {
        let line = mqtts(&[&["pub", "--unix", "/tmp/s", "-t", "a", "-n"], arguments].concat()).failed(2);
        assert_eq!(line, format!("mqtts: {expected}"));
    }
}

//! `subscribe.rs`, `printer.rs`, `format.rs`: which messages are printed, how, and what is left at the broker.

use crate::support::{Broker, PLAIN, Subscriber, TLS, bash, files, talk};

fn retain(port: u16, topic: &str, message: &str) {
    talk("pub", port, &["--plain", "-t", topic, "-m", message, "-r", "-q", "1"]).printed();
}

fn lines(port: u16, arguments: &[&str]) -> Vec<String> {
    let printed = talk("sub", port, &[&["--plain"], arguments].concat()).printed();
    let mut lines: Vec<_> = printed.lines().map(str::to_owned).collect();
    lines.sort_unstable();
    lines
}

/// Two hundred messages of QoS 2 wait; each run takes some and leaves the others, whatever is under way then.
#[test]
fn waiting_messages_are_fetched_in_several_runs_and_none_twice() {
    let broker = Broker::usual("subscribe-count");
    let ca = files().certificate("ca");
    let ways: [(usize, &[&str]); 2] = [(PLAIN, &["--plain"]), (TLS, &["--cafile", &ca])];
    let port = broker.ports[PLAIN];
    let wills = Subscriber::start(
        port,
        &["--plain", "-t", "will/#", "-t", "end", "-v", "-q", "1", "--retained-only"],
    );
    for (way, security) in ways {
        let topic = format!("work/{way}");
        let will = format!("will/{way}");
        let session = ["-c", "-i", &topic.replace('/', "-"), "-t", &topic, "-q", "2"].map(str::to_owned);
        let session: Vec<_> = session.iter().map(String::as_str).collect();
        talk("sub", broker.ports[way], &[security, &session[..], &["-E"]].concat()).printed();
        let program = env!("CARGO_BIN_EXE_mqtts");
        bash(&format!("seq 200 | {program} pub --plain -h 127.0.0.1 -p {port} -t {topic} -l -q 2")).printed();
        let mut seen = Vec::new();
        for count in ["70", "70", "60"] {
            let with_will = ["-C", count, "--will-topic", &will, "--will-payload", "lost"];
            let run =
                talk("sub", broker.ports[way], &[security, &session[..], &with_will].concat()).printed();
            seen.extend(run.lines().map(|line| line.parse::<u32>().unwrap()));
        }
        seen.sort_unstable();
        assert_eq!(seen, (1..=200).collect::<Vec<_>>(), "{security:?}");
        // Nothing is left.
        let rest = talk("sub", broker.ports[way], &[security, &session[..], &["-W", "1"]].concat());
        assert_eq!((rest.code, rest.output.as_str()), (Some(27), ""), "{security:?}");
    }
    // A will would be the first message that is not retained, as this one is now.
    talk("pub", port, &["--plain", "-t", "end", "-m", "of test", "-q", "1"]).printed();
    assert_eq!(wills.end(), (Vec::new(), Some(0)));
    assert!(!broker.server.log().contains("'will/"), "a will was sent");
}

#[test]
fn retained_messages_are_left_out_asked_for_and_removed() {
    let broker = Broker::usual("subscribe-retained");
    let port = broker.ports[PLAIN];
    for topic in ["r/1", "r/2", "r/3"] {
        retain(port, topic, "kept");
    }
    let fresh = Subscriber::start(port, &["--plain", "-t", "r/#", "-v", "-R", "-C", "1"]);
    let only = Subscriber::start(port, &["--plain", "-t", "r/#", "-v", "--retained-only", "-T", "r/2"]);
    talk("pub", port, &["--plain", "-t", "r/4", "-m", "fresh", "-q", "1"]).printed();
    assert_eq!(fresh.end(), (b"r/4 fresh\n".to_vec(), Some(0)));
    // It ends with the fresh one.
    assert_eq!(only.end(), (b"r/1 kept\nr/3 kept\n".to_vec(), Some(0)));

    // Those that are left out are not removed; those that are not printed are.
    let removing = ["-t", "r/#", "-T", "r/2", "--remove-retained", "-C", "2", "-v"];
    assert_eq!(lines(port, &removing), ["r/1 kept", "r/3 kept"]);
    assert_eq!(lines(port, &["-t", "r/#", "-C", "1", "-v"]), ["r/2 kept"]);
    let ran = talk("sub", port, &["--plain", "-t", "r/#", "--remove-retained", "-R", "-W", "2"]);
    assert_eq!((ran.code, ran.output.as_str()), (Some(27), ""));
    // As Mosquitto's manual does it: the first message that is cleared is the end of all that were kept.
    ["r/1", "r/2", "r/3"].iter().for_each(|topic| retain(port, topic, "kept again"));
    talk("sub", port, &["--plain", "-t", "#", "--remove-retained", "--retained-only", "-N"]).printed();
    let ran = talk("sub", port, &["--plain", "-t", "r/#", "-W", "1"]);
    assert_eq!((ran.code, ran.output.as_str()), (Some(27), ""));
}

#[test]
fn a_session_is_made_for_later_and_a_subscription_of_it_is_ended() {
    let broker = Broker::usual("subscribe-session");
    let port = broker.ports[PLAIN];
    let session = ["--plain", "-c", "-i", "later", "-q", "1"];
    talk("sub", port, &[&session[..], &["-t", "a", "-t", "b", "-E"]].concat()).printed();
    let publish = |topic: &str, message: &str| {
        talk("pub", port, &["--plain", "-t", topic, "-m", message, "-q", "1"]).printed();
    };
    publish("a", "1");
    publish("b", "2");
    let printed = talk("sub", port, &[&session[..], &["-t", "b", "-C", "2", "-v"]].concat()).printed();
    assert_eq!(printed, "a 1\nb 2\n");
    // -U alone, and beside a subscription.
    talk("sub", port, &[&session[..], &["-U", "a", "-E"]].concat()).printed();
    publish("a", "3");
    publish("b", "4");
    let printed =
        talk("sub", port, &[&session[..], &["-t", "c", "-U", "b", "-C", "1", "-v"]].concat()).printed();
    assert_eq!(printed, "b 4\n");
    publish("b", "5");
    publish("c", "6");
    assert_eq!(talk("sub", port, &[&session[..], &["-t", "c", "-C", "1", "-v"]].concat()).printed(), "c 6\n");
}

#[test]
fn formats_print_what_mosquitto_sub_prints() {
    let broker = Broker::usual("subscribe-format");
    let port = broker.ports[PLAIN];
    retain(port, "room/1", "hello");
    let formats = [
        "%t|%p|%x|%X|%q|%r|%m|%l|%%|@@|\\\\|\\e|\\t|\\0",
        "%10t|%-10t|%3.3t|%010l|%5l|%-5l|%05m|%20p|%-20p|",
        "[%A%C%D%E%F%P%R%S]",
        "@Y-@m-@d",
    ];
    let address =
        ["-h", "127.0.0.1", "-p", &port.to_string(), "-t", "room/1", "-q", "1", "-C", "1", "-W", "60"]
            .map(str::to_owned);
    for format in formats {
        for more in [&[][..], &["-N"]] {
            let mut reference = std::process::Command::new("mosquitto_sub");
            let reference = reference.args(&address).args(["-F", format]).args(more).output().unwrap();
            let mut ours: Vec<_> = vec!["sub", "--plain", "-F", format];
            ours.extend(address.iter().map(String::as_str).chain(more.iter().copied()));
            let printed = crate::support::mqtts(&ours).printed();
            assert_eq!(printed.as_bytes(), reference.stdout, "{format}");
        }
    }
    retain(port, "room/1", "{\"a\": [1, \"x\"]}");
    let json = |arguments: &[&str]| {
        talk("sub", port, &[&["--plain", "-t", "room/1", "-C", "1"], arguments].concat())
    };
    let printed = json(&["-F", "%J"]).printed();
    assert!(
        printed.ends_with(
            ",\"topic\":\"room/1\",\"qos\":0,\"retain\":1,\"payloadlen\":15,\"payload\":{\"a\":[1,\"x\"]}}\n"
        ),
        "{printed}"
    );
    let printed = json(&["-F", "%j"]).printed();
    assert!(printed.ends_with(",\"payload\":\"{\\\"a\\\": [1, \\\"x\\\"]}\"}\n"), "{printed}");
    let printed = json(&["-F", "%J", "--pretty"]).printed();
    assert!(printed.contains("\n  \"payload\": {\n    \"a\": [\n      1,\n"), "{printed}");
    retain(port, "room/1", "not JSON");
    let ran = json(&["-F", "%t %J"]);
    assert_eq!((ran.code, ran.output.as_str()), (Some(0), "room/1 \n"));
    assert_eq!(ran.errors, "mqtts: the payload is not JSON (%J): topic \"room/1\"\n");
}

#[test]
fn a_reader_that_reads_nothing_keeps_nobody_from_ending() {
    let broker = Broker::usual("subscribe-slow");
    let port = broker.ports[PLAIN];
    // Far more than a pipe holds.
    let file = crate::support::folder("subscribe-slow-file").join("large");
    std::fs::write(&file, vec![b'x'; 1_000_000]).unwrap();
    talk("pub", port, &["--plain", "-t", "large", "-f", file.to_str().unwrap(), "-r", "-q", "1"]).printed();
    let timed = Subscriber::start(port, &["--plain", "-t", "large", "-W", "2"]);
    let mut interrupted = Subscriber::start(port, &["--plain", "-t", "large"]);
    interrupted.wait_for("mqtt < PUBLISH");
    interrupted.signal("-INT");
    for (mut subscriber, code) in [(timed, 27), (interrupted, 0)] {
        // Nobody reads before it has ended.
        assert_eq!(subscriber.child.wait().unwrap().code(), Some(code));
    }
}

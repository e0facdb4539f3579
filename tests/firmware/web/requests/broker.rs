//! What is typed where the broker's host is asked for: `firmware/src/web/requests/broker.rs`.

use firmware::web::requests::broker::{Broker, usual_port};

#[test]
fn a_host_a_port_or_a_url_are_understood() {
    for (text, host, port, tls) in [
        ("", "", None, None),
        ("broker.example", "broker.example", None, None),
        ("10.0.0.1:8883", "10.0.0.1", Some(8883), None),
        ("mqtt://broker.example", "broker.example", None, Some(false)),
        ("mqtts://broker.example:8884", "broker.example", Some(8884), Some(true)),
        ("MQTTS://broker.example/", "broker.example", None, Some(true)),
        ("tcp://b:1", "b", Some(1), Some(false)),
        ("ssl://b:65535/", "b", Some(65535), Some(true)),
        ("tls://b", "b", None, Some(true)),
        // Whether it is a host at all is the setting's to say.
        ("mqtt://me@b", "me@b", None, Some(false)),
        ("mqtt://b/path", "b/path", None, Some(false)),
    ] {
        assert_eq!(Broker::read(text), Some(Broker { host, port, tls }), "{text}");
    }
    for text in [
        "http://b",
        "ws://b",
        "b:",
        "b:0",
        "b:65536",
        "b:x",
        "mqtt://b:1/x",
        "://b",
        "mqtt://me:secret@b",
        "[::1]:1",
    ] {
        assert_eq!(Broker::read(text), None, "{text}");
    }
    assert_eq!((usual_port(true), usual_port(false)), (8883, 1883));
}

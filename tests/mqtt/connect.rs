//! Tests of `mqtt/src/connect.rs`.

use mqtt::{ConnAck, Connect, Message, Packet, QoS};
use status::mqtt::{
    BAD_INPUT_DATA, REFUSED_IDENTIFIER, REFUSED_NOT_AUTHORIZED, REFUSED_PROTOCOL_VERSION,
    REFUSED_SERVER_UNAVAILABLE, REFUSED_UNKNOWN, REFUSED_USER_NAME_OR_PASSWORD,
};

const CONNECT: Connect<'_> = Connect {
    client_id: "a",
    clean_session: true,
    keep_alive: 0,
    will: None,
    user_name: None,
    password: None,
};

#[test]
fn fields_that_contradict_each_other() {
    let long = "x".repeat(65_536);
    let will = |topic, payload| Some(Message { topic, payload, qos: QoS::AtMostOnce, retain: false });
    let rows = [
        ("no client identifier, MQTT-3.1.3-7", Connect { client_id: "", clean_session: false, ..CONNECT }),
        ("lone password, MQTT-3.1.2-22", Connect { password: Some(b"secret"), ..CONNECT }),
        ("U+0000 in the client identifier, MQTT-1.5.3-2", Connect { client_id: "a\0", ..CONNECT }),
        ("U+0000 in the user name, MQTT-1.5.3-2", Connect { user_name: Some("\0"), ..CONNECT }),
        ("will to a wildcard", Connect { will: will("a/#", b""), ..CONNECT }),
        ("will to nothing", Connect { will: will("", b""), ..CONNECT }),
        ("long client identifier", Connect { client_id: &long, ..CONNECT }),
        ("long will", Connect { will: will("a", long.as_bytes()), ..CONNECT }),
        ("long user name", Connect { user_name: Some(&long), ..CONNECT }),
        ("long password", Connect { user_name: Some("a"), password: Some(long.as_bytes()), ..CONNECT }),
    ];
    for (name, connect) in rows {
        assert_eq!(connect.check(), Err(BAD_INPUT_DATA), "{name}");
        assert_eq!(Packet::Connect(connect).encode(&mut vec![0; 200_000]), Err(BAD_INPUT_DATA), "{name}");
    }
    assert_eq!(Connect { client_id: "", ..CONNECT }.check(), Ok(()));
    assert_eq!(Connect { user_name: Some(""), password: Some(b""), ..CONNECT }.check(), Ok(()));
    let long = Connect { user_name: Some("a"), password: Some(&long.as_bytes()[1..]), ..CONNECT };
    assert_eq!(long.check(), Ok(()));
}

#[test]
fn return_codes() {
    let rows = [
        (0, Ok(())),
        (1, Err(REFUSED_PROTOCOL_VERSION)),
        (2, Err(REFUSED_IDENTIFIER)),
        (3, Err(REFUSED_SERVER_UNAVAILABLE)),
        (4, Err(REFUSED_USER_NAME_OR_PASSWORD)),
        (5, Err(REFUSED_NOT_AUTHORIZED)),
        (6, Err(REFUSED_UNKNOWN)),
        (0x80, Err(REFUSED_UNKNOWN)),
        (255, Err(REFUSED_UNKNOWN)),
    ];
    for (return_code, expected) in rows {
        assert_eq!(ConnAck { session_present: false, return_code }.accepted(), expected);
    }
}

/// [MQTT-3.2.2-4]
#[test]
fn a_refusal_has_no_session() {
    let conn_ack = ConnAck { session_present: true, return_code: 5 };
    assert_eq!(Packet::ConnAck(conn_ack).encode(&mut [0; 8]), Err(BAD_INPUT_DATA));
}

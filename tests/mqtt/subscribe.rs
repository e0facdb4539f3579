//! Tests of `mqtt/src/subscribe.rs`.

use mqtt::{Filters, Packet, QoS, Results, Subscribe, Subscription, Subscriptions, Unsubscribe};
use status::mqtt::{BAD_INPUT_DATA, SUBSCRIPTION_REFUSED};

use crate::support::{encode, hex, id};

#[test]
fn lists_from_the_application_and_from_the_wire() {
    let list = [
        Subscription { filter: "a/b", qos: QoS::AtLeastOnce },
        Subscription { filter: "c/d", qos: QoS::ExactlyOnce },
    ];
    let ours = Subscribe { identifier: id(10), subscriptions: Subscriptions::new(&list) };
    let bytes = hex("82 0e 00 0a 00 03 61 2f 62 01 00 03 63 2f 64 02");
    assert_eq!(encode(&Packet::Subscribe(ours)), bytes);
    let Some((Packet::Subscribe(theirs), _)) = Packet::decode(&bytes).unwrap() else { panic!() };
    assert_eq!(theirs, ours);
    assert_eq!(theirs.subscriptions.iter().collect::<Vec<_>>(), list);
    let other = Subscribe { subscriptions: Subscriptions::new(&list[..1]), ..ours };
    assert_ne!(theirs, other);
}

/// [MQTT-3.8.3-3], [MQTT-3.10.3-2], [MQTT-4.7.1-2]
#[test]
fn lists_that_may_not_be_sent() {
    let subscribe = |list: &[Subscription<'_>]| {
        Packet::Subscribe(Subscribe { identifier: id(1), subscriptions: Subscriptions::new(list) })
            .encode(&mut [0; 64])
    };
    let unsubscribe = |list: &[&str]| {
        Packet::Unsubscribe(Unsubscribe { identifier: id(1), filters: Filters::new(list) })
            .encode(&mut [0; 64])
    };
    assert_eq!(subscribe(&[]), Err(BAD_INPUT_DATA));
    assert_eq!(subscribe(&[Subscription { filter: "a#", qos: QoS::AtMostOnce }]), Err(BAD_INPUT_DATA));
    assert_eq!(unsubscribe(&[]), Err(BAD_INPUT_DATA));
    assert_eq!(unsubscribe(&["a", ""]), Err(BAD_INPUT_DATA));
}

#[test]
fn results() {
    assert_eq!(Results::new(&[]), Err(BAD_INPUT_DATA));
    assert_eq!(Results::new(&[0, 3]), Err(BAD_INPUT_DATA));
    let results = Results::new(&[0, 1, 2, 0x80]).unwrap();
    assert_eq!(results.len(), 4);
    let granted = [Some(QoS::AtMostOnce), Some(QoS::AtLeastOnce), Some(QoS::ExactlyOnce), None];
    assert!(results.iter().eq(granted));
    assert_eq!(results.granted(), Err(SUBSCRIPTION_REFUSED));
    assert_eq!(Results::new(&[0, 2]).unwrap().granted(), Ok(()));
}

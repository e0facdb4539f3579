//! The control: for each check a fault in a proxy before Mosquitto, which the check must find.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use super::{
    checks::{CHECKS, TLS},
    families::mosquitto,
};
use crate::proxy::{self, Fate, Judge, Way};

/// What the proxy does to a packet.
type Fault = fn(Way, &[u8]) -> Fate;

const CONNACK: u8 = 0x20;
const PUBLISH: u8 = 0x30;
const PUBACK: u8 = 0x40;
const SUBACK: u8 = 0x90;
const UNSUBSCRIBE: u8 = 0xA0;
const UNSUBACK: u8 = 0xB0;
const PINGRESP: u8 = 0xD0;
const DISCONNECT: u8 = 0xE0;

fn is(packet: &[u8], kind: u8) -> bool {
    packet[0] & 0xF0 == kind
}

/// The packet with another byte in this place.
fn with(packet: &[u8], place: usize, change: impl Fn(u8) -> u8) -> Fate {
    let mut fate = Fate::onward(packet);
    fate.onward[place] = change(packet[place]);
    fate
}

fn swallowed(packet: &[u8], way: Way, kind: u8, wanted: Way) -> Fate {
    if way == wanted && is(packet, kind) { Fate::default() } else { Fate::onward(packet) }
}

fn no_publish(way: Way, packet: &[u8]) -> Fate {
    swallowed(packet, way, PUBLISH, Way::Down)
}

fn no_puback(way: Way, packet: &[u8]) -> Fate {
    swallowed(packet, way, PUBACK, Way::Down)
}

/// A message of QoS 2 comes once more at QoS 0, without its identifier.
fn twice(way: Way, packet: &[u8]) -> Fate {
    let mut fate = Fate::onward(packet);
    if way == Way::Down && packet[0] & 0xF6 == PUBLISH | 0x04 && packet[1] < 0x80 {
        let topic = usize::from(packet[3]);
        fate.onward.extend([PUBLISH, packet[1] - 2]);
        fate.onward.extend(&packet[2..4 + topic]);
        fate.onward.extend(&packet[6 + topic..]);
    }
    fate
}

/// In the order of the checks.
const FAULTS: &[Fault] = &[
    no_publish,
    no_puback,
    twice,
    |_, packet| if is(packet, SUBACK) { with(packet, 4, |_| 2) } else { Fate::onward(packet) },
    |way, packet| match way {
        Way::Down if is(packet, PUBLISH) => with(packet, 0, |byte| byte & 0xFE),
        _ => Fate::onward(packet),
    },
    no_publish,
    |way, packet| swallowed(packet, way, DISCONNECT, Way::Up),
    |_, packet| if is(packet, CONNACK) { with(packet, 2, |_| 0) } else { Fate::onward(packet) },
    twice,
    |_, packet| if is(packet, CONNACK) { with(packet, 2, |_| 1) } else { Fate::onward(packet) },
    |way, packet| match way {
        Way::Down if packet.len() > 100_000 => with(packet, 99_999, |byte| !byte),
        _ => Fate::onward(packet),
    },
    |way, packet| match way {
        // Every message comes by another name.
        Way::Down if is(packet, PUBLISH) => with(packet, 4, |_| b'x'),
        _ => Fate::onward(packet),
    },
    |way, packet| match way {
        Way::Up if is(packet, UNSUBSCRIBE) => {
            Fate { back: vec![UNSUBACK, 2, packet[2], packet[3]], ..Fate::default() }
        }
        _ => Fate::onward(packet),
    },
    |way, packet| swallowed(packet, way, PINGRESP, Way::Down),
    |_, packet| if is(packet, CONNACK) { with(packet, 3, |_| 0) } else { Fate::onward(packet) },
    no_puback,
];

/// The checks that do not see the fault that is planted for them.
pub(super) fn unseen() -> Vec<&'static str> {
    let mut unseen = Vec::new();
    for (number, (name, check)) in CHECKS.iter().enumerate() {
        let running = mosquitto("").unwrap();
        let (plain, tls) = (running.port, running.tls.unwrap());
        let port = match FAULTS.get(number) {
            Some(fault) => proxy::start(plain, true, move || Arc::new(fault)),
            None => plain,
        };
        let tls = if *name == TLS { proxy::start(tls, false, damaging) } else { tls };
        match check(&mut running.behind(port, tls)) {
            Ok(()) => unseen.push(*name),
            Err(text) => println!("control, {name}: {text}"),
        }
    }
    unseen
}

/// One byte in the middle of the second thing that the server says.
fn damaging() -> Judge {
    let passed = AtomicU32::new(0);
    Arc::new(move |way, bytes: &[u8]| match way {
        Way::Down if passed.fetch_add(1, Ordering::Relaxed) == 1 => {
            with(bytes, bytes.len() / 2, |byte| byte ^ 1)
        }
        _ => Fate::onward(bytes),
    })
}

//! Without TLS: buffers that are filled and emptied in any order lose and change nothing.

use mqtts::mqtt::{Packet, Publish, QoS};
use mqtts::{Buffers, Client, Security, Settings, accel::soft::Soft};
use tests::{entropy::InsecureSeeded, link::Pieces, throwaway::NOW};

use crate::broker::{Broker, identifier, message, run};

/// Windows of a few bytes: every packet is larger than what is moved at once.
#[test]
fn small_windows_carry_many_messages() {
    for window in [40, 64, 100] {
        let lend = |length: usize| vec![0; length].leak();
        let buffers = Buffers {
            rx: lend(window),
            tx: lend(window),
            session: &mut [],
            spill: lend(256),
            in_flight: lend(4096),
        };
        let mut client = Client::new(Settings::new(Security::Plain, "small"), buffers).unwrap();
        let (mut accel, mut happened) = (Soft::new(InsecureSeeded::new(1)), Vec::new());
        let mut broker = Broker::plain(Pieces::Random(3));
        client.connected(NOW);
        run(&mut client, &mut broker, &mut accel, 0, &mut happened).unwrap();
        for number in 1..=50 {
            let message = message("a/topic", b"some payload", QoS::ExactlyOnce);
            broker.say(&Packet::Publish(Publish {
                duplicate: false,
                message,
                identifier: Some(identifier(number)),
            }));
            client
                .publish(&self::message("b/topic", b"another one", QoS::AtLeastOnce), &mut accel, 0)
                .unwrap();
        }
        run(&mut client, &mut broker, &mut accel, 1, &mut happened).unwrap();
        let count = |name: &str| happened.iter().filter(|event| event.starts_with(name)).count();
        assert_eq!((count("Message"), count("Delivered")), (50, 50), "window {window}");
        assert_eq!(broker.packets.iter().filter(|name| *name == "PubRec").count(), 50);
    }
}

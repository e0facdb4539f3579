//! Publishes and subscribes from a PC, and comes back when the broker was restarted:
//! `cargo run -p mqtts --features std --example publish_and_subscribe -- broker.example 8883 ca.pem`

use std::error::Error;

use mqtts::mqtt::{Event, Message, QoS, Subscription};
use mqtts::{Client, Security, Settings, blocking::Session, pc, tls12::Config, x509::Bundle};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, host, port, ca] = arguments.as_slice() else { return Err("HOST PORT CA_FILE".into()) };

    let (text, mut storage) = pc::pem(ca)?;
    let config = Config { anchors: Some(Bundle::from_long_pem(&text, &mut storage)?), ..Config::default() };
    let subscriptions = [Subscription { filter: "kitchen/#", qos: QoS::AtLeastOnce }];
    let security = Security::Tls { host, config: &config };
    let settings = Settings { subscriptions: &subscriptions, ..Settings::new(security, "example") };

    let mut memory = pc::Memory::default();
    let mut client = Client::new(settings, memory.lend())?;
    let (mut accel, mut network) = (pc::accelerator(), pc::Tcp::new(host, port.parse()?));
    let mut session = Session::new(&mut client, &mut accel, &mut network);
    loop {
        match session.next(1_000) {
            Ok(Some(Event::Subscribed { .. })) => {
                let lamp =
                    Message { topic: "kitchen/lamp", payload: b"on", qos: QoS::AtLeastOnce, retain: false };
                session.publish(&lamp)?;
            }
            Ok(Some(Event::Message(received))) => {
                println!("{}: {}", received.message.topic, String::from_utf8_lossy(received.message.payload));
            }
            Ok(_) => {}
            Err(status) => eprintln!("{status}; again in a moment"),
        }
    }
}

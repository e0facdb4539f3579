//! A message to a broker and back, in ten lines: `cargo run --bin ten_lines -- broker.example 8883 ca.pem`

use mqtts::mqtt::{Event, Message, QoS, Subscription};
use mqtts::{Settings, pc};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, host, port, ca] = arguments.as_slice() else { return Err("HOST PORT CA".into()) };
    let subscriptions = &[Subscription { filter: "kitchen/#", qos: QoS::AtLeastOnce }];
    let settings = Settings { subscriptions, ..Settings::new(pc::tls(host, ca)?, "ten-lines") };
    let mut session = pc::open(settings, host, port.parse()?)?;
    session.publish(&Message::new("kitchen/lamp", b"on", QoS::AtLeastOnce))?;
    loop {
        if let Some(Event::Message(it)) = session.next(1_000)? {
            println!("{}: {}", it.message.topic, String::from_utf8_lossy(it.message.payload));
        }
    }
}

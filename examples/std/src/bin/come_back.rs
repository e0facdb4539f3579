//! Publishes every five seconds what nobody may miss, and comes back when the broker was restarted or the cable was pulled:
//! `cargo run --bin come_back -- broker.example 8883 ca.pem`

use std::time::{Duration, Instant};

use mqtts::mqtt::{Event, Message, Options, QoS, Subscription};
use mqtts::{Settings, pc};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, host, port, ca] = arguments.as_slice() else { return Err("HOST PORT CA".into()) };
    let settings = Settings {
        // While we are away the server keeps what is sent to us.
        mqtt: Options { client_id: "come-back", clean_session: false, ..Options::default() },
        subscriptions: &[Subscription { filter: "kitchen/#", qos: QoS::ExactlyOnce }],
        ..Settings::new(pc::tls(host, ca)?, "come-back")
    };
    let mut session = pc::open(settings, host, port.parse()?)?;
    let (mut count, mut due) = (0_u32, Instant::now());
    loop {
        if due <= Instant::now() {
            due += Duration::from_secs(5);
            count += 1;
            // Without a connection it waits in the client's memory, which holds an hour of these.
            let payload = count.to_string();
            session.publish(&Message::new("kitchen/count", payload.as_bytes(), QoS::AtLeastOnce))?;
        }
        match session.next(500) {
            Ok(Some(Event::Message(it))) => {
                println!("{}: {}", it.message.topic, String::from_utf8_lossy(it.message.payload));
            }
            Ok(_) => {}
            Err(status) => eprintln!("{status}; again in a moment"),
        }
    }
}

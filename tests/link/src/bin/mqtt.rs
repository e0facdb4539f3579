//! `mqtt` holds no panic.
#![no_std]
#![no_main]

use link::any;
use mqtt::{Acknowledgement, Client, Message, Options, Packet, QoS, Subscription, topic};
use status::Error;

#[unsafe(no_mangle)]
extern "C" fn _start() {
    let (bytes, mut out) = (any(&[0; 99][..]), [0; 99]);
    if let Ok(Some((packet, _))) = Packet::decode(bytes) {
        let _ = any(packet.encode(any(&mut out[..])));
    }
    let (filter, name) = (any("filter"), any("name"));
    let _ = any((topic::check_text(name), topic::check_name(name), topic::check_filter(filter)));
    any(topic::matches(filter, name));
    let message =
        Message { topic: any("topic"), payload: bytes, qos: any(QoS::ExactlyOnce), retain: any(true) };
    let options = Options {
        client_id: any("client"),
        clean_session: any(false),
        keep_alive: any(60),
        response_timeout: any(10),
        will: any(Some(message)),
        user_name: any(Some("user")),
        password: any(Some(bytes)),
        acknowledgement: any(Acknowledgement::Manual),
        max_in_flight: any(20),
    };
    let (mut spill, mut in_flight) = ([0; 99], [0; 99]);
    if let Ok(client) = Client::new(options, any(&mut spill[..]), any(&mut in_flight[..])) {
        let _ = any(run(client, &message, any(&mut out[..])));
    }
}

/// Every function, in an order and with values that the optimizer knows nothing about.
fn run(mut client: Client<'_>, message: &Message<'_>, out: &mut [u8]) -> Result<(), Error> {
    client.restore(any(message.payload))?;
    let subscriptions = [Subscription { filter: any("filter"), qos: any(QoS::AtLeastOnce) }; 2];
    while any(true) {
        any(client.connect(any(0), out)?);
        if let Some(identifier) = any(client.receive(any(message.payload), any(0))?).1.and_then(identifier) {
            client.acknowledge(identifier)?;
        }
        any(client.poll(any(0), out)?);
        let _ = any(client.publish(message, any(0), out)?);
        any(client.queue(message)?);
        let _ = any(client.start(message, any(0), any(0), out)?);
        any(client.chunk(message.payload, any(0), out)?);
        any((client.stream(), client.next_deadline(), client.is_connected(), client.saved_length()));
        any((client.has_output(), client.has_clean_session(), client.ignored_acknowledgements()));
        any(client.skipped_messages());
        any(&mut client).begin_anew();
        any(client.subscribe(any(&subscriptions[..]), any(0), out)?);
        any(client.unsubscribe(any(&["filter"]), any(0), out)?);
        any(client.undelivered().last());
        any(client.save(out)?);
        any(client.disconnect(out)?);
        any(client.closed()?);
    }
    Ok(())
}

fn identifier(event: mqtt::Event<'_>) -> Option<core::num::NonZeroU16> {
    match any(event) {
        mqtt::Event::Message(received) => any(received.is_whole()).then_some(received.identifier)?,
        mqtt::Event::Subscribed { identifier, results } => {
            any(results.granted()).is_ok().then_some(identifier)
        }
        _ => None,
    }
}

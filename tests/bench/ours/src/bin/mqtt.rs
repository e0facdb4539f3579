//! What a call of the MQTT client costs while 10, 100, 1000 or 10 000 messages are open, in instructions.
//!
//! Each row is the mean of as many calls as messages are open, at least 1000, so that what is done only now and then (moving the
//! records of the in-flight log together) is in it. Messages are of QoS 2 and have 40 bytes as packets.
#![no_std]
#![no_main]

use core::num::NonZeroU16;

use bench::{Counter, board_init, done, fail, named_row};
use cortex_m_rt::entry;
use mqtt::{Client, Event, Message, Options, QoS};
use status::Error;

const OPEN: [usize; 4] = [10, 100, 1000, 10_000];
const LARGEST: usize = 10_000;
/// A record with its packet takes 56 bytes; what the buffer has beside them is used by nothing.
const RECORD: usize = 56;

static mut IN_FLIGHT: [u8; LARGEST * RECORD * 3 / 2] = [0; LARGEST * RECORD * 3 / 2];
static mut IDENTIFIERS: [u16; LARGEST] = [0; LARGEST];

const MESSAGE: Message<'_> = Message {
    topic: "house/cellar/state",
    payload: b"ON OFF ON OFF ON",
    qos: QoS::ExactlyOnce,
    retain: false,
};

#[entry]
fn main() -> ! {
    board_init();
    // SAFETY: the only references, in the only thread.
    let (in_flight, identifiers) = unsafe { (&mut *(&raw mut IN_FLIGHT), &mut *(&raw mut IDENTIFIERS)) };
    for open in OPEN {
        let room = &mut in_flight[..open * RECORD * 3 / 2];
        outgoing(open, Order::AsSent, room, &mut identifiers[..open]);
        outgoing(open, Order::Random, room, &mut identifiers[..open]);
        incoming(open, room);
    }
    done()
}

/// In which order a server acknowledges.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    AsSent,
    Random,
}

/// One message is published and one acknowledged in turn, so that as many stay open.
fn outgoing(open: usize, order: Order, in_flight: &mut [u8], identifiers: &mut [u16]) {
    let mut spill = [0; 64];
    let mut client = connected(&mut spill, in_flight);
    for identifier in identifiers.iter_mut() {
        *identifier = publish(&mut client);
    }
    let (mut published, mut acknowledged, mut dice, calls) = (0, 0, 1_u32, open.max(1000));
    for call in 0..calls {
        let place = match order {
            Order::AsSent => call % open,
            Order::Random => {
                dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (dice >> 8) as usize % open
            }
        };
        let [high, low] = identifiers[place].to_be_bytes();
        let counter = Counter::start();
        let delivered = check("PUBREC", client.receive(&[0x50, 2, high, low], 0)).1.is_none();
        let released = check("PUBREL", client.poll(0, &mut [0; 64]));
        let completed = [0x70, 2, high, low];
        let event = check("PUBCOMP", client.receive(&completed, 0)).1;
        acknowledged += counter.instructions();
        if !delivered || released != 4 || !matches!(event, Some(Event::Delivered { .. })) {
            fail("an acknowledgement", status::mqtt::UNEXPECTED_PACKET);
        }
        let counter = Counter::start();
        identifiers[place] = publish(&mut client);
        published += counter.instructions();
    }
    let (publish, acknowledge) = match order {
        Order::AsSent => ("publish, acknowledged as sent", "acknowledge as sent"),
        Order::Random => ("publish, acknowledged at random", "acknowledge at random"),
    };
    named_row("MQTT", publish, open, published / calls as u64);
    named_row("MQTT", acknowledge, open, acknowledged / calls as u64);
}

/// A server's messages: so many are received and not released; then one is released and one received in turn.
fn incoming(open: usize, in_flight: &mut [u8]) {
    let mut spill = [0; 64];
    let mut client = connected(&mut spill, in_flight);
    for number in 0..open {
        receive(&mut client, number);
    }
    let (mut received, mut released, calls) = (0, 0, open.max(1000));
    for call in 0..calls {
        let counter = Counter::start();
        receive(&mut client, call + open);
        received += counter.instructions();
        let [high, low] = identifier(call).to_be_bytes();
        let counter = Counter::start();
        check("PUBREL", client.receive(&[0x62, 2, high, low], 0));
        check("PUBCOMP", client.poll(0, &mut [0; 64]));
        released += counter.instructions();
    }
    named_row("MQTT", "receive and PUBREC", open, received / calls as u64);
    named_row("MQTT", "PUBREL and PUBCOMP", open, released / calls as u64);
}

fn connected<'b>(spill: &'b mut [u8], in_flight: &'b mut [u8]) -> Client<'b> {
    let options = Options { client_id: "bench", clean_session: false, keep_alive: 0, ..Options::default() };
    // As many as are measured.
    let options = Options { max_in_flight: u16::MAX, ..options };
    let mut client = check("the client", Client::new(options, spill, in_flight).map_err(Error::from));
    check("CONNECT", client.connect(0, &mut [0; 64]));
    check("CONNACK", client.receive(&[0x20, 2, 0, 0], 0));
    client
}

fn publish(client: &mut Client<'_>) -> u16 {
    let published = check("publish", client.publish(&MESSAGE, 0, &mut [0; 64]));
    published.identifier.map_or(0, NonZeroU16::get)
}

/// A server counts up.
fn identifier(number: usize) -> u16 {
    (number % 65_535) as u16 + 1
}

fn receive(client: &mut Client<'_>, number: usize) {
    let [high, low] = identifier(number).to_be_bytes();
    let packet = [0x34, 9, 0, 1, b'a', high, low, b'p', b'a', b'y', b'l'];
    if !matches!(check("PUBLISH", client.receive(&packet, 0)), (11, Some(Event::Message(_)))) {
        fail("a message", status::mqtt::UNEXPECTED_PACKET);
    }
    if check("PUBREC", client.poll(0, &mut [0; 64])) != 4 {
        fail("an answer", status::mqtt::UNEXPECTED_PACKET);
    }
}

fn check<T>(what: &str, result: Result<T, Error>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => fail(what, error),
    }
}

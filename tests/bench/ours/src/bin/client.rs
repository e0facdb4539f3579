//! A client and nothing else, to be linked and measured, not run: PEM anchors, client certificate and key, verification on
//! three curves and RSA, resumption, MQTT, the texts of all codes, and software for all cryptography.
//!
//! `client_alone.rs` is the same without MQTT and texts.
//!
//! It is also the 30 lines that link the stack: `connect` is what a device does.
#![no_std]
#![no_main]

#[path = "../registers.rs"]
mod registers;
#[path = "../vectors.rs"]
mod vectors;

use accel::soft::Soft;
use core::fmt::{self, Write};
use core::panic::PanicInfo;
use cortex_m_rt::entry;
use mqtt::{Client, Event, Message, Options, QoS, Subscription};
use registers::{CONSOLE, HardwareEntropy, NETWORK, RANDOM};
use status::Error;
use tls12::{Config, Connection, Identity, MaxFragmentLength, Peer, Want};
use x509::{Bundle, PrivateKey};

struct Console;

impl Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.bytes().for_each(|byte| CONSOLE.write(u32::from(byte)));
        Ok(())
    }
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}

#[entry]
fn main() -> ! {
    let (mut offered, mut kept) = ([0; 512], [0; 512]);
    loop {
        if let Err(error) = connect(&offered, &mut kept) {
            let _ = write!(Console, "{error:?} {error}");
        }
        offered = kept;
    }
}

fn connect(offered: &[u8], kept: &mut [u8]) -> Result<(), Error> {
    let (mut ca, mut chain, mut key) = ([0; 3072], [0; 3072], [0; 3072]);
    let key = PrivateKey::from_pem(include_bytes!("../../../../../vectors/tls12/client-2048.key"), &mut key)?;
    let chain = Bundle::from_pem(include_bytes!("../../../../../vectors/tls12/client-2048.pem"), &mut chain)?;
    let config = Config {
        anchors: Some(Bundle::from_pem(include_bytes!("../../../../../vectors/tls12/ca.pem"), &mut ca)?),
        identity: Some(Identity { chain, key: &key }),
        max_fragment_length: Some(MaxFragmentLength::Bytes4096),
        ..Config::default()
    };
    let (mut rx, mut tx) = ([0; Connection::SMALL_RX], [0; Connection::GOOD_TX]);
    let mut session = [0; 512];
    let (mut spill, mut in_flight) = ([0; 512], [0; 1024]);
    let peer = Peer { host: "localhost", now: u64::from(RANDOM.read()), session: offered };
    let mut accel = Soft::new(HardwareEntropy);
    let mut tls = Connection::new(&config, peer, &mut rx, &mut tx, &mut session)?;
    let options = Options { client_id: "device", clean_session: false, ..Options::default() };
    let mut mqtt = Client::new(options, &mut spill, &mut in_flight)?;
    let mut now = 0;
    let mut connected = false;
    loop {
        now += 1;
        let want = tls.poll(&mut accel)?;
        if want.contains(Want::SEND) {
            tls.send_bytes().iter().for_each(|byte| NETWORK.write(u32::from(*byte)));
            tls.sent(usize::MAX);
        }
        if want.contains(Want::RECV) {
            let space = tls.recv_space();
            space.fill_with(|| NETWORK.read().to_le_bytes()[0]);
            let length = space.len();
            tls.received(length);
        }
        if want.contains(Want::READ) {
            let (used, event) = mqtt.receive(tls.plaintext(), now)?;
            match event {
                Some(Event::Connected { .. }) => connected = true,
                Some(Event::Message { .. }) => CONSOLE.write(1),
                _ => {}
            }
            tls.consume(used);
        }
        if want.contains(Want::WRITE) {
            let out = tls.write_space();
            let length = if !connected {
                mqtt.connect(now, out)?
            } else if now & 1 == 0 {
                let message = Message { topic: "t", payload: b"on", qos: QoS::ExactlyOnce, retain: true };
                mqtt.publish(&message, now, out)?.written
            } else if now & 2 == 0 {
                mqtt.subscribe(&[Subscription { filter: "t/#", qos: QoS::AtLeastOnce }], now, out)?.0
            } else {
                mqtt.poll(now, out)?
            };
            tls.wrote(length, &mut accel)?;
        }
        if want.contains(Want::CLOSED) {
            kept.iter_mut().zip(tls.session()).for_each(|(to, from)| *to = *from);
            return Ok(());
        }
    }
}

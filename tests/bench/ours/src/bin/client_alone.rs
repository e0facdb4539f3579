//! The TLS client of `client.rs` alone, without MQTT and texts: what `../../../mbedtls/client.c` links of Mbed TLS.
#![no_std]
#![no_main]

#[path = "../registers.rs"]
mod registers;
#[path = "../vectors.rs"]
mod vectors;

use accel::soft::Soft;
use core::panic::PanicInfo;
use cortex_m_rt::entry;
use registers::{CONSOLE, HardwareEntropy, NETWORK, RANDOM};
use status::Error;
use tls12::{Config, Connection, Identity, MaxFragmentLength, Peer, Want};
use x509::{Bundle, PrivateKey};

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}

#[entry]
fn main() -> ! {
    let (mut offered, mut kept) = ([0; 512], [0; 512]);
    loop {
        if let Err(error) = connect(&offered, &mut kept) {
            CONSOLE.write(error.code().unsigned_abs());
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
    let peer = Peer { host: "localhost", now: u64::from(RANDOM.read()), session: offered };
    let mut accel = Soft::new(HardwareEntropy);
    let mut tls = Connection::new(&config, peer, &mut rx, &mut tx, &mut session)?;
    loop {
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
            tls.plaintext().iter().for_each(|byte| CONSOLE.write(u32::from(*byte)));
            tls.consume(usize::MAX);
        }
        if want.contains(Want::WRITE) {
            let out = tls.write_space();
            let length = out.len().min(256);
            out.iter_mut().take(length).for_each(|byte| *byte = RANDOM.read().to_le_bytes()[0]);
            tls.wrote(length, &mut accel)?;
        }
        if want.contains(Want::CLOSED) {
            kept.iter_mut().zip(tls.session()).for_each(|(to, from)| *to = *from);
            return Ok(());
        }
    }
}

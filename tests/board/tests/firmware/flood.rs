//! A neighbour that fills the cable: whatever comes as fast as the device takes it, everybody has a turn.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use board::{Board, Options, network::Network};
use gateway::{Config, Forward, Gateway, Services};
use xtask::mosquitto::Listener;

use crate::device::{Device, NAMES, World, elf};

/// A cable's most: frames of 60 bytes, each with preamble, checksum and gap, at 100 Mbit/s (IEEE 802.3 §4A.4.2).
const LINE_RATE: u64 = 148_809;
/// As much as the device can look at while it does all else, with room to spare.
const BEARABLE: u64 = 2_000;
/// What a cable holds back of the flood when the device does not take it: nothing is sent later.
const WAITING: usize = 32;
/// For how long, of the device's time.
const LASTS: Duration = Duration::from_secs(10);

/// The gateway, and a neighbour on the same cable.
struct Flooded {
    gateway: Gateway,
    /// Frames in a second.
    rate: Arc<AtomicU64>,
    sent: Arc<AtomicU64>,
    before: Duration,
    device: [u8; 6],
}

impl Network for Flooded {
    fn step(
        &mut self,
        now: Duration,
        from_device: &mut VecDeque<Vec<u8>>,
        to_device: &mut VecDeque<Vec<u8>>,
    ) {
        if let Some(address) = from_device.back().and_then(|frame| frame.get(6..12)) {
            self.device.copy_from_slice(address);
        }
        Network::step(&mut self.gateway, now, from_device, to_device);
        let passed = u64::try_from((now - self.before).as_nanos()).unwrap();
        let due = passed * self.rate.load(Ordering::Relaxed) / 1_000_000_000;
        if due == 0 && self.rate.load(Ordering::Relaxed) > 0 {
            return;
        }
        self.before = now;
        for _ in 0..due {
            if to_device.len() >= WAITING {
                break;
            }
            let number = self.sent.fetch_add(1, Ordering::Relaxed);
            to_device.push_back(if number.is_multiple_of(2) { question() } else { datagram(self.device) });
        }
    }

    fn is_busy(&self) -> bool {
        Network::is_busy(&self.gateway)
    }
}

const NEIGHBOUR: [u8; 6] = [0x02, 0, 0, 0, 0, 0x66];

/// RFC 826: who has 10.0.2.99? Everybody has to look at it.
fn question() -> Vec<u8> {
    let mut frame = [&[0xFF; 6][..], &NEIGHBOUR, &[8, 6, 0, 1, 8, 0, 6, 4, 0, 1], &NEIGHBOUR].concat();
    frame.extend([10, 0, 2, 66, 0, 0, 0, 0, 0, 0, 10, 0, 2, 99]);
    frame.resize(60, 0);
    frame
}

/// A datagram to a port of the device that nobody listens at, without a checksum of its own (RFC 768).
fn datagram(device: [u8; 6]) -> Vec<u8> {
    let mut head = [0x45, 0, 0, 46, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 2, 66, 10, 0, 2, 15];
    let sum: u32 = head.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1])).sum();
    let sum = !((sum & 0xFFFF) + (sum >> 16)) as u16;
    head[10..12].copy_from_slice(&sum.to_be_bytes());
    let mut frame = [&device[..], &NEIGHBOUR, &[8, 0], &head, &[0x30, 0x39, 0, 9, 0, 26, 0, 0]].concat();
    frame.resize(60, 0x5A);
    frame
}

/// At the cable's most, nobody is starved of the processor: the watchdog is fed, which every task has a part in. At less, nobody
/// outside notices anything.
#[test]
fn a_flood_starves_neither_the_watchdog_nor_the_tasks() {
    let world = World::new("flood");
    let config = Config {
        names: NAMES.map(str::to_owned).to_vec(),
        forwards: vec![Forward { pc_port: 0, device_port: 80 }],
        services: Services { dhcp: true, dns: true, sntp: true },
        ..Config::default()
    };
    let gateway = Gateway::new(config).unwrap();
    let port = gateway.forwards().next().unwrap().pc_port;
    let (rate, sent) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let before = Duration::ZERO;
    let network = Flooded { gateway, rate: rate.clone(), sent: sent.clone(), before, device: [0xFF; 6] };
    let board = Board::start(&elf(), Options::default(), Box::new(network)).unwrap();
    let mut device = Device { board, port };
    let session = device.session();
    world.connect(&session, Listener::Plain);
    device.until_state(&session, "connected");

    rate.store(BEARABLE, Ordering::Relaxed);
    let begun = device.board.now();
    let mut answers = 0;
    device.until("the end of the bearable flood", |device| {
        answers +=
            u32::from(session.status().is_ok_and(|status| status["connection"]["state"] == "connected"));
        (device.board.now() > begun + LASTS).then_some(())
    });
    assert!(answers > 3, "{answers} answers of the menu");
    assert!(sent.load(Ordering::Relaxed) > BEARABLE, "no flood");

    rate.store(LINE_RATE, Ordering::Relaxed);
    let (begun, bearable) = (device.board.now(), sent.load(Ordering::Relaxed));
    device.until("the end of the flood", |device| (device.board.now() > begun + LASTS).then_some(()));
    rate.store(0, Ordering::Relaxed);
    let frames = sent.load(Ordering::Relaxed) - bearable;
    println!("{frames} frames at the line's rate");
    assert!(frames > LASTS.as_secs() * 10 * BEARABLE, "{frames} frames are no flood");
    assert_eq!(device.board.resets(), [], "the watchdog was fed");
    device.until_state(&session, "connected");
    device.assert_clean();
}

//! The product's firmware from power-on to its menu, in networks that lack something.

use std::time::Duration;

use crate::device::{Device, World};
use board::{Options, nucleo::INSTRUCTIONS_PER_SECOND};
use gateway::Services;
use xtask::mosquitto::Listener;

const ALL: Services = Services { dhcp: true, dns: true, sntp: true };

#[test]
fn it_boots_gets_an_address_and_shows_its_menu() {
    let mut device = Device::boot(Options::default());
    let session = device.session();
    let status =
        device.until("a clock", |_| session.status().ok().filter(|status| !status["clock"].is_null()));
    assert_eq!(status["firmware"]["board"], "NUCLEO-F439ZI");
    assert_eq!(status["network"]["address"], "10.0.2.15/24");
    assert_eq!(status["connection"]["state"], "disabled");
    assert_eq!(status["status_codes"].as_array().map(Vec::len), Some(0), "{status}");
    session.must("POST /outputs", b"output1=on");
    device.until("LD1", |device| device.board.output("PB0").then_some(()));
    device.board.set_input("PC13", true);
    device.until("the button", |_| {
        session.status().ok().filter(|status| status["inputs"][0] == true).map(|_| ())
    });
    assert_eq!(device.board.resets(), []);
    device.assert_clean();
}

#[test]
fn with_the_cable_pulled_it_sleeps_and_goes_on_when_it_is_back() {
    let world = World::new("cable");
    let mut device = Device::boot(Options { cable: false, ..Options::default() });
    let mut instructions_at = |second| {
        let end = Duration::from_secs(second);
        device.until("time", |device| (device.board.now() > end).then(|| device.board.instructions()))
    };
    // What the start needs is over by then; of ten seconds, a hundredth is worked.
    let worked = (instructions_at(2), instructions_at(12));
    assert!(worked.1 - worked.0 < 10 * INSTRUCTIONS_PER_SECOND / 100, "{worked:?}");
    device.board.set_cable(true);
    let session = device.session();
    world.connect(&session, Listener::Plain);
    session.set(&[("mqtt.keep_alive", "1")]);
    device.until_state(&session, "connected");
    device.board.set_cable(false);
    let pulled = device.board.now();
    device.until("the broker is given up", |device| {
        (device.board.now() > pulled + Duration::from_secs(3)).then_some(())
    });
    device.board.set_cable(true);
    device.until_state(&session, "connected");
    assert_eq!(device.board.resets(), []);
    device.assert_clean();
}

#[test]
fn without_the_time_tls_does_not_begin() {
    let world = World::new("time");
    let mut device = Device::boot_with(Options::default(), Services { sntp: false, ..ALL });
    let session = device.session();
    session.load("ca", &world.file("ca.pem"));
    world.connect(&session, Listener::Tls);
    let status = device.until_state(&session, "waiting_for_time");
    assert!(status["clock"].is_null());
    let begun = device.board.now();
    device.until("half a minute", |device| {
        (device.board.now() > begun + Duration::from_secs(30)).then_some(())
    });
    assert_eq!(session.status().unwrap()["connection"]["state"], "waiting_for_time");
    assert_eq!(device.board.records(), [], "not a byte of TLS");
    device.board.gateway(|gateway| gateway.set_services(ALL));
    let status = device.until_state(&session, "connected");
    assert!(status["clock"].is_number());
    device.assert_clean();
}

#[test]
fn the_button_held_at_the_start_forgets_everything() {
    let world = World::new("button");
    let mut device = Device::boot(Options::default());
    let session = device.session();
    assert!(session.is_first);
    session.load("ca", &world.file("ca.pem"));
    // Let go too early, then not.
    for (held, is_forgotten) in [(3, false), (6, true)] {
        device.board.set_input("PC13", true);
        device.board.press_reset();
        let end = device.board.now() + Duration::from_secs(held);
        device.until("the button was held", |device| (device.board.now() > end).then_some(()));
        device.board.set_input("PC13", false);
        let session = device.session();
        let status = session.status().unwrap();
        let is_empty = status["certificates"]["ca"]["description"].is_null();
        assert_eq!((session.is_first, is_empty), (is_forgotten, is_forgotten), "held for {held} s: {status}");
    }
    device.assert_clean();
}

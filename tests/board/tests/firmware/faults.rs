//! Units of the microcontroller that fail at boot: software takes their place, and a status code says so.

use board::{Fault, Options};
use serde_json::Value;
use xtask::mosquitto::Listener;

use crate::device::{Device, World};

/// Boots with faults, connects over TLS; the status then.
fn connected_with(name: &str, faults: [Fault; 2]) -> (Device, Value) {
    let world = World::new(name);
    let mut device = Device::boot(Options { faults, ..Options::default() });
    let session = device.session();
    session.load("ca", &world.file("ca.pem"));
    world.connect(&session, Listener::Tls);
    let status = device.until_state(&session, "connected");
    (device, status)
}

fn codes(status: &Value) -> Vec<&str> {
    let codes = status["status_codes"].as_array().map(Vec::as_slice).unwrap_or_default();
    codes.iter().filter_map(|entry| entry["code"].as_str()).collect()
}

#[test]
fn with_both_units_sound_the_hardware_is_used_and_no_code_is_left() {
    let (mut device, status) = connected_with("sound", [Fault::None; 2]);
    assert_eq!(codes(&status), [""; 0], "{status}");
    let counters = device.board.units(|units| (units.cryp.unit.counters(), units.hash.unit.counters()));
    assert!(counters.0.blocks > 100, "AES of the records: {counters:?}");
    assert!(counters.1.blocks > 100, "SHA of the handshake: {counters:?}");
    assert_eq!((counters.0.misuse, counters.1.misuse), (0, 0), "{counters:?}");
    device.assert_clean();
}

#[test]
fn a_cryp_that_computes_wrongly_is_replaced_by_software() {
    let (mut device, status) = connected_with("cryp", [Fault::Wrong, Fault::None]);
    assert!(!codes(&status).is_empty(), "{status}");
    let before = device.board.units(|units| units.cryp.unit.counters().accesses());
    device.until("more records", |device| (device.board.records().len() > 4).then_some(()));
    assert_eq!(device.board.units(|units| units.cryp.unit.counters().accesses()), before, "it is left alone");
}

#[test]
fn a_hash_that_never_answers_is_replaced_by_software() {
    let (mut device, status) = connected_with("hash", [Fault::None, Fault::Silent]);
    assert!(!codes(&status).is_empty(), "{status}");
    assert_eq!(device.board.resets(), [], "the watchdog must not bite");
}

#[test]
fn with_both_units_failing_the_device_still_connects() {
    let (_, status) = connected_with("both", [Fault::Silent, Fault::Wrong]);
    assert!(!codes(&status).is_empty(), "{status}");
}

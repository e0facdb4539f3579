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

/// The status codes with their texts, the newest first.
fn codes(status: &Value) -> Vec<(&str, &str)> {
    fn word<'a>(entry: &'a Value, name: &str) -> &'a str {
        entry[name].as_str().unwrap_or_default()
    }
    let codes = status["status_codes"].as_array().map(Vec::as_slice).unwrap_or_default();
    codes.iter().map(|entry| (word(entry, "code"), word(entry, "text"))).collect()
}

/// `MBEDTLS_ERR_SSL_HW_ACCEL_FAILED` with the first algorithm that failed: of CRYP's CBC, of HASH's MD5.
const CRYP_FAILED: (&str, &str) = (
    "-0x7FA5",
    "SSL - Hardware acceleration function returned with error : AES - AES hardware accelerator failed",
);
const HASH_FAILED: (&str, &str) = (
    "-0x7FAF",
    "SSL - Hardware acceleration function returned with error : MD5 - MD5 hardware accelerator failed",
);

#[test]
fn with_both_units_sound_the_hardware_is_used_and_no_code_is_left() {
    let (mut device, status) = connected_with("sound", [Fault::None; 2]);
    assert_eq!(codes(&status), [], "{status}");
    let counters = device.board.units(|units| (units.cryp.unit.counters(), units.hash.unit.counters()));
    assert!(counters.0.blocks > 100, "AES of the records: {counters:?}");
    assert!(counters.1.blocks > 100, "SHA of the handshake: {counters:?}");
    assert_eq!((counters.0.misuse, counters.1.misuse), (0, 0), "{counters:?}");
    device.assert_clean();
}

#[test]
fn a_cryp_that_computes_wrongly_is_replaced_by_software() {
    let (mut device, status) = connected_with("cryp", [Fault::Wrong, Fault::None]);
    assert_eq!(codes(&status), [CRYP_FAILED], "{status}");
    let before = device.board.units(|units| units.cryp.unit.counters().accesses());
    device.until("more records", |device| (device.board.records().len() > 4).then_some(()));
    assert_eq!(device.board.units(|units| units.cryp.unit.counters().accesses()), before, "it is left alone");
}

#[test]
fn a_hash_that_never_answers_is_replaced_by_software() {
    let (mut device, status) = connected_with("hash", [Fault::None, Fault::Silent]);
    assert_eq!(codes(&status), [HASH_FAILED], "{status}");
    assert_eq!(device.board.resets(), [], "the watchdog must not bite");
}

/// The device keeps one code of its units: HASH is tested first.
#[test]
fn with_both_units_failing_the_device_still_connects() {
    let (_, status) = connected_with("both", [Fault::Silent, Fault::Wrong]);
    assert_eq!(codes(&status), [HASH_FAILED], "{status}");
}

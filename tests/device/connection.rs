//! Connections that end, and how the device comes back.

use std::fs;

use serde_json::json;
use xtask::{
    device::{File, proxy::Proxy},
    mosquitto::Listener,
};

use crate::world::{PATIENCE, World, folder, pki};

#[test]
fn a_connection_that_is_cut_is_resumed_by_ticket() {
    let mut world = World::new("cut");
    let proxy = Proxy::start(world.broker.port(Listener::Mutual)).unwrap();
    let status = world.connect_by(proxy.port(), &[]);
    assert_eq!(status["connection"]["resumed"], false);
    let mut seen = world.see(0, "test/availability online");
    for _ in 0..3 {
        assert!(proxy.cut() > 0);
        seen = world.see(seen, "test/availability offline");
        seen = world.see(seen, "test/availability online");
        let status = world.connected();
        assert_eq!(status["connection"]["resumed"], true, "{status}");
    }
}

#[test]
fn a_broker_that_was_restarted_gets_a_full_handshake_and_leaves_no_code_of_tls() {
    let mut world = World::new("restart");
    world.connect();
    world.broker.restart().unwrap();
    // The broker's memory is gone, and the observer's connection with it.
    world.observer = xtask::device::observer::Observer::start(world.broker.port(Listener::Plain)).unwrap();
    world.see(0, "test/availability online");
    let status = world.connected();
    assert_eq!(status["connection"]["resumed"], false);
    for entry in status["status_codes"].as_array().unwrap() {
        assert!(!entry["text"].as_str().unwrap().starts_with("SSL"), "{entry}");
    }
    let seen = world.observer.messages().len();
    world.observer.publish("test/output/1/set", "ON").unwrap();
    world.see_state(seen, |state| state["outputs"][0] == "ON");
}

#[test]
fn a_reset_keeps_the_session_and_a_power_cut_does_not() {
    let mut world = World::new("reset");
    world.connect();
    let seen = world.see(0, "test/availability online");
    world.device.process.type_in("reset\n").unwrap();
    world.device.process.wait_for("reset pin\n", PATIENCE).unwrap();
    let seen = world.see(seen, "test/availability offline");
    let seen = world.see(seen, "test/availability online");
    world.device.wait_for_menu().unwrap();
    world.device.log_in("/login", crate::world::PASSWORD).unwrap();
    let status = world.connected();
    assert_eq!(status["connection"]["resumed"], true, "{status}");

    world.device.process.kill();
    world.see(seen, "test/availability offline");
    world.power_on(&[]);
    let status = world.connected();
    assert_eq!(status["connection"]["resumed"], false, "{status}");
}

#[test]
fn a_change_of_certificates_ends_connection_and_session() {
    let mut world = World::new("change");
    world.connect();
    let seen = world.see(0, "test/availability online");
    // The same files again change nothing; the same CA in another file does.
    world.upload_right_files();
    assert_eq!(world.connected()["connection"]["state"], "connected");
    let text = fs::read_to_string(pki().certificate("ca")).unwrap();
    let other = folder("change-files").join("ca.pem");
    fs::write(&other, format!("The CA of the plant\n{text}")).unwrap();
    world.device.upload(File::Ca, &other).unwrap();
    let seen = world.see(seen, "test/availability offline");
    world.see(seen, "test/availability online");
    let status = world.connected();
    assert_eq!(status["connection"]["resumed"], false, "the session has died with the change");
}

#[test]
fn without_tls_there_is_no_suite() {
    let mut world = World::new("plain");
    let port = world.broker.port(Listener::Plain);
    let status = world.connect_by(port, &[("mqtt.tls", "off")]);
    assert_eq!(status["connection"]["suite"], json!(null));
    world.see(0, "test/availability online");
}

#[test]
fn the_menu_answers_while_a_connection_is_made_again_and_again() {
    let mut world = World::new("responsive");
    let proxy = Proxy::start(world.broker.port(Listener::Mutual)).unwrap();
    world.connect_by(proxy.port(), &[]);
    for _ in 0..20 {
        proxy.cut();
        assert_eq!(world.device.status().unwrap().status, 200);
    }
    world.connected();
    assert!(!world.device.process.log().contains("reset "), "neither panic nor watchdog");
}

//! Cable, DHCP, SNTP.

use serde_json::json;

use crate::world::{PASSWORD, PATIENCE, World};

#[test]
fn tls_waits_for_the_time_and_the_status_says_so() {
    let mut world = World::with("sntp", &["--no-sntp"]);
    world.upload_right_files();
    let port = world.broker.port(xtask::mosquitto::Listener::Mutual).to_string();
    let settings = [
        ("mqtt.enabled", "on"),
        ("mqtt.tls", "on"),
        ("mqtt.host", crate::world::HOST),
        ("mqtt.port", &port),
        ("mqtt.topic_prefix", "test"),
    ];
    world.device.set(&settings).unwrap();
    let status = world.status_when("waiting", |status| status["connection"]["state"] == "waiting_for_time");
    assert_eq!(status["clock"], json!(null));
    // Without TLS nothing depends on the time.
    let plain = world.broker.port(xtask::mosquitto::Listener::Plain).to_string();
    world.device.set(&[("mqtt.tls", "off"), ("mqtt.port", &plain)]).unwrap();
    world.connected();
    world.device.set(&[("mqtt.tls", "on"), ("mqtt.port", &port)]).unwrap();
    world.status_when("waiting", |status| status["connection"]["state"] == "waiting_for_time");

    world.device.command("sntp on").unwrap();
    let status = world.connected();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    assert!(status["clock"].as_u64().unwrap().abs_diff(now) < 60);
}

#[test]
fn a_pulled_cable_brings_the_will_and_a_plugged_one_the_device() {
    let mut world = World::new("cable");
    world.connect_by(world.broker.port(xtask::mosquitto::Listener::Mutual), &[("mqtt.keep_alive", "2")]);
    let seen = world.see(0, "test/availability online");
    world.device.command("cable out").unwrap();
    // MQTT 3.1.1 §3.1.2.10: after one and a half times the keep-alive time.
    let seen = world.see(seen, "test/availability offline");
    world.device.command("cable in").unwrap();
    world.see(seen, "test/availability online");
    world.connected();
    assert!(!world.device.process.log().contains("reset "), "neither panic nor watchdog");
}

#[test]
fn a_fixed_address_needs_no_dhcp() {
    let mut world = World::new("fixed");
    world.connect();
    let settings = [
        ("network.dhcp", "off"),
        ("network.address", "10.0.2.15"),
        ("network.prefix_length", "24"),
        ("network.gateway", "10.0.2.2"),
        ("network.dns_server", "10.0.2.2"),
    ];
    world.device.set(&settings).unwrap();
    world.device.command("dhcp off").unwrap();
    world.device.process.type_in("reset\n").unwrap();
    world.device.process.wait_for("reset pin\n", PATIENCE).unwrap();
    world.device.wait_for_menu().unwrap();
    world.device.log_in("/login", PASSWORD).unwrap();
    let status = world.connected();
    assert_eq!(status["network"]["address"], "10.0.2.15/24");
}

#[test]
fn the_factory_reset_restores_the_network_erases_the_files_and_keeps_the_broker() {
    let mut world = World::new("factory");
    world.connect();
    world.device.set(&[("network.host_name", "kitchen")]).unwrap();
    let answer = world.device.post("/factory-reset", &[]).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.body);
    let status = world.status();
    assert_eq!(status["certificates"], json!({"ca": null, "client": null, "key": null}));
    let settings = world.device.request("GET /settings.json", "text/plain", &[]).unwrap();
    assert_eq!(settings.json("mqtt.host"), Some(crate::world::HOST));
    assert_eq!(settings.json("network.host_name"), Some(""));
    let flash = std::fs::read(world.state.join("certificates.flash")).unwrap();
    assert!(!String::from_utf8_lossy(&flash).contains("BEGIN"), "nothing is left in the flash");
}

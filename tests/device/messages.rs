//! What the device says at the broker and what it is told there.

use serde_json::json;
use xtask::device::File;

use crate::world::{PATIENCE, World};

#[test]
fn from_delivery_to_messages_over_tls_with_a_client_certificate() {
    let mut world = World::new("delivery");
    let status = world.status();
    assert_eq!(status["connection"]["state"], "disabled");
    assert_eq!(status["certificates"], json!({"ca": null, "client": null, "key": null}));

    let status = world.connect();
    assert_eq!(status["connection"]["suite"], "TLS_RSA_WITH_AES_256_GCM_SHA384");
    assert_eq!(status["connection"]["resumed"], false);
    assert_eq!(status["status_codes"], json!([]));
    assert!(status["certificates"]["ca"]["days_left"].as_u64().is_some_and(|days| days >= 28), "{status}");
    // The broker takes the user's name from the client certificate, which it has verified.
    world.broker.server.wait_for("u'device-2048'", PATIENCE).unwrap();

    let seen = world.see(0, "test/availability online");
    world.see_state(0, |state| {
        state["inputs"] == json!(["OFF", "OFF", "OFF", "OFF"]) && state["outputs"] == state["inputs"]
    });
    assert!(seen > 0);
    // All three are there for somebody who comes later.
    assert_eq!(world.observer.retained("test/availability").unwrap(), "online");
    assert!(world.observer.retained("test/state").unwrap().contains("uptime"));
    let discovery = world.observer.retained("homeassistant/device/+/config").unwrap();
    let discovery: serde_json::Value = serde_json::from_str(&discovery).unwrap();
    assert_eq!(discovery["components"]["output1"]["command_topic"], "test/output/1/set");
    assert_eq!(discovery["availability_topic"], "test/availability");
}

#[test]
fn a_command_switches_an_output_and_the_state_says_so() {
    let mut world = World::new("command");
    world.connect();
    let mut seen = world.see_state(0, |state| state["outputs"] == json!(["OFF", "OFF", "OFF", "OFF"]));
    for (topic, command, outputs, line) in [
        ("test/output/1/set", "ON", json!(["ON", "OFF", "OFF", "OFF"]), "outputs 1=on 2=off 3=off 4=off"),
        ("test/output/4/set", "ON", json!(["ON", "OFF", "OFF", "ON"]), "outputs 1=on 2=off 3=off 4=on"),
        ("test/output/1/set", "OFF", json!(["OFF", "OFF", "OFF", "ON"]), "outputs 1=off 2=off 3=off 4=on"),
    ] {
        world.observer.publish(topic, command).unwrap();
        seen = world.see_state(seen, |state| state["outputs"] == outputs);
        assert!(world.device.process.log().contains(line), "the pins themselves");
    }
    // What is no output, and what is no command, switches nothing.
    for (topic, command) in [("test/output/5/set", "ON"), ("test/output/2/set", "PERHAPS")] {
        world.observer.publish(topic, command).unwrap();
    }
    world.observer.publish("test/output/3/set", "ON").unwrap();
    world.see_state(seen, |state| state["outputs"] == json!(["OFF", "OFF", "ON", "ON"]));
    assert_eq!(world.status()["outputs"], json!([false, false, true, true]));
}

#[test]
fn the_menu_switches_an_output_and_the_broker_hears_of_it() {
    let mut world = World::new("menu-output");
    world.connect();
    let seen = world.see_state(0, |_| true);
    assert_eq!(world.device.post("/outputs", &[("output2", "on")]).unwrap().status, 200);
    world.see_state(seen, |state| state["outputs"] == json!(["OFF", "ON", "OFF", "OFF"]));
}

#[test]
fn an_input_is_reported() {
    let mut world = World::new("input");
    world.connect();
    let seen = world.see_state(0, |_| true);
    world.device.command("input 2 on").unwrap();
    let seen = world.see_state(seen, |state| state["inputs"] == json!(["OFF", "ON", "OFF", "OFF"]));
    assert_eq!(world.status()["inputs"], json!([false, true, false, false]));
    world.device.command("input 2 off").unwrap();
    world.see_state(seen, |state| state["inputs"] == json!(["OFF", "OFF", "OFF", "OFF"]));
}

#[test]
fn the_will_says_that_the_device_is_gone_and_a_goodbye_says_it_first() {
    let mut world = World::new("will");
    world.connect();
    let seen = world.see(0, "test/availability online");
    world.device.process.kill();
    let seen = world.see(seen, "test/availability offline");
    assert_eq!(world.observer.retained("test/availability").unwrap(), "offline");

    world.power_on(&[]);
    world.connected();
    let seen = world.see(seen, "test/availability online");
    world.device.set(&[("mqtt.enabled", "off")]).unwrap();
    world.see(seen, "test/availability offline");
    assert_eq!(world.status()["connection"]["state"], "disabled");
}

#[test]
fn files_are_described_and_erased_and_the_key_is_never_shown() {
    let mut world = World::new("files");
    world.connect();
    let status = world.status();
    assert_eq!(status["certificates"]["key"]["description"], "Name: RSA");
    let key = std::fs::read_to_string(crate::world::pki().key("client-2048")).unwrap();
    let secret = key.lines().nth(3).unwrap();
    for path in ["/status.json", "/settings.json", "/configuration", "/certificates/key", "/"] {
        let answer = world.device.request(&format!("GET {path}"), "text/plain", &[]).unwrap();
        assert!(!answer.body.contains(secret), "{path}");
    }
    let flash = || {
        String::from_utf8_lossy(&std::fs::read(world.state.join("certificates.flash")).unwrap()).into_owned()
    };
    assert!(flash().contains(secret), "it can be found where it is");
    world.device.erase(File::Key).unwrap();
    assert_eq!(world.status()["certificates"]["key"], json!(null));
    let flash = flash();
    assert!(!flash.contains(secret), "not a byte of an erased key stays");
    assert!(flash.contains("BEGIN CERTIFICATE"), "the others do");
}

//! The connection, with a real broker: what a device of the application note does for its owner.

use firmware::{certificates::File, device::ConnectionState};
use xtask::mosquitto::Listener;

use crate::rig::{Peer, World, pem, settings, until, until_state};

/// A JSON document.
fn json(payload: &[u8]) -> serde_json::Value {
    serde_json::from_slice(payload)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(payload)))
}

#[test]
fn the_device_is_on_line_without_tls_and_its_outputs_are_switched() {
    let world = World::new("plain");
    world.run(async |device| {
        let mut peer = Peer::new(&world);
        device.store_settings(&settings(world.port(Listener::Plain), false)).await.unwrap();
        peer.message("house/cellar/availability", |payload| payload == b"online").await;
        let state = json(&peer.message("house/cellar/state", |_| true).await);
        assert_eq!(state["outputs"], serde_json::json!(["OFF", "OFF", "OFF"]));
        assert_eq!(state["clean_session"], true);
        until_state(device, ConnectionState::Connected).await;
        peer.publish("house/cellar/output/2/set", "ON", false);
        let state = json(&peer.message("house/cellar/state", |_| true).await);
        assert_eq!(state["outputs"], serde_json::json!(["OFF", "ON", "OFF"]));
        assert_eq!(world.wires.outputs.get(), 0b010);
        world.wires.inputs.set(0b01);
        let state = json(&peer.message("house/cellar/state", |_| true).await);
        assert_eq!(state["inputs"], serde_json::json!(["ON", "OFF"]));
    });
}

#[test]
fn the_device_is_on_line_over_tls_with_a_client_certificate() {
    let world = World::new("mutual");
    world.run(async |device| {
        let mut peer = Peer::new(&world);
        for file in File::ALL {
            device.replace_certificate(file, &pem(file)).await.unwrap();
        }
        device.store_settings(&settings(world.port(Listener::Mutual), true)).await.unwrap();
        peer.message("house/cellar/availability", |payload| payload == b"online").await;
        until("a connection", || device.connection.get().suite).await;
        assert_eq!(device.status_codes.borrow().iter().count(), 0, "{:?}", device.status_codes.borrow());
    });
}

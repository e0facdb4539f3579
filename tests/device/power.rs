//! Power cuts in the middle of flash operations, and firmware updates.

use std::{fs, path::Path};

use serde_json::{Value, json};
use xtask::device::{self, Device, File};

use crate::world::{PASSWORD, PATIENCE, World, pki};

/// How many of the operations of an upload are tried.
const SAMPLES: u64 = 12;

/// A device on a copy of a state folder, logged in.
fn copy(state: &Path, name: &str) -> (Device, std::path::PathBuf) {
    let copy = crate::world::folder(name);
    for entry in fs::read_dir(state).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, copy.join(path.file_name().unwrap())).unwrap();
    }
    (start(&copy), copy)
}

fn start(state: &Path) -> Device {
    let mut device = Device::start(&device::under_test(state)).unwrap();
    device.wait_for_menu().unwrap();
    device.log_in("/login", PASSWORD).unwrap();
    device
}

fn certificates(device: &Device) -> Value {
    let status: Value = serde_json::from_str(&device.status().unwrap().body).unwrap();
    status["certificates"].clone()
}

/// How many flash operations there were so far.
fn operations(device: &mut Device) -> u64 {
    let lines = device.ask("operations", "operations ").unwrap();
    lines.iter().find_map(|line| line.strip_prefix("operations ")?.parse().ok()).unwrap()
}

#[test]
fn a_power_cut_during_an_upload_loses_nothing_but_the_file_in_flight() {
    let mut world = World::new("cut-upload");
    world.upload_right_files();
    let old = certificates(&world.device);
    world.device.process.kill();

    let other = pki().certificate("intermediate");
    let (mut device, _) = copy(&world.state, "cut-upload-count");
    let before = operations(&mut device);
    device.upload(File::Ca, &other).unwrap();
    let total = operations(&mut device) - before;
    let new = certificates(&device);
    assert_ne!(new["ca"], old["ca"]);
    assert_eq!((&new["client"], &new["key"]), (&old["client"], &old["key"]));
    assert!(total > 1000, "three files in words: {total}");
    drop(device);

    let (mut olds, mut news) = (0, 0);
    // Every part of the upload, with the first and the last operations, where the records are.
    let sampled = (0..SAMPLES).map(|sample| 1 + sample * (total - 1) / (SAMPLES - 1));
    for at in sampled.chain([2, 3, total - 2, total - 1]) {
        let (mut device, state) = copy(&world.state, "cut-upload-at");
        device.command(&format!("power-cut {at}")).unwrap();
        assert!(device.upload(File::Ca, &other).is_err(), "the power was cut at {at} of {total}");
        device.process.wait_for("power cut\n", PATIENCE).unwrap();
        drop(device);
        let device = start(&state);
        let found = certificates(&device);
        if found == old {
            olds += 1;
        } else {
            assert_eq!(found, new, "neither the old set nor the new one after a cut at {at} of {total}");
            news += 1;
        }
        // And the store is whole: it takes the file now.
        device.upload(File::Ca, &other).unwrap();
        assert_eq!(certificates(&device), new);
    }
    assert!(olds > 0 && news > 0, "{olds} cuts before the change, {news} after it");
}

#[test]
fn a_power_cut_while_settings_are_stored_keeps_the_old_or_the_new_ones() {
    let mut world = World::new("cut-settings");
    world.device.set(&[("mqtt.host", "old.test")]).unwrap();
    world.device.process.kill();
    for at in [1, 2, 10, 50, 100] {
        let (mut device, state) = copy(&world.state, "cut-settings-at");
        device.command(&format!("power-cut {at}")).unwrap();
        // With fewer words than that there is no cut, and the change is made.
        let made = device.set(&[("mqtt.host", "new.test")]).is_ok();
        device.process.kill();
        let device = start(&state);
        let settings = device.request("GET /settings.json", "text/plain", &[]).unwrap();
        let host = settings.json("mqtt.host").unwrap().to_owned();
        assert!(host == "new.test" || host == "old.test" && !made, "{host} after a cut at {at}");
        device.set(&[("mqtt.host", "new.test")]).unwrap();
    }
}

#[test]
fn another_firmware_erases_the_files_and_keeps_the_settings() {
    let mut world = World::new("update");
    world.connect();
    world.device.process.kill();
    world.power_on(&[]);
    world.connected();
    world.device.process.kill();
    world.power_on(&["--firmware", "9.9.9"]);
    let status = world.status();
    assert_eq!(status["firmware"]["identity"], "9.9.9");
    assert_eq!(status["certificates"], json!({"ca": null, "client": null, "key": null}));
    let settings = world.device.request("GET /settings.json", "text/plain", &[]).unwrap();
    assert_eq!(settings.json("mqtt.host"), Some(crate::world::HOST));
    let flash = fs::read(world.state.join("certificates.flash")).unwrap();
    assert!(!String::from_utf8_lossy(&flash).contains("BEGIN"));
}

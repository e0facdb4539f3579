//! What the tasks share: what becomes of secrets when settings and certificates change.

use firmware::{
    certificates::File,
    settings::{Access, PasswordHash, Settings},
    web::Handle,
};
use xtask::mosquitto::Listener;

use crate::rig::{Rig, World, other_ca, pem, settings};

const SECRET: &str = "correct-horse-battery";

fn with_password(device: &Handle<'_, Rig>, world: &World) -> Settings {
    let mut new = settings(world.port(Listener::Tls), true);
    new.access.clone_from(&device.setup.settings.borrow().access);
    new.mqtt.enabled = false;
    new.mqtt.user_name = "plant".try_into().unwrap();
    new.mqtt.password = SECRET.try_into().unwrap();
    new
}

fn has_password(device: &Handle<'_, Rig>) -> bool {
    !device.setup.settings.borrow().mqtt.password.is_empty()
}

fn hash(byte: u8) -> PasswordHash {
    PasswordHash { salt: [byte; 16], iterations: 1, hash: [byte; 32] }
}

#[test]
fn a_secret_that_is_erased_or_replaced_leaves_no_byte_in_the_flash() {
    let world = World::new("secrets");
    world.run(async |device| {
        let first = with_password(device, &world);
        device.setup.store_settings(&first).await.unwrap();
        assert!(world.flash_contains(SECRET.as_bytes()));
        // Settings of the same secret are appended: it stands there twice.
        let mut second = first.clone();
        second.mqtt.keep_alive = 10;
        device.setup.store_settings(&second).await.unwrap();
        // Replaced.
        second.mqtt.password = "another".try_into().unwrap();
        device.setup.store_settings(&second).await.unwrap();
        assert!(!world.flash_contains(SECRET.as_bytes()) && world.flash_contains(b"another"));
        // Erased.
        second.mqtt.password.clear();
        device.setup.store_settings(&second).await.unwrap();
        assert!(!world.flash_contains(b"another"));
        // The menu's.
        for byte in [0xA1, 0xB2] {
            second.access.password = Some(hash(byte));
            device.setup.store_settings(&second).await.unwrap();
        }
        assert!(!world.flash_contains(b"a1a1a1a1") && world.flash_contains(b"b2b2b2b2"));
        let written = world.operations();
        device.setup.store_settings(&second).await.unwrap();
        assert_eq!(world.operations(), written, "the same settings write nothing");
        second.access = Access::default();
        device.setup.store_settings(&second).await.unwrap();
        assert!(!world.flash_contains(b"b2b2b2b2"));
    });
    // The next start finds what was stored last.
    world.run(async |device| assert_eq!(device.setup.settings.borrow().mqtt.keep_alive, 10));
}

#[test]
fn settings_that_cannot_be_read_leave_no_byte_of_their_secrets_either() {
    let world = World::new("unreadable-secrets");
    world.run(async |device| {
        let text = format!("# device configuration, version 9\nmqtt.password = {SECRET}\n");
        let mut storage = device.setup.storage.lock().await;
        let earlier = firmware::storage::Earlier::MayStay;
        storage.write(firmware::storage::Key::Settings, text.as_bytes(), earlier).await.unwrap();
    });
    world.run(async |device| {
        assert!(world.flash_contains(SECRET.as_bytes()));
        let settings = device.setup.settings.borrow().clone();
        device.setup.store_settings(&settings).await.unwrap();
        assert!(!world.flash_contains(SECRET.as_bytes()));
    });
}

/// A server that is verified by another CA certificate may be another server.
#[test]
fn a_password_ends_with_the_ca_certificate_that_its_server_was_verified_by() {
    let world = World::new("password-ca");
    world.run(async |device| {
        let ca = pem(File::CaCertificate);
        device.setup.store_settings(&with_password(device, &world)).await.unwrap();
        // The first one, the same one again, another file, a file that is none: nothing of this ends it.
        for (file, pem, is_stored) in [
            (File::CaCertificate, ca.clone(), true),
            (File::CaCertificate, ca.clone(), true),
            (File::ClientCertificate, ca.clone(), true),
            (File::CaCertificate, b"none".to_vec(), false),
        ] {
            assert_eq!(device.setup.replace_certificate(file, &pem).await.is_ok(), is_stored);
            assert!(has_password(device));
        }
        device.setup.replace_certificate(File::CaCertificate, &other_ca()).await.unwrap();
        assert!(!has_password(device) && !world.flash_contains(SECRET.as_bytes()));

        device.setup.store_settings(&with_password(device, &world)).await.unwrap();
        device.setup.erase_certificate(File::ClientCertificate).await.unwrap();
        assert!(has_password(device));
        device.setup.erase_certificate(File::CaCertificate).await.unwrap();
        assert!(!has_password(device) && !world.flash_contains(SECRET.as_bytes()));

        device.setup.store_settings(&with_password(device, &world)).await.unwrap();
        device.setup.erase_certificate(File::CaCertificate).await.unwrap();
        assert!(has_password(device), "there is none to erase");
        device.setup.replace_certificate(File::CaCertificate, &ca).await.unwrap();
        device.setup.reset_network(device.clock, device.backup).await.unwrap();
        assert!(!has_password(device) && !world.flash_contains(SECRET.as_bytes()));

        // Where nothing is verified the file does not matter.
        let mut unverified = with_password(device, &world);
        unverified.mqtt.verify_server_certificate = false;
        device.setup.store_settings(&unverified).await.unwrap();
        device.setup.replace_certificate(File::CaCertificate, &ca).await.unwrap();
        device.setup.erase_certificate(File::CaCertificate).await.unwrap();
        assert!(has_password(device));
    });
}

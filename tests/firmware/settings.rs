//! Settings by name and the configuration file: `firmware/src/settings/`.

use firmware::settings::{
    Field, PasswordHash, Settings,
    configuration::{self, MAX_LENGTH, Refusal, Secrets},
};
use proptest::prelude::*;
use status::device::SETTINGS_INVALID;

fn text(settings: &Settings, field: Field) -> String {
    let mut text = String::new();
    settings.write(field, &mut text).unwrap();
    text
}

/// Settings of which every field differs from the default, as long as it can be.
fn longest() -> Settings {
    let mut settings = Settings::default();
    let long = |length: usize| "x".repeat(length);
    for (field, value) in [
        (Field::HostName, long(32)),
        (Field::Domain, long(64)),
        (Field::Dhcp, "off".into()),
        (Field::Address, "192.168.100.200".into()),
        (Field::PrefixLength, "16".into()),
        (Field::Gateway, "192.168.200.100".into()),
        (Field::DnsServer, "255.255.255.255".into()),
        (Field::SntpServer, long(64)),
        (Field::MqttEnabled, "on".into()),
        (Field::MqttTls, "on".into()),
        (Field::MqttVerify, "off".into()),
        (Field::MqttHost, long(128)),
        (Field::MqttPort, "65535".into()),
        (Field::MqttClientId, long(64)),
        (Field::MqttUserName, long(64)),
        (Field::MqttPassword, long(64)),
        (Field::MqttTopicPrefix, long(64)),
        (Field::MqttKeepAlive, "65535".into()),
        (Field::MqttQualityOfService, "2".into()),
        (Field::MqttHomeAssistant, "off".into()),
        (Field::AccessPassword, format!("4294967295:{}:{}", "5a".repeat(16), "c3".repeat(32))),
    ] {
        settings.set(field, &value).unwrap();
    }
    settings
}

#[test]
fn every_field_is_written_as_it_was_set_and_differs_from_the_default() {
    let (longest, default) = (longest(), Settings::default());
    for field in Field::ALL.iter().copied() {
        assert_ne!(text(&longest, field), text(&default, field), "{}", field.name());
        assert_eq!(Field::from_name(field.name()), Some(field));
        let mut copy = Settings::default();
        copy.set(field, &text(&longest, field)).unwrap();
        assert_eq!(text(&copy, field), text(&longest, field), "{}", field.name());
    }
}

#[test]
fn a_value_that_a_field_cannot_hold_changes_nothing() {
    let before = longest();
    for (field, value) in [
        (Field::HostName, "two words"),
        (Field::HostName, "-x"),
        (Field::HostName, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
        (Field::Domain, ".example"),
        (Field::Domain, "plant..example"),
        (Field::Domain, "plant.example."),
        (Field::Domain, "plant/example"),
        (Field::Dhcp, "yes"),
        (Field::Address, "192.168.1"),
        (Field::Address, "fe80::1"),
        (Field::PrefixLength, "0"),
        (Field::PrefixLength, "31"),
        (Field::SntpServer, "https://time.example"),
        (Field::MqttHost, "broker.example:8883"),
        (Field::MqttHost, "broker example"),
        (Field::MqttPort, "0"),
        (Field::MqttPort, "65536"),
        (Field::MqttPort, ""),
        (Field::MqttClientId, "line\nfeed"),
        (Field::MqttPassword, "nul\0"),
        (Field::MqttTopicPrefix, "house/+"),
        (Field::MqttTopicPrefix, "house/"),
        (Field::MqttTopicPrefix, "$SYS"),
        (Field::MqttKeepAlive, "-1"),
        (Field::MqttQualityOfService, "3"),
        (Field::AccessPassword, "1:00:00"),
        (Field::AccessPassword, "none"),
    ] {
        let mut settings = before.clone();
        assert_eq!(settings.set(field, value), Err(SETTINGS_INVALID), "{} = {value:?}", field.name());
        assert!(settings == before, "{} = {value:?}", field.name());
    }
}

#[test]
fn fields_that_contradict_each_other_are_found() {
    let mut settings = longest();
    assert_eq!(settings.check(), Ok(()));
    for (field, value, at_fault) in [
        (Field::MqttHost, "", Field::MqttHost),
        (Field::MqttUserName, "", Field::MqttUserName),
        (Field::SntpServer, "", Field::SntpServer),
        (Field::Gateway, "10.0.0.1", Field::Gateway),
        (Field::Address, "192.168.0.0", Field::Address),
        (Field::Address, "192.168.255.255", Field::Address),
        (Field::Address, "127.0.0.1", Field::Address),
        (Field::Address, "224.0.0.1", Field::Address),
    ] {
        let before = settings.clone();
        settings.set(field, value).unwrap();
        assert_eq!(settings.check(), Err(at_fault), "{} = {value:?}", field.name());
        settings = before;
    }
}

#[test]
fn the_longest_settings_fit_in_a_file_and_come_back() {
    let settings = longest();
    let file = configuration::save(&settings, Secrets::Included);
    assert!(file.as_str().len() <= MAX_LENGTH);
    assert!(file.as_str().contains(&"5a".repeat(16)));
    let loaded = configuration::load(file.as_str(), Secrets::Included, &Settings::default()).unwrap();
    assert!(loaded == settings);
}

#[test]
fn a_file_for_a_person_has_no_secrets_and_leaves_the_present_ones() {
    let settings = longest();
    let file = configuration::save(&settings, Secrets::LeftOut);
    for field in Field::ALL.iter().filter(|field| field.is_secret()) {
        assert!(!file.as_str().contains(field.name()));
    }
    let mut present = settings.clone();
    present.set(Field::MqttPassword, "present").unwrap();
    present.access.password = Some(PasswordHash { salt: [1; 16], iterations: 2, hash: [3; 32] });
    let loaded = configuration::load(file.as_str(), Secrets::LeftOut, &present).unwrap();
    for field in Field::ALL.iter().copied() {
        let from = if field.is_secret() { &present } else { &settings };
        assert_eq!(text(&loaded, field), text(from, field), "{}", field.name());
    }
    let with_secrets = configuration::save(&settings, Secrets::Included);
    let refused = configuration::load(with_secrets.as_str(), Secrets::LeftOut, &present);
    assert_eq!(refused.err(), Some(Refusal::Line(17)));
}

#[test]
fn a_password_stays_only_with_the_server_that_it_was_entered_for() {
    let present = longest();
    for (field, value, stays) in [
        (Field::MqttHost, "X".repeat(128), true),
        (Field::MqttUserName, "other".into(), true),
        (Field::MqttClientId, "other".into(), true),
        (Field::MqttEnabled, "off".into(), true),
        (Field::MqttHost, "other".into(), false),
        (Field::MqttPort, "8883".into(), false),
        (Field::MqttTls, "off".into(), false),
        (Field::MqttVerify, "on".into(), false),
        (Field::MqttUserName, String::new(), false),
    ] {
        let mut new = present.clone();
        new.set(field, &value).unwrap();
        let file = configuration::save(&new, Secrets::LeftOut);
        new.drop_foreign_password(&present);
        assert_eq!(!new.mqtt.password.is_empty(), stays, "{} = {value}", field.name());
        // The way over a file is the same one, and is open.
        let loaded = configuration::load(file.as_str(), Secrets::LeftOut, &present).unwrap();
        assert!(loaded == new, "{} = {value}", field.name());
    }
}

#[test]
fn a_file_says_why_it_is_refused() {
    let file = configuration::save(&longest(), Secrets::LeftOut);
    let file = file.as_str();
    let present = Settings::default();
    let refusal = |text: &str| configuration::load(text, Secrets::LeftOut, &present).err();
    assert_eq!(refusal(file), None);
    assert_eq!(refusal(""), Some(Refusal::NotAConfiguration));
    assert_eq!(refusal("<html>"), Some(Refusal::NotAConfiguration));
    assert_eq!(refusal(&file.replacen("version 1", "version 2", 1)), Some(Refusal::Newer));
    assert_eq!(refusal(&file.replacen("version 1", "version 0", 1)), Some(Refusal::Damaged));
    assert_eq!(refusal(&file.replacen("= on", "= off", 1)), Some(Refusal::Damaged));
    assert_eq!(refusal(&format!("{file}more\n")), Some(Refusal::Damaged));
    assert_eq!(refusal(&format!("{file}{file}")), Some(Refusal::Damaged));
    assert_eq!(refusal(&file.replace("# checksum ", "# checksum")), Some(Refusal::Damaged));
    assert_eq!(refusal(&file.replace("# checksum ", "# checksum 0")), Some(Refusal::Damaged));
    // In the flash there is always a checksum.
    let stored = configuration::save(&longest(), Secrets::Included);
    for length in 0..stored.as_str().len() - 1 {
        let cut = configuration::load(&stored.as_str()[..length], Secrets::Included, &present);
        assert!(cut.is_err(), "the first {length} bytes");
    }
}

/// What editors and mail programs do to a file, and a person.
#[test]
fn a_file_survives_being_handled() {
    let settings = longest();
    let saved = configuration::save(&settings, Secrets::LeftOut);
    let (file, present) = (saved.as_str(), settings.clone());
    let (body, _) = file.rsplit_once("# checksum").unwrap();
    for (name, text) in [
        ("CR LF", file.replace('\n', "\r\n")),
        ("a byte order mark", format!("\u{FEFF}{file}")),
        ("no last line end", file.trim_end().to_owned()),
        ("blanks at the ends of lines", file.replace('\n', " \t\n")),
        ("all of these", format!("\u{FEFF}{}", file.trim_end().replace('\n', "  \r\n"))),
        ("empty lines behind", format!("{file}\n \r\n\n")),
        ("line ends doubled on the way", file.replace('\n', "\r\n\r\n")),
        ("no checksum", body.to_owned()),
        ("a comment above", format!("# of the pump house\n\n{body}")),
        (
            "edited by hand",
            format!("{}\n# mine\n\n", body.replace(" = ", "=").replace("\nmqtt", "\n\n# a comment\nmqtt")),
        ),
        (
            "capitals in the checksum",
            format!("{body}# checksum{}", file.rsplit_once("# checksum").unwrap().1.to_uppercase()),
        ),
    ] {
        let loaded = configuration::load(&text, Secrets::LeftOut, &present);
        assert!(loaded.is_ok_and(|loaded| loaded == settings), "{name}");
    }
    // With a checksum that is there and wrong, none of this counts.
    for text in [file.replace("= on", "= off"), file.replace('\n', "\r\n").replace("16", "17")] {
        assert_eq!(configuration::load(&text, Secrets::LeftOut, &present).err(), Some(Refusal::Damaged));
    }
}

#[test]
fn lines_that_this_firmware_cannot_use_are_named() {
    let present = Settings::default();
    for (body, expected) in [
        ("mqtt.port = 8883\n", None),
        ("mqtt.port = 8883\nmqtt.port = 8884\n", Some(Refusal::Line(3))),
        ("mqtt.colour = blue\n", Some(Refusal::Line(2))),
        ("mqtt.port=8883\n", None),
        ("mqtt.port\n", Some(Refusal::Line(2))),
        ("mqtt.password = secret\n", Some(Refusal::Line(2))),
        ("mqtt.port = none\n", Some(Refusal::Line(2))),
        ("mqtt.enabled = on\n", Some(Refusal::Contradiction(Field::MqttHost))),
    ] {
        let body = format!("# device configuration, version 1\n{body}");
        let digest = <sha2::Sha256 as sha2::Digest>::digest(body.as_bytes());
        let checksum: String = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        let file = format!("{body}# checksum {checksum}\n");
        assert_eq!(configuration::load(&file, Secrets::LeftOut, &present).err(), expected, "{body}");
    }
}

proptest! {
    #[test]
    fn no_text_is_taken_for_another(text in "\\PC*") {
        let mut settings = Settings::default();
        for field in [Field::MqttClientId, Field::MqttUserName, Field::MqttPassword] {
            if settings.set(field, &text).is_ok() {
                prop_assert_eq!(self::text(&settings, field), text.clone());
            }
        }
        if settings.check().is_ok() {
            let file = configuration::save(&settings, Secrets::Included);
            let loaded = configuration::load(file.as_str(), Secrets::Included, &Settings::default());
            prop_assert!(loaded.is_ok_and(|loaded| loaded == settings));
        }
    }

    #[test]
    fn a_damaged_file_is_refused(place in 0_usize..700, bit in 0_u32..7) {
        let file = configuration::save(&longest(), Secrets::LeftOut);
        let mut bytes = file.as_str().as_bytes().to_vec();
        let place = place % bytes.len();
        bytes[place] ^= 1 << bit;
        let text = String::from_utf8(bytes).unwrap();
        // The checksum's own digits may change their case, and its line may become a comment: no damage to what is said.
        let loaded = configuration::load(&text, Secrets::LeftOut, &longest());
        prop_assert!(loaded.is_err() || loaded.is_ok_and(|loaded| loaded == longest()));
    }
}

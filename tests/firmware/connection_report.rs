//! What the device tells about itself is JSON, whatever its owner calls it.

use firmware::{
    connection::report::{Report, length},
    names::{BIRTH_TOPIC, Names, TOPIC_LENGTH, identifier},
    settings::Mqtt,
    status_codes::StatusCodes,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use status::{Alert, AlertSeen, Cause, Flags, Status, Step, ssl};

use crate::rig::MAC;

pub(crate) fn report() -> Report {
    Report {
        inputs: 0b10,
        outputs: 0b01,
        input_count: 2,
        output_count: 3,
        status_codes: StatusCodes::default(),
        clean_session: false,
        board: "RIG",
        firmware: "1.0 \"beta\"",
    }
}

/// The report of a device with as many ports as there can be and two long failures.
pub(crate) fn longest() -> Report {
    let mut status = Status::new(status::x509::CERT_VERIFY_FAILED);
    status.flags = Flags::from_bits(u32::MAX);
    status.alert = Some(AlertSeen::Received(Alert::CERTIFICATE_UNKNOWN));
    status.cause = Cause::ResumptionMismatch;
    let mut status_codes = StatusCodes::default();
    status_codes.push(status, Some(u64::MAX));
    // Another failure, which is as long to write.
    status.step = Step::Traffic;
    status_codes.push(status, Some(u64::MAX));
    Report { input_count: 8, output_count: 8, status_codes, ..report() }
}

pub(crate) fn names(client_id: &str, prefix: &str) -> Names {
    let mut settings = Mqtt::default();
    settings.client_id = client_id.try_into().unwrap();
    settings.topic_prefix = prefix.try_into().unwrap();
    Names::new(&settings, MAC)
}

fn state(report: &Report, uptime: u64) -> Value {
    let mut text = String::new();
    report.state(uptime, &mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn discovery(report: &Report, names: &Names) -> Value {
    let mut text = String::new();
    report.discovery(names, &mut text).unwrap();
    assert_eq!(length(|out| report.discovery(names, out)).unwrap(), text.len());
    serde_json::from_str(&text).unwrap()
}

#[test]
fn the_state_says_what_there_is() {
    let mut report = report();
    let nothing = json!({
        "inputs": ["OFF", "ON"], "outputs": ["ON", "OFF", "OFF"], "uptime": 93, "clean_session": false, "status_codes": [],
    });
    assert_eq!(state(&report, 93), nothing);
    let mut status = Status::new(ssl::FATAL_ALERT_MESSAGE);
    status.alert = Some(AlertSeen::Received(Alert::UNKNOWN_CA));
    report.status_codes.push(Status::new(ssl::TIMEOUT), None);
    report.status_codes.push(status, Some(1_795_649_990));
    let codes = json!([
        {"code": "-0x7780", "text": "SSL - A fatal alert message was received from our peer",
         "cause": "received alert 48, unknown_ca", "at": 1_795_649_990},
        {"code": "-0x6800", "text": "SSL - The operation timed out", "cause": "", "at": null},
    ]);
    assert_eq!(state(&report, 93)["status_codes"], codes);
}

#[test]
fn the_longest_state_has_room() {
    let report = longest();
    let length = length(|out| report.state(u64::MAX, out)).unwrap();
    assert!(length <= firmware::connection::conversation::STATE_LENGTH, "{length}");
    assert_eq!(state(&report, 1)["status_codes"][1]["code"], "-0x2700");
}

#[test]
fn the_discovery_message_has_every_port_once() {
    let discovery = discovery(&report(), &names("cellar", "house/cellar"));
    let components = discovery["components"].as_object().unwrap();
    let keys: Vec<&str> = components.keys().map(String::as_str).collect();
    assert_eq!(keys, ["input1", "input2", "output1", "output2", "output3", "status_code", "uptime"]);
    assert_eq!(
        components["output2"],
        json!({
            "platform": "switch", "unique_id": "netcontrol-020000000015-output2", "name": "Output 2",
            "value_template": "{{value_json.outputs[1]}}", "command_topic": "house/cellar/output/2/set",
        })
    );
    assert_eq!(components["input1"]["platform"], "binary_sensor");
    assert_eq!(components["uptime"]["device_class"], "duration");
    assert_eq!(discovery["state_topic"], "house/cellar/state");
    assert_eq!(discovery["availability_topic"], "house/cellar/availability");
    assert_eq!(discovery["device"]["sw_version"], "1.0 \"beta\"");
    let mut identifiers: Vec<&str> =
        components.values().map(|component| component["unique_id"].as_str().unwrap()).collect();
    identifiers.sort_unstable();
    identifiers.dedup();
    assert_eq!(identifiers.len(), components.len());
}

#[test]
fn names_are_made_of_the_ethernet_address_where_none_are_given() {
    assert_eq!(identifier(MAC).as_str(), "netcontrol-020000000015");
    let own = names("", "");
    assert_eq!(
        (own.client_id.as_str(), own.prefix.as_str()),
        ("netcontrol-020000000015", "netcontrol-020000000015")
    );
    let named = names("cellar", "");
    assert_eq!((named.client_id.as_str(), named.prefix.as_str()), ("cellar", "cellar"));
    // What cannot begin a topic does not: the identifier stays as it is set.
    for client_id in ["a+b", "room#1", "$kitchen", "kitchen/"] {
        let names = names(client_id, "");
        assert_eq!((names.client_id.as_str(), names.prefix.as_str()), (client_id, "netcontrol-020000000015"));
    }
    assert_eq!(names("a+b", "cellar").prefix.as_str(), "cellar");
    assert_eq!(own.discovery_topic().as_str(), "homeassistant/device/netcontrol-020000000015/config");
}

#[test]
fn only_a_command_of_an_output_is_one() {
    let names = names("", "house/cellar");
    for number in 1..=8 {
        assert_eq!(names.commanded_output(&format!("house/cellar/output/{number}/set")), Some(number - 1));
    }
    for topic in [
        "",
        "house/cellar",
        "house/cellar/output/0/set",
        "house/cellar/output/9/set",
        "house/cellar/output/12/set",
        "house/cellar/output//set",
        "house/cellar/output/1/get",
        "house/cellar/input/1/set",
        "house/attic/output/1/set",
        "house/cellarx/output/1/set",
        BIRTH_TOPIC,
    ] {
        assert_eq!(names.commanded_output(topic), None, "{topic}");
    }
}

proptest! {
    #[test]
    fn whatever_it_is_called_the_messages_are_json(
        client_id in "\\PC{0,21}|[\\x00-\\x7f]{0,64}",
        prefix in "\\PC{0,21}|[\\x00-\\x7f]{0,64}",
        outputs in any::<u8>(),
        output_count in 0_usize..=8,
        input_count in 0_usize..=8,
    ) {
        prop_assume!(client_id.len() <= 64 && prefix.len() <= 64);
        let names = names(&client_id, &prefix);
        let report = Report { outputs, output_count, input_count, ..report() };
        let discovery = discovery(&report, &names);
        prop_assert_eq!(discovery["components"].as_object().unwrap().len(), output_count + input_count + 2);
        prop_assert_eq!(discovery["device"]["name"].as_str().unwrap(), names.client_id.as_str());
        let state = state(&report, 0);
        for index in 0..output_count {
            prop_assert_eq!(state["outputs"][index] == "ON", outputs >> index & 1 == 1);
        }
        // No topic is cut off.
        prop_assert!(names.topic("availability").ends_with("/availability"));
        prop_assert!(names.topic("output/+/set").len() <= TOPIC_LENGTH);
    }
}

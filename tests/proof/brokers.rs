//! What a client is promised by MQTT 3.1.1, at brokers of five families: seventeen checks each.
//!
//! The control is Mosquitto behind a proxy that plants one fault for each check, which that check must find. A broker that is not
//! installed is a column that says so.

mod checks;
mod control;
mod families;

use std::fmt::Write as _;

use checks::{CHECKS, TLS};
pub(crate) use families::mosquitto;
use families::{FAMILIES, Running};

/// Where a broker is at fault: its name, the check, and which statement of MQTT 3.1.1 it breaks.
const FAULTS: &[(&str, &str, &str)] = &[
    (
        "RabbitMQ",
        "QoS 2 both ways, once",
        "[MQTT-4.3.3-2]: it knows no QoS 2, grants 1 instead (which it may), and answers a message of QoS 2 with PUBACK (which it may not; -0x9900)",
    ),
    ("RabbitMQ", "a session waits, QoS 2, once", "[MQTT-4.3.3-2]: the same"),
    (
        "RabbitMQ",
        "a retained message, until it is cleared",
        "[MQTT-3.3.1-6]: a subscription with a wildcard is sent no retained messages",
    ),
    ("amqtt", "a session waits, QoS 1", "[MQTT-3.3.1-9]: what has waited is sent with the retain flag"),
    ("amqtt", "a session waits, QoS 2, once", "[MQTT-3.3.1-9]: the same"),
    ("amqtt", "a clean session forgets", "[MQTT-3.1.2-6]: a clean session's state is there for the next one"),
    ("amqtt", "keep-alive both ways", "[MQTT-3.1.2-24]: a client that says nothing is not cut"),
    (
        "rumqttd",
        "a refused log-in",
        "§3.1.4: it closes without the CONNACK that it should say first; -0x9700 instead of -0x9380 or -0x9400",
    ),
];

/// What the cells of a broker say that is not here.
const NOT_RUN: &str = "not run";

/// How a check ended at a broker.
fn cell(broker: &str, check: &str, result: Result<(), String>, failed: &mut Vec<String>) -> &'static str {
    let is_known = FAULTS.iter().any(|(name, known, _)| *name == broker && *known == check);
    match (result, is_known) {
        (Ok(()), false) => "yes",
        (Ok(()), true) => {
            failed.push(format!("{broker}, {check}: a known fault is gone"));
            "yes"
        }
        (Err(text), _) => {
            println!("{broker}, {check}: {text}");
            if !is_known {
                failed.push(format!("{broker}, {check}: {text}"));
            }
            "**no**"
        }
    }
}

#[test]
#[ignore = "takes minutes, RabbitMQ, Node.js, Python and a broker built from its crate: `cargo xtask proof brokers`"]
fn every_promise_at_every_broker() {
    let unseen = control::unseen();
    assert!(unseen.is_empty(), "the control was not found: {}", unseen.join(", "));
    println!("control found: for each check its own fault in a proxy before Mosquitto");

    let mut columns = Vec::new();
    let mut failed = Vec::new();
    for family in FAMILIES {
        let mut cells = Vec::new();
        match (family.version)().and_then(|version| Ok((version, (family.start)()?))) {
            Ok((version, mut running)) => {
                cells.push(version);
                for (check, run) in CHECKS {
                    let text = match running.tls {
                        None if *check == TLS => "does not",
                        _ => cell(family.name, check, run(&mut running), &mut failed),
                    };
                    cells.push(text.to_owned());
                }
            }
            Err(reason) => {
                println!("{} not run: {reason}", family.name);
                cells = vec![NOT_RUN.to_owned(); CHECKS.len() + 1];
            }
        }
        columns.push((family.name, cells));
    }

    let mut table = String::from(
        "# Brokers\n\n\
         Written by `cargo xtask proof brokers`: the client of `mqtts` at brokers of five families (`tests/proof/brokers`), what it was promised\n\
         by MQTT 3.1.1. Each check has a fault of its own, planted in a proxy before Mosquitto, that it has found before this table was written.\n\
         \"not run\": the broker is not installed. \"does not\": the broker has no RSA cipher suites.\n\n| |",
    );
    for (name, _) in &columns {
        let _ = write!(table, " {name} |");
    }
    let _ = writeln!(table, "\n|---|{}", "---|".repeat(columns.len()));
    for (row, name) in ["version"].into_iter().chain(CHECKS.iter().map(|(name, _)| *name)).enumerate() {
        let cells: Vec<&str> = columns.iter().map(|(_, cells)| cells[row].as_str()).collect();
        let _ = writeln!(table, "| {name} | {} |", cells.join(" | "));
    }
    let _ = writeln!(table, "\nWhere a broker is at fault:");
    for (broker, check, rule) in FAULTS {
        let _ = writeln!(table, "- {broker}, {check}: {rule}");
    }
    assert!(failed.is_empty(), "{table}\n{}", failed.join("\n"));
    let run = columns.iter().filter(|(_, cells)| cells[0] != NOT_RUN).count();
    println!("counted: {} checks at {run} brokers", CHECKS.len());
    crate::write_table("BROKERS_TABLE", &table);
}

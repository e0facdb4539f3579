//! `cargo xtask bench --host`: the tool `mqtts` beside mosquitto_pub and OpenSSL on this PC, in one run.
//!
//! What is compared is the processor time of the client's process, as a shell tells it, so that the broker and whatever else the machine
//! does count for neither. Times are those of one machine on one day: only ratios are worth keeping.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    install::{self, Need},
    mosquitto::{Broker, Listener},
    pki::{HOST, Pki},
    process,
    progress::Progress,
    root, target,
};

const NEEDS: [Need; 3] = [
    Need { what: "mosquitto", package: "mosquitto" },
    Need { what: "mosquitto_pub", package: "mosquitto-clients" },
    Need { what: "openssl", package: "openssl" },
];

/// Connections of each client in a round, rounds, and the size of the file that is sent, in MiB.
const CONNECTIONS: u32 = 40;
const ROUNDS: u32 = 5;
const FILE: usize = 64;

/// The suite of all of them: what a PC has instructions for.
const SUITE: &str = "AES256-GCM-SHA384";

/// One of those that are compared.
struct Client {
    name: &'static str,
    /// A command that only starts and ends.
    start: String,
    /// A connection: handshake, a message without content, and the end.
    connection: String,
    /// The file as one message.
    file: Option<String>,
}

/// Runs the comparison.
///
/// # Errors
/// What could not be installed, built or run.
pub(super) fn run() -> Result<(), String> {
    let progress = Progress::default();
    install::install(&NEEDS, &progress)?;
    progress.say("the tool, in the profile release");
    let mut build = Command::new("cargo");
    process::run(build.current_dir(root()).args(["build", "--quiet", "--release", "--bin", "mqtts"]))?;
    let folder = target().join("bench-host");
    let pki = Pki::create(&folder)?;
    let message = folder.join("message");
    fs::write(&message, vec![7; FILE << 20]).map_err(|error| format!("{}: {error}", message.display()))?;
    let broker = Broker::start(&folder, &pki, &[Listener::Tls])?;
    let clients = clients(&pki, broker.port(Listener::Tls), &message);
    let mut costs = vec![[0.0; 3]; clients.len()];
    for round in 1..=ROUNDS {
        progress.say(&format!("round {round} of {ROUNDS}"));
        for (client, [start, connection, file]) in clients.iter().zip(&mut costs) {
            *start += seconds(&client.start, CONNECTIONS)?;
            *connection += seconds(&client.connection, CONNECTIONS)?;
            if let Some(command) = &client.file {
                *file += seconds(command, 1)?;
            }
        }
    }
    progress.say("openssl s_time");
    let steady = steady(&pki, broker.port(Listener::Tls))?;
    print(&clients, &costs, steady);
    Ok(())
}

/// Connections per second of processor of one process of OpenSSL, which starts once.
fn steady(pki: &Pki, port: u16) -> Result<f64, String> {
    let ca = pki.certificate("ca").display().to_string();
    let script = format!(
        "TIMEFORMAT='%U %S'; time openssl s_time -connect {HOST}:{port} -CAfile {ca} -verify 3 -new -time 4 -tls1_2 -cipher {SUITE} 2>/dev/null"
    );
    let mut shell = Command::new("bash");
    let finished = process::finish(shell.args(["-c", &script]), std::time::Duration::from_secs(60))?;
    let made = finished.output.lines().find_map(|line| {
        let (number, _) = line.split_once(" connections in ")?;
        number.trim().parse::<f64>().ok()
    });
    let times: Option<Vec<f64>> =
        finished.errors.split_whitespace().map(|time| time.replace(',', ".").parse().ok()).collect();
    match (made, times.as_deref()) {
        (Some(made), Some([user, system])) if user + system > 0.0 => Ok(made / (user + system)),
        _ => Err(format!("openssl s_time failed: {}{}", finished.output, finished.errors)),
    }
}

fn clients(pki: &Pki, port: u16, message: &Path) -> [Client; 3] {
    let ca = pki.certificate("ca").display().to_string();
    let mqtts: PathBuf = target().join("release/mqtts");
    let mqtts = mqtts.display();
    let server = format!("-h {HOST} -p {port} -t bench --cafile {ca} --ciphers {SUITE}");
    // At quality of service 1, so that the last byte has arrived when the command ends.
    let (file, none) = (format!("-q 1 -f {}", message.display()), "-n");
    [
        Client {
            name: "mqtts",
            start: format!("{mqtts} --version"),
            connection: format!("{mqtts} pub {server} {none}"),
            file: Some(format!("{mqtts} pub {server} {file}")),
        },
        Client {
            name: "mosquitto_pub",
            // Its exit status is that of a mistake.
            start: "{ mosquitto_pub --version; true; }".to_owned(),
            connection: format!("mosquitto_pub {server} --tls-version tlsv1.2 {none}"),
            file: Some(format!("mosquitto_pub {server} --tls-version tlsv1.2 {file}")),
        },
        Client {
            name: "openssl s_client",
            start: "openssl version".to_owned(),
            connection: format!(
                "openssl s_client -connect {HOST}:{port} -CAfile {ca} -verify_return_error -tls1_2 -cipher {SUITE} -no_ign_eof"
            ),
            file: None,
        },
    ]
}

/// The processor time of a command that is run so many times: user and system, of it alone.
fn seconds(command: &str, times: u32) -> Result<f64, String> {
    let script = format!(
        "TIMEFORMAT='%U %S'; time {{ for i in $(seq {times}); do {command} </dev/null >/dev/null 2>&1 || exit 1; done; }}"
    );
    let mut shell = Command::new("bash");
    let finished = process::finish(shell.args(["-c", &script]), std::time::Duration::from_secs(600))?;
    let times: Option<Vec<f64>> =
        finished.errors.split_whitespace().map(|time| time.replace(',', ".").parse().ok()).collect();
    match times.as_deref() {
        Some([user, system]) if finished.success => Ok(user + system),
        _ => Err(format!("{command} failed: {}{}", finished.output, finished.errors)),
    }
}

fn print(clients: &[Client], costs: &[[f64; 3]], steady: f64) {
    let (connections, rounds) = (f64::from(CONNECTIONS * ROUNDS), f64::from(ROUNDS));
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let size = FILE as f64;
    let figures: Vec<(f64, f64)> = costs
        .iter()
        .map(|[start, connection, file]| {
            // The start of a process is no handshake, and no megabyte either.
            let one = (connection - start).max(0.0) / connections;
            (1.0 / one, size / (file / rounds - connection / connections))
        })
        .collect();
    println!(
        "| | connections per second of processor | by mqtts | MiB per second of processor | by mqtts |\n|---|--:|--:|--:|--:|"
    );
    let Some((first, first_size)) = figures.first().copied() else { return };
    for (client, (each, sent)) in clients.iter().zip(figures) {
        let sent = if client.file.is_some() {
            format!("{sent:.0} | {:.2}", sent / first_size)
        } else {
            " | ".to_owned()
        };
        println!("| {} | {each:.0} | {:.2} | {sent} |", client.name, each / first);
    }
    println!("| openssl s_time | {steady:.0} | {:.2} |  |  |", steady / first);
    println!(
        "\nA connection is that of a process of its own, less what a process takes that only prints its version; s_time's are all in one process."
    );
    println!("The columns \"by mqtts\" are for comparing; above 1 is ahead of it.");
}

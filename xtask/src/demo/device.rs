//! The device at a real broker: set up through its menu's requests, seen by a subscriber, commanded by a publisher.

use std::{process::Command, thread, time::Duration};

use crate::{
    board,
    device::{self, Device, File, observer::Observer},
    firmware,
    install::{self, MOSQUITTO, OPENSSL},
    mosquitto::{Broker, Listener},
    pki::Pki,
    process::fresh_folder,
    progress::Progress,
    target,
};

/// What the device runs on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// The ELF on the emulated microcontroller.
    VirtualBoard,
    /// A process on this PC.
    Host,
}

/// How long the demo goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Length {
    /// One command and its answer.
    Once,
    /// Until somebody ends it.
    UntilInterrupted,
}

/// The name that the broker's certificate is for, and that stands for this PC in the device's network.
const HOST: &str = "localhost";
const PASSWORD: &str = "correct horse battery";
const PREFIX: &str = "demo";
/// How long a message of the device's may be awaited.
const MESSAGE_TIME: Duration = Duration::from_secs(180);
/// Lines are printed up to so many characters.
const MAX_LINE: usize = 150;

/// Runs it.
pub(super) fn run(kind: Kind, length: Length) -> Result<(), String> {
    let progress = Progress::default();
    install::install(&[MOSQUITTO, OPENSSL], &progress)?;
    let command = build(kind, &progress)?;
    let folder = target().join("demo");
    let pki = progress.during("making keys and certificates", || {
        let pki = Pki::create(&folder)?;
        pki.client(2048).map(|()| pki)
    })?;
    let (broker, mut observer) =
        progress.during("starting mosquitto, which wants client certificates, and an observer", || {
            let broker = Broker::start(&folder, &pki, &[Listener::Plain, Listener::Mutual])?;
            Observer::start(broker.port(Listener::Plain)).map(|observer| (broker, observer))
        })?;
    let mut device = progress.during("starting the device", || Device::start(&command))?;
    progress.during("waiting for the device's menu", || device.wait_for_menu())?;
    let idle = Coverage::of(kind, &mut device)?;
    set_up(&mut device, &pki, broker.port(Listener::Mutual), &progress)?;
    let outcome = round_trip(&device, &mut observer, &progress)
        .and_then(|()| hardware_was_used(&idle, &Coverage::of(kind, &mut device)?, &progress));
    if let Err(error) = outcome {
        return Err(format!("{error}\nthe device printed:\n{}", device.process.log()));
    }
    if length == Length::UntilInterrupted {
        go_on(&device, &broker, &observer, &progress);
    }
    Ok(())
}

/// Builds the device and says how it is started.
fn build(kind: Kind, progress: &Progress) -> Result<Command, String> {
    progress.during("building mqtts, and the device as a process", device::build)?;
    let state = target().join("demo-device");
    fresh_folder(&state)?;
    match kind {
        Kind::Host => Ok(device::host(&state)),
        Kind::VirtualBoard => {
            let elf = firmware::build(progress)?;
            let board =
                progress.during("building the virtual board (minutes the first time)", board::program)?;
            Ok(device::virtual_board(&board, &elf, &state))
        }
    }
}

/// Everything that a person would do in the menu.
fn set_up(device: &mut Device, pki: &Pki, port: u16, progress: &Progress) -> Result<(), String> {
    progress.during("setting the password", || device.log_in("/password", PASSWORD))?;
    for (file, pem) in [
        (File::Ca, pki.certificate("ca")),
        (File::Client, pki.certificate("client-2048")),
        (File::Key, pki.key("client-2048")),
    ] {
        progress.during(&format!("PUT {}", file.path()), || device.upload(file, &pem))?;
    }
    let port = port.to_string();
    let settings = [
        // The gateway of the device's network tells the time, too.
        ("time.sntp_server", "10.0.2.2"),
        ("mqtt.enabled", "on"),
        ("mqtt.tls", "on"),
        ("mqtt.verify_server_certificate", "on"),
        ("mqtt.host", HOST),
        ("mqtt.port", &port),
        ("mqtt.topic_prefix", PREFIX),
    ];
    progress.during(&format!("POST /settings: mqtts://{HOST}:{port}"), || device.set(&settings))?;
    let status = progress.during("waiting for the connection", || device.wait_for_state("connected"))?;
    let member = |name| status.json(name).unwrap_or("?").to_owned();
    progress.say(&format!(
        "the device is connected: {}, handshake {} ms",
        member("suite"),
        member("handshake_time")
    ));
    Ok(())
}

/// A message of the device's, a command, and the message that says that it was obeyed.
fn round_trip(device: &Device, observer: &mut Observer, progress: &Progress) -> Result<(), String> {
    let online = format!("{PREFIX}/availability online");
    let state = format!("{PREFIX}/state ");
    progress.during("waiting for the device's messages", || {
        observer.wait_for("availability", 0, MESSAGE_TIME, |message| message == online)?;
        observer.wait_for("state", 0, MESSAGE_TIME, |message| message.starts_with(&state))
    })?;
    let before = observer.messages();
    before.iter().for_each(|message| show(message));
    let topic = format!("{PREFIX}/output/1/set");
    progress.say(&format!("broker ◄ {topic} ON"));
    observer.publish(&topic, "ON")?;
    let switched = |message: &str| message.starts_with(&state) && message.contains("\"outputs\":[\"ON\"");
    let answered = progress.during("waiting for the answer", || {
        observer.wait_for("state with output 1 on", before.len(), MESSAGE_TIME, switched)
    })?;
    observer.messages().iter().take(answered).skip(before.len()).for_each(|message| show(message));
    let status = device.status()?;
    if !status.body.contains("\"outputs\":[true") {
        return Err(format!("the menu does not show output 1 as on:\n{}", status.body));
    }
    progress.say("the command went from the broker to the device, and its answer back");
    Ok(())
}

/// What a virtual board tells of the registers that the firmware used so far: a line for each unit. Nothing on the host board.
struct Coverage(Vec<String>);

impl Coverage {
    /// The units that TLS is made of; the random number generator comes with them.
    const UNITS: [&str; 2] = ["CRYP", "HASH"];

    fn of(kind: Kind, device: &mut Device) -> Result<Self, String> {
        match kind {
            Kind::Host => Ok(Self(Vec::new())),
            Kind::VirtualBoard => device.ask("report", "report RNG: ").map(Self),
        }
    }

    /// How often a unit's registers were accessed.
    fn accesses(&self, unit: &str) -> u64 {
        let prefix = format!("report {unit}: ");
        let rest = self.0.iter().find_map(|line| line.strip_prefix(&prefix));
        rest.and_then(|rest| rest.split(' ').next()?.parse().ok()).unwrap_or(0)
    }
}

/// Shows which registers were used, and checks that the connection used them: more often than the self-tests of the start.
fn hardware_was_used(before: &Coverage, after: &Coverage, progress: &Progress) -> Result<(), String> {
    if after.0.is_empty() {
        return Ok(());
    }
    progress.say("the registers of the hardware that were used:");
    after.0.iter().for_each(|line| println!("             {}", shortened(line)));
    for unit in Coverage::UNITS {
        let (before, after) = (before.accesses(unit), after.accesses(unit));
        if before == 0 || after <= before {
            return Err(format!("{unit} was not used: {before} accesses at the start, {after} at the end"));
        }
        progress.say(&format!(
            "{unit}: {} accesses since the start's self-test, {before} in it",
            after.saturating_sub(before)
        ));
    }
    Ok(())
}

/// Shows messages as they come; ends with the command only.
fn go_on(device: &Device, broker: &Broker, observer: &Observer, progress: &Progress) {
    let plain = broker.port(Listener::Plain);
    progress.say(&format!("the menu: {} (password: {PASSWORD})", device.address()));
    progress.say(&format!(
        "switch an output: target/debug/mqtts pub --plain -p {plain} -t {PREFIX}/output/2/set -m ON; end with Ctrl-C"
    ));
    let mut seen = observer.messages().len();
    loop {
        let messages = observer.messages();
        messages.iter().skip(seen).for_each(|message| show(message));
        seen = messages.len();
        thread::sleep(Duration::from_millis(100));
    }
}

/// Prints a message as the broker sent it.
fn show(message: &str) {
    println!("             broker ► {}", shortened(message));
}

fn shortened(line: &str) -> String {
    let text: String = line.chars().take(MAX_LINE).collect();
    let more = if text.len() < line.len() { " …" } else { "" };
    text + more
}

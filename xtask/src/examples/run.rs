//! The examples that run in a test: those for a PC, and the one for the virtual board, against a real Mosquitto.

use std::{
    collections::BTreeSet,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use super::{cargo, folder};
use crate::{
    board,
    install::{self, MOSQUITTO, MOSQUITTO_CLIENTS, OPENSSL},
    mcu::{self, Route},
    mosquitto::{Broker, Listener},
    pki::{HOST, Pki},
    process::{self, Server},
    progress::Progress,
    root, target,
};

/// The most that anything may take on a machine that does other things too.
const LONG: Duration = Duration::from_secs(300);
/// How many connections the gateway has.
const METERS: usize = 100;

/// Keys and a broker for all of them.
pub(super) struct World {
    broker: Broker,
    pki: Pki,
}

impl World {
    /// Installs what is needed, and starts the broker.
    ///
    /// # Errors
    /// What cannot be installed or started.
    pub(super) fn start(progress: &Progress) -> Result<Self, String> {
        install::install(&[MOSQUITTO, MOSQUITTO_CLIENTS, OPENSSL], progress)?;
        let home = folder().join("run");
        let pki = Pki::create(&home)?;
        Ok(Self { broker: Broker::start(&home, &pki, &[Listener::Plain, Listener::Tls])?, pki })
    }

    /// What a firmware is told of this broker when it is built.
    pub(super) fn variables(&self) -> [(&'static str, String); 3] {
        [
            ("BROKER_HOST", "localhost".to_owned()),
            ("BROKER_PORT", self.broker.port(Listener::Tls).to_string()),
            ("CA_FILE", self.pki.certificate("ca").display().to_string()),
        ]
    }

    /// Runs each of those for a PC.
    ///
    /// # Errors
    /// What did not come in time, with what the program printed.
    pub(super) fn on_a_pc(&mut self, progress: &Progress) -> Result<(), String> {
        progress.say("example ten_lines: a message to Mosquitto and back");
        self.run("ten_lines", &[], "kitchen/lamp: on")?;

        progress.say("example unix-socket: a message to Mosquitto and back, without TCP");
        self.over_a_unix_socket()?;

        progress.say("example smoltcp-on-a-pc: Ethernet over a UNIX socket to our gateway, and the broker is restarted");
        self.on_smoltcp()?;
        self.smoltcp_without_an_operating_system(progress)?;

        progress.say("example minimq: a message to Mosquitto and back, in MQTT 5 over our TLS");
        self.run("minimq-over-tls12", &[], "kitchen/lamp: on")?;

        progress.say("example lwip-sockets: as a program for this PC, whose sockets are the same functions");
        self.in_a_c_program()?;

        progress.say("example come_back: the broker is restarted");
        let program = self.run("come_back", &[], "kitchen/count: 1")?;
        self.comes_back(program)?;

        progress.say(&format!("example gateway: {METERS} connections, and the broker is restarted"));
        let all = format!("{METERS} of {METERS} connected");
        let mut program = self.run("gateway", &[&METERS.to_string()], &all)?;
        self.readings_of_all()?;
        self.publish("meter-42/set", "tariff 2")?;
        program.wait_for("meter-42/set: tariff 2", LONG)?;
        self.broker.restart()?;
        until(&mut program, "all are back", |log| log.matches(&all).count() >= 2)?;
        self.readings_of_all()
    }

    /// With a broker of its own, whose configuration has nothing of the other one's.
    fn over_a_unix_socket(&self) -> Result<(), String> {
        // Not in the target folder: such a path has 107 bytes at most.
        let socket = std::env::temp_dir().join(format!("mqtts-example-{}", std::process::id()));
        let configuration = folder().join("run/unix-socket.conf");
        let text =
            format!("user root\nallow_anonymous true\nlog_dest stderr\nlistener 0 {}\n", socket.display());
        std::fs::write(&configuration, text)
            .map_err(|error| format!("{}: {error}", configuration.display()))?;
        let mut broker = Command::new(process::need("mosquitto")?);
        broker.arg("-v").arg("-c").arg(&configuration);
        let broker = Server::start(&broker, "running", LONG)?;
        let mut program = Command::new(folder().join("release/unix-socket"));
        program.arg(&socket);
        let heard = Server::start(&program, "kitchen/lamp: on", LONG).map(drop);
        drop(broker);
        let _ = std::fs::remove_file(&socket);
        heard
    }

    /// Ethernet and TCP are the program's own; the gateway at the other end of its cable is the one that the virtual board has.
    fn on_smoltcp(&mut self) -> Result<(), String> {
        let build = ["build", "--quiet", "--package", "gateway", "--bin", "cable"];
        process::run(Command::new("cargo").current_dir(root()).args(build))?;
        let cable = std::env::temp_dir().join(format!("mqtts-cable-{}", std::process::id()));
        let mut gateway = Command::new(target().join("debug/cable"));
        gateway.arg(&cable).arg("localhost");
        let gateway = Server::start(&gateway, "listening", LONG)?;
        let mut command = Command::new(folder().join("release/smoltcp-on-a-pc"));
        command.arg(&cable).arg("localhost").arg(self.broker.port(Listener::Tls).to_string());
        command.arg(self.pki.certificate("ca"));
        let program = Server::start(&command, "kitchen/count: 1", LONG);
        let is_back = program.and_then(|program| self.comes_back(program));
        drop(gateway);
        let _ = std::fs::remove_file(&cable);
        is_back
    }

    /// The part of it that a board copies.
    fn smoltcp_without_an_operating_system(&self, progress: &Progress) -> Result<(), String> {
        let mut build = Route::choose(progress)?.build("dev");
        build.current_dir(root().join("examples/smoltcp-nb")).args(["--lib", "--no-default-features"]);
        process::run(&mut build)
    }

    /// The library and its shim as a program.
    fn in_a_c_program(&mut self) -> Result<(), String> {
        let source = root().join("examples/lwip-sockets");
        process::run(cargo(&[]).current_dir(&source).envs(self.variables()))?;
        let program = folder().join("release/lwip-on-a-pc");
        let mut compile = Command::new("cc");
        compile.args(["-DHOSTED", "-Wall", "-Wextra", "-Werror"]).arg(source.join("shim.c"));
        compile.arg(folder().join("release/liblwip_sockets.a")).arg("-o").arg(&program);
        process::output(&mut compile)?;
        let mut program = Server::start(&Command::new(&program), "", LONG)?;
        self.hear("kitchen/uptime", 1)?;
        self.publish("kitchen/lamp", "on")?;
        program.wait_for("lamp on", LONG)?;
        self.broker.restart()?;
        program.wait_for("ended", LONG)?;
        self.hear("kitchen/uptime", 1)?;
        self.publish("kitchen/lamp", "off")?;
        program.wait_for("lamp off", LONG)
    }

    /// A program that publishes `kitchen/count` is there again after a restart of the broker.
    fn comes_back(&mut self, mut program: Server) -> Result<(), String> {
        self.broker.restart()?;
        program.wait_for("again in a moment", LONG)?;
        until(&mut program, "it is back", |log| {
            log.split_once("again in a moment").is_some_and(|(_, after)| after.contains("kitchen/count: "))
        })?;
        self.publish("kitchen/bell", "ring")?;
        program.wait_for("kitchen/bell: ring", LONG)
    }

    /// Runs the firmware for the NUCLEO-F439ZI, as the table's measurement has built it, on the virtual board.
    ///
    /// # Errors
    /// What did not come in time, and what the firmware does that the part does not.
    pub(super) fn on_the_virtual_board(&mut self, progress: &Progress) -> Result<(), String> {
        progress.say("example nucleo-f439zi: on the virtual board, and the broker is restarted");
        let elf = mcu::folder().join(Route::choose(progress)?.target()).join("release/nucleo-f439zi-example");
        let mut command = Command::new(board::program()?);
        command.arg(&elf).args(["--name", "localhost"]);
        let mut device = Server::start(&command, "lease", LONG)?;
        self.hear("kitchen/uptime", 1)?;
        self.publish("kitchen/lamp", "on")?;
        device.wait_for("2=on", LONG)?;
        self.broker.restart()?;
        self.hear("kitchen/uptime", 1)?;
        self.publish("kitchen/lamp", "off")?;
        until(&mut device, "the lamp is off", |log| {
            log.split_once("2=on").is_some_and(|(_, after)| after.contains("2=off"))
        })?;
        match device.log().lines().find(|line| line.starts_with("finding") || line.starts_with("reset")) {
            Some(line) => Err(format!("example nucleo-f439zi: {line}")),
            None => Ok(()),
        }
    }

    /// Starts a program, and waits until it prints `ready`.
    fn run(&self, name: &str, arguments: &[&str], ready: &str) -> Result<Server, String> {
        let mut command = Command::new(folder().join("release").join(name));
        let port = self.broker.port(Listener::Tls).to_string();
        command.arg(HOST).arg(port).arg(self.pki.certificate("ca")).args(arguments);
        Server::start(&command, ready, LONG)
    }

    /// A command of Mosquitto's own, without TLS.
    fn mosquitto(&self, program: &str, arguments: &[&str]) -> Result<String, String> {
        let mut command = Command::new(process::need(program)?);
        command.args(["-h", HOST, "-p", &self.broker.port(Listener::Plain).to_string()]).args(arguments);
        process::output(&mut command)
    }

    fn publish(&self, topic: &str, payload: &str) -> Result<(), String> {
        self.mosquitto("mosquitto_pub", &["-q", "1", "-t", topic, "-m", payload]).map(drop)
    }

    /// Waits for so many messages: their topics, a line each.
    fn hear(&self, filter: &str, count: usize) -> Result<String, String> {
        let (count, patience) = (count.to_string(), LONG.as_secs().to_string());
        self.mosquitto("mosquitto_sub", &["-t", filter, "-F", "%t", "-C", &count, "-W", &patience])
    }

    /// Every meter publishes.
    fn readings_of_all(&self) -> Result<(), String> {
        let heard = self.hear("+/value", METERS.saturating_mul(2))?;
        let meters = heard.lines().collect::<BTreeSet<_>>().len();
        if meters == METERS {
            Ok(())
        } else {
            Err(format!("{meters} of {METERS} meters have published:\n{heard}"))
        }
    }
}

/// Waits until what the program has printed is enough.
fn until(program: &mut Server, what: &str, is_enough: impl Fn(&str) -> bool) -> Result<(), String> {
    let begun = Instant::now();
    while !is_enough(&program.log()) {
        if begun.elapsed() > LONG {
            return Err(format!("not within {LONG:?}: {what}:\n{}", program.log()));
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

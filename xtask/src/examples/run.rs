//! The examples for a PC, run against a real Mosquitto.

use std::{
    collections::BTreeSet,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use super::folder;
use crate::{
    install::{self, MOSQUITTO, MOSQUITTO_CLIENTS, OPENSSL},
    mosquitto::{Broker, Listener},
    pki::{HOST, Pki},
    process::{self, Server},
    progress::Progress,
};

/// The most that anything may take on a machine that does other things too.
const LONG: Duration = Duration::from_secs(120);
/// How many connections the gateway has.
const METERS: usize = 100;

/// Runs each once.
///
/// # Errors
/// What did not come in time, with what the program printed.
pub(super) fn on_a_pc(progress: &Progress) -> Result<(), String> {
    install::install(&[MOSQUITTO, MOSQUITTO_CLIENTS, OPENSSL], progress)?;
    let home = folder().join("run");
    let pki = Pki::create(&home)?;
    let mut broker = Broker::start(&home, &pki, &[Listener::Plain, Listener::Tls])?;
    let world = World { tls: broker.port(Listener::Tls), plain: broker.port(Listener::Plain), pki: &pki };

    progress.say("example ten_lines: a message to Mosquitto and back");
    world.start("ten_lines", &[], "kitchen/lamp: on")?;

    progress.say("example come_back: the broker is restarted");
    let mut program = world.start("come_back", &[], "kitchen/count: 1")?;
    broker.restart()?;
    program.wait_for("again in a moment", LONG)?;
    world.publish("kitchen/bell", "ring")?;
    until(&mut program, "it is back", |log| log.matches("kitchen/count: ").count() >= 2)?;
    world.publish("kitchen/bell", "ring")?;
    program.wait_for("kitchen/bell: ring", LONG)?;
    drop(program);

    progress.say(&format!("example gateway: {METERS} connections, and the broker is restarted"));
    let all = format!("{METERS} of {METERS} connected");
    let mut program = world.start("gateway", &[&METERS.to_string()], &all)?;
    world.readings_of_all()?;
    world.publish("meter-42/set", "tariff 2")?;
    program.wait_for("meter-42/set: tariff 2", LONG)?;
    broker.restart()?;
    until(&mut program, "all are back", |log| log.matches(&all).count() >= 2)?;
    world.readings_of_all()
}

struct World<'a> {
    tls: u16,
    plain: u16,
    pki: &'a Pki,
}

impl World<'_> {
    /// Starts a program, and waits until it prints `ready`.
    fn start(&self, name: &str, arguments: &[&str], ready: &str) -> Result<Server, String> {
        let mut command = Command::new(folder().join("release").join(name));
        command.arg(HOST).arg(self.tls.to_string()).arg(self.pki.certificate("ca")).args(arguments);
        Server::start(&command, ready, LONG)
    }

    /// A command of Mosquitto's own, without TLS.
    fn mosquitto(&self, program: &str, arguments: &[&str]) -> Result<String, String> {
        let mut command = Command::new(process::need(program)?);
        command.args(["-h", HOST, "-p", &self.plain.to_string()]).args(arguments);
        process::output(&mut command)
    }

    fn publish(&self, topic: &str, payload: &str) -> Result<(), String> {
        self.mosquitto("mosquitto_pub", &["-q", "1", "-t", topic, "-m", payload]).map(drop)
    }

    /// Every meter publishes.
    fn readings_of_all(&self) -> Result<(), String> {
        let count = (METERS * 2).to_string();
        let heard =
            self.mosquitto("mosquitto_sub", &["-t", "+/value", "-F", "%t", "-C", &count, "-W", "120"])?;
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

//! Somebody at the broker who sees every message, and who can send some: `mqtts`, without TLS, on a port of its own.

use std::{
    path::PathBuf,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use crate::{
    process::{self, Server},
    target,
};

/// How long `mqtts` may take to connect, or to send.
const PATIENCE: Duration = Duration::from_secs(60);
/// What is retained before the observer comes: when it sees this, it sees everything.
const READY_TOPIC: &str = "observer/ready";

fn program() -> PathBuf {
    target().join("debug/mqtts")
}

/// A subscriber to everything.
pub struct Observer {
    process: Server,
    port: u16,
}

impl Observer {
    /// Subscribes at the plain port of a broker on loopback.
    ///
    /// # Errors
    /// When it does not connect.
    pub fn start(port: u16) -> Result<Self, String> {
        publish(port, READY_TOPIC, "yes", &["-r"])?;
        let mut command = Command::new(program());
        command.args(["sub", "--plain", "-h", "127.0.0.1", "-p", &port.to_string(), "-t", "#", "-v"]);
        let ready = format!("{READY_TOPIC} yes\n");
        Ok(Self { process: Server::start(&command, &ready, PATIENCE)?, port })
    }

    /// The messages so far, a line each: topic, space, payload. What was retained before the subscription is among them.
    pub fn messages(&self) -> Vec<String> {
        let log = self.process.log();
        // A last line without its end is not whole yet.
        let whole = log.rsplit_once('\n').map_or("", |(whole, _)| whole);
        whole.lines().filter(|line| !line.starts_with(READY_TOPIC)).map(str::to_owned).collect()
    }

    /// Waits for a message after the first `after` that `is` what is looked for; how many there were then.
    ///
    /// # Errors
    /// When there is none in time, with all that there were.
    pub fn wait_for(
        &mut self,
        what: &str,
        after: usize,
        within: Duration,
        is: impl Fn(&str) -> bool,
    ) -> Result<usize, String> {
        let end = Instant::now().checked_add(within);
        loop {
            let messages = self.messages();
            if let Some(index) = messages.iter().skip(after).position(|message| is(message)) {
                return Ok(after.saturating_add(index).saturating_add(1));
            }
            if end.is_none_or(|end| Instant::now() >= end) {
                return Err(format!("no {what} among\n{}", messages.join("\n")));
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Publishes a message.
    ///
    /// # Errors
    /// When the broker does not take it.
    pub fn publish(&self, topic: &str, message: &str) -> Result<(), String> {
        publish(self.port, topic, message, &[])
    }

    /// What is retained under a topic, as somebody sees it who comes now.
    ///
    /// # Errors
    /// When there is nothing.
    pub fn retained(&self, topic: &str) -> Result<String, String> {
        let mut command = Command::new(program());
        command.args(["sub", "--plain", "-h", "127.0.0.1", "-p", &self.port.to_string()]);
        command.args(["-t", topic, "-C", "1", "-W", "5"]);
        let finished = process::finish(&command, PATIENCE)?;
        if finished.success { Ok(finished.output.trim_end().to_owned()) } else { Err(finished.errors) }
    }
}

fn publish(port: u16, topic: &str, message: &str, more: &[&str]) -> Result<(), String> {
    let mut command = Command::new(program());
    command.args(["pub", "--plain", "-h", "127.0.0.1", "-p", &port.to_string()]);
    command.args(["-q", "1", "-t", topic, "-m", message]).args(more);
    let finished = process::finish(&command, PATIENCE)?;
    if finished.success { Ok(()) } else { Err(finished.errors) }
}

//! The brokers: how each is started on two free ports, for one user.

use std::{fs, path::Path, process::Command, time::Duration};

use xtask::{
    install::tools,
    process::{self, Server, find, free_port, output},
};

use crate::{folder, pki};

/// A broker's family.
pub(super) struct Family {
    pub name: &'static str,
    /// Its version, or why it is not here.
    pub version: fn() -> Result<String, String>,
    pub start: fn() -> Result<Running, String>,
}

/// All of them.
pub(super) const FAMILIES: &[Family] = &[
    Family { name: "Mosquitto", version: || package("mosquitto", "mosquitto"), start: || mosquitto("") },
    Family { name: "RabbitMQ", version: || package("rabbitmq-server", "rabbitmq-server"), start: rabbitmq },
    Family { name: "aedes", version: aedes_version, start: aedes },
    Family { name: "amqtt", version: amqtt_version, start: amqtt },
    Family { name: "rumqttd", version: rumqttd_version, start: rumqttd },
];

/// Long enough for the slowest.
const START: Duration = Duration::from_secs(90);

/// A broker that runs.
pub(crate) struct Running {
    pub port: u16,
    /// With TLS, where it has RSA suites.
    pub tls: Option<u16>,
    server: Server,
    command: Command,
    ready: &'static str,
    /// What it needs beside itself.
    _beside: Option<Server>,
}

impl Running {
    fn new(port: u16, tls: Option<u16>, command: Command, ready: &'static str) -> Result<Self, String> {
        let server = Server::start(&command, ready, START)?;
        Ok(Self { port, tls, server, command, ready, _beside: None })
    }

    /// The same broker behind another port.
    pub(super) fn behind(self, port: u16, tls: u16) -> Self {
        Self { port, tls: Some(tls), ..self }
    }

    /// The time of a processor that it has used, in hundredths of a second.
    pub(crate) fn processor_time(&self) -> u64 {
        self.server.processor_time().unwrap_or_default()
    }

    /// Kills it, as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.server.kill();
    }

    /// Starts it again on the same ports.
    pub(crate) fn start_again(&mut self) -> Result<(), String> {
        self.server = Server::start(&self.command, self.ready, START)?;
        Ok(())
    }
}

/// The version of a Debian package that brings a program.
fn package(program: &str, package: &str) -> Result<String, String> {
    process::need(program)?;
    output(Command::new("dpkg-query").args(["-W", "-f", "${Version}", package]))
}

fn write(file: &Path, text: &str) -> Result<(), String> {
    fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))
}

/// Beside the Rust files.
fn source(name: &str) -> String {
    format!("{}/proof/brokers/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Mosquitto for the user of these tests, with a plain port, one with TLS, and these lines in its configuration.
pub(crate) fn mosquitto(lines: &str) -> Result<Running, String> {
    let (folder, port, tls) = (folder("mosquitto"), free_port()?, free_port()?);
    let passwords = folder.join("passwords");
    output(Command::new("mosquitto_passwd").args(["-b", "-c"]).arg(&passwords).args(["user", "password"]))?;
    let (chain, key) = (pki().certificate("server-chain"), pki().key("server"));
    let file = folder.join("mosquitto.conf");
    let text = format!(
        "{lines}user root\nallow_anonymous false\npassword_file {}\nlog_dest stderr\nset_tcp_nodelay true\n\
         listener {port} 127.0.0.1\nlistener {tls} 127.0.0.1\ncertfile {}\nkeyfile {}\n\
         tls_version tlsv1.2\nciphers {}\n",
        passwords.display(),
        chain.display(),
        key.display(),
        xtask::mosquitto::CIPHERS
    );
    write(&file, &text)?;
    let mut command = Command::new(process::need("mosquitto")?);
    command.arg("-c").arg(file);
    Running::new(port, Some(tls), command, "running")
}

/// RabbitMQ, with a directory of Erlang's nodes of its own.
fn rabbitmq() -> Result<Running, String> {
    let (folder, port, tls) = (folder("rabbitmq"), free_port()?, free_port()?);
    let (directory, distribution) = (free_port()?.to_string(), free_port()?.to_string());
    let (chain, key) = (pki().certificate("server-chain"), pki().key("server"));
    let configuration = folder.join("rabbitmq.conf");
    let text = format!(
        "listeners.tcp = none\nmqtt.listeners.tcp.1 = 127.0.0.1:{port}\nmqtt.listeners.ssl.1 = 127.0.0.1:{tls}\n\
         mqtt.allow_anonymous = false\ndefault_user = user\ndefault_pass = password\nlog.console = true\nlog.file = false\n\
         ssl_options.certfile = {}\nssl_options.keyfile = {}\nssl_options.versions.1 = tlsv1.2\n\
         ssl_options.ciphers.1 = AES256-GCM-SHA384\nssl_options.ciphers.2 = AES128-GCM-SHA256\n",
        chain.display(),
        key.display()
    );
    write(&configuration, &text)?;
    let plugins = folder.join("plugins");
    write(&plugins, "[rabbitmq_mqtt].\n")?;
    let mut nodes = Command::new("epmd");
    nodes.arg("-d").envs([("ERL_EPMD_PORT", directory.as_str()), ("ERL_EPMD_ADDRESS", "127.0.0.1")]);
    let nodes = Server::start(&nodes, "running", START)?;
    // Debian's own wrapper asks for root and another user; what it starts does not. With input allowed the server is the process itself.
    let mut command = Command::new("/usr/lib/rabbitmq/bin/rabbitmq-server");
    command.envs([
        ("ERL_EPMD_PORT", directory.as_str()),
        ("ERL_EPMD_ADDRESS", "127.0.0.1"),
        ("RABBITMQ_DIST_PORT", distribution.as_str()),
        ("RABBITMQ_ALLOW_INPUT", "true"),
        ("RABBITMQ_SERVER_START_ARGS", "-noinput"),
        ("RABBITMQ_NODENAME", "proof@localhost"),
    ]);
    command.env("RABBITMQ_CONFIG_FILE", configuration).env("RABBITMQ_ENABLED_PLUGINS_FILE", plugins);
    command.env("RABBITMQ_MNESIA_BASE", folder.join("state")).env("RABBITMQ_LOG_BASE", folder.join("log"));
    command.env("HOME", &folder);
    let running = Running::new(port, Some(tls), command, "completed with")?;
    Ok(Running { _beside: Some(nodes), ..running })
}

fn aedes_version() -> Result<String, String> {
    let file = tools().join("node_modules/aedes/package.json");
    let text = fs::read_to_string(&file).map_err(|_| "npm has not installed aedes".to_owned())?;
    let package: serde_json::Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    Ok(package["version"].as_str().unwrap_or_default().to_owned())
}

/// A script: two ports, the server's chain and its key.
fn script(program: &str, name: &str, port: u16, tls: u16) -> Command {
    let mut command = Command::new(program);
    command.arg(source(name)).args([port.to_string(), tls.to_string()]);
    command.arg(pki().certificate("server-chain")).arg(pki().key("server"));
    command
}

fn aedes() -> Result<Running, String> {
    let (port, tls) = (free_port()?, free_port()?);
    let mut command = script("node", "aedes.mjs", port, tls);
    command.env("NODE_MODULES", tools().join("node_modules"));
    Running::new(port, Some(tls), command, "ready")
}

fn amqtt_version() -> Result<String, String> {
    let mut python = Command::new("python3");
    python.env("PYTHONPATH", tools().join("python"));
    let version = "import importlib.metadata; print(importlib.metadata.version('amqtt'))";
    let version =
        output(python.args(["-c", version])).map_err(|_| "pip has not installed amqtt".to_owned())?;
    Ok(version.trim().to_owned())
}

fn amqtt() -> Result<Running, String> {
    let (port, tls) = (free_port()?, free_port()?);
    let mut command = script("python3", "amqtt_broker.py", port, tls);
    command.env("PYTHONPATH", tools().join("python")).env("PYTHONUNBUFFERED", "1");
    Running::new(port, Some(tls), command, "ready")
}

fn rumqttd_program() -> Result<std::path::PathBuf, String> {
    let built = tools().join("bin/rumqttd");
    if built.is_file() {
        Ok(built)
    } else {
        find("rumqttd").ok_or("cargo has not installed rumqttd".to_owned())
    }
}

fn rumqttd_version() -> Result<String, String> {
    let text = output(Command::new(rumqttd_program()?).arg("--version"))?;
    Ok(text.trim().trim_start_matches("rumqttd ").to_owned())
}

/// Its TLS is rustls, which has no RSA suites.
fn rumqttd() -> Result<Running, String> {
    let (folder, port) = (folder("rumqttd"), free_port()?);
    let file = folder.join("rumqttd.toml");
    let text = format!(
        "id = 0\n[router]\nid = 0\nmax_connections = 100\nmax_outgoing_packet_count = 200\n\
         max_segment_size = 104857600\nmax_segment_count = 10\n\
         [v4.1]\nname = \"v4-1\"\nlisten = \"127.0.0.1:{port}\"\nnext_connection_delay_ms = 1\n\
         [v4.1.connections]\nconnection_timeout_ms = 60000\nmax_payload_size = 1048576\nmax_inflight_count = 100\n\
         dynamic_filters = true\nauth = {{ user = \"password\" }}\n"
    );
    write(&file, &text)?;
    let mut command = Command::new(rumqttd_program()?);
    command.arg("-v").arg("-c").arg(file);
    Running::new(port, None, command, "Listening for remote connections")
}

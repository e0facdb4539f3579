//! A Mosquitto on loopback that speaks TLS 1.2 with the static-RSA suites only.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use crate::{
    pki::Pki,
    process::{self, Server},
};

/// The ten suites by OpenSSL's names, in the order of the ClientHello; level 0 lets client keys of 1024 bits in.
pub const CIPHERS: &str = "AES256-GCM-SHA384:AES256-CCM:AES256-SHA256:AES256-SHA:AES256-CCM8:\
                           AES128-GCM-SHA256:AES128-CCM:AES128-SHA256:AES128-SHA:AES128-CCM8:@SECLEVEL=0";

const START_TIME: Duration = Duration::from_secs(60);

/// Who may come in by a port.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Listener {
    /// Anybody, without TLS.
    Plain,
    /// Anybody, with TLS.
    Tls,
    /// Holders of a certificate that the CA issued, with TLS.
    Mutual,
}

/// A running broker.
pub struct Broker {
    /// The process; its log tells of every client.
    pub server: Server,
    ports: Vec<(Listener, u16)>,
    configuration: PathBuf,
}

impl Broker {
    /// Starts a broker with one port for each listener. `folder` gets its configuration.
    ///
    /// # Errors
    /// When Mosquitto is not installed or does not start; with what it printed.
    pub fn start(folder: &Path, pki: &Pki, listeners: &[Listener]) -> Result<Self, String> {
        let mut ports = Vec::new();
        for listener in listeners {
            ports.push((*listener, process::free_port()?));
        }
        let configuration = folder.join("mosquitto.conf");
        fs::write(&configuration, text(pki, &ports))
            .map_err(|error| format!("{}: {error}", configuration.display()))?;
        Ok(Self { server: launch(&configuration)?, ports, configuration })
    }

    /// The port of a listener; 0 if there is no such listener.
    pub fn port(&self, listener: Listener) -> u16 {
        self.ports.iter().find(|(kind, _)| *kind == listener).map_or(0, |(_, port)| *port)
    }

    /// Kills the broker and starts it again on the same ports, with new ticket keys and no memory of sessions.
    ///
    /// # Errors
    /// As [`Broker::start`].
    pub fn restart(&mut self) -> Result<(), String> {
        self.server.kill();
        self.server = launch(&self.configuration)?;
        Ok(())
    }
}

fn launch(configuration: &Path) -> Result<Server, String> {
    let mut command = Command::new(process::need("mosquitto")?);
    command.arg("-v").arg("-c").arg(configuration);
    Server::start(&command, "running", START_TIME)
}

/// The broker's configuration file.
fn text(pki: &Pki, ports: &[(Listener, u16)]) -> String {
    // `user root` has a meaning only where root starts the broker: the key files are root's own then.
    let mut text = String::from(
        "user root\npersistence false\nallow_anonymous true\nset_tcp_nodelay true\nlog_dest stderr\n",
    );
    for (listener, port) in ports {
        text.push_str(&format!("\nlistener {port} 127.0.0.1\n"));
        if *listener == Listener::Plain {
            continue;
        }
        let certificate = pki.certificate("server-chain");
        let key = pki.key("server");
        text.push_str(&format!("certfile {}\nkeyfile {}\n", certificate.display(), key.display()));
        text.push_str(&format!("tls_version tlsv1.2\nciphers {CIPHERS}\n"));
        if *listener == Listener::Mutual {
            let authority = pki.certificate("ca");
            text.push_str(&format!(
                "cafile {}\nrequire_certificate true\nuse_identity_as_username true\n",
                authority.display()
            ));
        }
    }
    text
}

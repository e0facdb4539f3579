//! The command line.

use std::{ffi::OsString, path::PathBuf, time::Duration};

use firmware::board::ResetCause;
use lexopt::prelude::{Long, Short, ValueExt};

use crate::system::CAUSES;

/// What `--help` prints.
pub const HELP: &str = "\
The device as a process: the firmware behind a network of its own, whose only ways out are ports of 127.0.0.1.

Usage: device --state FOLDER [OPTIONS]

  --state FOLDER      where flash and backup memory are kept; made if it is not there
  --http PORT         the port of 127.0.0.1 that leads to the device's port 80 (0: any; it is printed)
  --name NAME         a name that stands for this PC, such as a broker's; more than once for more
                      (broker.test and pool.ntp.org are there already)
  --outside           look other names up, and let the device connect to other computers
  --no-dhcp, --no-dns, --no-sntp
                      begin without the service
  --time SECONDS      what SNTP tells at the start, in seconds since 1970 (the PC's clock)
  --firmware NAME     the firmware's identity (another one is an update)
  --power-cut COUNT   cut the power in the COUNT-th flash operation
  --reset-cause WORD  power-on (default), pin, software, watchdog, panic or fault

What the device is told on standard input, a line each:
  input N on|off      the level of input N, 1 to 4
  cable in|out        the network cable
  dhcp|dns|sntp on|off
  power-cut COUNT     cut the power in the COUNT-th flash operation from now
  operations          print how many flash operations there were
  counters            print what the gateway has counted
  reset               push the reset button
  quit                end the process

What it prints, a line each: `http http://127.0.0.1:PORT/` once, then `lease ADDRESS`, `outputs 1=off 2=on 3=off 4=off`, `reset CAUSE`,
and an answer to each command. Inside the device's network this PC is 10.0.2.2, as are all its names; the device is 10.0.2.15.

Exit status: 0 after quit, 1 for a mistake in the command line, 3 for a power cut. A reset does not end the process.
";

/// The command line's options.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HostOptions {
    /// The folder of flash and backup memory.
    pub state: PathBuf,
    /// The PC's port that leads to the device's port 80; 0 for any.
    pub http: u16,
    /// The names that stand for the PC, beside those that are always there.
    pub names: Vec<String>,
    /// Whether the device may reach other computers.
    pub outside: bool,
    /// Which services are on.
    pub services: gateway::Services,
    /// What SNTP tells at the start; none for the PC's clock.
    pub time: Option<Duration>,
    /// The firmware's identity; none for its own.
    pub firmware: Option<String>,
    /// In which flash operation the power is cut; 0 for none.
    pub power_cut: u64,
    /// Why the device starts.
    pub reset: ResetCause,
}

impl HostOptions {
    /// Reads the command line; none where help is asked for.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Option<Self>, lexopt::Error> {
        let mut parser = lexopt::Parser::from_args(arguments);
        let mut options = Self {
            state: PathBuf::new(),
            http: 0,
            names: Vec::new(),
            outside: false,
            services: gateway::Services { dhcp: true, dns: true, sntp: true },
            time: None,
            firmware: None,
            power_cut: 0,
            reset: ResetCause::PowerOn,
        };
        while let Some(argument) = parser.next()? {
            match argument {
                Short('h') | Long("help") => return Ok(None),
                Long("state") => options.state = parser.value()?.into(),
                Long("http") => options.http = parser.value()?.parse()?,
                Long("name") => options.names.push(parser.value()?.string()?),
                Long("outside") => options.outside = true,
                Long("no-dhcp") => options.services.dhcp = false,
                Long("no-dns") => options.services.dns = false,
                Long("no-sntp") => options.services.sntp = false,
                Long("time") => options.time = Some(Duration::from_secs(parser.value()?.parse()?)),
                Long("firmware") => options.firmware = Some(parser.value()?.string()?),
                Long("power-cut") => options.power_cut = parser.value()?.parse()?,
                Long("reset-cause") => options.reset = parser.value()?.parse_with(cause)?,
                _ => return Err(argument.unexpected()),
            }
        }
        if options.state.as_os_str().is_empty() {
            return Err("--state is missing; --help says more".into());
        }
        Ok(Some(options))
    }

    /// The arguments of the process after a reset. What has happened already does not happen again: a power cut.
    pub fn arguments(&self) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = vec!["--state".into(), self.state.clone().into()];
        arguments.extend(["--http".into(), self.http.to_string().into()]);
        for name in &self.names {
            arguments.extend(["--name".into(), name.into()]);
        }
        let switches = [
            ("--outside", self.outside),
            ("--no-dhcp", !self.services.dhcp),
            ("--no-dns", !self.services.dns),
            ("--no-sntp", !self.services.sntp),
        ];
        arguments.extend(switches.iter().filter(|(_, on)| *on).map(|(word, _)| OsString::from(word)));
        if let Some(time) = self.time {
            arguments.extend(["--time".into(), time.as_secs().to_string().into()]);
        }
        if let Some(firmware) = &self.firmware {
            arguments.extend(["--firmware".into(), firmware.into()]);
        }
        arguments
    }
}

fn cause(word: &str) -> Result<ResetCause, String> {
    let known = CAUSES.iter().find(|(_, known)| *known == word);
    known.map(|(cause, _)| *cause).ok_or_else(|| format!("no reset cause {word}"))
}

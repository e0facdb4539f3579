//! The command line.

use std::{ffi::OsString, path::PathBuf, time::Duration};

use gateway::Services;
use lexopt::prelude::{Long, Short, Value, ValueExt};

/// What `--help` prints.
pub(crate) const HELP: &str = "\
Runs a firmware for the NUCLEO-F439ZI on a virtual board, behind a network of its own, whose only ways out are ports of
127.0.0.1.

Usage: virtual-board ELF [OPTIONS]

  --state FOLDER      where flash is kept, in the file `flash`; made if it is not there
  --flash FILE        where flash is kept
  --http PORT         the port of 127.0.0.1 that leads to the device's port 80 (0: any; it is printed)
  --name NAME         a name that stands for this PC, such as a broker's; more than once for more
                      (broker.test and pool.ntp.org are there already)
  --no-dhcp, --no-dns, --no-sntp
                      begin without the service
  --time SECONDS      what SNTP tells at the start, in seconds since 1970 (the PC's clock)
  --power-cut COUNT   cut the power in the COUNT-th flash operation
  --seed NUMBER       another sequence of latenesses and random numbers
  --log FILE          what the firmware logged, for `defmt-print -e ELF < FILE`; written at the end

What the device is told on standard input, a line each:
  input N on|off      the level of input N, 1 to 4
  cable in|out        the network cable
  dhcp|dns|sntp on|off
  power-cut COUNT     cut the power in the COUNT-th flash operation from now
  operations          print how many flash operations there were
  counters            print what the gateway has counted
  report              print how many instructions were executed, and which registers of CRYP, HASH and RNG were used
  reset               push the reset button
  quit                end

What it prints, a line each: `http http://127.0.0.1:PORT/` once, then `lease ADDRESS`, `outputs 1=off 2=on 3=off 4=off`,
`reset CAUSE`, `tls ..` for each handshake, `finding ..` for what the firmware does and the part does not, and an answer to
each command. Inside the device's network this PC is 10.0.2.2, as are all its names; the device is 10.0.2.15.

Exit status: 0 after quit, 1 for a mistake, 3 for a power cut.
";

/// The command line's options.
pub(crate) struct Options {
    pub(crate) elf: PathBuf,
    pub(crate) state: Option<PathBuf>,
    pub(crate) flash: Option<PathBuf>,
    pub(crate) http: u16,
    pub(crate) names: Vec<String>,
    pub(crate) services: Services,
    pub(crate) time: Option<Duration>,
    pub(crate) power_cut: u64,
    pub(crate) seed: u64,
    pub(crate) log: Option<PathBuf>,
}

impl Options {
    /// Reads the command line; none where help is asked for.
    pub(crate) fn parse(
        arguments: impl IntoIterator<Item = OsString>,
    ) -> Result<Option<Self>, lexopt::Error> {
        let mut parser = lexopt::Parser::from_args(arguments);
        let mut options = Self {
            elf: PathBuf::new(),
            state: None,
            flash: None,
            http: 0,
            names: Vec::new(),
            services: Services { dhcp: true, dns: true, sntp: true },
            time: None,
            power_cut: 0,
            seed: 1,
            log: None,
        };
        while let Some(argument) = parser.next()? {
            match argument {
                Short('h') | Long("help") => return Ok(None),
                Long("state") => options.state = Some(parser.value()?.into()),
                Long("flash") => options.flash = Some(parser.value()?.into()),
                Long("http") => options.http = parser.value()?.parse()?,
                Long("name") => options.names.push(parser.value()?.string()?),
                Long("no-dhcp") => options.services.dhcp = false,
                Long("no-dns") => options.services.dns = false,
                Long("no-sntp") => options.services.sntp = false,
                Long("time") => options.time = Some(Duration::from_secs(parser.value()?.parse()?)),
                Long("power-cut") => options.power_cut = parser.value()?.parse()?,
                Long("seed") => options.seed = parser.value()?.parse()?,
                Long("log") => options.log = Some(parser.value()?.into()),
                Value(elf) if options.elf.as_os_str().is_empty() => options.elf = elf.into(),
                _ => return Err(argument.unexpected()),
            }
        }
        if options.elf.as_os_str().is_empty() {
            return Err("an ELF file is missing; --help says more".into());
        }
        if let Some(state) = &options.state {
            std::fs::create_dir_all(state).map_err(|error| format!("{}: {error}", state.display()))?;
        }
        Ok(Some(options))
    }

    /// Where flash is kept.
    pub(crate) fn flash(&self) -> Option<PathBuf> {
        self.flash.clone().or_else(|| self.state.as_ref().map(|state| state.join("flash")))
    }
}

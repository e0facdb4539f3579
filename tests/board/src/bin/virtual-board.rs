//! `virtual-board ELF`: the virtual board as a program, for the demo and for a person who wants a device without having one.
//!
//! It prints a line for everything that happens, takes commands on its standard input, and ends with `quit`.

use std::{
    io::{self, BufRead, Write},
    path::{Path, PathBuf},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use board::{Board, Options, runner::Pace};
use gateway::{Config, Forward, Gateway};

const HELP: &str = "\
Runs a firmware for the NUCLEO-F439ZI on a virtual board.

Usage: virtual-board ELF [--http PORT] [--flash FILE] [--log FILE] [--seed NUMBER] [--name NAME]... [--watch PIN]...

  --http PORT     the port of 127.0.0.1 that leads to the device's port 80; any that is free without it
  --flash FILE    what flash holds besides the firmware; written when the board is quit
  --log FILE      what the firmware logged, for `defmt-print -e ELF < FILE`; written when the board is quit
  --seed NUMBER   another sequence of latenesses and random numbers
  --name NAME     a host name that the device's DNS resolves to this PC (as it does 10.0.2.2, the gateway)
  --watch PIN     prints a line when the level of a pin, such as PB0, changes

Commands on standard input: input PIN 0|1, cable 0|1, power 0|1, reset, report, quit.
";

fn main() -> Result<(), String> {
    let mut arguments = std::env::args().skip(1);
    let (mut elf, mut http, mut flash, mut log) = (None, 0, None, None);
    let (mut names, mut watched) = (Vec::new(), Vec::new());
    let mut options = Options { pace: Pace::Wall, ..Options::default() };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} wants a value"));
        let number = |text: String| text.parse::<u64>().map_err(|error| format!("{text}: {error}"));
        match argument.as_str() {
            "--http" => http = number(value()?)? as u16,
            "--seed" => options.seed = number(value()?)?,
            "--flash" => flash = Some(PathBuf::from(value()?)),
            "--log" => log = Some(PathBuf::from(value()?)),
            "--name" => names.push(value()?),
            "--watch" => watched.push(&*value()?.leak()),
            "-h" | "--help" => return say(HELP.trim_end()),
            _ if elf.is_none() && !argument.starts_with('-') => elf = Some(PathBuf::from(argument)),
            _ => return Err(format!("unknown argument {argument}; --help lists them")),
        }
    }
    let elf = elf.ok_or("virtual-board wants an ELF file; --help says more")?;
    options.flash = flash.as_ref().and_then(|file| std::fs::read(file).ok());
    let forwards = vec![Forward { pc_port: http, device_port: 80 }];
    let gateway = Gateway::new(Config { names, forwards, ..Config::default() });
    let gateway = gateway.map_err(|error| format!("port {http}: {error}"))?;
    for forward in gateway.forwards() {
        say(&format!(
            "http://127.0.0.1:{} leads to the device's port {}",
            forward.pc_port, forward.device_port
        ))?;
    }
    let board = Board::start(&elf, options, Box::new(gateway))?;
    let mut console = Console { board, begun: Instant::now(), watched, seen: Seen::default() };
    console.run(&commands())?;
    if let Some(file) = log {
        save(&file, &console.board.log())?;
    }
    if let Some(file) = flash {
        save(&file, &console.board.flash())?;
    }
    Ok(())
}

fn save(file: &Path, bytes: &[u8]) -> Result<(), String> {
    std::fs::write(file, bytes).map_err(|error| format!("{}: {error}", file.display()))
}

fn say(line: &str) -> Result<(), String> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).map_err(|error| error.to_string())
}

/// The lines of standard input.
fn commands() -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
        // A board without a console runs on.
        loop {
            thread::park();
        }
    });
    receiver
}

/// What was printed so far.
#[derive(Default)]
struct Seen {
    leases: u64,
    times: u64,
    resets: usize,
    records: usize,
    findings: usize,
    levels: Vec<bool>,
}

struct Console {
    board: Board,
    begun: Instant,
    watched: Vec<&'static str>,
    seen: Seen,
}

impl Console {
    fn run(&mut self, commands: &Receiver<String>) -> Result<(), String> {
        loop {
            match commands.recv_timeout(Duration::from_millis(50)) {
                Ok(line) if line.trim() == "quit" => return self.report(),
                Ok(line) => self.obey(&line)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            self.look()?;
        }
    }

    fn note(&self, line: &str) -> Result<(), String> {
        say(&format!("[{:>6.1} s] {line}", self.begun.elapsed().as_secs_f32()))
    }

    fn obey(&mut self, line: &str) -> Result<(), String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["input", pin, level] => self.board.set_input(pin.to_owned().leak(), level == "1"),
            ["cable", level] => self.board.set_cable(level == "1"),
            ["power", "1"] => self.board.power_on(),
            ["power", "0"] => self.board.power_off(),
            ["reset"] => self.board.press_reset(),
            ["report"] => return self.report(),
            [] => {}
            _ => return self.note(&format!("no command {line:?}")),
        }
        Ok(())
    }

    /// Prints what is new.
    fn look(&mut self) -> Result<(), String> {
        let counters = self.board.gateway(|gateway| gateway.counters());
        if counters.leases > std::mem::replace(&mut self.seen.leases, counters.leases) {
            self.note("the device has an address")?;
        }
        if counters.times_told > std::mem::replace(&mut self.seen.times, counters.times_told) {
            self.note("the device asked for the time")?;
        }
        let resets = self.board.resets();
        for cause in resets.iter().skip(std::mem::replace(&mut self.seen.resets, resets.len())) {
            self.note(&format!("reset: {cause:?}"))?;
        }
        let records = self.board.records();
        for record in records.iter().skip(std::mem::replace(&mut self.seen.records, records.len())) {
            let what = match (record.content_type, record.first_byte) {
                (22, 1) => "ClientHello",
                (20, _) => "ChangeCipherSpec",
                (21, _) => "alert",
                (22, _) => "handshake",
                _ => continue,
            };
            self.note(&format!("TLS {what} after {} instructions", record.instructions))?;
        }
        let findings = self.board.findings();
        for finding in findings.iter().skip(std::mem::replace(&mut self.seen.findings, findings.len())) {
            self.note(&format!("finding: {finding}"))?;
        }
        self.look_at_pins()
    }

    fn look_at_pins(&mut self) -> Result<(), String> {
        self.seen.levels.resize(self.watched.len(), false);
        for nth in 0..self.watched.len() {
            let level = self.board.output(self.watched[nth]);
            if level != std::mem::replace(&mut self.seen.levels[nth], level) {
                self.note(&format!("{} is {}", self.watched[nth], if level { "high" } else { "low" }))?;
            }
        }
        Ok(())
    }

    /// What ran so far, and which registers of the accelerators it used.
    fn report(&mut self) -> Result<(), String> {
        let (instructions, now) = (self.board.instructions(), self.board.now());
        self.note(&format!(
            "{instructions} instructions in {:.1} s of the device's time",
            now.as_secs_f32()
        ))?;
        for unit in ["CRYP", "HASH", "RNG"] {
            let touched = self.board.touched(unit);
            let words: Vec<String> = touched
                .iter()
                .map(|touched| format!("{} {}r {}w", touched.register, touched.reads, touched.writes))
                .collect();
            self.note(&format!(
                "{unit}: {}",
                if words.is_empty() { "not used".to_owned() } else { words.join(", ") }
            ))?;
        }
        Ok(())
    }
}

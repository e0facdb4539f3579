//! What the board is told, and what it says.

use std::{
    path::PathBuf,
    process::ExitCode,
    sync::mpsc::{Receiver, RecvTimeoutError},
    time::Duration,
};

use board::{
    Board,
    models::flash::{Cut, Moment},
};
use gateway::Services;
use rigless::device::ResetCause;

use crate::say;

/// The inputs, each with the level that is its being on.
const INPUTS: [(&str, bool); 4] = [("PC13", true), ("PF15", false), ("PE13", false), ("PF14", false)];
const OUTPUTS: [&str; 4] = ["PB0", "PB7", "PB14", "PF13"];

/// The exit status of a board whose power was cut.
const CUT_STATUS: u8 = 3;

/// Cuts the power in the `count`-th operation of the flash from now.
pub(crate) fn arm(board: &mut Board, count: u64) {
    board.cut_at(Some(Cut { operation: count.saturating_sub(1), moment: Moment::During }));
}

/// A board with what it has said so far.
pub(crate) struct Console {
    board: Board,
    log: Option<PathBuf>,
    leases: u64,
    resets: usize,
    records: usize,
    findings: usize,
    outputs: Option<[bool; 4]>,
}

impl Console {
    /// A board that has said nothing.
    pub(crate) fn new(board: Board, log: Option<PathBuf>) -> Self {
        Self { board, log, leases: 0, resets: 0, records: 0, findings: 0, outputs: None }
    }

    /// Obeys and prints until the end.
    pub(crate) fn run(&mut self, commands: &Receiver<String>) -> Result<ExitCode, String> {
        loop {
            let code = match commands.recv_timeout(Duration::from_millis(20)) {
                Ok(line) => self.obey(&line),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => Some(ExitCode::SUCCESS),
            };
            self.look();
            let cut = !self.board.is_powered();
            if cut {
                say("power cut");
            }
            if let Some(code) = code.or_else(|| cut.then(|| ExitCode::from(CUT_STATUS))) {
                return self.end().map(|()| code);
            }
        }
    }

    fn end(&mut self) -> Result<(), String> {
        let Some(file) = &self.log else { return Ok(()) };
        std::fs::write(file, self.board.log()).map_err(|error| format!("{}: {error}", file.display()))
    }

    /// Obeys a command; the exit status if it was to end.
    fn obey(&mut self, line: &str) -> Option<ExitCode> {
        let words: Vec<&str> = line.split_whitespace().collect();
        match *words {
            [] => {}
            ["quit"] => return Some(ExitCode::SUCCESS),
            ["reset"] => self.board.press_reset(),
            ["operations"] => say(&format!("operations {}", self.board.flash_journal().len())),
            ["counters"] => say(&format!("counters {:?}", self.board.gateway(|gateway| gateway.counters()))),
            ["report"] => self.report(),
            _ => match self.change(&words) {
                Some(()) => say(&format!("done: {}", words.join(" "))),
                None => say(&format!("no command {line:?}; --help lists them")),
            },
        }
        None
    }

    fn change(&mut self, words: &[&str]) -> Option<()> {
        match *words {
            ["input", number, level] => {
                let number: usize = number.parse().ok()?;
                let (pin, active) = *INPUTS.get(number.checked_sub(1)?)?;
                self.board.set_input(pin, on(level)? == active);
            }
            ["cable", "in"] => self.board.set_cable(true),
            ["cable", "out"] => self.board.set_cable(false),
            ["dhcp", state] => self.switch(on(state)?, |services| &mut services.dhcp),
            ["dns", state] => self.switch(on(state)?, |services| &mut services.dns),
            ["sntp", state] => self.switch(on(state)?, |services| &mut services.sntp),
            ["power-cut", count] => arm(&mut self.board, count.parse().ok()?),
            _ => return None,
        }
        Some(())
    }

    fn switch(&mut self, on: bool, service: fn(&mut Services) -> &mut bool) {
        self.board.gateway(move |gateway| {
            let mut services = gateway.services();
            *service(&mut services) = on;
            gateway.set_services(services);
        });
    }

    /// Prints what is new.
    fn look(&mut self) {
        let (leases, address) = self.board.gateway(|gateway| {
            (gateway.counters().leases, gateway.lease().map(|lease| format!("{lease:?}")))
        });
        if leases > std::mem::replace(&mut self.leases, leases) {
            say(&format!("lease {}", address.unwrap_or_default()));
        }
        let resets = self.board.resets();
        for cause in resets.iter().skip(std::mem::replace(&mut self.resets, resets.len())) {
            say(&format!("reset {}", word(*cause)));
        }
        let outputs = OUTPUTS.map(|pin| self.board.output(pin));
        if self.outputs.replace(outputs) != Some(outputs) {
            let words = outputs.map(|on| if on { "on" } else { "off" });
            say(&format!("outputs 1={} 2={} 3={} 4={}", words[0], words[1], words[2], words[3]));
        }
        let records = self.board.records();
        for record in records.iter().skip(std::mem::replace(&mut self.records, records.len())) {
            if (record.content_type, record.first_byte) == (22, 1) {
                say(&format!("tls ClientHello after {} instructions", record.instructions));
            }
        }
        let findings = self.board.findings();
        for finding in findings.iter().skip(std::mem::replace(&mut self.findings, findings.len())) {
            say(&format!("finding {finding}"));
        }
    }

    /// What ran so far, and which registers of the accelerators it used.
    fn report(&mut self) {
        let (instructions, now) = (self.board.instructions(), self.board.now());
        say(&format!(
            "report {instructions} instructions in {:.1} s of the device's time",
            now.as_secs_f32()
        ));
        for unit in ["CRYP", "HASH", "RNG"] {
            let touched = self.board.touched(unit);
            let accesses: u64 = touched.iter().map(|touched| touched.reads + touched.writes).sum();
            let names: Vec<&str> = touched.iter().map(|touched| touched.register).collect();
            say(&format!(
                "report {unit}: {accesses} accesses to {} registers: {}",
                names.len(),
                names.join(" ")
            ));
        }
    }
}

fn word(cause: ResetCause) -> &'static str {
    match cause {
        ResetCause::Core => "software",
        ResetCause::Model("IWDG") => "watchdog",
        ResetCause::Pin => "pin",
        _ => "power-on",
    }
}

fn on(word: &str) -> Option<bool> {
    match word {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

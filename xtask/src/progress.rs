//! Lines that say how far a command is, with the time since it began.

use std::{
    io::{IsTerminal, stderr},
    sync::mpsc::{RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

/// A command's clock and its steps' results.
pub struct Progress {
    start: Instant,
    passed: usize,
    failed: Vec<String>,
    left_out: Vec<&'static str>,
}

impl Default for Progress {
    fn default() -> Self {
        Self { start: Instant::now(), passed: 0, failed: Vec::new(), left_out: Vec::new() }
    }
}

impl Progress {
    /// Prints a line with the time since the command began.
    pub fn say(&self, text: &str) {
        println!("[{:>6.1} s] {text}", self.start.elapsed().as_secs_f32());
    }

    /// Says what is being done, and for how long: every second on a terminal, every half a minute elsewhere.
    ///
    /// # Errors
    /// Those of the work.
    pub fn during<T>(&self, what: &str, work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
        self.say(what);
        let begun = Instant::now();
        let name = what.to_owned();
        let (done, waiting) = channel::<()>();
        let ticker = thread::spawn(move || {
            // A terminal has one line that counts; a file gets a line from time to time.
            let (interval, before, after) =
                if stderr().is_terminal() { (1, "\r", "") } else { (30, "", "\n") };
            let mut ticked = false;
            while waiting.recv_timeout(Duration::from_secs(interval)) == Err(RecvTimeoutError::Timeout) {
                ticked = true;
                eprint!("{before}             {name}: {} s {after}", begun.elapsed().as_secs());
            }
            if ticked && after.is_empty() {
                eprintln!();
            }
        });
        let result = work();
        drop(done);
        let _ = ticker.join();
        result
    }

    /// Runs a step, says that it begins and how it ended, and counts it. A step that fails does not stop the command.
    pub fn step(&mut self, name: &str, run: impl FnOnce(&Self) -> Result<(), String>) {
        self.say(&format!("{name} ..."));
        let begun = Instant::now();
        let outcome = run(self);
        let seconds = begun.elapsed().as_secs_f32();
        match outcome {
            Ok(()) => {
                self.passed = self.passed.saturating_add(1);
                self.say(&format!("{name}: passed in {seconds:.1} s"));
            }
            Err(text) => {
                self.say(&format!("{name}: FAILED after {seconds:.1} s: {text}"));
                self.failed.push(name.to_owned());
            }
        }
    }

    /// Notes that a step is left out, for the summary.
    pub fn leave_out(&mut self, name: &'static str) {
        self.left_out.push(name);
    }

    /// Prints the summary.
    ///
    /// # Errors
    /// The names of the steps that failed, if any did.
    pub fn finish(self) -> Result<(), String> {
        self.say("done");
        if !self.left_out.is_empty() {
            println!("left out: {}", self.left_out.join(", "));
        }
        println!("steps: {} passed, {} failed", self.passed, self.failed.len());
        if self.failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", self.failed.join(", "))) }
    }
}

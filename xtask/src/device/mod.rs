//! A device as a process, whatever it runs on, and what a person would do with it: set it up through its HTTP requests, watch
//! its messages at the broker, send it commands.
//!
//! The host board and the virtual board print the same lines and obey the same commands; this is all that the demo and the tests
//! know of them. Nothing here writes a device's flash.

pub mod http;
pub mod observer;
pub mod proxy;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use crate::{
    process::{self, Server},
    root, target,
};
use http::{Answer, form};

/// What the line begins with, or contains, in which a device says where its menu is.
const READY: &str = "http://127.0.0.1:";
/// How long a device may take to start, to answer, and to reach a state.
pub const PATIENCE: Duration = Duration::from_secs(300);
/// How long one request may take.
const REQUEST_TIME: Duration = Duration::from_secs(120);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(200);

/// A file of the certificate store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum File {
    /// "CA certificate".
    Ca,
    /// "Client Certificate".
    Client,
    /// "Private Key".
    Key,
}

impl File {
    /// The path of its requests.
    pub fn path(self) -> &'static str {
        match self {
            Self::Ca => "/certificates/ca",
            Self::Client => "/certificates/client",
            Self::Key => "/certificates/key",
        }
    }
}

/// A running device.
pub struct Device {
    /// The process: what it printed, and its standard input.
    pub process: Server,
    http: u16,
    session: Option<Session>,
}

/// Being logged in.
#[derive(Clone)]
struct Session {
    cookie: String,
    token: String,
}

/// Builds `mqtts`, and the device that runs as a process on this PC: both at once, or cargo would build what they share twice.
///
/// # Errors
/// When they do not build.
pub fn build() -> Result<(), String> {
    let mut build = Command::new("cargo");
    build.current_dir(root()).args(["build", "--quiet", "-p", "mqtts-cli", "-p", "host-board", "--bins"]);
    process::run(&mut build)
}

/// The variable with the command line of the device that tests take instead of the one that runs as a process on this PC.
pub const COMMAND: &str = "DEVICE_COMMAND";

/// The command of the device that tests take, with flash in `state`: what [`COMMAND`] says, or [`host`].
pub fn under_test(state: &Path) -> Command {
    let Ok(line) = std::env::var(COMMAND) else { return host(state) };
    let mut words = line.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or_default());
    with_state(command.args(words), state);
    command
}

/// The command of the device that runs as a process on this PC, with flash and backup memory in `state`.
pub fn host(state: &Path) -> Command {
    let mut command = Command::new(program());
    with_state(&mut command, state);
    command
}

/// The command of the virtual board `program` with the firmware `elf`, and flash in `state`.
pub fn virtual_board(program: &Path, elf: &Path, state: &Path) -> Command {
    let mut command = Command::new(program);
    with_state(command.arg(elf), state);
    command
}

/// Adds where flash is, and the name that the broker's certificate is for.
fn with_state(command: &mut Command, state: &Path) {
    command.arg("--state").arg(state).args(["--name", "localhost"]);
}

fn program() -> PathBuf {
    target().join("debug/device")
}

impl Device {
    /// Starts a device and waits for its first line.
    ///
    /// # Errors
    /// When it does not start, with what it printed.
    pub fn start(command: &Command) -> Result<Self, String> {
        let mut process = Server::start(command, READY, PATIENCE)?;
        // The whole line.
        process.wait_for("\n", PATIENCE)?;
        let log = process.log();
        let digits = log.split(READY).nth(1).map(|rest| rest.split(|letter: char| !letter.is_ascii_digit()));
        let port = digits.and_then(|mut digits| digits.next()?.parse().ok());
        let http = port.ok_or_else(|| format!("no port in:\n{log}"))?;
        Ok(Self { process, http, session: None })
    }

    /// The menu's address for a browser.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}/", self.http)
    }

    /// Sends a request, with cookie and token where there are any.
    ///
    /// # Errors
    /// When there is no answer. Any status is an answer.
    pub fn request(&self, request_line: &str, content_type: &str, body: &[u8]) -> Result<Answer, String> {
        let mut headers = vec![("Content-Type", content_type)];
        if let Some(session) = &self.session {
            headers.extend([("Cookie", session.cookie.as_str()), ("X-Token", session.token.as_str())]);
        }
        http::request(self.http, request_line, &headers, body, REQUEST_TIME)
    }

    /// Sends a form.
    ///
    /// # Errors
    /// As [`Device::request`].
    pub fn post(&self, path: &str, pairs: &[(&str, &str)]) -> Result<Answer, String> {
        let form_type = "application/x-www-form-urlencoded";
        self.request(&format!("POST {path}"), form_type, form(pairs).as_bytes())
    }

    /// Waits until the device answers at all.
    ///
    /// # Errors
    /// When it does not in time.
    pub fn wait_for_menu(&self) -> Result<(), String> {
        self.until("the menu", || Ok(self.request("GET /status.json", "text/plain", &[]).is_ok()))
    }

    /// Sets the first password, or logs in with it.
    ///
    /// # Errors
    /// When it is refused.
    pub fn log_in(&mut self, path: &str, password: &str) -> Result<(), String> {
        self.session = None;
        let answer = expect(path, self.post(path, &[("password", password)])?)?;
        let cookie = answer.header("Set-Cookie").and_then(|cookie| cookie.split(';').next());
        match (cookie, answer.json("token")) {
            (Some(cookie), Some(token)) => {
                self.session = Some(Session { cookie: cookie.to_owned(), token: token.to_owned() });
                Ok(())
            }
            _ => Err(format!("{path}: no session in\n{}\n{}", answer.head, answer.body)),
        }
    }

    /// Changes settings.
    ///
    /// # Errors
    /// When they are refused.
    pub fn set(&self, settings: &[(&str, &str)]) -> Result<(), String> {
        expect("POST /settings", self.post("/settings", settings)?).map(|_| ())
    }

    /// Stores a PEM file; what the device found about it.
    ///
    /// # Errors
    /// When it is refused, or cannot be read here.
    pub fn upload(&self, file: File, pem: &Path) -> Result<String, String> {
        let text = fs::read(pem).map_err(|error| format!("{}: {error}", pem.display()))?;
        let line = format!("PUT {}", file.path());
        let answer = self.request(&line, "application/x-pem-file", &text)?;
        expect(&line, answer).map(|answer| answer.body)
    }

    /// Erases a file.
    ///
    /// # Errors
    /// When that is refused.
    pub fn erase(&self, file: File) -> Result<(), String> {
        let line = format!("DELETE {}", file.path());
        expect(&line, self.request(&line, "text/plain", &[])?).map(|_| ())
    }

    /// The device's status.
    ///
    /// # Errors
    /// When it does not tell.
    pub fn status(&self) -> Result<Answer, String> {
        let line = "GET /status.json";
        expect(line, self.request(line, "text/plain", &[])?)
    }

    /// Waits until the connection to the broker is in this state; the status then.
    ///
    /// # Errors
    /// When it is not in time, with the last status.
    pub fn wait_for_state(&self, state: &str) -> Result<Answer, String> {
        self.wait_for_status(state, |status| status.json("state") == Some(state))
    }

    /// Waits until the status is as it should be; the status then. A device that is silent for a moment is asked again.
    ///
    /// # Errors
    /// When it is not in time, with the last status.
    pub fn wait_for_status(&self, what: &str, is: impl Fn(&Answer) -> bool) -> Result<Answer, String> {
        let end = Instant::now().checked_add(PATIENCE);
        loop {
            let status = self.status();
            match &status {
                Ok(answer) if is(answer) => return status,
                _ if end.is_none_or(|end| Instant::now() >= end) => {
                    let status = status.map_or_else(|error| error, |answer| answer.body);
                    return Err(format!("no {what}: {status}\n{}", self.process.log()));
                }
                _ => thread::sleep(PAUSE),
            }
        }
    }

    /// Gives a command, and waits for the answer.
    ///
    /// # Errors
    /// When it is none, or is not obeyed in time.
    pub fn command(&mut self, command: &str) -> Result<(), String> {
        self.process.type_in(&format!("{command}\n"))?;
        self.process.wait_for(&format!("done: {command}\n"), PATIENCE)
    }

    /// Asks with a command; the lines of the answer, up to the one that begins with `last`.
    ///
    /// # Errors
    /// When it does not answer in time.
    pub fn ask(&mut self, command: &str, last: &str) -> Result<Vec<String>, String> {
        let before = self.process.log().len();
        self.process.type_in(&format!("{command}\n"))?;
        let mut answer = Vec::new();
        self.until(&format!("answer to {command}"), || {
            let log = self.process.log();
            // A last line without its end is not whole yet.
            let whole =
                log.get(before..).and_then(|new| new.rsplit_once('\n')).map_or("", |(whole, _)| whole);
            answer = whole.lines().map(str::to_owned).collect();
            Ok(answer.iter().any(|line| line.starts_with(last)))
        })?;
        Ok(answer)
    }

    fn until(&self, what: &str, mut done: impl FnMut() -> Result<bool, String>) -> Result<(), String> {
        let end = Instant::now().checked_add(PATIENCE);
        while !done()? {
            if end.is_none_or(|end| Instant::now() >= end) {
                return Err(format!("no {what} in time:\n{}", self.process.log()));
            }
            thread::sleep(PAUSE);
        }
        Ok(())
    }
}

/// An answer that says that it was done.
fn expect(what: &str, answer: Answer) -> Result<Answer, String> {
    if answer.status == 200 { Ok(answer) } else { Err(format!("{what}: {} {}", answer.status, answer.body)) }
}

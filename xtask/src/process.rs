//! Other programs: running them to their end, and servers that end with their owner.
//!
//! A [`Server`] is killed when it is dropped; through `setpriv` (util-linux) the kernel kills it too when the thread that
//! started it ends in any other way, such as Ctrl-C or a signal.

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU16, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// Runs a program that shares this one's terminal.
///
/// # Errors
/// When it cannot be started or fails; the text names the command.
pub fn run(command: &mut Command) -> Result<(), String> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{} ended with {status}", words(command))),
        Err(error) => Err(format!("{} cannot be started: {error}", words(command))),
    }
}

/// Runs a program and returns what it printed on standard output.
///
/// # Errors
/// When it cannot be started or fails; the text has what it printed on standard error.
pub fn output(command: &mut Command) -> Result<String, String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{} cannot be started: {error}", words(command)))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    Err(format!("{} ended with {}:\n{errors}", words(command), output.status))
}

/// What a program that ran to its end left.
pub struct Finished {
    /// Whether its exit status was 0.
    pub success: bool,
    /// What it printed on standard output.
    pub output: String,
    /// What it printed on standard error.
    pub errors: String,
}

/// Runs a program to its end, whatever that is, without input.
///
/// # Errors
/// When it cannot be started, or had to be killed because the time was over; with what it printed.
pub fn finish(command: &Command, within: Duration) -> Result<Finished, String> {
    let name = words(command);
    let mut child = with_owner(command)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{name} cannot be started: {error}"))?;
    let (output, errors) = (child.stdout.take().map(follow), child.stderr.take().map(follow));
    let begun = Instant::now();
    let status = loop {
        match child.try_wait().map_err(|error| format!("{name}: {error}"))? {
            Some(status) => break Some(status),
            None if begun.elapsed() > within => break None,
            None => thread::sleep(Duration::from_millis(2)),
        }
    };
    let _ = child.kill();
    let _ = child.wait();
    let text = |reader: Option<thread::JoinHandle<String>>| {
        reader.and_then(|reader| reader.join().ok()).unwrap_or_default()
    };
    let (output, errors) = (text(output), text(errors));
    match status {
        Some(status) => Ok(Finished { success: status.success(), output, errors }),
        None => Err(format!("{name} did not end within {within:?}:\n{output}{errors}")),
    }
}

/// Reads a pipe to its end in a thread of its own.
fn follow(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// A command as a person would type it.
pub fn words(command: &Command) -> String {
    let mut words = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        words.push(' ');
        words.push_str(&argument.to_string_lossy());
    }
    words
}

/// Where a program is: on the path, or where Debian keeps servers.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from))
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

/// Where a program is.
///
/// # Errors
/// One line that says how to come by it.
pub fn need(program: &str) -> Result<PathBuf, String> {
    find(program)
        .ok_or_else(|| format!("{program} is not installed; `cargo xtask test` installs it when run as root"))
}

/// A loopback port that nobody listens on, and that this process is not given again: a server will listen there.
///
/// It is below those that a system takes for connections of its own, one of which might come before the server.
///
/// # Errors
/// When none is free.
pub fn free_port() -> Result<u16, String> {
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    // Processes that run side by side begin in different places.
    let [low, high, ..] = std::process::id().wrapping_mul(997).to_le_bytes();
    let begin = u16::from_le_bytes([low, high]);
    for _ in 0..=SERVER_PORTS {
        let place = begin.wrapping_add(TAKEN.fetch_add(1, Ordering::Relaxed)) & SERVER_PORTS;
        let port = FIRST_SERVER_PORT.saturating_add(place);
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    Err("no loopback port is free".to_owned())
}

/// Where [`free_port`] looks: from here on, as many as one and the mask.
const FIRST_SERVER_PORT: u16 = 10_240;
const SERVER_PORTS: u16 = 0x3FFF;

/// Makes an empty folder, deleting what was there.
///
/// # Errors
/// When that is not possible.
pub fn fresh_folder(folder: &Path) -> Result<(), String> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(format!("{} cannot be emptied: {error}", folder.display()));
        }
        _ => {}
    }
    std::fs::create_dir_all(folder).map_err(|error| format!("{} cannot be made: {error}", folder.display()))
}

/// A running server with everything that it has printed. Dropping it kills it.
pub struct Server {
    name: String,
    child: Child,
    log: Arc<Log>,
}

impl Server {
    /// Starts a server and waits until it prints `ready`.
    ///
    /// # Errors
    /// When it cannot be started, ends, or is not ready in time; with what it printed.
    pub fn start(command: &Command, ready: &str, within: Duration) -> Result<Self, String> {
        let name = words(command);
        let mut child = with_owner(command)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{name} cannot be started: {error}"))?;
        let log = Arc::new(Log::default());
        if let Some(pipe) = child.stdout.take() {
            log.follow(pipe);
        }
        if let Some(pipe) = child.stderr.take() {
            log.follow(pipe);
        }
        let mut server = Self { name, child, log };
        server.wait_for(ready, within)?;
        Ok(server)
    }

    /// Everything that the server has printed so far, on both of its outputs.
    pub fn log(&self) -> String {
        self.log.text().clone()
    }

    /// How much time of a processor the server has used so far, in hundredths of a second; none where the system does not tell.
    pub fn processor_time(&self) -> Option<u64> {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        // Behind the name, which may have anything in it: the 12th and 13th field are the time in the program and in the system.
        let mut fields = text.rsplit_once(") ")?.1.split(' ').skip(11);
        let mut field = || fields.next()?.parse::<u64>().ok();
        field()?.checked_add(field()?)
    }

    /// Waits until the server has printed `text`.
    ///
    /// # Errors
    /// When it ends or the time is over before; with what it printed.
    pub fn wait_for(&mut self, text: &str, within: Duration) -> Result<(), String> {
        let end = Instant::now().checked_add(within);
        loop {
            if self.log.wait_for(text, Duration::from_millis(50)) {
                return Ok(());
            }
            if let Some(status) = self.ended() {
                return Err(format!("{} ended with {status}:\n{}", self.name, self.log()));
            }
            if end.is_none_or(|end| Instant::now() >= end) {
                return Err(format!("{} did not print {text:?} in time:\n{}", self.name, self.log()));
            }
        }
    }

    /// Types `text` into the server's standard input.
    ///
    /// # Errors
    /// When the server no longer reads.
    pub fn type_in(&mut self, text: &str) -> Result<(), String> {
        let Some(pipe) = self.child.stdin.as_mut() else { return Err(format!("{} has no input", self.name)) };
        pipe.write_all(text.as_bytes())
            .and_then(|()| pipe.flush())
            .map_err(|error| format!("{} does not read: {error}", self.name))
    }

    /// Kills the server at once, as a power cut would, and waits for its end.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// How the server ended, if it has.
    fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        if thread::panicking() {
            eprintln!("---- {} printed:\n{}", self.name, self.log());
        }
    }
}

/// The same command, but killed by the kernel when the thread that starts it ends.
fn with_owner(command: &Command) -> Command {
    let mut owned = match find("setpriv") {
        Some(setpriv) => {
            let mut owned = Command::new(setpriv);
            owned.args(["--pdeathsig", "KILL", "--"]).arg(command.get_program());
            owned
        }
        None => Command::new(command.get_program()),
    };
    owned.args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => owned.env(name, value),
            None => owned.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        owned.current_dir(folder);
    }
    owned
}

/// What a server printed; grows while it runs.
#[derive(Default)]
struct Log {
    text: Mutex<String>,
    grown: Condvar,
}

impl Log {
    /// Reads a pipe to its end in a thread of its own.
    fn follow(self: &Arc<Self>, mut pipe: impl Read + Send + 'static) {
        let log = Arc::clone(self);
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = pipe.read(&mut buffer) {
                let part = buffer.get(..length).unwrap_or_default();
                log.text().push_str(&String::from_utf8_lossy(part));
                log.grown.notify_all();
            }
        });
    }

    /// Whether `text` has been printed, waiting for it at most so long.
    fn wait_for(&self, text: &str, within: Duration) -> bool {
        let guard = self.text();
        match self.grown.wait_timeout_while(guard, within, |log| !log.contains(text)) {
            Ok((log, _)) => log.contains(text),
            Err(_) => false,
        }
    }

    fn text(&self) -> MutexGuard<'_, String> {
        self.text.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_free_port_is_given_once() {
        let mut ports: Vec<u16> = (0..500).map(|_| free_port().expect("a port")).collect();
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), 500);
    }
}

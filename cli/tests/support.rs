//! Running `mqtts` and brokers for it.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    net::{Shutdown, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, LazyLock, Mutex},
    thread,
    time::Duration,
};

use xtask::{
    pki::{Pki, Request},
    process::{self, Server},
};

/// What a run of `mqtts` left.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub output: String,
    /// Without the note that the server is not verified.
    pub errors: String,
    /// Whether that note was there.
    pub unverified: bool,
}

const NOTE: &str = "mqtts: the server is not verified (--insecure without --cafile)\n";

impl Ran {
    /// What was printed, if all went well.
    pub fn printed(self) -> String {
        assert_eq!((self.code, self.errors.as_str()), (Some(0), ""), "{self:?}");
        self.output
    }

    /// The one line of a failure, without its end.
    pub fn failed(self, code: i32) -> String {
        assert_eq!((self.code, self.output.as_str()), (Some(code), ""), "{self:?}");
        let line = self.errors.strip_suffix('\n').unwrap();
        assert!(!line.contains('\n'), "more than one line: {line}");
        line.to_owned()
    }
}

/// The program.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mqtts"));
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Runs the program to its end.
pub fn mqtts(arguments: &[&str]) -> Ran {
    ran(&command(arguments).output().unwrap())
}

/// What a process left.
pub fn ran(output: &std::process::Output) -> Ran {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (output, code, errors) = (text(&output.stdout), output.status.code(), text(&output.stderr));
    Ran { code, output, unverified: errors.contains(NOTE), errors: errors.replace(NOTE, "") }
}

/// Runs a line of bash.
pub fn bash(line: &str) -> Ran {
    ran(&Command::new("bash").args(["-c", line]).stdin(Stdio::null()).output().unwrap())
}

/// `mqtts pub` or `sub` at a port of this machine, which gives up after a minute.
pub fn talk(verb: &str, port: u16, arguments: &[&str]) -> Ran {
    let port = port.to_string();
    mqtts(&[&[verb, "-h", HOST, "-p", &port, "-W", PATIENCE], arguments].concat())
}

/// A subscriber that runs while the test publishes.
pub struct Subscriber {
    pub child: Child,
    trace: BufReader<std::process::ChildStderr>,
}

impl Subscriber {
    /// Starts it and waits until the broker has granted the subscription.
    pub fn start(port: u16, arguments: &[&str]) -> Self {
        let port = port.to_string();
        let all = [&["sub", "-h", HOST, "-p", &port, "-W", "60", "-d"], arguments].concat();
        let child = command(&all).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut subscriber = Self::of(child);
        subscriber.wait_for("mqtt < SUBACK");
        subscriber
    }

    /// Any process that writes a trace.
    pub fn of(mut child: Child) -> Self {
        let trace = BufReader::new(child.stderr.take().unwrap());
        Self { child, trace }
    }

    /// Reads the trace up to a line with `text`.
    pub fn wait_for(&mut self, text: &str) {
        let mut seen = String::new();
        while !seen.lines().any(|line| line.contains(text)) {
            assert_ne!(self.trace.read_line(&mut seen).unwrap(), 0, "{text} did not come:\n{seen}");
        }
    }

    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// What it has printed and how it ended.
    pub fn end(self) -> (Vec<u8>, Option<i32>) {
        let (output, code, _) = self.end_with_trace();
        (output, code)
    }

    /// The same, and what it has said that is no trace since the last line that was waited for.
    pub fn end_with_trace(self) -> (Vec<u8>, Option<i32>, String) {
        // Both pipes are read at once: the child waits for room in either.
        let rest = thread::spawn(move || {
            let lines = self.trace.lines().map(Result::unwrap);
            lines.filter(|line| !line.starts_with("debug: ")).collect::<String>()
        });
        let output = self.child.wait_with_output().unwrap();
        (output.stdout, output.status.code(), rest.join().unwrap())
    }
}

/// The address that brokers listen on, and that their certificates are for.
pub const HOST: &str = xtask::pki::HOST;
const PATIENCE: &str = "60";
/// For a server to start, or to say something.
pub const SOON: Duration = Duration::from_secs(60);

/// A folder of this test's own, empty.
pub fn folder(name: &str) -> PathBuf {
    let folder =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{}", std::process::id())).join(name);
    process::fresh_folder(&folder).unwrap();
    folder
}

/// A file of the folder of test vectors.
pub fn vector(name: &str) -> String {
    text(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors").join(name))
}

pub fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// The certificates of this run: `ca`, `intermediate`, `server`, `client-2048`, `elsewhere`, `expired`, and a CA `other`.
pub struct Files(Pki);

static FILES: LazyLock<Files> = LazyLock::new(|| {
    let pki = Pki::create(&folder("pki")).unwrap();
    pki.client(2048).unwrap();
    pki.issue(&Request {
        name: "elsewhere",
        bits: 2048,
        common_name: "elsewhere.example",
        extensions: "subjectAltName=DNS:elsewhere.example\n",
        issuer: Some("ca"),
    })
    .unwrap();
    let authority = "basicConstraints=critical,CA:TRUE\n";
    pki.issue(&Request {
        name: "other",
        bits: 2048,
        common_name: "Other",
        extensions: authority,
        issuer: None,
    })
    .unwrap();
    let files = Files(pki);
    // The same request again, valid until yesterday.
    let server = files.path("server", "csr");
    let mut command = Command::new("openssl");
    command.args(["x509", "-req", "-sha256", "-days", "-1", "-CAcreateserial", "-in", &server]);
    command.args(["-CA", &files.certificate("ca"), "-CAkey", &files.key("ca")]);
    command.args(["-extfile", &files.path("server", "ext"), "-out", &files.certificate("expired")]);
    process::output(&mut command).unwrap();
    files
});

/// The certificates of this run, made once.
pub fn files() -> &'static Files {
    &FILES
}

impl Files {
    pub fn certificate(&self, name: &str) -> String {
        text(&self.0.certificate(name))
    }

    pub fn key(&self, name: &str) -> String {
        text(&self.0.key(name))
    }

    /// The lines of a listener with TLS, all ten suites, and this certificate.
    pub fn listener(&self, certificate: &str, key: &str) -> String {
        let (certificate, key) = (self.certificate(certificate), self.key(key));
        format!(
            "certfile {certificate}\nkeyfile {key}\ntls_version tlsv1.2\nciphers {}\n",
            xtask::mosquitto::CIPHERS
        )
    }

    fn path(&self, name: &str, extension: &str) -> String {
        text(&self.0.certificate(name).with_extension(extension))
    }
}

/// A Mosquitto with one port for each of its listeners.
pub struct Broker {
    pub server: Server,
    pub ports: Vec<u16>,
    command: Command,
}

impl Broker {
    /// Starts it. Each listener is the lines that follow its `listener` line; none for plain MQTT.
    pub fn start(name: &str, listeners: &[&str]) -> Self {
        Self::start_with(name, "allow_anonymous true\n", listeners)
    }

    /// Starts it with settings of its own.
    pub fn start_with(name: &str, settings: &str, listeners: &[&str]) -> Self {
        let mut ports = Vec::new();
        let mut configuration = format!("user root\npersistence false\nlog_dest stderr\n{settings}");
        for listener in listeners {
            let port = process::free_port().unwrap();
            configuration.push_str(&format!("listener {port} {HOST}\n{listener}\n"));
            ports.push(port);
        }
        let file = folder(name).join("mosquitto.conf");
        fs::write(&file, configuration).unwrap();
        let mut command = Command::new(process::need("mosquitto").unwrap());
        command.arg("-v").arg("-c").arg(&file);
        Self { server: Server::start(&command, "running", SOON).unwrap(), ports, command }
    }

    /// Starts it again after its end: on the same ports, without a memory.
    pub fn restart(&mut self) {
        self.server.kill();
        self.server = Server::start(&self.command, "running", SOON).unwrap();
    }

    /// A broker with a plain port and a TLS port.
    pub fn usual(name: &str) -> Self {
        Self::start(name, &["", &files().listener("server-chain", "server")])
    }
}

/// A server that does this with every connection, in a thread that the test's end forgets; its port.
pub fn server(behaviour: impl Fn(TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind((HOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || listener.incoming().flatten().for_each(behaviour));
    port
}

/// Reads one packet: its first byte, and what stands behind its length.
pub fn packet(socket: &mut TcpStream) -> (u8, Vec<u8>) {
    let byte = |socket: &mut TcpStream| {
        let mut byte = [0];
        socket.read_exact(&mut byte).unwrap();
        byte[0]
    };
    let first = byte(socket);
    let mut length = 0;
    for shift in [0, 7, 14, 21] {
        let digit = byte(socket);
        length |= usize::from(digit & 0x7F) << shift;
        if digit < 0x80 {
            break;
        }
    }
    let mut body = vec![0; length];
    socket.read_exact(&mut body).unwrap();
    (first, body)
}

/// Carries bytes to a broker and back, until it is told to cut.
pub struct Relay {
    pub port: u16,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Relay {
    pub fn to(target: u16) -> Self {
        let open = Arc::new(Mutex::new(Vec::new()));
        let list = Arc::clone(&open);
        let port = server(move |here| {
            let there = TcpStream::connect((HOST, target)).unwrap();
            for (from, to) in [(&here, &there), (&there, &here)] {
                let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                thread::spawn(move || {
                    let _ = std::io::copy(&mut from, &mut to);
                    let _ = to.shutdown(Shutdown::Write);
                });
            }
            list.lock().unwrap().extend([here, there]);
        });
        Self { port, open }
    }

    /// Ends every connection, without a word from the broker.
    pub fn cut(&self) {
        for socket in self.open.lock().unwrap().drain(..) {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

pub const PLAIN: usize = 0;
pub const TLS: usize = 1;

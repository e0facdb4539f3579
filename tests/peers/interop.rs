//! The interoperability matrix: every suite at servers of other families, each an echo server of a few lines in `servers/`.
//!
//! Takes minutes and needs what no test machine has (Java, Go, Erlang, tlslite-ng), so that `cargo xtask proof interop` runs it and
//! writes `docs/interop.md` from what it saw. A peer that is not installed is a row that says so.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use status::Status;
use tls12::{Config, MaxFragmentLength, Suite};
use xtask::process::{Server, find, free_port, output};

use crate::{
    files::{folder, only, pki, verifying, with_identity},
    tls_client::{Client, PATIENCE, Tls},
};

/// A server of another family.
struct PeerServer {
    name: &'static str,
    /// The program that must be there.
    program: &'static str,
    /// What prints its version.
    version: &'static [&'static str],
    /// How it is started: port, chain, key, authority or `-`, and words of the variant.
    command: fn(u16, &str, &[&str]) -> Result<Command, String>,
    /// Its other variants: what they leave out, and the words for that.
    variants: &'static [(&'static str, &'static [&'static str])],
    /// How many of the ten suites it speaks.
    suites: usize,
}

const PEERS: &[PeerServer] = &[
    PeerServer {
        name: "Node.js (OpenSSL 3)",
        program: "node",
        version: &["node", "-p", "process.version + ', OpenSSL ' + process.versions.openssl"],
        command: |port, authority, _| Ok(with_files("node", &[&source("echo.js")], port, authority)),
        variants: &[],
        suites: 10,
    },
    PeerServer {
        name: "GnuTLS",
        program: "gnutls-serv",
        version: &["gnutls-serv", "--version"],
        command: gnutls,
        variants: &[("encrypt-then-MAC", &[":%NO_ETM"]), ("extended master secret", &[":%NO_SESSION_HASH"])],
        suites: 10,
    },
    PeerServer {
        name: "Mbed TLS 2.28",
        program: "cc",
        version: &["dpkg-query", "-W", "-f", "${Version}", "libmbedtls-dev"],
        command: mbedtls,
        variants: &[],
        suites: 10,
    },
    PeerServer {
        name: "tlslite-ng",
        program: "python3",
        version: &["python3", "-c", "import tlslite; print(tlslite.__version__)"],
        command: tlslite,
        variants: &[("encrypt-then-MAC", &["no-etm"]), ("extended master secret", &["no-ems"])],
        suites: 10,
    },
    PeerServer {
        name: "Java (JSSE)",
        program: "java",
        version: &["java", "-version"],
        command: java,
        variants: &[],
        suites: 6,
    },
    PeerServer {
        name: "Go (crypto/tls)",
        program: "go",
        version: &["go", "version"],
        command: go,
        variants: &[],
        suites: 5,
    },
    PeerServer {
        name: "Erlang/OTP (ssl)",
        program: "escript",
        version: &[
            "erl",
            "-noshell",
            "-eval",
            "io:format(\"OTP ~s\", [erlang:system_info(otp_release)]), halt().",
        ],
        command: |port, authority, _| Ok(with_files("escript", &[&source("echo.erl")], port, authority)),
        variants: &[],
        suites: 6,
    },
];

fn source(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/servers").join(name).to_string_lossy().into_owned()
}

/// `program words PORT CHAIN KEY AUTHORITY`
fn with_files(program: &str, words: &[&str], port: u16, authority: &str) -> Command {
    let mut command = Command::new(program);
    command.args(words).arg(port.to_string());
    command.arg(pki().certificate("server-chain")).arg(pki().key("server")).arg(authority);
    command
}

fn gnutls(port: u16, authority: &str, words: &[&str]) -> Result<Command, String> {
    let mut command = Command::new("gnutls-serv");
    command.args(["--echo", "--nodb", "--port", &port.to_string(), "--priority"]);
    command.arg(format!("{}{}", crate::gnutls::PRIORITY, words.concat()));
    command.arg("--x509certfile").arg(pki().certificate("server-chain"));
    command.arg("--x509keyfile").arg(pki().key("server"));
    if authority != "-" {
        command.args(["--require-client-cert", "--x509cafile", authority]);
    }
    Ok(command)
}

fn mbedtls(port: u16, authority: &str, _: &[&str]) -> Result<Command, String> {
    let program = folder("servers").join("mbedtls");
    output(Command::new("cc").args(["-O1", "-o"]).arg(&program).arg(source("echo.c")).args([
        "-lmbedtls",
        "-lmbedx509",
        "-lmbedcrypto",
    ]))?;
    Ok(with_files(&program.to_string_lossy(), &[], port, authority))
}

fn tlslite(port: u16, authority: &str, words: &[&str]) -> Result<Command, String> {
    output(Command::new("python3").args(["-c", "import tlslite"]))?;
    let mut command = with_files("python3", &[&source("echo.py")], port, authority);
    command.args(words);
    Ok(command)
}

/// Java reads its key from a PKCS #12 file.
fn java(port: u16, authority: &str, _: &[&str]) -> Result<Command, String> {
    let store = folder("servers").join("server.p12");
    output(
        Command::new("openssl")
            .args(["pkcs12", "-export", "-passout", "pass:password", "-out"])
            .arg(&store)
            .arg("-in")
            .arg(pki().certificate("server-chain"))
            .arg("-inkey")
            .arg(pki().key("server")),
    )?;
    let mut command = Command::new("java");
    command.arg(source("Echo.java")).arg(port.to_string()).arg(&store).arg(authority);
    Ok(command)
}

fn go(port: u16, authority: &str, _: &[&str]) -> Result<Command, String> {
    let program = folder("servers").join("go-echo");
    let caches = folder("servers").join("go-cache");
    let mut build = Command::new("go");
    build.env("GOCACHE", caches).env("GO111MODULE", "off").args(["build", "-o"]);
    output(build.arg(&program).arg(source("echo.go")))?;
    Ok(with_files(&program.to_string_lossy(), &[], port, authority))
}

/// Tries something: what was agreed on, or `None` where the peer does not do it.
type Check = fn(&At<'_>) -> Result<Option<String>, Status>;

/// What is tried with each suite: its column, and how.
const CHECKS: &[(&str, Check)] = &[
    ("64 bytes, 100 KB", |at| at.echo(&Client::new(at.config()))),
    ("byte by byte", |at| at.greet(&Client { piece: 1, ..Client::new(at.config()) })),
    ("resumed", |at| at.resumed()),
    ("client 1024", |at| at.identified(1024)),
    ("client 2048", |at| at.identified(2048)),
    ("client 4096", |at| at.identified(4096)),
    ("fragments of 512", |at| at.fragments(MaxFragmentLength::Bytes512)),
    ("fragments of 4096", |at| at.fragments(MaxFragmentLength::Bytes4096)),
];

/// A suite at a running server.
struct At<'s> {
    suite: Suite,
    port: u16,
    /// The port of the same server where it asks for a certificate.
    asking: &'s dyn Fn() -> u16,
}

impl At<'_> {
    fn config(&self) -> Config<'static> {
        only(self.suite, verifying())
    }

    /// A few bytes there and back.
    fn greet(&self, client: &Client) -> Result<Option<String>, Status> {
        let mut tls = client.connect(self.port)?;
        there_and_back(&mut tls, 64)?;
        tls.close();
        Ok(Some(String::new()))
    }

    fn echo(&self, client: &Client) -> Result<Option<String>, Status> {
        let mut tls = client.connect(self.port)?;
        assert_eq!(tls.connection.suite(), Some(self.suite));
        there_and_back(&mut tls, 64)?;
        there_and_back(&mut tls, 100 * 1024)?;
        let agreed = [
            (tls.connection.extended_master_secret(), "extended master secret"),
            (tls.connection.encrypt_then_mac(), "encrypt-then-MAC"),
        ];
        tls.close();
        let agreed: Vec<&str> = agreed.iter().filter(|(is, _)| *is).map(|(_, name)| *name).collect();
        Ok(Some(agreed.join(", ")))
    }

    fn resumed(&self) -> Result<Option<String>, Status> {
        let client = Client::new(self.config());
        let mut full = client.connect(self.port)?;
        there_and_back(&mut full, 64)?;
        full.close();
        if full.connection.session().is_empty() {
            return Ok(None);
        }
        let mut again = client.resuming(&full).connect(self.port)?;
        there_and_back(&mut again, 64)?;
        let resumed = again.connection.resumed();
        again.close();
        Ok(resumed.then(String::new))
    }

    fn identified(&self, bits: u16) -> Result<Option<String>, Status> {
        let client = Client::new(with_identity(bits, self.config()));
        At { port: (self.asking)(), ..*self }.greet(&client)
    }

    fn fragments(&self, limit: MaxFragmentLength) -> Result<Option<String>, Status> {
        let config = Config { max_fragment_length: Some(limit), ..self.config() };
        let mut tls = Client::new(config).connect(self.port)?;
        let agreed = tls.connection.max_fragment_length().is_some();
        tls.close();
        if !agreed {
            return Ok(None);
        }
        self.echo(&Client { window: tls12::Connection::SMALL_RX, ..Client::new(config) })
    }
}

/// Sends so many bytes and expects them back. In parts, since an echo may not read while it writes.
fn there_and_back(tls: &mut Tls, length: usize) -> Result<(), Status> {
    let bytes: Vec<u8> = (0..length).map(|at| b'a' + u8::try_from(at % 23).unwrap()).collect();
    for part in bytes.chunks(8000) {
        // GnuTLS' echo answers line by line.
        let line = [part, b"\n"].concat();
        tls.write(&line)?;
        assert_eq!(tls.read(line.len())?, line);
    }
    Ok(())
}

/// Where a peer is at fault: peer, column, and the rule that it breaks.
const FAULTS: &[(&str, &str, &str)] = &[
    (
        "GnuTLS",
        "fragments of 512",
        "RFC 6066 §4: it sends longer records than it has agreed to; OpenSSL's client refuses them, too",
    ),
    ("GnuTLS", "fragments of 4096", "RFC 6066 §4: the same"),
    (
        "Mbed TLS 2.28",
        "fragments of 512",
        "RFC 6066 §4: its server does not cut a Certificate message that is longer than the limit",
    ),
];

/// Starts a variant of a peer.
fn start(peer: &PeerServer, authority: &str, words: &[&str]) -> Result<(Server, u16), String> {
    let port = free_port()?;
    let command = (peer.command)(port, authority, words)?;
    let ready = if peer.program == "gnutls-serv" { "done" } else { "ready" };
    Ok((Server::start(&command, ready, PATIENCE)?, port))
}

fn first_line(command: &[&str]) -> Option<String> {
    let found = Command::new(command[0]).args(&command[1..]).output().ok()?;
    let text = [found.stdout, found.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    text.lines().find(|line| !line.trim().is_empty()).map(|line| line.trim().to_owned())
}

/// A row of the table, and what failed.
fn row(peer: &PeerServer) -> (String, Vec<String>) {
    let columns = CHECKS.len() + 3;
    if find(peer.program).is_none() {
        return (
            format!("| {} | not run: no `{}` here |{}", peer.name, peer.program, " |".repeat(columns - 1)),
            vec![],
        );
    }
    let (_server, port) = match start(peer, "-", &[]) {
        Ok(started) => started,
        Err(text) => {
            let reason = text.lines().next().unwrap_or_default().to_owned();
            return (format!("| {} | not run: {reason} |{}", peer.name, " |".repeat(columns - 1)), vec![]);
        }
    };
    let mut failed = Vec::new();
    // Controls: whoever connects to another host, or trusts another authority, is told apart.
    let elsewhere = Client { host: "elsewhere.example", ..Client::new(verifying()) };
    let strangers = Config { anchors: Some(crate::files::bundle("client-1024")), ..Config::default() };
    for client in [elsewhere, Client::new(strangers)] {
        if client.connect(port).is_ok() {
            failed.push(format!("{}: the control was not found", peer.name));
        }
    }
    let authority = pki().certificate("ca").to_string_lossy().into_owned();
    let (_asking, asking_port) = start(peer, &authority, &[]).unwrap();
    let spoken: Vec<Suite> = Suite::ALL
        .into_iter()
        .filter(|suite| Client::new(only(*suite, verifying())).connect(port).is_ok())
        .collect();
    if spoken.len() != peer.suites {
        failed.push(format!("{}: {} suites and not {}", peer.name, spoken.len(), peer.suites));
    }
    let mut agreed = BTreeSet::new();
    let mut cells = Vec::new();
    for (column, check) in CHECKS {
        let (mut passed, mut done, mut faults) = (0, 0, Vec::new());
        for suite in &spoken {
            let at = At { suite: *suite, port, asking: &|| asking_port };
            match check(&at) {
                Ok(Some(text)) => {
                    (passed, done) = (passed + 1, done + 1);
                    agreed.extend(text.split(", ").filter(|text| !text.is_empty()).map(str::to_owned));
                }
                Ok(None) => {}
                Err(status) => {
                    done += 1;
                    faults.push(format!("{}, {column}, {suite}: {status}", peer.name));
                }
            }
        }
        let is_known = FAULTS.iter().any(|(name, known, _)| *name == peer.name && known == column);
        if is_known && faults.is_empty() {
            failed.push(format!("{}, {column}: a known fault is gone", peer.name));
        } else if !is_known {
            failed.append(&mut faults);
        }
        cells.push(match done {
            0 => "does not".to_owned(),
            _ => format!("{passed} of {done}"),
        });
    }
    for (name, words) in peer.variants {
        let (_server, port) = start(peer, "-", words).unwrap();
        for suite in &spoken {
            let at = At { suite: *suite, port, asking: &|| asking_port };
            let client = Client::new(at.config());
            let found = at.echo(&client).map(|agreed| agreed.unwrap_or_default());
            match found {
                Ok(agreed) if !agreed.contains(name) => {}
                other => failed.push(format!("{} without {name}, {suite}: {other:?}", peer.name)),
            }
        }
    }
    let without: Vec<&str> = peer.variants.iter().map(|(name, _)| *name).collect();
    let agreed: Vec<String> = agreed.into_iter().collect();
    let version = first_line(peer.version).unwrap_or_default();
    let text = format!(
        "| {} | {version} | {} of 10 | {} | {} | {} |",
        peer.name,
        spoken.len(),
        cells.join(" | "),
        agreed.join(", "),
        without.join(", ")
    );
    (text, failed)
}

#[test]
#[ignore = "takes minutes, Java, Go and Erlang: `cargo xtask proof interop`"]
fn every_suite_at_every_family() {
    let mut table = String::from(
        "# Interoperability\n\n\
         Written by `cargo xtask proof interop`: our client at echo servers of other families (`tests/peers/servers`), the server verified. A cell counts the suites\n\
         that did what the column says, of those that the peer speaks; \"does not\" means that the peer has no such thing. Each peer must also be refused\n\
         under another name and by another authority: a row without both is a failure. OpenSSL's own server, GnuTLS and Mosquitto are in the daily tests, too.\n\n| peer | version | suites |",
    );
    for (column, _) in CHECKS {
        let _ = write!(table, " {column} |");
    }
    let _ = writeln!(table, " agreed on | also without |\n|{}", "---|".repeat(CHECKS.len() + 5));
    let mut failed = Vec::new();
    for peer in PEERS {
        let (text, faults) = row(peer);
        println!("{text}");
        let _ = writeln!(table, "{text}");
        failed.extend(faults);
    }
    let _ = writeln!(table, "\nWhere a peer is at fault:");
    for (peer, column, rule) in FAULTS {
        let _ = writeln!(table, "- {peer}, {column}: {rule}");
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    println!("counted: {} families", PEERS.len());
    println!("control found: each refused under another name and by another authority");
    if let Some(path) = std::env::var_os("INTEROP_TABLE") {
        fs::write(PathBuf::from(path), table).unwrap();
    }
}

//! The interoperability matrix: every suite at servers of other families, each an echo server of a few lines in `servers/`.
//!
//! Takes minutes and needs what no test machine has (Java, Go, Erlang, tlslite-ng), so that `cargo xtask proof interop` runs it and
//! writes `docs/interop.md` from what it saw. A peer that is not installed is a row that says so.

mod chains;
mod servers;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    net::{Ipv4Addr, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Mutex,
        atomic::{AtomicU32, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use status::Status;
use tls12::{Config, MaxFragmentLength, Suite};
use xtask::process::{Server, find, free_port};

use crate::{
    files::{only, pki, verifying, with_identity},
    tls_client::{Client, PATIENCE, Tls},
};
use servers::{PEERS, PeerServer, Start, Talk};

/// Tries something: what was agreed on, or `None` where the peer does not do it.
type Check = fn(&At<'_>) -> Result<Option<String>, Status>;

/// What is tried with each suite: its column, and how.
const CHECKS: &[(&str, Check)] = &[
    ("64 bytes, 100 KB", |at| at.echo(&Client::new(at.config()))),
    ("byte by byte", |at| at.greet(&Client { piece: 1, ..Client::new(at.config()) })),
    ("resumed", |at| at.resumed(&Client::new(at.config()))),
    ("by identifier", |at| at.resumed(&Client::new(Config { session_tickets: false, ..at.config() }))),
    ("client 1024", |at| at.identified(1024)),
    ("client 2048", |at| at.identified(2048)),
    ("client 4096", |at| at.identified(4096)),
    ("client 4096, resumed", |at| at.identified_again()),
    ("fragments of 512", |at| at.fragments(MaxFragmentLength::Bytes512)),
    ("fragments of 1024", |at| at.fragments(MaxFragmentLength::Bytes1024)),
    ("fragments of 2048", |at| at.fragments(MaxFragmentLength::Bytes2048)),
    ("fragments of 4096", |at| at.fragments(MaxFragmentLength::Bytes4096)),
];

/// A suite at a running server.
struct At<'s> {
    suite: Suite,
    port: u16,
    /// The port of the same server where it asks for a certificate, if it can.
    asking: Option<u16>,
    talk: &'s Talk,
}

impl At<'_> {
    fn config(&self) -> Config<'static> {
        only(self.suite, verifying())
    }

    /// Connects, and says who we are where that comes first.
    fn connect(&self, client: &Client) -> Result<Tls, Status> {
        let mut tls = client.connect(self.port)?;
        if *self.talk == Talk::Mqtt {
            // CONNECT of MQTT 3.1.1 with a clean session, and SUBSCRIBE to `t`; CONNACK and SUBACK.
            static NEXT: AtomicU32 = AtomicU32::new(0);
            let name = format!("matrix{:06}", NEXT.fetch_add(1, Ordering::Relaxed));
            tls.write(&[b"\x10\x18\0\x04MQTT\x04\x02\0\0\0\x0C", name.as_bytes()].concat())?;
            tls.write(&[0x82, 6, 0, 1, 0, 1, b't', 0])?;
            assert_eq!(tls.read(9)?, [0x20, 2, 0, 0, 0x90, 3, 0, 1, 0]);
        }
        Ok(tls)
    }

    /// Sends so many bytes and expects them back. In parts, since an echo may not read while it writes.
    fn there_and_back(&self, tls: &mut Tls, length: usize) -> Result<(), Status> {
        if *self.talk == Talk::Http {
            return request(tls, length);
        }
        let bytes: Vec<u8> = (0..length).map(|at| b'a' + u8::try_from(at % 23).unwrap()).collect();
        for part in bytes.chunks(8000) {
            // GnuTLS' echo answers line by line; a broker sends a PUBLISH of quality 0 as it came.
            let line = match self.talk {
                Talk::Mqtt => {
                    let length = part.len() + 3;
                    let [low, high] = [length & 0x7F, length >> 7].map(|digit| u8::try_from(digit).unwrap());
                    let digits = if high == 0 { vec![low] } else { vec![0x80 | low, high] };
                    [&[0x30][..], &digits, &[0, 1, b't'], part].concat()
                }
                _ => [part, b"\n"].concat(),
            };
            tls.write(&line)?;
            assert_eq!(tls.read(line.len())?, line);
        }
        Ok(())
    }

    /// A few bytes there and back.
    fn greet(&self, client: &Client) -> Result<Option<String>, Status> {
        let mut tls = self.connect(client)?;
        self.there_and_back(&mut tls, 64)?;
        tls.close();
        Ok(Some(String::new()))
    }

    fn echo(&self, client: &Client) -> Result<Option<String>, Status> {
        let mut tls = self.connect(client)?;
        assert_eq!(tls.connection.suite(), Some(self.suite));
        self.there_and_back(&mut tls, 64)?;
        if *self.talk == Talk::Http {
            tls.close();
            tls = self.connect(client)?;
        }
        self.there_and_back(&mut tls, 100 * 1024)?;
        let agreed = [
            (tls.connection.extended_master_secret(), "extended master secret"),
            (tls.connection.encrypt_then_mac(), "encrypt-then-MAC"),
        ];
        tls.close();
        let agreed: Vec<&str> = agreed.iter().filter(|(is, _)| *is).map(|(_, name)| *name).collect();
        Ok(Some(agreed.join(", ")))
    }

    fn resumed(&self, client: &Client) -> Result<Option<String>, Status> {
        let mut full = self.connect(client)?;
        self.there_and_back(&mut full, 64)?;
        full.close();
        if full.connection.session().is_empty() {
            return Ok(None);
        }
        let mut again = self.connect(&client.resuming(&full))?;
        self.there_and_back(&mut again, 64)?;
        let resumed = again.connection.resumed();
        again.close();
        Ok(resumed.then(String::new))
    }

    /// The same suite where a certificate is asked for.
    fn asking(&self) -> Option<Self> {
        self.asking.map(|port| At { port, ..*self })
    }

    fn identified(&self, bits: u16) -> Result<Option<String>, Status> {
        let Some(asking) = self.asking() else { return Ok(None) };
        asking.greet(&Client::new(with_identity(bits, self.config())))
    }

    /// A ticket that holds the client's certificate is a long one.
    fn identified_again(&self) -> Result<Option<String>, Status> {
        let Some(asking) = self.asking() else { return Ok(None) };
        asking.resumed(&Client::new(with_identity(4096, self.config())))
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

/// A request of so many bytes, which comes back; NSS's server reads no more than 8 KB at once.
fn request(tls: &mut Tls, length: usize) -> Result<(), Status> {
    let line = format!("GET /{:0<1$} HTTP/1.0\r\n\r\n", "nothing", length.min(8000) - 20);
    tls.write(line.as_bytes())?;
    let (answer, _) = tls.read_to_end();
    let is_there = answer.windows(line.len() - 4).any(|part| part == line.trim().as_bytes());
    assert!(is_there, "{}", String::from_utf8_lossy(&answer));
    Ok(())
}

/// Where a peer is at fault: peer, column, and the rule that it breaks.
const FAULTS: &[(&str, &str, &str)] = &[
    (
        "GnuTLS",
        "fragments of 512",
        "RFC 6066 §4: it sends longer records than it has agreed to; OpenSSL's client refuses them, too",
    ),
    ("GnuTLS", "fragments of 1024", "RFC 6066 §4: the same"),
    ("GnuTLS", "fragments of 2048", "RFC 6066 §4: the same"),
    ("GnuTLS", "fragments of 4096", "RFC 6066 §4: the same"),
    (
        "Mbed TLS 2.28",
        "fragments of 512",
        "RFC 6066 §4: its server does not cut a Certificate message that is longer than the limit",
    ),
    ("Mbed TLS 2.28", "fragments of 1024", "RFC 6066 §4: the same"),
    ("Mbed TLS 3", "fragments of 512", "RFC 6066 §4: the same as 2.28"),
    ("Mbed TLS 3", "fragments of 1024", "RFC 6066 §4: the same"),
    (
        "BearSSL",
        "fragments of 1024",
        "RFC 6066 §4: its tool keeps the limit of the first connection that asks for one and answers others with it; OpenSSL's client refuses that, too",
    ),
    ("BearSSL", "fragments of 2048", "RFC 6066 §4: the same"),
    ("BearSSL", "fragments of 4096", "RFC 6066 §4: the same"),
];

/// Starts a peer with a chain, the authorities of clients, and the words of a variant.
fn start(
    peer: &PeerServer,
    chain: &Path,
    authority: Option<&Path>,
    words: &[&str],
) -> Result<(Server, u16), String> {
    let port = free_port()?;
    let command = (peer.command)(&Start { port, chain, authority, words })?;
    let server = Server::start(&command, peer.ready, PATIENCE)?;
    // Some say so before they do.
    let begun = Instant::now();
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() && begun.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok((server, port))
}

/// With chains of one to five certificates of every kind: how many were trusted, and what was not.
fn chains(peer: &PeerServer, suite: Suite) -> (String, Vec<String>) {
    let mut faults = Vec::new();
    for (number, chain) in chains::FILES.iter().enumerate() {
        let result = start(peer, chain, None, &[]).and_then(|(_server, port)| {
            let at = At { suite, port, asking: None, talk: &peer.talk };
            at.greet(&Client::new(at.config())).map_err(|status| status.to_string())
        });
        if let Err(text) = result {
            faults.push(format!("{}, chains, {} certificates: {text}", peer.name, number + 1));
        }
    }
    let count = chains::FILES.len();
    (format!("{} of {count}", count - faults.len()), faults)
}

/// With two hundred names of authorities before the certificate that is asked for.
fn two_hundred_names(peer: &PeerServer, suite: Suite) -> (String, Vec<String>) {
    if !peer.asks {
        return ("does not".to_owned(), Vec::new());
    }
    let chain = pki().certificate("server-chain");
    let result = start(peer, &chain, Some(&chains::TWO_HUNDRED), &[]).and_then(|(_server, port)| {
        let at = At { suite, port, asking: Some(port), talk: &peer.talk };
        at.identified(2048).map_err(|status| status.to_string())
    });
    match result {
        Ok(_) => ("1 of 1".to_owned(), Vec::new()),
        Err(text) => ("0 of 1".to_owned(), vec![format!("{}, 200 authorities: {text}", peer.name)]),
    }
}

/// What is tried once with each peer: its column, and how.
type Once = fn(&PeerServer, Suite) -> (String, Vec<String>);
const ONCE: &[(&str, Once)] = &[("chains", chains), ("200 authorities", two_hundred_names)];

fn first_line(command: &[&str]) -> Option<String> {
    let found = Command::new(command[0]).args(&command[1..]).output().ok()?;
    let text = [found.stdout, found.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    text.lines().find(|line| !line.trim().is_empty()).map(|line| line.trim().to_owned())
}

/// A row of the table, and what failed.
fn row(peer: &PeerServer) -> (String, Vec<String>) {
    if find(peer.program).is_none() {
        return (
            format!("| {} | not run: no `{}` here |{}", peer.name, peer.program, " |".repeat(COLUMNS - 2)),
            vec![],
        );
    }
    let chain = pki().certificate("server-chain");
    let (_server, port) = match start(peer, &chain, None, &[]) {
        Ok(started) => started,
        Err(text) => {
            let reason = text.lines().next().unwrap_or_default().to_owned();
            return (format!("| {} | not run: {reason} |{}", peer.name, " |".repeat(COLUMNS - 2)), vec![]);
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
    let authority = pki().certificate("ca");
    let asking = peer.asks.then(|| start(peer, &chain, Some(&authority), &[]).unwrap());
    let asking = asking.as_ref().map(|(_, port)| *port);
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
            let at = At { suite: *suite, port, asking, talk: &peer.talk };
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
    for (column, once) in ONCE {
        let (cell, mut faults) = once(peer, spoken[0]);
        let is_known = FAULTS.iter().any(|(name, known, _)| *name == peer.name && known == column);
        if is_known && faults.is_empty() {
            failed.push(format!("{}, {column}: a known fault is gone", peer.name));
        } else if !is_known {
            failed.append(&mut faults);
        }
        cells.push(cell);
    }
    for (name, words) in peer.variants {
        let (_server, port) = start(peer, &chain, None, words).unwrap();
        for suite in &spoken {
            let at = At { suite: *suite, port, asking, talk: &peer.talk };
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

/// What stands above the rows.
fn head() -> String {
    let mut text = String::from(
        "# Interoperability\n\n\
         Written by `cargo xtask proof interop`: our client at servers of other families (`tests/peers/servers`), the server verified. A cell counts the suites\n\
         that did what the column says, of those that the peer speaks; \"does not\" means that the peer has no such thing. Each peer must also be refused\n\
         under another name and by another authority: a row without both is a failure. 64 bytes and 100 KB go each way, at NSS's server 8 KB. Chains are five,\n\
         of one to five certificates with RSA keys and keys on P-256, P-384 and P-521, signed over SHA-1 to SHA-512. A peer is written when its row has no failure.\n\n| peer | version | suites |",
    );
    let columns = CHECKS.iter().map(|(column, _)| column).chain(ONCE.iter().map(|(column, _)| column));
    for column in columns {
        let _ = write!(text, " {column} |");
    }
    let _ = writeln!(text, " agreed on | also without |\n|{}", "---|".repeat(COLUMNS));
    text
}

/// How many peers are tried at the same time.
const AT_ONCE: usize = 5;

const COLUMNS: usize = CHECKS.len() + ONCE.len() + 5;

/// With the name of a peer in `INTEROP_ONLY` only that one; the other rows of the table stay.
#[test]
#[ignore = "takes minutes, Java, Go and Erlang: `cargo xtask proof interop`"]
fn every_suite_at_every_family() {
    let only = std::env::var("INTEROP_ONLY").unwrap_or_default();
    let path = std::env::var_os("INTEROP_TABLE").map(PathBuf::from);
    let before = path.as_ref().and_then(|path| fs::read_to_string(path).ok()).unwrap_or_default();
    let peers: Vec<&PeerServer> = PEERS.iter().filter(|peer| peer.name.contains(&only)).collect();
    let (rows, next) = (Mutex::new(BTreeMap::new()), AtomicUsize::new(0));
    // Peers mostly wait for their servers: some beside each other.
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(peer) = peers.get(next.fetch_add(1, Ordering::Relaxed)) {
                    // One that ends in the middle must not hide the others.
                    let found = std::panic::catch_unwind(|| row(peer))
                        .unwrap_or_else(|_| (String::new(), vec![format!("{}: see above", peer.name)]));
                    println!("{}", found.0);
                    rows.lock().unwrap().insert(peer.name, found);
                }
            });
        }
    });
    let mut rows = rows.into_inner().unwrap();
    let (mut table, mut failed, mut ran) = (head(), Vec::new(), 0_usize);
    for peer in PEERS {
        let name = format!("| {} |", peer.name);
        let is_old = |line: &&str| line.starts_with(&name) && line.matches(" |").count() == COLUMNS;
        let mut text = before.lines().find(is_old).unwrap_or_default().to_owned();
        if let Some((row, mut faults)) = rows.remove(peer.name) {
            let has_run = !row.contains("| not run: ");
            ran += usize::from(has_run && faults.is_empty());
            // A row of a machine that had the peer stays.
            if faults.is_empty() && (has_run || text.is_empty()) {
                text = row;
            }
            failed.append(&mut faults);
        }
        if !text.is_empty() {
            let _ = writeln!(table, "{text}");
        }
    }
    let _ = writeln!(table, "\nWhere a peer is at fault:");
    for (peer, column, rule) in FAULTS {
        let _ = writeln!(table, "- {peer}, {column}: {rule}");
    }
    if let Some(path) = path {
        fs::write(path, table).unwrap();
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(ran > 0, "no peer is here");
    println!("counted: {ran} families");
    println!("control found: each refused under another name and by another authority");
}

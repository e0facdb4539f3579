//! The servers of the matrix: how each is started, and how it is talked to.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
};

use xtask::process::output;

use crate::files::{folder, pki};

/// A server of another family.
pub(super) struct PeerServer {
    pub(super) name: &'static str,
    /// The program that must be there.
    pub(super) program: &'static str,
    /// What prints its version.
    pub(super) version: &'static [&'static str],
    /// How it is started.
    pub(super) command: fn(&Start<'_>) -> Result<Command, String>,
    /// What it prints when it listens.
    pub(super) ready: &'static str,
    /// What is said once the handshake is over.
    pub(super) talk: Talk,
    /// Whether it can ask for a certificate.
    pub(super) asks: bool,
    /// Its other variants: what they leave out, and the words for that.
    pub(super) variants: &'static [(&'static str, &'static [&'static str])],
    /// How many of the ten suites it speaks.
    pub(super) suites: usize,
}

/// What a server does with what it reads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Talk {
    /// It says it again.
    Echo,
    /// It answers a request with the request.
    Http,
    /// It is a broker.
    Mqtt,
}

/// What a server is started with.
pub(super) struct Start<'s> {
    pub(super) port: u16,
    /// The file with its certificates, its own first.
    pub(super) chain: &'s Path,
    /// The file with the authorities of clients; none where it does not ask.
    pub(super) authority: Option<&'s Path>,
    /// Words of the variant.
    pub(super) words: &'s [&'s str],
}

/// Without these two.
const WITHOUT: &[(&str, &[&str])] =
    &[("encrypt-then-MAC", &["no-etm"]), ("extended master secret", &["no-ems"])];

const USUAL: PeerServer = PeerServer {
    name: "",
    program: "",
    version: &[],
    command: |_| Err(String::new()),
    ready: "ready",
    talk: Talk::Echo,
    asks: true,
    variants: &[],
    suites: 10,
};

pub(super) const PEERS: &[PeerServer] = &[
    PeerServer {
        name: "OpenSSL (Python's ssl)",
        program: "python3",
        version: &["python3", "-c", "import ssl; print(ssl.OPENSSL_VERSION)"],
        command: |start| Ok(start.with_files("python3", &[&source("openssl.py")])),
        variants: WITHOUT,
        ..USUAL
    },
    PeerServer {
        name: "Mosquitto (OpenSSL)",
        program: "mosquitto",
        version: &["mosquitto", "-h"],
        command: mosquitto,
        ready: "running",
        talk: Talk::Mqtt,
        ..USUAL
    },
    PeerServer {
        name: "Node.js (OpenSSL)",
        program: "node",
        version: &["node", "-p", "process.version + ', OpenSSL ' + process.versions.openssl"],
        command: |start| Ok(start.with_files("node", &[&source("echo.js")])),
        ..USUAL
    },
    PeerServer {
        name: "GnuTLS",
        program: "gnutls-serv",
        version: &["gnutls-serv", "--version"],
        command: gnutls,
        ready: "done",
        variants: &[("encrypt-then-MAC", &[":%NO_ETM"]), ("extended master secret", &[":%NO_SESSION_HASH"])],
        ..USUAL
    },
    PeerServer {
        name: "Mbed TLS 2.28",
        program: "cc",
        version: &["dpkg-query", "-W", "-f", "${Version}", "libmbedtls-dev"],
        command: mbedtls,
        variants: WITHOUT,
        ..USUAL
    },
    PeerServer {
        name: "Mbed TLS 3",
        program: "cc",
        version: &["sh", "-c", "cat \"$INTEROP_PEERS/mbedtls3.version\""],
        command: |start| Ok(start.with_files(&built("mbedtls3")?, &[])),
        variants: WITHOUT,
        ..USUAL
    },
    PeerServer {
        name: "BearSSL",
        program: "cc",
        version: &["sh", "-c", "cat \"$INTEROP_PEERS/bearssl.version\""],
        command: bearssl,
        ready: "bound.",
        ..USUAL
    },
    PeerServer {
        name: "wolfSSL",
        program: "cc",
        version: &["sh", "-c", "cat \"$INTEROP_PEERS/wolfssl.version\""],
        command: |start| Ok(start.with_files(&built("wolfssl")?, &[])),
        suites: 8,
        ..USUAL
    },
    PeerServer {
        name: "Botan",
        program: "botan",
        version: &["botan", "version"],
        command: botan,
        ready: "Listening",
        asks: false,
        ..USUAL
    },
    PeerServer {
        name: "NSS (selfserv)",
        program: "selfserv",
        version: &["dpkg-query", "-W", "-f", "${Version}", "libnss3-tools"],
        command: nss,
        ready: "About to call accept",
        talk: Talk::Http,
        suites: 6,
        ..USUAL
    },
    PeerServer {
        name: "tlslite-ng",
        program: "python3",
        version: &["python3", "-c", "import tlslite; print(tlslite.__version__)"],
        command: tlslite,
        variants: WITHOUT,
        ..USUAL
    },
    PeerServer {
        name: "Java (JSSE)",
        program: "java",
        version: &["java", "-version"],
        command: |start| java(start, &[]),
        suites: 6,
        ..USUAL
    },
    PeerServer {
        name: "Java (BouncyCastle)",
        program: "java",
        version: &["dpkg-query", "-W", "-f", "${Version}", "libbctls-java"],
        command: |start| java(start, &[BOUNCY_CASTLE, BOUNCY_CASTLE_TLS]),
        ..USUAL
    },
    PeerServer {
        name: "Go (crypto/tls)",
        program: "go",
        version: &["go", "version"],
        command: go,
        suites: 5,
        ..USUAL
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
        command: |start| Ok(start.with_files("escript", &[&source("echo.erl")])),
        suites: 6,
        ..USUAL
    },
];

const BOUNCY_CASTLE: &str = "org.bouncycastle.jce.provider.BouncyCastleProvider";
const BOUNCY_CASTLE_TLS: &str = "org.bouncycastle.jsse.provider.BouncyCastleJsseProvider";

impl Start<'_> {
    /// `program words PORT CHAIN KEY AUTHORITY variant`
    fn with_files(&self, program: &str, words: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(words).arg(self.port.to_string()).arg(self.chain).arg(pki().key("server"));
        command.arg(self.authority.unwrap_or(Path::new("-"))).args(self.words);
        command
    }

    /// The server's certificates and key as PKCS #12.
    fn pkcs12(&self, password: &str) -> Result<PathBuf, String> {
        let store = own("store").join("server.p12");
        let mut openssl = Command::new("openssl");
        openssl.args([
            "pkcs12",
            "-export",
            "-name",
            "server",
            "-passout",
            &format!("pass:{password}"),
            "-out",
        ]);
        openssl.arg(&store).arg("-in").arg(self.chain).arg("-inkey").arg(pki().key("server"));
        output(&mut openssl)?;
        Ok(store)
    }
}

fn source(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/servers").join(name).to_string_lossy().into_owned()
}

/// A folder for one server.
fn own(name: &str) -> PathBuf {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    folder(&format!("servers/{name}-{}", NEXT.fetch_add(1, Ordering::Relaxed)))
}

/// A program that `cargo xtask proof interop` has built from a source package.
fn built(name: &str) -> Result<String, String> {
    let folder = std::env::var_os("INTEROP_PEERS").ok_or("`cargo xtask proof interop` builds it")?;
    let program = Path::new(&folder).join(name);
    if program.is_file() { Ok(program.to_string_lossy().into_owned()) } else { Err(format!("no {name}")) }
}

fn mosquitto(start: &Start<'_>) -> Result<Command, String> {
    let mut text = format!(
        "listener {} 127.0.0.1\nallow_anonymous true\nuser root\ntls_version tlsv1.2\nciphers ALL:@SECLEVEL=0\ncertfile {}\nkeyfile {}\n",
        start.port,
        start.chain.display(),
        pki().key("server").display()
    );
    if let Some(authority) = start.authority {
        text += &format!("cafile {}\nrequire_certificate true\n", authority.display());
    }
    let file = own("mosquitto").join("mosquitto.conf");
    fs::write(&file, text).map_err(|error| error.to_string())?;
    let mut command = Command::new(xtask::process::need("mosquitto")?);
    command.arg("-c").arg(file).arg("-v");
    Ok(command)
}

fn gnutls(start: &Start<'_>) -> Result<Command, String> {
    let mut command = Command::new("gnutls-serv");
    command.args(["--echo", "--nodb", "--port", &start.port.to_string(), "--priority"]);
    command.arg(format!("{}{}", crate::gnutls::PRIORITY, start.words.concat()));
    command.arg("--x509certfile").arg(start.chain).arg("--x509keyfile").arg(pki().key("server"));
    if let Some(authority) = start.authority {
        command.arg("--require-client-cert").arg("--x509cafile").arg(authority);
    }
    Ok(command)
}

fn mbedtls(start: &Start<'_>) -> Result<Command, String> {
    let program = folder("servers").join("mbedtls");
    if !program.is_file() {
        let mut compiler = Command::new("cc");
        compiler.args(["-O1", "-o"]).arg(&program).arg(source("echo.c"));
        output(compiler.args(["-lmbedtls", "-lmbedx509", "-lmbedcrypto"]))?;
    }
    Ok(start.with_files(&program.to_string_lossy(), &[]))
}

/// Its tool sends what it reads to standard output and what comes from standard input: one pipe for both.
fn bearssl(start: &Start<'_>) -> Result<Command, String> {
    let program = built("bearssl")?;
    let pipe = own("bearssl").join("pipe");
    output(Command::new("mkfifo").arg(&pipe))?;
    let authority = start.authority.map_or(String::new(), |file| format!(" -CA '{}'", file.display()));
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!(
        "exec 3<>'{}'; exec '{program}' server -b 127.0.0.1 -p {} -cert '{}' -key '{}' -vmin tls12 -vmax tls12 -cache 5000 -v{authority} <&3 >&3",
        pipe.display(),
        start.port,
        start.chain.display(),
        pki().key("server").display()
    ));
    Ok(command)
}

/// Botan reads its key as PKCS #8.
fn botan(start: &Start<'_>) -> Result<Command, String> {
    let key = own("botan").join("server.key");
    let mut openssl = Command::new("openssl");
    openssl.args(["pkcs8", "-topk8", "-nocrypt", "-in"]).arg(pki().key("server"));
    output(openssl.arg("-out").arg(&key))?;
    let mut command = Command::new("botan");
    command.arg("tls_server").arg(start.chain).arg(key).arg(format!("--port={}", start.port));
    command.arg(format!("--policy={}", source("botan.policy")));
    Ok(command)
}

/// NSS reads keys and authorities from a database of its own.
fn nss(start: &Start<'_>) -> Result<Command, String> {
    let database = own("nss");
    let name = format!("sql:{}", database.display());
    output(Command::new("certutil").args(["-N", "--empty-password", "-d", &name]))?;
    let store = start.pkcs12("")?;
    output(Command::new("pk12util").args(["-d", &name, "-W", "", "-i"]).arg(store))?;
    if let Some(authority) = start.authority {
        let mut certutil = Command::new("certutil");
        certutil.args(["-A", "-d", &name, "-n", "clients", "-t", "CT,C,C", "-i"]);
        output(certutil.arg(authority))?;
    }
    let mut command = Command::new("selfserv");
    command.current_dir(&database).args(["-d", &name, "-n", "server", "-V", "tls1.2:tls1.2", "-u", "-v"]);
    command.args(["-c", ":002F:0035:003C:003D:009C:009D", "-p", &start.port.to_string()]);
    if start.authority.is_some() {
        command.args(["-r", "-r"]);
    }
    Ok(command)
}

fn tlslite(start: &Start<'_>) -> Result<Command, String> {
    output(Command::new("python3").args(["-c", "import tlslite"]))?;
    Ok(start.with_files("python3", &[&source("echo.py")]))
}

/// Java reads its key from a PKCS #12 file.
fn java(start: &Start<'_>, providers: &[&str]) -> Result<Command, String> {
    let store = start.pkcs12("password")?;
    let mut command = Command::new("java");
    if !providers.is_empty() {
        let files = ["bctls", "bcprov", "bcutil", "bcpkix"].map(|name| format!("/usr/share/java/{name}.jar"));
        if let Some(missing) = files.iter().find(|file| !Path::new(file).exists()) {
            return Err(format!("no {missing}"));
        }
        command.args(["-cp", &files.join(":")]);
    }
    command.arg(source("Echo.java")).arg(start.port.to_string()).arg(&store);
    command.arg(start.authority.unwrap_or(Path::new("-"))).args(providers);
    Ok(command)
}

fn go(start: &Start<'_>) -> Result<Command, String> {
    let program = folder("servers").join("go-echo");
    if !program.is_file() {
        let mut build = Command::new("go");
        build.env("GOCACHE", folder("servers").join("go-cache")).env("GO111MODULE", "off");
        output(build.args(["build", "-o"]).arg(&program).arg(source("echo.go")))?;
    }
    Ok(start.with_files(&program.to_string_lossy(), &[]))
}

//! The web server as a whole: who may do what, and that nothing that is sent to it does harm.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use flate2::read::GzDecoder;
use serde_json::Value;
use xtask::{
    mosquitto::{Broker, Listener},
    pki::{HOST, Pki},
    process::Server,
};

use crate::folder;

const PATIENCE: Duration = Duration::from_secs(60);
const PASSWORD: &str = "correct horse";
/// What every path that changes something is asked with.
const CHANGES: [(&str, &str); 11] = [
    ("POST", "/settings"),
    ("POST", "/outputs"),
    ("PUT", "/certificates/ca"),
    ("POST", "/certificates/client"),
    ("PUT", "/certificates/key/check"),
    ("POST", "/certificates/ca/delete"),
    ("DELETE", "/certificates/key"),
    ("PUT", "/configuration"),
    ("POST", "/configuration"),
    ("POST", "/factory-reset"),
    ("POST", "/logout"),
];

pub(crate) struct Device {
    pub(crate) server: Server,
    /// `127.0.0.1:PORT`.
    address: String,
    cookie: String,
    token: String,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {} {}", self.head, self.body))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

impl Device {
    /// A device as it is delivered.
    fn new(name: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_device"));
        command.arg("--state").arg(folder(name));
        let server = Server::start(&command, "lease ", PATIENCE).unwrap();
        let log = server.log();
        let url =
            log.lines().find_map(|line| line.strip_prefix("http http://")).unwrap().trim_end_matches('/');
        Self { address: url.to_owned(), server, cookie: String::new(), token: String::new() }
    }

    /// A device with a password, and a session.
    pub(crate) fn set_up(name: &str) -> Self {
        let mut device = Self::new(name);
        let answer = device.form("/password", &format!("password={PASSWORD}"));
        device.remember(&answer);
        device
    }

    fn remember(&mut self, answer: &Answer) {
        assert_eq!(answer.status, 200, "{}", answer.body);
        let cookie = answer.header("Set-Cookie").unwrap();
        assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "{cookie}");
        self.cookie = cookie.split(';').next().unwrap().to_owned();
        self.token = answer.json()["token"].as_str().unwrap().to_owned();
    }

    /// Sends bytes as they are, and reads what is answered.
    fn raw(&self, request: &[u8]) -> Option<Answer> {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // The device may answer before it has read all of it.
        let _ = stream.write_all(request);
        read(&mut stream)
    }

    /// A request of somebody who is logged in, with the token.
    pub(crate) fn request(&self, method: &str, path: &str, lines: &str, body: &[u8]) -> Answer {
        let lines = format!("Cookie: {}\r\nX-Token: {}\r\n{lines}", self.cookie, self.token);
        self.anonymous(method, path, &lines, body)
    }

    /// A request of anybody.
    fn anonymous(&self, method: &str, path: &str, lines: &str, body: &[u8]) -> Answer {
        let length = body.len();
        let host =
            if lines.contains("Host: ") { String::new() } else { format!("Host: {}\r\n", self.address) };
        let head = format!("{method} {path} HTTP/1.1\r\n{host}Content-Length: {length}\r\n{lines}\r\n");
        self.raw(&[head.as_bytes(), body].concat()).unwrap_or_else(|| panic!("{method} {path}: no answer"))
    }

    pub(crate) fn form(&self, path: &str, body: &str) -> Answer {
        let body = body.replace(' ', "+");
        self.request("POST", path, "Content-Type: application/x-www-form-urlencoded\r\n", body.as_bytes())
    }

    fn get(&self, path: &str) -> Answer {
        self.request("GET", path, "", b"")
    }

    /// None where the connection was not taken.
    fn try_get(&self, path: &str) -> Option<Answer> {
        let Self { address, cookie, .. } = self;
        let mut stream = TcpStream::connect(address).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        let _ = write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nCookie: {cookie}\r\n\r\n");
        read(&mut stream)
    }

    fn settings(&self) -> Value {
        self.get("/settings.json").json()
    }
}

/// Reads an answer to its end; none for a connection that was closed without one, or within it.
fn read(stream: &mut TcpStream) -> Option<Answer> {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let (head, body) = (String::from_utf8(bytes[..end].to_vec()).unwrap(), &bytes[end + 4..]);
    let status = head.split(' ').nth(1)?.parse().ok()?;
    // The answer to HEAD has no body.
    let is_chunked = head.contains("Transfer-Encoding: chunked") && !body.is_empty();
    let body = if is_chunked { chunks(body)? } else { body.to_vec() };
    let is_packed = head.lines().any(|line| line == "Content-Encoding: gzip");
    let body = if is_packed { unpacked(&body) } else { String::from_utf8(body).unwrap() };
    Some(Answer { status, head, body })
}

/// What was packed by gzip (RFC 1952).
fn unpacked(body: &[u8]) -> String {
    let mut text = String::new();
    // The answer to HEAD has the head alone.
    if !body.is_empty() {
        GzDecoder::new(body).read_to_string(&mut text).unwrap();
    }
    text
}

/// The content of a body in chunks (RFC 9112 §7.1), which must end as such a body does; none of one that was cut off.
fn chunks(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let at = body.windows(2).position(|window| window == b"\r\n")?;
        let length = usize::from_str_radix(str::from_utf8(&body[..at]).unwrap(), 16).unwrap();
        let rest = &body[at + 2..];
        if length == 0 {
            assert_eq!(rest, b"\r\n", "the end");
            return Some(whole);
        }
        let (chunk, rest) = rest.split_at_checked(length)?;
        whole.extend_from_slice(chunk);
        body = rest.strip_prefix(b"\r\n")?;
    }
}

#[test]
fn before_the_first_password_nothing_else_is_there() {
    let mut device = Device::new("http-first-use");
    for (method, path) in
        CHANGES.into_iter().chain([("GET", "/status.json"), ("GET", "/"), ("POST", "/login")])
    {
        let answer = device.anonymous(method, path, "", b"");
        assert_eq!((answer.status, answer.header("Location")), (403, None), "{method} {path}");
        if method == "GET" {
            let answer = device.anonymous(method, path, "Accept: text/html\r\n", b"");
            assert_eq!((answer.status, answer.header("Location")), (303, Some("/password")), "{path}");
        }
    }
    assert_eq!(device.anonymous("GET", "/style.css", "", b"").status, 200);
    for (password, status) in [("short", 422), (&"x".repeat(65), 422), ("", 422)] {
        assert_eq!(device.form("/password", &format!("password={password}")).status, status, "{password}");
    }
    // A page of another server cannot set it.
    let body = format!("password={PASSWORD}").replace(' ', "+");
    let lines = "Origin: http://evil.example\r\n";
    assert_eq!(device.anonymous("POST", "/password", lines, body.as_bytes()).status, 403);
    let answer = device.form("/password", &format!("password={PASSWORD}"));
    device.remember(&answer);
    // The next one needs the first.
    assert_eq!(device.anonymous("POST", "/password", "", b"password=somethingelse").status, 401);
    assert_eq!(device.form("/password", "password=somethingelse").status, 403);
}

#[test]
fn a_change_needs_the_session_the_token_and_our_own_page() {
    let device = Device::set_up("http-access");
    let cookie = format!("Cookie: {}\r\n", device.cookie);
    let token = format!("X-Token: {}\r\n", device.token);
    for (method, path) in CHANGES {
        assert_eq!(device.anonymous(method, path, &token, b"x").status, 401, "{method} {path}: no session");
        assert_eq!(device.anonymous(method, path, &cookie, b"x").status, 403, "{method} {path}: no token");
        let wrong = format!("{cookie}X-Token: {}\r\n", "0".repeat(32));
        assert_eq!(
            device.anonymous(method, path, &wrong, b"x").status,
            403,
            "{method} {path}: another token"
        );
        let origin = "Origin: http://evil.example\r\n";
        assert_eq!(device.request(method, path, origin, b"x").status, 403, "{method} {path}: another origin");
    }
    for path in ["/", "/mqtt", "/status.json", "/settings.json", "/configuration", "/live"] {
        assert_eq!(device.anonymous("GET", path, "", b"").status, 401, "{path}");
        // Somebody's name server leads here.
        let host = format!("Host: evil.example\r\n{cookie}");
        assert_eq!(device.anonymous("GET", path, &host, b"").status, 421, "{path}");
    }
    assert_eq!(device.form("/logout", "").status, 200);
    assert_eq!(device.get("/status.json").status, 401);
}

/// Somebody tries wrong passwords until `is_over`; how many were found to be wrong.
fn attack(device: &Device, is_over: &AtomicBool) -> u32 {
    let mut wrong = 0;
    while !is_over.load(Ordering::SeqCst) {
        let answer = log_in(&device.address, &format!("guess{wrong}"));
        wrong += u32::from(answer.is_some_and(|answer| answer.status == 403));
    }
    wrong
}

/// A log-in of somebody without a cookie; none where the device has not answered.
fn log_in(address: &str, password: &str) -> Option<Answer> {
    let body = format!("password={password}").replace(' ', "+");
    let length = body.len();
    let head = format!("POST /login HTTP/1.1\r\nHost: {address}\r\nContent-Length: {length}\r\n\r\n");
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let _ = stream.write_all((head + &body).as_bytes());
    read(&mut stream)
}

/// Two try wrong passwords without end, from the owner's own address.
#[test]
fn a_neighbour_does_not_keep_the_owner_out() {
    let device = Device::set_up("http-neighbour");
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let attackers = [(); 2].map(|()| scope.spawn(|| attack(&device, &is_over)));
        let owner = scope.spawn(|| {
            // Nobody is told to come back.
            for _ in 0..3 {
                assert_eq!(log_in(&device.address, PASSWORD).unwrap().status, 200);
            }
            // Whoever is logged in is served, and can change the password.
            for _ in 0..10 {
                assert_eq!(device.get("/status.json").status, 200);
            }
            let answer = device.form("/login", &format!("password={PASSWORD}"));
            assert_eq!(answer.status, 200);
            let change = format!("current={PASSWORD}&password=battery staple");
            assert_eq!(device.form("/password", &change).status, 200);
            assert_eq!(log_in(&device.address, "battery staple").unwrap().status, 200);
        });
        let seen = owner.join();
        is_over.store(true, Ordering::SeqCst);
        let wrong: u32 = attackers.into_iter().map(|attacker| attacker.join().unwrap()).sum();
        seen.unwrap();
        assert!(wrong > 0, "they were served, too");
    });
}

/// More connections than there is room for, kept without a word, with half a request, or without reading the answer.
#[test]
fn idle_connections_give_way() {
    let mut device = Device::set_up("http-idle");
    let host = format!("Host: {}\r\n", device.address);
    let head = format!("GET / HTTP/1.1\r\n{host}");
    let body = format!("POST /login HTTP/1.1\r\n{host}Content-Length: 2000\r\n\r\n");
    let page = format!("GET /login HTTP/1.1\r\n{host}Accept: text/html\r\n\r\n");
    for beginning in ["", &head, &body, &page] {
        let mut crowd: Vec<TcpStream> = Vec::new();
        for _ in 0..5 {
            for _ in 0..12 {
                let mut stream = TcpStream::connect(&device.address).unwrap();
                let _ = stream.write_all(beginning.as_bytes());
                crowd.push(stream);
            }
            wait(|| device.try_get("/status.json").is_some_and(|answer| answer.status == 200));
            wait(|| {
                let answer = log_in(&device.address, PASSWORD);
                // The next one is asked with this session.
                answer.map(|answer| device.remember(&answer)).is_some()
            });
        }
    }
}

#[test]
fn wrong_passwords_make_one_wait() {
    let mut device = Device::set_up("http-pause");
    // During the pause nobody is answered who tries again.
    let begun = Instant::now();
    for _ in 0..3 {
        assert_eq!(log_in(&device.address, "wrong").unwrap().status, 403);
    }
    assert!(begun.elapsed() >= Duration::from_secs(1));
    // Whoever is in already is not affected.
    assert_eq!(device.get("/status.json").status, 200);
    let answer = device.form("/login", &format!("password={PASSWORD}"));
    device.remember(&answer);
    // Changing it ends every other session.
    let old = device.cookie.clone();
    let answer = device.form("/password", &format!("current={PASSWORD}&password=battery staple"));
    device.remember(&answer);
    assert_eq!(device.get("/status.json").status, 200);
    assert_eq!(device.anonymous("GET", "/status.json", &format!("Cookie: {old}\r\n"), b"").status, 401);
}

#[test]
fn settings_change_all_or_not_at_all() {
    let device = Device::set_up("http-settings");
    assert_eq!(
        device.form("/settings", "mqtt.host=broker.test&mqtt.user_name=me&mqtt.password=secret").status,
        200
    );
    let before = device.settings();
    assert_eq!(before["mqtt.host"], "broker.test");
    for (form, status, code) in [
        ("mqtt.host=other&mqtt.port=0", 422, "-0x8380"),
        ("mqtt.host=other&mqtt.enabled=maybe", 422, "-0x8380"),
        ("mqtt.host=other&network.dhcp=off&network.address=0.0.0.0", 422, "-0x8380"),
        ("mqtt.host=other&unknown=1", 400, ""),
        ("mqtt.host=other&access.password=1", 400, ""),
        ("mqtt.host=%zz", 400, ""),
    ] {
        let answer = device.form("/settings", form);
        assert_eq!(answer.status, status, "{form}");
        assert_eq!(answer.json()["error"]["code"].as_str().unwrap_or(""), code, "{form}");
        assert_eq!(device.settings(), before, "{form}");
    }
    // A saved configuration can be loaded again, and has no secret in it.
    let saved = device.get("/configuration").body;
    assert!(saved.contains("mqtt.user_name = me") && !saved.contains("password"), "{saved}");
    assert_eq!(device.form("/settings", "mqtt.host=elsewhere").status, 200);
    // Cut in the middle of a line; a whole line that is missing cannot be told, as a checksum may be.
    for damaged in
        [saved.replace("broker", "brother"), saved.replace("version 1", "version 9"), saved[..95].to_owned()]
    {
        let answer = device.request("PUT", "/configuration", "", damaged.as_bytes());
        assert_eq!(
            (answer.status, answer.json()["error"]["code"].as_str()),
            (422, Some("-0x8380")),
            "{damaged}"
        );
    }
    assert_eq!(device.settings()["mqtt.host"], "elsewhere");
    assert_eq!(device.request("PUT", "/configuration", "", saved.as_bytes()).status, 200);
    assert_eq!(device.settings(), before);
}

#[test]
fn a_bad_file_is_refused_with_its_code_and_the_old_one_stays() {
    let device = Device::set_up("http-certificates");
    let vectors = xtask::root().join("vectors/x509");
    let read = |name: &str| fs::read(vectors.join(name)).unwrap();
    let put = |path: &str, content: &[u8]| device.request("PUT", path, "", content);
    let (ca, key) = (read("certificates/root.pem"), read("keys/leaf.pem"));
    assert_eq!(put("/certificates/ca", &ca).json()["findings"], serde_json::json!([]));
    let findings = put("/certificates/key", &key).json();
    assert_eq!(findings["findings"][0]["text"], "there is no certificate to go with it");
    let before = device.get("/status.json").json()["certificates"].clone();
    assert!(before["ca"]["description"].as_str().unwrap().contains("CN=Root"), "{before}");

    let long = [ca.as_slice(), &vec![b'\n'; 4097 - ca.len()]].concat();
    let whole = [ca.as_slice(), &vec![b'\n'; 4096 - ca.len()]].concat();
    let with_key = [ca.as_slice(), &key].concat();
    for (path, content, status, code) in [
        ("/certificates/ca", b"no certificate".as_slice(), 422, "-0x2180"),
        ("/certificates/ca", long.as_slice(), 413, "-0x8280"),
        ("/certificates/ca", &[b'x'; 20_000], 413, "-0x8280"),
        ("/certificates/key", &read("keys/pkcs8-encrypted.pem"), 422, "-0x3C00"),
        ("/certificates/key", &read("keys/p256.pem"), 422, "-0x3C80"),
        ("/certificates/key", &ca, 422, "-0x3D00"),
        ("/certificates/client", b"", 400, ""),
        // It would stay in the flash when the private key is erased.
        ("/certificates/ca", &with_key, 422, ""),
        ("/certificates/client", &with_key, 422, ""),
    ] {
        let answer = put(path, content);
        assert_eq!(answer.status, status, "{path} {code}: {}", answer.body);
        assert_eq!(answer.json()["error"]["code"].as_str().unwrap_or(""), code, "{path}");
        assert_eq!(device.get("/status.json").json()["certificates"], before, "{path} {code}");
    }
    assert_eq!(put("/certificates/ca/check", &read("certificates/root-other.pem")).status, 200);
    assert_eq!(device.get("/status.json").json()["certificates"], before, "it was only looked at");
    assert_eq!(put("/certificates/ca", &whole).status, 200, "4096 bytes are not too many");

    // The key has no way out.
    let key = String::from_utf8(key).unwrap();
    for path in ["/", "/mqtt", "/system", "/status.json", "/settings.json", "/configuration"] {
        let body = device.request("GET", path, "Accept: text/html\r\n", b"").body;
        assert!(key.lines().filter(|line| line.len() == 64).all(|line| !body.contains(line)), "{path}");
    }
    for path in ["/certificates/key", "/certificates/key/check"] {
        assert_eq!(device.get(path).status, 405, "{path}");
    }
    assert_eq!(device.request("DELETE", "/certificates/key", "", b"").status, 200);
    assert_eq!(device.get("/status.json").json()["certificates"]["key"], Value::Null);
}

#[test]
fn what_is_not_a_request_is_answered_with_its_status() {
    let device = Device::set_up("http-malformed");
    let host = format!("Host: {}\r\n", device.address);
    let long = "x".repeat(3000);
    for (request, status) in [
        ("GARBAGE\r\n\r\n".to_owned(), 400),
        ("\x16\x03\x01\x02\0\x01\0\x01\r\n\r\n".to_owned(), 400),
        ("GET / HTTP/1.1\r\n\r\n".to_owned(), 400),
        (format!("GET / HTTP/2.0\r\n{host}\r\n"), 505),
        (format!("GET / HTTP/1.1\r\n{host}{host}\r\n"), 400),
        (format!("GET / HTTP/1.1\r\n{host}X: {long}\r\n\r\n"), 431),
        (format!("GET /{long} HTTP/1.1\r\n{host}\r\n"), 431),
        (format!("GET / HTTP/1.1\r\n{host}{}\r\n", "A: b\r\n".repeat(60)), 431),
        (format!("GET /nothing HTTP/1.1\r\n{host}\r\n"), 404),
        // RFC 9112 §2.2: empty lines before a request are passed over.
        (format!("\r\n\r\nGET /nothing HTTP/1.1\r\n{host}\r\n"), 404),
        (format!("PATCH / HTTP/1.1\r\n{host}\r\n"), 405),
        (format!("POST /login HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 411),
        (
            format!("POST /login HTTP/1.1\r\n{host}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
            400,
        ),
        (format!("POST /login HTTP/1.1\r\n{host}Content-Length: 3000\r\n\r\n{long}"), 413),
        (format!("POST /login HTTP/1.1\r\n{host}Content-Length: 99999999999999999999\r\n\r\n"), 413),
        (format!("POST /login HTTP/1.1\r\n{host}Content-Length: 3\r\n\r\n%zz"), 400),
    ] {
        let answer = device.raw(request.as_bytes()).unwrap_or_else(|| panic!("no answer to {request}"));
        assert_eq!(answer.status, status, "{request}: {}", answer.body);
        assert_eq!(answer.header("Connection"), Some("close"));
        if status == 405 {
            assert_eq!(answer.header("Allow"), Some("GET, HEAD"));
        }
    }
    // HEAD has the head of GET and no body; HTTP/1.0 has no chunks.
    let answer = device.request("HEAD", "/status.json", "", b"");
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    let answer = device.raw(format!("GET /style.css HTTP/1.0\r\n{host}\r\n").as_bytes()).unwrap();
    assert!(answer.header("Transfer-Encoding").is_none() && answer.body.starts_with(":root"));
    let answer = device.request("POST", "/settings", "Expect: 100-continue\r\n", b"mqtt.host=a");
    assert!(answer.status == 100 || answer.status == 200, "{}", answer.status);
}

/// Sends the beginning of a request and waits; what is answered, and after how long. Tries again where no worker is free.
fn dawdle(address: &str, beginning: &str) -> (Option<u16>, Duration) {
    loop {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let start = Instant::now();
        let _ = stream.write_all(beginning.as_bytes());
        let status = read(&mut stream).map(|answer| answer.status);
        if start.elapsed() > Duration::from_secs(1) {
            return (status, start.elapsed());
        }
    }
}

#[test]
fn who_is_slow_is_told_so_and_who_is_silent_is_left() {
    let device = Device::set_up("http-slow");
    let address = device.address.as_str();
    let body = format!("POST /login HTTP/1.1\r\nHost: {address}\r\nContent-Length: 9\r\n\r\npass");
    let cases = [("", None, 2..5), ("GET / HTTP/1.1\r\n", Some(408), 5..9), (&body, Some(408), 15..20)];
    thread::scope(|scope| {
        for (beginning, expected, within) in cases {
            scope.spawn(move || {
                let (status, time) = dawdle(address, beginning);
                assert_eq!(status, expected, "{beginning} {time:?}");
                assert!(within.contains(&time.as_secs()), "{beginning} {time:?}");
            });
        }
        // One worker is left for everybody else, as soon as it has closed its last connection.
        let request = format!("GET /style.css HTTP/1.1\r\nHost: {address}\r\n\r\n");
        for _ in 0..5 {
            wait(|| device.raw(request.as_bytes()).is_some_and(|answer| answer.status == 200));
        }
    });
}

/// A device loses its connections with its address.
#[test]
fn another_address_waits_for_the_answers() {
    let device = Device::set_up("http-address");
    let mut stream = TcpStream::connect(&device.address).unwrap();
    let Device { server, address, cookie, token } = &device;
    let head =
        format!("POST /outputs HTTP/1.1\r\nHost: {address}\r\nCookie: {cookie}\r\nX-Token: {token}\r\n");
    let kind = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 10\r\n";
    write!(stream, "{head}{kind}\r\noutput1").unwrap();
    assert_eq!(device.form("/settings", "network.host_name=kitchen").status, 200);
    thread::sleep(Duration::from_secs(1));
    assert_eq!(server.log().matches("lease ").count(), 1);
    write!(stream, "=on").unwrap();
    assert_eq!(read(&mut stream).unwrap().status, 200);
    wait(|| server.log().matches("lease ").count() == 2);
    assert_eq!(device.settings()["network.host_name"], "kitchen");
}

/// A crowd of connections, garbage on half of them: they are bounded, and the connection to the broker does not notice.
#[test]
fn a_crowd_does_not_harm_the_connection_to_the_broker() {
    let device = Device::set_up("http-crowd");
    let pki = Pki::create(&folder("http-crowd-pki")).unwrap();
    let broker = Broker::start(&folder("http-crowd-broker"), &pki, &[Listener::Tls]).unwrap();
    let port = broker.port(Listener::Tls);
    assert_eq!(HOST, "127.0.0.1");
    // The certificate is for another address than the broker's in the device's network.
    let form = format!(
        "mqtt.enabled=on&mqtt.tls=on&mqtt.verify_server_certificate=off&mqtt.host=broker.test&mqtt.port={port}"
    );
    assert_eq!(device.form("/settings", &form).status, 200);
    let status = || device.get("/status.json").json();
    wait(|| status()["connection"]["state"] == "connected");
    let before = status()["status_codes"].clone();

    let mut crowd = Vec::new();
    for number in 0..40 {
        if let Ok(mut stream) = TcpStream::connect(&device.address) {
            if number % 2 == 0 {
                let _ = stream.write_all(&[0xFF; 600]);
            }
            crowd.push(stream);
        }
    }
    // As soon as the first of them are told to go there is room again.
    let mut answered = false;
    wait(|| {
        let mut stream = TcpStream::connect(&device.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let _ = stream
            .write_all(format!("GET /style.css HTTP/1.1\r\nHost: {}\r\n\r\n", device.address).as_bytes());
        answered = read(&mut stream).is_some_and(|answer| answer.status == 200);
        answered
    });
    drop(crowd);
    let after = status();
    assert_eq!((after["connection"]["state"].as_str(), &after["status_codes"]), (Some("connected"), &before));
}

fn wait(mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "it does not come about");
        thread::sleep(Duration::from_millis(200));
    }
}

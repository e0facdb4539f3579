//! The device's HTTP requests (docs/http.md), sent by a test as a browser or a program would: over a loopback port that leads
//! to the device.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, TcpStream},
    time::Duration,
};

use serde_json::Value;

/// What the device answered.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }
}

/// A person's access to the device.
#[derive(Clone, Debug, Default)]
pub struct Session {
    port: u16,
    cookie: String,
    token: String,
}

/// Longer than the device's own limits, so that its answer and not our patience decides.
const PATIENCE: Duration = Duration::from_secs(200);

pub const PASSWORD: &str = "correct horse battery";

impl Session {
    /// Logs in; a new device gets its password.
    pub fn open(port: u16) -> Result<Self, String> {
        let session = Self { port, ..Self::default() };
        let password = format!("password={}", PASSWORD.replace(' ', "+"));
        let mut answer = session.send("POST", "/password", password.as_bytes())?;
        if answer.status != 200 {
            answer = session.send("POST", "/login", password.as_bytes())?;
        }
        if answer.status != 200 {
            return Err(format!("no log-in: {answer:?}"));
        }
        let cookie = answer.head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("set-cookie").then(|| value.split(';').next().unwrap_or("").to_owned())
        });
        let token = answer.json()["token"].as_str().unwrap_or_default().to_owned();
        Ok(Self { port, cookie: cookie.unwrap_or_default(), token })
    }

    /// One request.
    pub fn send(&self, method: &str, path: &str, body: &[u8]) -> Result<Answer, String> {
        self.try_send(method, path, body).map_err(|error| format!("{method} {path}: {error}"))
    }

    fn try_send(&self, method: &str, path: &str, body: &[u8]) -> std::io::Result<Answer> {
        let mut socket = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_nodelay(true)?;
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {}\r\n", body.len());
        if !self.cookie.is_empty() {
            request.push_str(&format!("Cookie: {}\r\nX-Token: {}\r\n", self.cookie, self.token));
        }
        if !body.starts_with(b"-----") {
            request.push_str("Content-Type: application/x-www-form-urlencoded\r\n");
        }
        request.push_str("\r\n");
        let mut bytes = request.into_bytes();
        bytes.extend_from_slice(body);
        socket.write_all(&bytes)?;
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer)?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| std::io::Error::other(format!("no HTTP: {answer:?}")))?;
        Ok(Answer { status, head: head.to_owned(), body: body.to_owned() })
    }

    /// The device's status.
    pub fn status(&self) -> Result<Value, String> {
        let answer = self.send("GET", "/status.json", b"")?;
        if answer.status == 200 { Ok(answer.json()) } else { Err(format!("{answer:?}")) }
    }

    /// A request that must be answered with 200.
    pub fn must(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        let answer = self.send(method, path, body).unwrap();
        assert_eq!(answer.status, 200, "{method} {path}: {answer:?}");
        answer
    }

    /// Settings, as pairs of names and values.
    pub fn set(&self, settings: &[(&str, &str)]) {
        let form: Vec<String> = settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
        self.must("POST", "/settings", form.join("&").as_bytes());
    }

    /// Loads a file: `ca`, `client` or `key`.
    pub fn load(&self, slot: &str, pem: &[u8]) -> Answer {
        self.must("PUT", &format!("/certificates/{slot}"), pem)
    }
}

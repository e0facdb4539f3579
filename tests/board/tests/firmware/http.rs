//! The device's HTTP requests (docs/http.md), sent as a browser or a program would: over a loopback port that leads to the
//! device. Nothing here writes a device's flash.

use std::time::Duration;

use serde_json::Value;
pub(crate) use xtask::device::http::Answer;
use xtask::device::http::{form, request};

/// Longer than the device's own limits, so that its answer and not our patience decides.
const PATIENCE: Duration = Duration::from_secs(200);

const PASSWORD: [(&str, &str); 1] = [("password", "correct horse battery")];

/// A person's access to the device.
#[derive(Clone, Debug, Default)]
pub(crate) struct Session {
    port: u16,
    cookie: String,
    token: String,
    /// Whether the device had no password before.
    pub(crate) is_first: bool,
}

impl Session {
    /// Logs in; a new device gets its password.
    ///
    /// # Errors
    /// While the device does not answer.
    pub(crate) fn open(port: u16) -> Result<Self, String> {
        let mut session = Self { port, ..Self::default() };
        let password = form(&PASSWORD);
        let mut answer = session.send("POST /password", password.as_bytes())?;
        session.is_first = answer.status == 200;
        if !session.is_first {
            answer = session.send("POST /login", password.as_bytes())?;
        }
        let cookie = answer.header("Set-Cookie").and_then(|cookie| cookie.split(';').next());
        let (Some(cookie), Some(token)) = (cookie, answer.json("token")) else {
            return Err(format!("no log-in: {answer:?}"));
        };
        (session.cookie, session.token) = (cookie.to_owned(), token.to_owned());
        Ok(session)
    }

    /// One request.
    ///
    /// # Errors
    /// When there is no answer.
    pub(crate) fn send(&self, line: &str, body: &[u8]) -> Result<Answer, String> {
        let mut headers = vec![("Content-Type", "application/x-www-form-urlencoded")];
        if !self.cookie.is_empty() {
            headers.extend([("Cookie", self.cookie.as_str()), ("X-Token", self.token.as_str())]);
        }
        request(self.port, line, &headers, body, PATIENCE)
    }

    /// The device's status.
    ///
    /// # Errors
    /// When it does not tell.
    pub(crate) fn status(&self) -> Result<Value, String> {
        let answer = self.send("GET /status.json", b"")?;
        if answer.status != 200 {
            return Err(format!("{answer:?}"));
        }
        serde_json::from_str(&answer.body).map_err(|error| format!("{error}: {}", answer.body))
    }

    /// A request that must be answered with 200.
    pub(crate) fn must(&self, line: &str, body: &[u8]) -> Answer {
        let answer = self.send(line, body).unwrap();
        assert_eq!(answer.status, 200, "{line}: {answer:?}");
        answer
    }

    /// Changes settings.
    pub(crate) fn set(&self, settings: &[(&str, &str)]) {
        self.must("POST /settings", form(settings).as_bytes());
    }

    /// Loads a file: `ca`, `client` or `key`.
    pub(crate) fn load(&self, slot: &str, pem: &[u8]) -> Answer {
        self.must(&format!("PUT /certificates/{slot}"), pem)
    }
}

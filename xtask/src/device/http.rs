//! Just enough of an HTTP client (RFC 9112) for a device that answers one request per connection.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    time::Duration,
};

/// The longest answer that is read, in bytes.
const MAX_ANSWER: u64 = 1024 * 1024;

/// An answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The header lines.
    pub head: String,
    /// The body.
    pub body: String,
}

impl Answer {
    /// A header field's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    /// The value of the first member `name` of the JSON body, as it stands there; a string without its quotation marks.
    ///
    /// Enough for a program that knows what it asks for; it does not unescape.
    pub fn json(&self, name: &str) -> Option<&str> {
        let after = self.body.split_once(&format!("\"{name}\":"))?.1.trim_start();
        match after.strip_prefix('"') {
            Some(text) => text.split('"').next(),
            None => after.split([',', '}', ']', '\n']).next().map(str::trim),
        }
    }
}

/// Sends a request to a port of 127.0.0.1 and reads the whole answer.
///
/// `within` is how long connecting, and each pause while reading or writing, may take.
///
/// # Errors
/// When nobody answers, or what answers is no HTTP.
pub fn request(
    port: u16,
    request_line: &str,
    headers: &[(&str, &str)],
    body: &[u8],
    within: Duration,
) -> Result<Answer, String> {
    let failed = |error: std::io::Error| format!("{request_line}: {error}");
    let mut head = format!("{request_line} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, within).map_err(failed)?;
    stream
        .set_read_timeout(Some(within))
        .and_then(|()| stream.set_write_timeout(Some(within)))
        .map_err(failed)?;
    stream.write_all(&[head.as_bytes(), body].concat()).map_err(failed)?;
    let mut bytes = Vec::new();
    // A device that refuses early resets what it does not read; what it said before counts.
    let read = stream.take(MAX_ANSWER).read_to_end(&mut bytes);
    parse(&String::from_utf8_lossy(&bytes)).ok_or_else(|| match read {
        Err(error) => failed(error),
        Ok(_) => format!("{request_line}: no HTTP: {:?}", String::from_utf8_lossy(&bytes)),
    })
}

fn parse(text: &str) -> Option<Answer> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let (line, head) = head.split_once("\r\n").unwrap_or((head, ""));
    let status = line.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
    let mut answer = Answer { status, head: head.to_owned(), body: body.to_owned() };
    if answer.header("Transfer-Encoding") == Some("chunked") {
        answer.body = unchunked(body)?;
    }
    Some(answer)
}

/// A body in chunks (RFC 9112 §7.1), all of it; none when the last one is missing.
fn unchunked(mut rest: &str) -> Option<String> {
    let mut body = String::new();
    loop {
        let (length, after) = rest.split_once("\r\n")?;
        let length = usize::from_str_radix(length.split(';').next()?.trim(), 16).ok()?;
        let (chunk, after) = after.split_at_checked(length)?;
        if length == 0 {
            return Some(body);
        }
        body.push_str(chunk);
        rest = after.strip_prefix("\r\n")?;
    }
}

/// Pairs as a form's body (application/x-www-form-urlencoded).
pub fn form(pairs: &[(&str, &str)]) -> String {
    let mut body = String::new();
    for (name, value) in pairs {
        if !body.is_empty() {
            body.push('&');
        }
        for (text, end) in [(name, "="), (value, "")] {
            for byte in text.bytes() {
                if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                    body.push(char::from(byte));
                } else {
                    body.push_str(&format!("%{byte:02X}"));
                }
            }
            body.push_str(end);
        }
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_taken_apart() {
        let text = "HTTP/1.1 200 OK\r\nSet-Cookie: session=1; HttpOnly\r\nX: y\r\n\r\n{\"a\":{\"state\":\"on\"},\"b\": 12}";
        let answer = parse(text).unwrap();
        assert_eq!((answer.status, answer.header("set-cookie")), (200, Some("session=1; HttpOnly")));
        assert_eq!(
            (answer.json("state"), answer.json("b"), answer.json("c")),
            (Some("on"), Some("12"), None)
        );
        assert_eq!(parse("HTTP/1.1 200 OK"), None);
        let chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n003\r\nabc\r\n2;x\r\nde\r\n";
        assert_eq!(parse(&format!("{chunks}0\r\n\r\n")).unwrap().body, "abcde");
        assert_eq!(parse(chunks), None);
        assert_eq!(parse("SSH-2.0\r\n\r\n"), None);
    }

    #[test]
    fn a_form_is_encoded() {
        assert_eq!(form(&[("a", "x y"), ("b_c", "ü&=")]), "a=x%20y&b_c=%C3%BC%26%3D");
    }
}

//! An answer: its head, and its body, window by window, in chunks (RFC 9112 §7.1), so that a client notices if a part is missing.

use core::fmt::{self, Display, Write};

use embassy_net::tcp::TcpSocket;

use super::head::Method;
use crate::window::{Text, Window};

/// What is sent.
pub struct Answer<'a> {
    /// The status (RFC 9110 §15).
    pub status: u16,
    /// The type of the body.
    pub kind: Kind,
    /// The lines of the head that only some answers have.
    pub lines: &'a [Line<'a>],
    /// The body.
    pub body: Body<'a>,
}

/// The body of an answer.
pub enum Body<'a> {
    /// A text, written as it is needed.
    Text(&'a Text<'a>),
    /// A file that is packed by gzip.
    Gzip(&'static [u8]),
}

/// The type of a body.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A page.
    Html,
    /// For programs.
    Json,
    /// The style sheet, packed: it may be kept, as its name changes with the firmware.
    Style,
    /// The script, packed.
    Script,
    /// A file to be saved.
    File,
}

/// A line of the head that only some answers have.
pub enum Line<'a> {
    /// A new session's cookie.
    Cookie(&'a dyn Display),
    /// The end of the session's cookie.
    NoCookie,
    /// Where to go on, as GET: a path, and a query if there is one.
    SeeOther(&'static str, Option<&'static str>),
    /// The methods that there are (RFC 9110 §10.2.1).
    Allow(&'static [Method]),
    /// The seconds to wait.
    RetryAfter(u8),
}

/// The connection is lost, or nobody reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::web) struct Lost;

/// Digits of a chunk's length, and CR LF.
const CHUNK_HEAD: usize = 5;
/// CR LF after a chunk.
const CHUNK_TAIL: usize = 2;

impl Answer<'_> {
    /// Sends the answer. Without a body for HEAD; in chunks only to a client that knows them.
    pub(in crate::web) async fn send(
        &self,
        socket: &mut TcpSocket<'_>,
        buffer: &mut [u8],
        with_body: bool,
        is_1_1: bool,
    ) -> Result<(), Lost> {
        let mut window = Window::new(buffer, 0);
        // Some hundred bytes: it fits.
        self.write_head(is_1_1, &mut window).map_err(|_| Lost)?;
        let used = window.used();
        write_all(socket, buffer.get(..used).unwrap_or_default()).await?;
        if with_body { self.send_body(socket, buffer, is_1_1).await } else { Ok(()) }
    }

    async fn send_body(
        &self,
        socket: &mut TcpSocket<'_>,
        buffer: &mut [u8],
        is_chunked: bool,
    ) -> Result<(), Lost> {
        let room = buffer.len().saturating_sub(CHUNK_TAIL);
        let mut sent = 0_usize;
        loop {
            let data = buffer.get_mut(CHUNK_HEAD..room).unwrap_or_default();
            let mut window = Window::new(data, sent);
            let is_last = match self.body {
                Body::Text(text) => text(&mut window),
                Body::Gzip(file) => window.write(file),
            }
            .is_ok();
            let used = window.used();
            if used == 0 {
                break;
            }
            let end = CHUNK_HEAD.saturating_add(used);
            if is_chunked {
                // The buffer is shorter than three digits can say.
                let _ = write!(Window::new(buffer, 0), "{used:03x}\r\n");
                let tail = buffer.get_mut(end..).unwrap_or_default();
                let _ = Window::new(tail, 0).write_str("\r\n");
                let end = end.saturating_add(CHUNK_TAIL);
                write_all(socket, buffer.get(..end).unwrap_or_default()).await?;
            } else {
                write_all(socket, buffer.get(CHUNK_HEAD..end).unwrap_or_default()).await?;
            }
            sent = sent.saturating_add(used);
            if is_last {
                break;
            }
        }
        if is_chunked { write_all(socket, b"0\r\n\r\n").await } else { Ok(()) }
    }

    /// Writes the head.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_head(&self, is_chunked: bool, out: &mut dyn Write) -> fmt::Result {
        write!(out, "HTTP/1.1 {} {}{}", self.status, phrase(self.status), COMMON)?;
        let kind = match self.kind {
            Kind::Html => "text/html; charset=utf-8\r\n",
            Kind::Json => "application/json\r\n",
            Kind::Style => "text/css\r\nContent-Encoding: gzip\r\n",
            Kind::Script => "text/javascript\r\nContent-Encoding: gzip\r\n",
            Kind::File => {
                "text/plain; charset=utf-8\r\nContent-Disposition: attachment; filename=\"configuration.txt\"\r\n"
            }
        };
        let caching = match self.kind {
            Kind::Style | Kind::Script => "max-age=86400",
            Kind::Html | Kind::Json | Kind::File => "no-store",
        };
        write!(out, "{kind}Cache-Control: {caching}\r\n")?;
        self.lines.iter().try_for_each(|line| line.write(out))?;
        out.write_str(if is_chunked { "Transfer-Encoding: chunked\r\n\r\n" } else { "\r\n" })
    }
}

impl Line<'_> {
    fn write(&self, out: &mut dyn Write) -> fmt::Result {
        match self {
            Self::Cookie(cookie) => {
                write!(out, "Set-Cookie: session={cookie}; Path=/; HttpOnly; SameSite=Strict\r\n")
            }
            Self::NoCookie => {
                let end = "Set-Cookie: session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict\r\n";
                write!(out, "{end}")
            }
            Self::SeeOther(path, None) => write!(out, "Location: {path}\r\n"),
            Self::SeeOther(path, Some(query)) => write!(out, "Location: {path}?{query}\r\n"),
            Self::Allow(methods) => {
                out.write_str("Allow: ")?;
                for (index, method) in methods.iter().enumerate() {
                    write!(out, "{}{}", if index == 0 { "" } else { ", " }, method.name())?;
                }
                out.write_str("\r\n")
            }
            Self::RetryAfter(seconds) => write!(out, "Retry-After: {seconds}\r\n"),
        }
    }
}

/// Nothing from elsewhere, no script but ours, in nobody's frame. `same-origin`, as with `no-referrer` browsers hide the origin of
/// our own forms.
const COMMON: &str = "\r\nContent-Security-Policy: default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
     img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'\r\n\
     X-Content-Type-Options: nosniff\r\nReferrer-Policy: same-origin\r\nConnection: close\r\nContent-Type: ";

/// The phrase of a status (RFC 9110 §15).
const fn phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        303 => "See Other",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        411 => "Length Required",
        413 => "Content Too Large",
        421 => "Misdirected Request",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        _ => "Internal Server Error",
    }
}

async fn write_all(socket: &mut TcpSocket<'_>, mut bytes: &[u8]) -> Result<(), Lost> {
    while !bytes.is_empty() {
        let written = socket.write(bytes).await.map_err(|_| Lost)?;
        bytes = bytes.get(written..).unwrap_or_default();
    }
    Ok(())
}

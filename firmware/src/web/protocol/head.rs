//! A request's head (RFC 9112): a view of the bytes that have arrived.
//!
//! All lines are checked before one is looked at, and read in one way only: lines end in CR LF, names are tokens that a colon
//! follows at once, values have no control characters, nothing is folded. A laxer reader and ours could see two different requests.
//! Deliberately absent: chunked bodies, more than one request on a connection, ranges, conditions.

use core::str;

use heapless::String;

use super::{multipart::MAX_BOUNDARY_LENGTH, parameter::Parameter};
use crate::ascii::{cut, cut_text, decimal, find};

/// How many header lines a request may have; a browser sends about 15.
const MAX_HEADERS: usize = 40;

/// A method; no path has any other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Method {
    /// Reads.
    Get,
    /// Reads, without the body.
    Head,
    /// Changes.
    Post,
    /// Stores.
    Put,
    /// Erases.
    Delete,
    /// Any other.
    Other,
}

impl Method {
    /// From its name.
    pub fn from_name(name: &str) -> Self {
        match name {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "POST" => Self::Post,
            "PUT" => Self::Put,
            "DELETE" => Self::Delete,
            _ => Self::Other,
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
            Self::Other => "",
        }
    }

    /// Whether nothing changes (RFC 9110 §9.2.1).
    pub const fn is_safe(self) -> bool {
        matches!(self, Self::Get | Self::Head)
    }
}

/// A request's head.
pub struct Head<'a> {
    /// The method.
    pub method: Method,
    /// Whom the request is for: the target's authority (RFC 9112 §3.2.2), or else `Host`; it may be empty.
    pub host: &'a [u8],
    /// The path.
    pub path: &'a str,
    /// The query, without its question mark.
    pub query: &'a str,
    /// Whether the client is of HTTP/1.1.
    pub is_1_1: bool,
    lines: Lines<'a>,
}

/// What the head says of the body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Framing {
    /// The length of the body in bytes; `None` where none is given.
    pub length: Option<usize>,
    /// Whether the body is chunked, which is not supported.
    pub is_chunked: bool,
    /// What the body is.
    pub content: Content,
    /// Whether the client waits to be asked for the body (RFC 9110 §10.1.1).
    pub expects_continue: bool,
}

/// What a body is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Content {
    /// The fields of a form.
    Form,
    /// A form with files, with this boundary.
    Multipart(String<MAX_BOUNDARY_LENGTH>),
    /// A file as it is.
    Plain,
}

/// Why a request cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// It is not HTTP, contradicts itself, or breaks off.
    Malformed,
    /// It is of another version of HTTP.
    Version,
    /// Its head has too many lines, or too many bytes.
    HeadTooLarge,
    /// Its form has too many bytes.
    FormTooLarge,
    /// Its form cannot be decoded.
    FormMalformed,
    /// It does not arrive in time.
    TooSlow,
}

impl<'a> Head<'a> {
    /// Reads a whole head, to the empty line at its end.
    ///
    /// # Errors
    /// Why the request cannot be answered.
    pub fn read(bytes: &'a [u8]) -> Result<Self, Fault> {
        let (line, lines) = cut(bytes, END_OF_LINE).ok_or(Fault::Malformed)?;
        let (method, target, is_1_1) = request_line(line)?;
        let lines = Lines::check(lines)?;
        let (authority, target) = split_target(target);
        let host = match (authority, lines.only(b"host")?) {
            // RFC 9112 §3.2: a request of HTTP/1.1 without Host is malformed.
            (_, None) if is_1_1 => return Err(Fault::Malformed),
            (Some(authority), _) => authority.as_bytes(),
            (None, host) => host.unwrap_or_default(),
        };
        let (path, query) = cut_text(target, "?").unwrap_or((target, ""));
        Ok(Self { method: Method::from_name(method), host, path, query, is_1_1, lines })
    }

    /// The value of a line that may be there once; `name` in lower case.
    ///
    /// # Errors
    /// [`Fault::Malformed`] where it is there twice.
    pub fn only(&self, name: &'static [u8]) -> Result<Option<&'a [u8]>, Fault> {
        self.lines.only(name)
    }

    /// The pairs of all cookies (RFC 6265 §5.4).
    pub fn cookies(&self) -> impl Iterator<Item = &'a [u8]> {
        self.lines.all(b"cookie").flat_map(|line| parts(line, b';'))
    }

    /// The pairs of the query.
    pub fn pairs(&self) -> impl Iterator<Item = &'a [u8]> {
        parts(self.query.as_bytes(), b'&')
    }

    /// Whether `Accept` names this type.
    pub fn accepts(&self, kind: &[u8]) -> bool {
        self.lines.all(b"accept").any(|accept| find(accept, kind).is_some())
    }

    /// What the head says of the body.
    ///
    /// # Errors
    /// [`Fault::Malformed`] where it says two things, or nothing that can be understood.
    pub fn framing(&self) -> Result<Framing, Fault> {
        let (length, is_chunked) = body_length(&self.lines)?;
        let expect = self.only(b"expect")?;
        Ok(Framing {
            length,
            is_chunked,
            content: content(self.only(b"content-type")?)?,
            expects_continue: expect.is_some_and(|expect| expect.eq_ignore_ascii_case(b"100-continue")),
        })
    }
}

const END_OF_LINE: &[u8] = b"\r\n";

/// Method, target, and whether the version is 1.1 (RFC 9112 §3).
fn request_line(line: &[u8]) -> Result<(&str, &str, bool), Fault> {
    let line = str::from_utf8(line).map_err(|_| Fault::Malformed)?;
    let (method, rest) = cut_text(line, " ").ok_or(Fault::Malformed)?;
    let (target, version) = cut_text(rest, " ").ok_or(Fault::Malformed)?;
    let is_1_1 = match version {
        "HTTP/1.1" => true,
        "HTTP/1.0" => false,
        _ if version.starts_with("HTTP/") => return Err(Fault::Version),
        _ => return Err(Fault::Malformed),
    };
    let is_target = !target.is_empty() && target.bytes().all(|byte| byte.is_ascii_graphic());
    if is_target && is_token(method.as_bytes()) {
        Ok((method, target, is_1_1))
    } else {
        Err(Fault::Malformed)
    }
}

/// RFC 9110 §5.6.2.
fn is_token(text: &[u8]) -> bool {
    let is_allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !text.is_empty() && text.iter().all(is_allowed)
}

/// The parts between separators, without the blanks around them.
fn parts(text: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    text.split(move |byte| *byte == separator).map(<[u8]>::trim_ascii)
}

/// The lines after the first, each with its end, to the empty one.
struct Lines<'a>(&'a [u8]);

impl<'a> Lines<'a> {
    /// Checks every line (RFC 9112 §5, RFC 9110 §5.5).
    fn check(lines: &'a [u8]) -> Result<Self, Fault> {
        let mut rest = lines;
        // Each turn takes a line.
        for _ in 0..=MAX_HEADERS {
            let (line, others) = cut(rest, END_OF_LINE).ok_or(Fault::Malformed)?;
            if line.is_empty() {
                return Ok(Self(lines));
            }
            let (name, value) = cut(line, b":").ok_or(Fault::Malformed)?;
            if !is_token(name) || value.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') {
                return Err(Fault::Malformed);
            }
            rest = others;
        }
        Err(Fault::HeadTooLarge)
    }

    /// The values of all lines of this name. What is not ASCII in them is opaque (RFC 9110 §5.5).
    fn all(&self, name: &'static [u8]) -> impl Iterator<Item = &'a [u8]> {
        parts(self.0, b'\n').filter_map(move |line| {
            let (found, value) = cut(line, b":")?;
            found.eq_ignore_ascii_case(name).then_some(value.trim_ascii())
        })
    }

    /// The value of a line that may be there once.
    fn only(&self, name: &'static [u8]) -> Result<Option<&'a [u8]>, Fault> {
        let mut values = self.all(name);
        let value = values.next();
        if values.next().is_some() { Err(Fault::Malformed) } else { Ok(value) }
    }
}

/// The absolute form names the host before the path (RFC 9112 §3.2.2).
fn split_target(target: &str) -> (Option<&str>, &str) {
    match target.strip_prefix("http://") {
        Some(rest) => {
            let at = find(rest.as_bytes(), b"/").unwrap_or(rest.len());
            let (authority, path) = rest.split_at_checked(at).unwrap_or((rest, ""));
            (Some(authority), if path.is_empty() { "/" } else { path })
        }
        None => (None, target),
    }
}

/// The length, and whether there is one at all. Two of them would let others see another request than we do (RFC 9112 §6.3).
fn body_length(lines: &Lines<'_>) -> Result<(Option<usize>, bool), Fault> {
    let is_chunked = lines.only(b"transfer-encoding")?.is_some();
    match lines.only(b"content-length")? {
        Some(length) if !is_chunked && !length.is_empty() && length.iter().all(u8::is_ascii_digit) => {
            // What does not fit in a number is too long in any case.
            Ok((Some(decimal(length).map_or(usize::MAX, |length| length as usize)), false))
        }
        Some(_) => Err(Fault::Malformed),
        None => Ok((None, is_chunked)),
    }
}

fn content(content_type: Option<&[u8]>) -> Result<Content, Fault> {
    let content_type = content_type.unwrap_or_default();
    let kind = parts(content_type, b';').next().unwrap_or_default();
    if kind.eq_ignore_ascii_case(b"application/x-www-form-urlencoded") {
        return Ok(Content::Form);
    }
    if !kind.eq_ignore_ascii_case(MULTIPART) {
        return Ok(Content::Plain);
    }
    let mut boundary = Parameter::<MAX_BOUNDARY_LENGTH>::new(MULTIPART, b"boundary");
    content_type.iter().for_each(|byte| boundary.push(*byte));
    let boundary =
        boundary.value().and_then(|text| str::from_utf8(text).ok()).filter(|text| !text.is_empty());
    boundary.and_then(|text| String::try_from(text).ok()).map(Content::Multipart).ok_or(Fault::Malformed)
}

const MULTIPART: &[u8] = b"multipart/form-data";

//! A request's head (RFC 9112): what is looked at of it, taken out so that its memory is free for the body.
//!
//! All lines are checked before one is looked at, and read in one way only: lines end in CR LF, names are tokens that a colon
//! follows at once, values have no control characters, nothing is folded. Whatever is laxer lets others see another request than
//! we do. Deliberately absent: chunked bodies, more than one request on a connection, ranges, conditions.

use core::str;

use heapless::String;

use super::{
    multipart::MAX_BOUNDARY_LENGTH,
    parameter::Parameter,
    routes::{Done, Method, Page, Route},
    sessions::Secret,
};
use crate::ascii::{address, cut, cut_text, decimal, find};

/// How many header lines a request may have; a browser sends about 15.
const MAX_HEADERS: usize = 40;

/// What is looked at of a request's head.
pub struct Head {
    /// The method.
    pub method: Method,
    /// What the path names, if it names something.
    pub route: Option<Route>,
    /// The page in the query `page=`: where a browser is led after a change.
    pub page: Option<Page>,
    /// What the query says that has been done.
    pub done: Option<Done>,
    /// Whether `Host` is one of the device's names: else somebody's name server points to the device (DNS rebinding).
    pub is_for_us: bool,
    /// Whether the request does not come from a page of another server.
    pub is_same_origin: bool,
    /// The session's cookie.
    pub session: Option<Secret>,
    /// The token of `X-Token`.
    pub token: Option<Secret>,
    /// The length of the body in bytes; `None` where none is given.
    pub length: Option<usize>,
    /// Whether the body is chunked, which is not supported.
    pub is_chunked: bool,
    /// What the body is.
    pub content: Content,
    /// Whether the client would rather have a page than JSON.
    pub wants_page: bool,
    /// Whether the client is of HTTP/1.1.
    pub is_1_1: bool,
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

/// Why a head cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// It is not HTTP, or contradicts itself.
    Malformed,
    /// It is of another version of HTTP.
    Version,
    /// It has too many lines.
    TooLarge,
}

impl Head {
    /// Reads a whole head, to the empty line at its end.
    ///
    /// # Errors
    /// The reason why the request cannot be answered.
    pub fn read(bytes: &[u8], own_name: OwnName<'_>) -> Result<Self, Fault> {
        let (line, lines) = cut(bytes, END_OF_LINE).ok_or(Fault::Malformed)?;
        let (method, target, is_1_1) = request_line(line)?;
        let headers = Headers::check(lines)?;
        let (authority, target) = split_target(target);
        let host = match (authority, headers.only(b"host")?) {
            // RFC 9112 §3.2: a request of HTTP/1.1 without Host is malformed.
            (_, None) if is_1_1 => return Err(Fault::Malformed),
            (Some(authority), _) => authority.as_bytes(),
            (None, host) => host.unwrap_or_default(),
        };
        let (path, query) = cut_text(target, "?").unwrap_or((target, ""));
        let (length, is_chunked) = body_length(&headers)?;
        Ok(Self {
            method: Method::from_name(method),
            route: Route::from_path(path),
            page: page(query),
            done: done(query),
            is_for_us: own_name.is(host),
            is_same_origin: is_same_origin(&headers, host)?,
            session: headers.session(),
            token: headers.only(b"x-token")?.and_then(Secret::read),
            length,
            is_chunked,
            content: content(headers.only(b"content-type")?)?,
            wants_page: headers.all(b"accept").any(|accept| find(accept, b"text/html").is_some()),
            is_1_1,
            expects_continue: headers
                .only(b"expect")?
                .is_some_and(|expect| expect.eq_ignore_ascii_case(b"100-continue")),
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
struct Headers<'a>(&'a [u8]);

impl<'a> Headers<'a> {
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
        Err(Fault::TooLarge)
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

    /// The session's cookie (RFC 6265 §5.4), if it is one of ours.
    fn session(&self) -> Option<Secret> {
        let mut cookies = self.all(b"cookie").flat_map(|line| parts(line, b';'));
        cookies.find_map(|cookie| Secret::read(cookie.strip_prefix(b"session=")?))
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
fn body_length(headers: &Headers<'_>) -> Result<(Option<usize>, bool), Fault> {
    let is_chunked = headers.only(b"transfer-encoding")?.is_some();
    match headers.only(b"content-length")? {
        Some(length) if !is_chunked && !length.is_empty() && length.iter().all(u8::is_ascii_digit) => {
            // What does not fit in a number is too long in any case.
            Ok((Some(decimal(length).map_or(usize::MAX, |length| length as usize)), false))
        }
        Some(_) => Err(Fault::Malformed),
        None => Ok((None, is_chunked)),
    }
}

/// The page that a query names.
fn page(query: &str) -> Option<Page> {
    let name = parts(query.as_bytes(), b'&').find_map(|pair| pair.strip_prefix(b"page="))?;
    Page::ALL.into_iter().find(|page| page.name().as_bytes() == name)
}

/// What a query says that has been done.
fn done(query: &str) -> Option<Done> {
    let mut pairs = parts(query.as_bytes(), b'&');
    pairs.find_map(|pair| Done::ALL.into_iter().find(|done| done.query().as_bytes() == pair))
}

/// What the device is called, for [`Head::read`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OwnName<'a> {
    /// The host name; it may be empty.
    pub host: &'a str,
    /// The network's domain, if one is set.
    pub domain: &'a str,
}

/// Domains that routers put behind a host name, and none that somebody outside could have: `local` (RFC 6762), `home.arpa` (RFC 8375),
/// `internal` (reserved by ICANN), others that are no top-level domains, and that of the routers of AVM.
const LOCAL_DOMAINS: [&str; 7] =
    ["local", "lan", "home.arpa", "internal", "home", "localdomain", "fritz.box"];

impl OwnName<'_> {
    /// Whether this `Host` is the device's. An address cannot be rebound: only a name can. A name is the device's own only where its first
    /// label is the host name and the rest a domain that nobody outside can give names in, or the one that is set.
    fn is(&self, host: &[u8]) -> bool {
        let (name, port) = cut(host, b":").unwrap_or((host, b""));
        let name = name.strip_suffix(b".").unwrap_or(name);
        let (label, domain) = match cut(name, b".") {
            Some((label, domain)) => (label, Some(domain)),
            None => (name, None),
        };
        let is_local = domain.is_none_or(|domain| {
            let known = LOCAL_DOMAINS.into_iter().chain([self.domain]).filter(|known| !known.is_empty());
            known.into_iter().any(|known| domain.eq_ignore_ascii_case(known.as_bytes()))
        });
        let is_ours = address(name).is_some()
            || name.eq_ignore_ascii_case(b"localhost")
            || (!self.host.is_empty() && label.eq_ignore_ascii_case(self.host.as_bytes()) && is_local);
        is_ours && port.iter().all(u8::is_ascii_digit)
    }
}

/// Browsers name the origin of every change (Fetch §3.2); programs name none.
fn is_same_origin(headers: &Headers<'_>, host: &[u8]) -> Result<bool, Fault> {
    let Some(origin) = headers.only(b"origin")? else { return Ok(true) };
    let origin = origin.strip_prefix(b"http://").unwrap_or_default();
    Ok(!host.is_empty() && origin.eq_ignore_ascii_case(host))
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

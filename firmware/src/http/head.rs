//! A request's head (RFC 9112): what is looked at of it, taken out so that its memory is free for the body.
//!
//! `httparse` finds the lines. Deliberately absent: chunked bodies, more than one request on a connection, ranges, conditions.

use core::{net::Ipv4Addr, str};

use heapless::String;
use httparse::{EMPTY_HEADER, Header, Request, Status};

use super::{
    multipart::MAX_BOUNDARY_LENGTH,
    routes::{Method, Page, Route},
    sessions::Secret,
};

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
    /// Whether the query says `done`: a change has been made.
    pub is_done: bool,
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
    /// Reads a whole head, to the empty line at its end. `host_name` is the device's; it may be empty.
    ///
    /// # Errors
    /// The reason why the request cannot be answered.
    pub fn read(bytes: &[u8], host_name: &str) -> Result<Self, Fault> {
        let mut headers = [EMPTY_HEADER; MAX_HEADERS];
        let mut request = Request::new(&mut headers);
        match request.parse(bytes) {
            Ok(Status::Complete(_)) => {}
            Ok(Status::Partial) => return Err(Fault::Malformed),
            Err(httparse::Error::Version) => return Err(Fault::Version),
            Err(httparse::Error::TooManyHeaders) => return Err(Fault::TooLarge),
            Err(_) => return Err(Fault::Malformed),
        }
        let (Some(method), Some(target), Some(version)) = (request.method, request.path, request.version)
        else {
            return Err(Fault::Malformed);
        };
        let headers = Headers(request.headers);
        let is_1_1 = version == 1;
        let (authority, target) = split_target(target);
        let host = match (authority, headers.only("host")?) {
            // RFC 9112 §3.2: a request of HTTP/1.1 without Host is malformed.
            (_, None) if is_1_1 => return Err(Fault::Malformed),
            (Some(authority), _) => authority,
            (None, host) => host.unwrap_or_default(),
        };
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let (length, is_chunked) = body_length(&headers)?;
        Ok(Self {
            method: Method::from_name(method),
            route: Route::from_path(path),
            page: page(query),
            is_done: query.split('&').any(|pair| pair == "done"),
            is_for_us: is_ours(host, host_name),
            is_same_origin: is_same_origin(&headers, host)?,
            session: headers.cookie("session"),
            token: headers.only("x-token")?.and_then(|token| Secret::read(token.as_bytes())),
            length,
            is_chunked,
            content: content(headers.only("content-type")?)?,
            wants_page: headers.all("accept").any(|accept| accept.contains("text/html")),
            is_1_1,
            expects_continue: headers
                .only("expect")?
                .is_some_and(|expect| expect.eq_ignore_ascii_case("100-continue")),
        })
    }
}

struct Headers<'a, 'h>(&'a [Header<'h>]);

impl<'a> Headers<'a, '_> {
    /// The values of all lines of this name that are text.
    fn all(&self, name: &'static str) -> impl Iterator<Item = &'a str> {
        let lines = self.0.iter().filter(move |header| header.name.eq_ignore_ascii_case(name));
        lines.filter_map(|header| str::from_utf8(header.value).ok()).map(str::trim)
    }

    /// The value of a line that may be there once.
    fn only(&self, name: &'static str) -> Result<Option<&'a str>, Fault> {
        let mut lines = self.0.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
        match (lines.next(), lines.next()) {
            (None, _) => Ok(None),
            (Some(line), None) => {
                str::from_utf8(line.value).map(|value| Some(value.trim())).map_err(|_| Fault::Malformed)
            }
            (Some(_), Some(_)) => Err(Fault::Malformed),
        }
    }

    /// The cookie of this name (RFC 6265 §5.4), if it is one of ours.
    fn cookie(&self, name: &str) -> Option<Secret> {
        self.all("cookie").flat_map(|line| line.split(';')).find_map(|cookie| {
            let (found, value) = cookie.trim().split_once('=')?;
            Secret::read(value.as_bytes()).filter(|_| found == name)
        })
    }
}

/// The absolute form names the host before the path (RFC 9112 §3.2.2).
fn split_target(target: &str) -> (Option<&str>, &str) {
    match target.strip_prefix("http://") {
        Some(rest) => {
            let at = rest.find('/').unwrap_or(rest.len());
            let (authority, path) = rest.split_at_checked(at).unwrap_or((rest, ""));
            (Some(authority), if path.is_empty() { "/" } else { path })
        }
        None => (None, target),
    }
}

/// The length, and whether there is one at all. Two of them would let others see another request than we do (RFC 9112 §6.3).
fn body_length(headers: &Headers<'_, '_>) -> Result<(Option<usize>, bool), Fault> {
    let is_chunked = headers.only("transfer-encoding")?.is_some();
    match headers.only("content-length")? {
        Some(_) if is_chunked => Err(Fault::Malformed),
        Some(length) if !length.is_empty() && length.bytes().all(|digit| digit.is_ascii_digit()) => {
            // What does not fit in a number is too long in any case.
            Ok((Some(length.parse().unwrap_or(usize::MAX)), false))
        }
        Some(_) => Err(Fault::Malformed),
        None => Ok((None, is_chunked)),
    }
}

/// The page that a query names.
fn page(query: &str) -> Option<Page> {
    let name = query.split('&').find_map(|pair| pair.strip_prefix("page="))?;
    Page::ALL.into_iter().find(|page| page.path().trim_start_matches('/') == name)
}

/// An address cannot be rebound: only a name can.
fn is_ours(host: &str, host_name: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
        _ => host,
    };
    let label = match name.split_once('.') {
        Some((label, rest)) if rest.eq_ignore_ascii_case("local") => label,
        _ => name,
    };
    name.parse::<Ipv4Addr>().is_ok()
        || name.eq_ignore_ascii_case("localhost")
        || (!host_name.is_empty() && label.eq_ignore_ascii_case(host_name))
}

/// Browsers name the origin of every change (Fetch §3.2); programs name none.
fn is_same_origin(headers: &Headers<'_, '_>, host: &str) -> Result<bool, Fault> {
    let Some(origin) = headers.only("origin")? else { return Ok(true) };
    let origin = origin.strip_prefix("http://").unwrap_or_default();
    Ok(!host.is_empty() && origin.eq_ignore_ascii_case(host))
}

fn content(content_type: Option<&str>) -> Result<Content, Fault> {
    let (kind, parameters) =
        content_type.unwrap_or_default().split_once(';').unwrap_or((content_type.unwrap_or_default(), ""));
    let kind = kind.trim();
    if kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Ok(Content::Form);
    }
    if !kind.eq_ignore_ascii_case("multipart/form-data") {
        return Ok(Content::Plain);
    }
    let boundary = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.trim().split_once('=')?;
        name.eq_ignore_ascii_case("boundary").then(|| value.trim_matches('"'))
    });
    let boundary = boundary.filter(|boundary| !boundary.is_empty() && !boundary.contains('\r'));
    boundary
        .and_then(|boundary| String::try_from(boundary).ok())
        .map(Content::Multipart)
        .ok_or(Fault::Malformed)
}

//! Checks `Host` and `Origin`. This protects a device in a private network from pages of the internet.

use crate::ascii::{address, cut};

/// What the device is called.
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
    #[must_use]
    pub fn is(&self, host: &[u8]) -> bool {
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

/// Whether an `Origin` is that of the `Host`: browsers name the origin of every change (Fetch §3.2), programs name none.
#[must_use]
pub fn is_same_origin(origin: Option<&[u8]>, host: &[u8]) -> bool {
    let Some(origin) = origin else { return true };
    let origin = origin.strip_prefix(b"http://").unwrap_or_default();
    !host.is_empty() && origin.eq_ignore_ascii_case(host)
}

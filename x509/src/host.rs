//! Whether a certificate is for a host (RFC 6125 §6.4, RFC 2818 §3.1, RFC 5280 §4.2.1.6).

use crate::{
    Certificate,
    address::Address,
    extension::{DNS_NAME, IP_ADDRESS},
};

/// Whether a host is an IP address, which is no name (RFC 6066 §3).
#[must_use]
pub fn is_address(host: &str) -> bool {
    Address::parse(host.as_bytes()).is_some()
}

/// See [`Certificate::is_for_host`].
pub(crate) fn matches(certificate: &Certificate<'_>, host: &str) -> bool {
    let address = Address::parse(host.as_bytes());
    if certificate.extensions.subject_alternative_name.is_none() {
        // RFC 6125 §6.4.4: the common name is the last resort.
        return certificate.subject().common_names().any(|name| is_name(name, host, address.is_some()));
    }
    certificate.extensions.general_names().any(|name| match name.tag {
        DNS_NAME => is_name(name.value, host, address.is_some()),
        IP_ADDRESS => address.as_ref().is_some_and(|address| name.value == address.as_bytes()),
        _ => false,
    })
}

/// RFC 6125 §6.4.3: a wildcard is the whole first label and stands for exactly one label.
fn is_name(name: &[u8], host: &str, is_address: bool) -> bool {
    let host = host.as_bytes();
    let (pattern, host) = match name {
        [b'*', parent @ ..] if matches!(parent, [b'.', _, ..]) && !is_address => {
            let label = host.iter().position(|letter| *letter == b'.').unwrap_or_default();
            (parent, if label > 0 { host.get(label..).unwrap_or_default() } else { &[] })
        }
        _ => (name, host),
    };
    pattern.eq_ignore_ascii_case(host)
}

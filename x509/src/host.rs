//! Whether a certificate is for a host (RFC 6125 §6.4, RFC 2818 §3.1, RFC 5280 §4.2.1.6), and for which.

use core::fmt::{self, Write};

use crate::{
    Certificate,
    address::Address,
    describe::printable,
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

/// The hosts that a certificate is for, as `a.example, *.b.example, 192.0.2.1`; nothing where there is none.
///
/// Bytes that are not printable ASCII are written as `?`.
///
/// ```
/// fn hosts(certificate: &x509::Certificate<'_>) -> String {
///     x509::Hosts(certificate).to_string()
/// }
/// # let _ = hosts;
/// ```
#[derive(Clone, Copy)]
pub struct Hosts<'c, 'a>(pub &'c Certificate<'a>);

impl fmt::Display for Hosts<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(certificate) = self;
        let mut separator = "";
        let mut next = |f: &mut fmt::Formatter<'_>| {
            f.write_str(separator)?;
            separator = ", ";
            fmt::Result::Ok(())
        };
        if certificate.extensions.subject_alternative_name.is_none() {
            for name in certificate.subject().common_names() {
                next(f)?;
                write_name(name, f)?;
            }
        }
        for name in certificate.extensions.general_names() {
            match (name.tag, name.value.len()) {
                (DNS_NAME, _) => {
                    next(f)?;
                    write_name(name.value, f)?;
                }
                (IP_ADDRESS, 4 | 16) => {
                    next(f)?;
                    write_address(name.value, f)?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn write_name(name: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    name.iter().try_for_each(|byte| f.write_char(printable(*byte)))
}

/// Four octets, or eight groups of which none is left out.
fn write_address(address: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut separator = "";
    if let [_, _, _, _] = address {
        for octet in address {
            write!(f, "{separator}{octet}")?;
            separator = ".";
        }
        return Ok(());
    }
    for group in address.chunks(2) {
        if let &[high, low] = group {
            write!(f, "{separator}{:x}", u16::from_be_bytes([high, low]))?;
        }
        separator = ":";
    }
    Ok(())
}

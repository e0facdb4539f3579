//! Certificates, addresses and settings in words, for programs and for pages.

use core::{
    fmt::{self, Display, Write},
    net::Ipv4Addr,
};

use embassy_net::Ipv4Cidr;
use x509::{Bundle, PrivateKey, describe, describe_key, lint};

use crate::{
    ascii::{find, write_address},
    settings::{Field, Settings},
};

/// A setting's text. Only for what is not a secret.
pub struct Value<'a>(pub &'a Settings, pub Field);

impl Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.1.is_secret() { Ok(()) } else { self.0.write(self.1, f) }
    }
}

/// A file's certificates in words, each to its expiry date (application note §1).
pub struct Description<'a>(pub &'a Bundle<'a>);

impl Display for Description<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, certificate) in (1_usize..).zip(self.0.iter()) {
            if number > 1 {
                f.write_str("\n\n")?;
            }
            // The error is that of the end.
            let mut head = UntilExpiry { out: f, is_line_over: false, has_ended: false };
            let written = describe(&certificate, "", &mut head);
            if !head.has_ended {
                written?;
            }
        }
        Ok(())
    }
}

/// Passes on the lines to that of the expiry date.
struct UntilExpiry<'f, 'g> {
    out: &'f mut fmt::Formatter<'g>,
    is_line_over: bool,
    has_ended: bool,
}

impl Write for UntilExpiry<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // Nothing begins no line.
        if text.is_empty() {
            return Ok(());
        }
        // The line after that of the date. Names cannot feign it: they are written character by character.
        if self.has_ended || find(text.as_bytes(), b"signed using").is_some() {
            self.has_ended = true;
            return Err(fmt::Error);
        }
        if self.is_line_over {
            self.out.write_str("\n")?;
        }
        let line = text.strip_suffix('\n');
        self.is_line_over = line.is_some();
        self.out.write_str(line.unwrap_or(text))
    }
}

/// `Name: RSA`.
pub struct KeyDescription<'a, 'k>(pub &'a PrivateKey<'k>);

impl Display for KeyDescription<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = heapless::String::<16>::new();
        describe_key(self.0, "", &mut line)?;
        f.write_str(line.trim_end())
    }
}

/// When the first of a file's certificates expires, in seconds since 1970.
pub fn expires(bundle: &Bundle<'_>) -> Option<u64> {
    bundle.iter().map(|certificate| certificate.not_after().to_unix()).min()
}

/// The days from `now` to the expiry; negative afterwards.
pub fn days_left(expires: u64, now: u64) -> i64 {
    let seconds = i64::try_from(expires).unwrap_or(i64::MAX).saturating_sub_unsigned(now);
    seconds.div_euclid(24 * 60 * 60)
}

/// An Ethernet address.
pub struct MacAddress(pub [u8; 6]);

impl Display for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for byte in self.0 {
            write!(f, "{separator}{byte:02X}")?;
            separator = ":";
        }
        Ok(())
    }
}

/// The file's name in the menu (application note §1).
pub const fn file(file: lint::File) -> &'static str {
    match file {
        lint::File::Authority => "CA certificate",
        lint::File::Certificate => "Client Certificate",
        lint::File::Key => "Private Key",
    }
}

/// An IPv4 address.
pub struct Address(pub Ipv4Addr);

impl Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_address(self.0, f)
    }
}

/// An address and the length of its network's prefix.
pub struct Network(pub Ipv4Cidr);

impl Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_address(self.0.address(), f)?;
        write!(f, "/{}", self.0.prefix_len())
    }
}

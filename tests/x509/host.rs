//! Whether a certificate is for a host: RFC 6125 §6.4, RFC 2818 §3.1.

use status::Flags;
use x509::{Certificate, Hosts};

use crate::verify::Chain;

/// Certificate, host, whether they belong together: RFC 6125 §6.4, RFC 2818 §3.1.
const HOSTS: &[(&str, &str, bool)] = &[
    ("leaf", "localhost", true),
    ("leaf", "LOCALHOST", true),
    ("leaf", "localhost.", false),
    ("leaf", "local", false),
    ("leaf", "", false),
    ("name-wildcard", "www.example.com", true),
    ("name-wildcard", "WWW.EXAMPLE.COM", true),
    ("name-wildcard", "example.com", false),
    ("name-wildcard", "a.b.example.com", false),
    ("name-wildcard", ".example.com", false),
    ("name-wildcard", "*.example.com", true),
    ("name-wildcard-inside", "www.a.com", false),
    ("name-wildcard-inside", "ww.a.b", false),
    ("name-wildcard-top", "example.com", true),
    ("name-wildcard-top", "localhost", false),
    ("name-common", "localhost", true),
    ("name-common", "other", false),
    ("name-common-address", "192.168.1.1", true),
    ("name-common-twice", "first.example", true),
    ("name-common-twice", "www.second.example", true),
    ("name-common-twice", "second.example", false),
    ("name-nul", "localhost", false),
    ("name-addresses", "localhost", false),
    ("name-addresses", "192.168.1.2", false),
    ("name-addresses", "2001:db8::2", false),
    ("name-addresses", "2001:db8::1:0", false),
    ("name-address-as-dns", "192.168.1.1", true),
    ("name-kinds", "example.com", true),
    ("name-kinds", "localhost", false),
    ("name-none", "localhost", false),
];

/// The same where we go beyond Mbed TLS 2.28.3, which says the opposite.
const OTHER_HOSTS: &[(&str, &str, bool)] = &[
    // RFC 5280 §4.2.1.6: 2.28.3 does not look at iPAddress.
    ("leaf", "127.0.0.1", true),
    ("name-addresses", "192.168.1.1", true),
    ("name-addresses", "2001:db8::1", true),
    ("name-addresses", "2001:0DB8:0::1", true),
    ("name-addresses", "2001:db8:0:0:0:0:0.0.0.1", true),
    // RFC 6125 §6.4.3: a wildcard stands for a label of a name, not for a part of an address.
    ("name-wildcard-address", "192.168.1.1", false),
];

#[test]
fn hosts_match_as_in_the_library() {
    for (table, agrees) in [(HOSTS, true), (OTHER_HOSTS, false)] {
        for (name, host, expected) in table {
            let chain = Chain { host: Some(host), ..Chain::new(name, "root") };
            let flags = chain.ours().unwrap().flags;
            assert_eq!(!flags.contains(Flags::CN_MISMATCH), *expected, "{name} for {host}");
            let theirs = chain.theirs().flags & Flags::CN_MISMATCH.bits() == 0;
            assert_eq!(theirs == *expected, agrees, "Mbed TLS: {name} for {host}");
        }
    }
}

#[test]
fn addresses_are_those_of_the_standard_library() {
    let literals = ["192.168.1.1", "0.0.0.0", "255.255.255.255", "::", "1::", "::1", "2001:db8::192.0.2.1"];
    let long = [
        "1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7::",
        "::2:3:4:5:6:7:8",
        "1:2:3:4:5:6:1.2.3.4",
        "1::3:4:5:6:1.2.3.4",
    ];
    for literal in literals.iter().chain(&long) {
        assert!(x509::is_address(literal), "{literal}");
        for place in 0..=literal.len() {
            let (head, tail) = literal.split_at(place);
            for middle in
                ["", "0", "1", "25", "256", "f", "F", "g", ":", "::", ".", "1.2", "-", "%1", " ", "\u{e9}"]
            {
                for skipped in 0..=tail.len().min(3) {
                    let text = format!("{head}{middle}{}", &tail[skipped..]);
                    let expected = text.parse::<std::net::IpAddr>().is_ok();
                    assert_eq!(x509::is_address(&text), expected, "{text}");
                }
            }
        }
    }
}

#[test]
fn the_hosts_of_a_certificate_in_words() {
    for (name, expected) in [
        ("leaf", "localhost, 127.0.0.1"),
        ("name-wildcard", "*.Example.com"),
        ("name-common", "localhost"),
        ("name-common-twice", "first.example, *.second.example"),
        ("name-addresses", "192.168.1.1, 2001:db8:0:0:0:0:0:1"),
        ("name-nul", "localhost?.evil.example"),
        ("name-none", ""),
    ] {
        let der = crate::corpus::der(name);
        assert_eq!(Hosts(&Certificate::from_der(&der).unwrap()).to_string(), expected, "{name}");
    }
}

//! Subjects, and names in subjectAltName.

use tests::pki::{Template, element, name, oid, plain_name, sequence};

use super::{Maker, alternative_names};

pub(super) fn names(maker: &Maker) {
    let without_alternatives = |t: &mut Template| drop(t.extensions.remove(2));
    maker.leaf("name-wildcard", "ca", |t| t.extensions[2] = alternative_names(&[(0x82, b"*.Example.com")]));
    maker.leaf("name-wildcard-inside", "ca", |t| {
        t.extensions[2] = alternative_names(&[(0x82, b"www.*.com"), (0x82, b"w*.a.b")])
    });
    maker.leaf("name-wildcard-top", "ca", |t| {
        t.extensions[2] = alternative_names(&[(0x82, b"*.com"), (0x82, b"*")])
    });
    maker.leaf("name-wildcard-address", "ca", |t| {
        t.extensions[2] = alternative_names(&[(0x82, b"*.168.1.1")])
    });
    maker.leaf("name-addresses", "ca", |t| {
        let v6 = [0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
        t.extensions[2] = alternative_names(&[(0x87, &[192, 168, 1, 1]), (0x87, &v6)]);
    });
    maker.leaf("name-address-as-dns", "ca", |t| {
        t.extensions[2] = alternative_names(&[(0x82, b"192.168.1.1")])
    });
    maker.leaf("name-kinds", "ca", |t| {
        let other = [oid("1.2.3.4"), element(0xA0, &element(0x0C, b"x"))].concat();
        let directory = plain_name("localhost");
        t.extensions[2] = alternative_names(&[
            (0xA0, &other),
            (0x81, b"a@example.com"),
            (0xA4, &directory),
            (0x86, b"https://example.com"),
            (0x88, &[0x2A, 3]),
            (0x82, b"example.com"),
            (0x82, b"tab\there\xFF"),
        ]);
    });
    maker.leaf("name-other-malformed", "ca", |t| {
        t.extensions[2] = alternative_names(&[(0xA0, b"\x04\x01x"), (0x82, b"a")])
    });
    maker.leaf("name-other-malformed-last", "ca", |t| {
        t.extensions[2] = alternative_names(&[(0x82, b"a"), (0xA0, b"\x04\x01x")])
    });
    maker.leaf("name-hardware-module", "ca", |t| {
        let module = sequence(&[&oid("1.3.6.1.4.1.17.3"), &element(0x04, b"123456")]);
        let other = [oid("1.3.6.1.5.5.7.8.4"), element(0xA0, &module)].concat();
        t.extensions[2] = alternative_names(&[(0xA0, &other), (0x82, b"a")]);
    });
    maker.leaf("name-none", "ca", |t| t.extensions[2] = alternative_names(&[]));
    maker.leaf("name-not-context", "ca", |t| t.extensions[2] = alternative_names(&[(0x02, b"a")]));
    maker.leaf("name-common", "ca", without_alternatives);
    maker.leaf("name-common-address", "ca", |t| {
        without_alternatives(t);
        t.subject = plain_name("192.168.1.1");
    });
    maker.leaf("name-common-twice", "ca", |t| {
        without_alternatives(t);
        t.subject = name(&[("2.5.4.3", 0x0C, b"first.example"), ("2.5.4.3", 0x13, b"*.second.example")]);
    });
    maker.leaf("name-nul", "ca", |t| {
        without_alternatives(t);
        t.subject = plain_name("localhost\0.evil.example");
    });
    maker.leaf("name-empty-subject", "ca", |t| t.subject = vec![0x30, 0]);
    maker.leaf("name-empty-issuer", "ca", |t| t.issuer = vec![0x30, 0]);
    maker.leaf("name-attributes", "ca", |t| {
        let kinds = [3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 16, 17, 42, 43, 44, 45, 46, 65]
            .map(|last| format!("2.5.4.{last}"));
        let mut list: Vec<(&str, u8, &[u8])> =
            kinds.iter().map(|kind| (kind.as_str(), 0x0C, &b"v"[..])).collect();
        list.push(("1.2.840.113549.1.9.1", 0x16, b"a@b"));
        list.push(("0.9.2342.19200300.100.1.25", 0x16, b"dc"));
        list.push(("0.9.2342.19200300.100.1.1", 0x16, b"uid"));
        t.subject = name(&list);
    });
    maker.leaf("name-special", "ca", |t| {
        let value: Vec<u8> = (0..=255).collect();
        t.subject = name(&[
            ("2.5.4.3", 0x0C, &value[1..64]),
            ("2.5.4.3", 0x14, &value[64..200]),
            ("2.5.4.3", 0x1E, &value[..4]),
            ("2.5.4.3", 0x1C, b" #lead"),
            ("2.5.4.3", 0x03, b"\0bits "),
        ]);
    });
    maker.leaf("name-long", "ca", |t| t.subject = plain_name(&"x".repeat(255)));
    maker.leaf("name-too-long", "ca", |t| t.subject = plain_name(&"x".repeat(256)));
    maker.leaf("name-merged", "ca", |t| {
        let pair = |kind: &str, value: &[u8]| sequence(&[&oid(kind), &element(0x0C, value)]);
        let set =
            element(0x31, &[pair("2.5.4.3", b"a"), pair("2.5.4.10", b"b"), pair("2.5.4.11", b"c")].concat());
        t.subject = element(0x30, &[set, element(0x31, &pair("2.5.4.6", b"BG"))].concat());
    });
    maker.leaf("name-wrong-tag", "ca", |t| t.subject = name(&[("2.5.4.3", 0x04, b"octets")]));
    maker.leaf("name-empty-set", "ca", |t| t.subject = element(0x30, &[0x31, 0]));
}

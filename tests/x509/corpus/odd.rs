//! Fields, extensions and keys that are unusual or wrong, and DER that is damaged.

use tests::pki::{algorithm, element, extension, oid, sequence};

use super::{CLIENT, Maker, SERVER, SHA256_RSA, der, key_usage, public_key, purposes, time};

pub(super) fn odd_fields(maker: &Maker) {
    let serial = |bytes: &[u8]| element(0x02, bytes);
    for (file, bytes) in [
        ("serial-zero", serial(&[0])),
        ("serial-negative", serial(&[0x80, 1])),
        ("serial-empty", serial(&[])),
        ("serial-leading-zero", serial(&[0, 0, 0x80])),
        ("serial-32", serial(&[0xAB; 32])),
        ("serial-33", serial(&[0xAB; 33])),
        ("serial-33-zero", serial(&[[0].as_slice(), &[0xAB; 32]].concat())),
        ("serial-context", element(0x82, &[1])),
        ("serial-string", element(0x0C, b"1")),
    ] {
        maker.leaf(file, "ca", |t| t.serial = bytes);
    }
    maker.leaf("version-1", "ca", |t| (t.version, t.extensions) = (0, vec![]));
    maker.leaf("version-2", "ca", |t| (t.version, t.extensions) = (1, vec![]));
    maker.leaf("version-1-extensions", "ca", |t| t.version = 0);
    maker.leaf("version-2-extensions", "ca", |t| t.version = 1);
    maker.leaf("version-2-identifiers", "ca", |t| {
        (t.version, t.extensions) = (1, vec![]);
        t.unique_identifiers = [element(0xA1, &[3, 2, 0, 1]), element(0xA2, &[3, 2, 0, 2])].concat();
    });
    maker.leaf("version-3-identifiers", "ca", |t| t.unique_identifiers = element(0xA2, &[3, 2, 0, 2]));
    maker.leaf("version-4", "ca", |t| t.version = 3);
    maker.leaf("version-128", "ca", |t| t.version = 128);
    for (file, text) in [
        ("date-generalized", "20460101000000Z"),
        ("date-generalized-far", "99991231235959Z"),
        ("date-1950", "500101000000Z"),
        ("date-2049", "491231235959Z"),
        ("date-no-seconds", "4601010000Z"),
        ("date-no-z", "460101000000"),
        ("date-offset", "460101000000+0100"),
        ("date-leap", "440229000000Z"),
        ("date-no-leap", "450229000000Z"),
        ("date-century-no-leap", "21000229000000Z"),
        ("date-month-0", "460001000000Z"),
        ("date-month-13", "461301000000Z"),
        ("date-day-0", "460100000000Z"),
        ("date-day-31", "460431000000Z"),
        ("date-hour-24", "460101240000Z"),
        ("date-minute-60", "460101006000Z"),
        ("date-second-60", "460101000060Z"),
        ("date-letters", "46010100000xZ"),
        ("date-fraction", "20460101000000.5Z"),
        ("date-empty", ""),
    ] {
        let tag =
            if text.len() >= 15 && text.starts_with("2") || text.starts_with("99") { 0x18 } else { 0x17 };
        maker.leaf(file, "ca", |t| t.validity[1] = element(tag, text.as_bytes()));
    }
    maker.leaf("date-string", "ca", |t| t.validity[0] = element(0x13, b"200101000000Z"));
    maker.leaf("date-third", "ca", |t| t.validity[1].extend(time("460101000000Z")));
    let pss = sequence(&[&oid("1.2.840.113549.1.1.10"), &[0x30, 0]]);
    for (file, inner, outer) in [
        ("algorithm-mismatch", algorithm(SHA256_RSA, true), Some(algorithm("1.2.840.113549.1.1.5", true))),
        ("algorithm-mismatch-null", algorithm(SHA256_RSA, true), Some(algorithm(SHA256_RSA, false))),
        ("algorithm-no-null", algorithm(SHA256_RSA, false), None),
        ("algorithm-parameters", sequence(&[&oid(SHA256_RSA), &[2, 1, 0]]), None),
        ("algorithm-long-null", sequence(&[&oid(SHA256_RSA), &[5, 1, 0]]), None),
        ("algorithm-trailing", sequence(&[&oid(SHA256_RSA), &[5, 0, 5, 0]]), None),
        ("algorithm-empty", vec![0x30, 0], None),
        ("algorithm-unknown", algorithm("1.2.3.4.5", true), None),
        ("algorithm-md2", algorithm("1.2.840.113549.1.1.2", true), None),
        ("algorithm-pss", pss, None),
        ("algorithm-ed25519", algorithm("1.3.101.112", false), None),
        ("algorithm-ecdsa", algorithm("1.2.840.10045.4.3.2", false), None),
    ] {
        maker.leaf(file, "ca", |t| (t.algorithm, t.outer_algorithm) = (inner, outer));
    }
}

pub(super) fn odd_extensions(maker: &Maker) {
    let one = |file: &str, list: Vec<Vec<u8>>| maker.leaf(file, "ca", |t| t.extensions = list);
    let policies = |list: &[&str]| {
        let list: Vec<Vec<u8>> = list.iter().map(|policy| sequence(&[&oid(policy)])).collect();
        element(0x30, &list.concat())
    };
    one("extension-unknown", vec![extension("1.2.3.4", false, b"anything")]);
    one("extension-unknown-critical", vec![extension("1.2.3.4", true, b"anything")]);
    one("extension-name-constraints", vec![extension("2.5.29.30", false, &[0x30, 0])]);
    one("extension-name-constraints-critical", vec![extension("2.5.29.30", true, &[0x30, 0])]);
    one("extension-subject-key-identifier", vec![extension("2.5.29.14", false, &element(4, &[1; 20]))]);
    one("extension-twice", vec![key_usage(&[0xA0]), key_usage(&[0xA0])]);
    one(
        "extension-unknown-twice",
        vec![extension("1.2.3.4", false, b"a"), extension("1.2.3.4", false, b"a")],
    );
    one("extension-critical-false", vec![sequence(&[&oid("1.2.3.4"), &[1, 1, 0], &element(4, b"a")])]);
    one("extension-critical-odd", vec![sequence(&[&oid("1.2.3.4"), &[1, 1, 7], &element(4, b"a")])]);
    one("extension-critical-long", vec![sequence(&[&oid("1.2.3.4"), &[1, 2, 0, 0], &element(4, b"a")])]);
    one("extension-no-value", vec![sequence(&[&oid("1.2.3.4")])]);
    one("extension-trailing", vec![sequence(&[&oid("1.2.3.4"), &element(4, b"a"), &[0]])]);
    one("extension-empty", vec![vec![0x30, 0]]);
    one("policies-any", vec![extension("2.5.29.32", true, &policies(&["2.5.29.32.0"]))]);
    one("policies-other", vec![extension("2.5.29.32", false, &policies(&["2.23.140.1.2.1", "2.5.29.32.0"]))]);
    one("policies-other-critical", vec![extension("2.5.29.32", true, &policies(&["2.23.140.1.2.1"]))]);
    one("policies-none", vec![extension("2.5.29.32", false, &policies(&[]))]);
    let qualified = sequence(&[&sequence(&[&oid("2.5.29.32.0"), &sequence(&[&oid("1.2.3")])])]);
    one("policies-qualifier", vec![extension("2.5.29.32", true, &qualified)]);
    let numbered = sequence(&[&sequence(&[&oid("2.5.29.32.0"), &[2, 1, 0]])]);
    one("policies-bad-qualifier", vec![extension("2.5.29.32", false, &numbered)]);
    one(
        "policies-trailing",
        vec![extension("2.5.29.32", false, &[policies(&["2.5.29.32.0"]), vec![0]].concat())],
    );
    for (file, value) in [
        ("usage-all", &[3, 3, 7, 0xFF, 0x80][..]),
        ("usage-three-bytes", &[3, 4, 0, 0xFF, 0x80, 0x55]),
        ("usage-empty", &[3, 1, 0]),
        ("usage-no-bits", &[3, 0]),
        ("usage-unused-8", &[3, 2, 8, 0xA0]),
        ("usage-trailing", &[3, 2, 0, 0xA0, 0]),
        ("usage-zero", &[3, 2, 0, 0]),
        ("usage-octets", &[4, 1, 0xA0]),
    ] {
        one(file, vec![extension("2.5.29.15", true, value)]);
    }
    for (file, value) in [
        ("constraints-empty", &[0x30, 0][..]),
        ("constraints-false", &[0x30, 3, 1, 1, 0]),
        ("constraints-length", &[0x30, 6, 1, 1, 0xFF, 2, 1, 3]),
        ("constraints-length-only", &[0x30, 3, 2, 1, 3]),
        ("constraints-integers", &[0x30, 6, 2, 1, 1, 2, 1, 3]),
        ("constraints-length-negative", &[0x30, 6, 1, 1, 0xFF, 2, 1, 0xFF]),
        ("constraints-length-maximum", &[0x30, 9, 1, 1, 0xFF, 2, 4, 0x7F, 0xFF, 0xFF, 0xFF]),
        ("constraints-length-long", &[0x30, 10, 1, 1, 0xFF, 2, 5, 0, 0x7F, 0xFF, 0xFF, 0xFE]),
        ("constraints-length-overflow", &[0x30, 10, 1, 1, 0xFF, 2, 5, 1, 0, 0, 0, 0]),
        ("constraints-length-empty", &[0x30, 5, 1, 1, 0xFF, 2, 0]),
        ("constraints-outside", &[0x30, 0, 1, 1, 0xFF]),
        ("constraints-trailing", &[0x30, 6, 1, 1, 0xFF, 2, 1, 3, 0]),
        ("constraints-string", &[0x30, 3, 4, 1, 1]),
        ("constraints-nothing", &[]),
    ] {
        one(file, vec![extension("2.5.29.19", true, value)]);
    }
    one(
        "purposes-known",
        vec![purposes(&[SERVER, CLIENT, "1.3.6.1.5.5.7.3.3", "1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.8"])],
    );
    one(
        "purposes-more",
        vec![purposes(&[
            "1.3.6.1.5.5.7.3.9",
            "2.5.29.37.0",
            "1.3.6.1.4.1.45605.1",
            "1.3.6.1.4.1.311.10.3.3",
        ])],
    );
    one("purposes-none", vec![purposes(&[])]);
    one("purposes-wrong-tag", vec![extension("2.5.29.37", false, &[0x30, 2, 5, 0])]);
    one("netscape-all", vec![extension("2.16.840.1.113730.1.1", false, &[3, 2, 0, 0xFF])]);
    one("netscape-server", vec![extension("2.16.840.1.113730.1.1", false, &[3, 2, 6, 0x40])]);
    one("netscape-two", vec![extension("2.16.840.1.113730.1.1", false, &[3, 3, 0, 0x40, 0])]);
}

pub(super) fn odd_keys(maker: &Maker) {
    let info = |algorithm: &[u8], bits: &[u8]| sequence(&[algorithm, &element(3, &[&[0], bits].concat())]);
    let rsa = |modulus: &[u8], exponent: &[u8]| {
        let key = sequence(&[&element(2, modulus), &element(2, exponent)]);
        info(&algorithm("1.2.840.113549.1.1.1", true), &key)
    };
    let ec_algorithm = sequence(&[&oid("1.2.840.10045.2.1"), &oid("1.2.840.10045.3.1.7")]);
    let ec = |point: &[u8]| info(&ec_algorithm, point);
    let odd = [0xC1; 256];
    let even = [0xC2; 256];
    let p256 = public_key("p256");
    let point = &p256[p256.len() - 65..];
    let compressed = [&[2 + (point[64] & 1)], &point[1..33]].concat();
    let not_on_curve = [&point[..64], &[point[64] ^ 1]].concat();
    for (file, key) in [
        ("key-odd", rsa(&odd, &[1, 0, 1])),
        ("key-even-modulus", rsa(&even, &[1, 0, 1])),
        ("key-exponent-1", rsa(&odd, &[1])),
        ("key-exponent-2", rsa(&odd, &[2])),
        ("key-exponent-3", rsa(&odd, &[3])),
        ("key-exponent-0", rsa(&odd, &[0])),
        ("key-exponent-empty", rsa(&odd, &[])),
        ("key-exponent-long", rsa(&odd, &[0x11; 9])),
        ("key-exponent-larger", rsa(&odd, &[0xC3; 256])),
        ("key-modulus-0", rsa(&[0], &[1, 0, 1])),
        ("key-modulus-127", rsa(&[0x41; 16], &[1, 0, 1])),
        ("key-modulus-128", rsa(&[0xC1; 16], &[1, 0, 1])),
        ("key-modulus-8192", rsa(&[0xC1; 1024], &[1, 0, 1])),
        ("key-modulus-8200", rsa(&[0xC1; 1025], &[1, 0, 1])),
        (
            "key-rsa-no-null",
            info(&algorithm("1.2.840.113549.1.1.1", false), &sequence(&[&element(2, &odd), &[2, 1, 3]])),
        ),
        (
            "key-rsa-parameters",
            info(
                &sequence(&[&oid("1.2.840.113549.1.1.1"), &oid("1.2.3")]),
                &sequence(&[&element(2, &odd), &[2, 1, 3]]),
            ),
        ),
        (
            "key-rsa-trailing",
            info(&algorithm("1.2.840.113549.1.1.1", true), &sequence(&[&element(2, &odd), &[2, 1, 3], &[0]])),
        ),
        ("key-dsa", info(&algorithm("1.2.840.10040.4.1", false), b"x")),
        ("key-ed25519", public_key("ed25519")),
        ("key-secp256k1", public_key("secp256k1")),
        ("key-explicit-curve", public_key("explicit-curve")),
        ("key-p256", ec(point)),
        ("key-ecdh", info(&sequence(&[&oid("1.3.132.1.12"), &oid("1.2.840.10045.3.1.7")]), point)),
        ("key-curve-missing", info(&algorithm("1.2.840.10045.2.1", false), point)),
        ("key-curve-null", info(&algorithm("1.2.840.10045.2.1", true), point)),
        ("key-curve-unknown", info(&sequence(&[&oid("1.2.840.10045.2.1"), &oid("1.2.3.4")]), point)),
        ("key-point-compressed", ec(&compressed)),
        ("key-point-not-on-curve", ec(&not_on_curve)),
        ("key-point-infinity", ec(&[0])),
        ("key-point-zero", ec(&[0, 0])),
        ("key-point-empty", ec(&[])),
        ("key-point-short", ec(&point[..64])),
        ("key-unused-bits", sequence(&[&ec_algorithm, &element(3, &[&[1], point].concat())])),
        ("key-no-bits", sequence(&[&ec_algorithm, &[3, 0]])),
        ("key-trailing", sequence(&[&ec_algorithm, &element(3, &[&[0], point].concat()), &[5, 0]])),
    ] {
        maker.leaf(file, "ca", |t| t.public_key = key);
    }
}

pub(super) fn broken_der() {
    let leaf = der("leaf");
    Maker::bytes("der-cut", &leaf[..leaf.len() - 20]);
    Maker::bytes("der-trailing", &[leaf.as_slice(), &[0; 5]].concat());
    Maker::bytes("der-wrong-tag", &[&[0x31], &leaf[1..]].concat());
    Maker::bytes("der-indefinite", &[&[0x30, 0x80], &leaf[4..], &[0, 0]].concat());
    Maker::bytes("der-long-length", &[&[0x30, 0x84, 0, 0], &leaf[2..]].concat());
    Maker::bytes("der-longer-length", &[&[0x30, 0x85, 0, 0, 0], &leaf[2..]].concat());
    Maker::bytes("der-nothing", &[]);
    Maker::bytes("der-empty-sequence", &[0x30, 0]);
    Maker::bytes("der-nested-empty", &[0x30, 2, 0x30, 0]);
}

//! Authorities and servers' certificates for chains.

use tests::pki::{Template, algorithm, name, plain_name};

use super::{
    CLIENT, Maker, alternative_names, basic_constraints, der, key_usage, public_key, purposes, time,
};

pub(super) fn authorities(maker: &Maker) {
    let by_intermediate = |template: &mut Template| template.issuer = plain_name("Intermediate");
    maker.ca("root", "ca", |_| {});
    maker.ca("root-same-name", "other", |t| t.public_key = public_key("other"));
    maker.ca("root-other", "other", |t| {
        (t.issuer, t.subject, t.public_key) = (plain_name("Other"), plain_name("Other"), public_key("other"));
    });
    maker.ca("root-expired", "ca", |t| t.validity[1] = time("250101000000Z"));
    maker.ca("root-future", "ca", |t| t.validity[0] = time("400101000000Z"));
    maker.ca("root-v1", "ca", |t| (t.version, t.extensions) = (0, vec![]));
    maker.ca("root-not-ca", "ca", |t| t.extensions = vec![basic_constraints(false, None)]);
    maker.ca("root-sha1", "ca", |t| {
        (t.algorithm, t.hash) = (algorithm("1.2.840.113549.1.1.5", true), "-sha1")
    });
    maker.ca("root-1024", "rsa-1024", |t| t.public_key = public_key("rsa-1024"));
    for key in ["rsa-768", "rsa-5120"] {
        maker.ca(&key.replace("rsa", "root"), key, |t| t.public_key = public_key(key));
        maker.leaf(&key.replace("rsa", "leaf-by"), key, |_| {});
    }
    for key in ["secp256k1", "brainpool"] {
        let ecdsa = algorithm("1.2.840.10045.4.3.2", false);
        maker.ca(&format!("root-{key}"), key, |t| {
            (t.algorithm, t.public_key) = (ecdsa.clone(), public_key(key))
        });
        maker.leaf(&format!("leaf-by-{key}"), key, |t| t.algorithm = ecdsa.clone());
    }
    maker.ca("root-4096", "rsa-4096", |t| t.public_key = public_key("rsa-4096"));
    maker.ca("root-printable", "ca", |t| {
        t.subject = name(&[("2.5.4.3", 0x13, b"ROOT"), ("2.5.4.10", 0x13, b"tEST")]);
    });
    maker.ca("root-rollover", "ca", |t| t.public_key = public_key("other"));
    for (file, hash, oid, key) in [
        ("root-p256", "-sha256", "1.2.840.10045.4.3.2", "p256"),
        ("root-p384", "-sha384", "1.2.840.10045.4.3.3", "p384"),
        ("root-p521", "-sha512", "1.2.840.10045.4.3.4", "p521"),
    ] {
        maker.ca(file, key, |t| {
            (t.algorithm, t.hash, t.public_key) = (algorithm(oid, false), hash, public_key(key))
        });
    }
    let intermediate = |t: &mut Template| {
        t.subject = plain_name("Intermediate");
        t.public_key = public_key("intermediate");
        t.extensions = vec![basic_constraints(true, Some(0)), key_usage(&[0x06])];
    };
    let vary = |file: &str, change: &dyn Fn(&mut Template)| {
        maker.ca(file, "ca", |t| {
            intermediate(t);
            change(t);
        });
    };
    vary("intermediate", &|_| {});
    vary("intermediate-any-length", &|t| t.extensions[0] = basic_constraints(true, None));
    vary("intermediate-expired", &|t| t.validity[1] = time("250101000000Z"));
    vary("intermediate-future", &|t| t.validity[0] = time("400101000000Z"));
    vary("intermediate-no-constraints", &|t| drop(t.extensions.remove(0)));
    vary("intermediate-not-ca", &|t| t.extensions[0] = basic_constraints(false, None));
    vary("intermediate-length-only", &|t| t.extensions[0] = basic_constraints(false, Some(5)));
    vary("intermediate-no-cert-sign", &|t| t.extensions[1] = key_usage(&[0x80]));
    vary("intermediate-usage-enc-only", &|t| t.extensions[1] = key_usage(&[0x07]));
    vary("intermediate-usage-dec-only", &|t| t.extensions[1] = key_usage(&[0x06, 0x80]));
    vary("intermediate-no-usage", &|t| drop(t.extensions.remove(1)));
    vary("intermediate-other-key", &|t| t.public_key = public_key("other"));
    vary("intermediate-1024", &|t| t.public_key = public_key("rsa-1024"));
    vary("intermediate-md5", &|t| (t.algorithm, t.hash) = (algorithm("1.2.840.113549.1.1.4", true), "-md5"));
    vary("intermediate-p256", &|t| t.public_key = public_key("p256"));
    maker.ca("second", "intermediate", |t| {
        by_intermediate(t);
        (t.subject, t.public_key) = (plain_name("Second"), public_key("other"));
    });
    maker.leaf("leaf-by-second", "other", |t| t.issuer = plain_name("Second"));
    // A path of ten: Root, Deep 1 to Deep 9, leaf.
    for level in 1..=9 {
        let issuer = if level == 1 { plain_name("Root") } else { plain_name(&format!("Deep {}", level - 1)) };
        maker.ca(&format!("deep-{level}"), "ca", |t| {
            (t.issuer, t.subject) = (issuer, plain_name(&format!("Deep {level}")));
        });
        maker.leaf(&format!("leaf-by-deep-{level}"), "ca", |t| {
            t.issuer = plain_name(&format!("Deep {level}"))
        });
    }
}

pub(super) fn leaves(maker: &Maker) {
    let rsa = |number: u8| algorithm(&format!("1.2.840.113549.1.1.{number}"), true);
    maker.leaf("leaf", "ca", |_| {});
    maker.leaf("leaf-by-same-name", "other", |_| {});
    maker.leaf("leaf-by-other", "other", |t| t.issuer = plain_name("Other"));
    maker.leaf("leaf-by-1024", "rsa-1024", |_| {});
    maker.leaf("leaf-by-4096", "rsa-4096", |_| {});
    maker.leaf("leaf-by-intermediate", "intermediate", |t| t.issuer = plain_name("Intermediate"));
    maker.leaf("leaf-by-intermediate-p256", "p256", |t| {
        t.issuer = plain_name("Intermediate");
        (t.algorithm, t.outer_algorithm) = (algorithm("1.2.840.10045.4.3.2", false), None);
    });
    maker.leaf("leaf-by-intermediate-1024", "rsa-1024", |t| t.issuer = plain_name("Intermediate"));
    maker.leaf("leaf-expired", "ca", |t| t.validity[1] = time("250101000000Z"));
    maker.leaf("leaf-future", "ca", |t| t.validity[0] = time("400101000000Z"));
    maker.leaf("leaf-expired-other-name-by-other", "other", |t| {
        t.validity[1] = time("250101000000Z");
        (t.issuer, t.extensions) =
            (plain_name("Other"), vec![alternative_names(&[(0x82, b"elsewhere.example")])]);
    });
    maker.leaf("leaf-self-signed", "leaf", |t| t.issuer = plain_name("localhost"));
    maker.leaf("leaf-1024", "ca", |t| t.public_key = public_key("rsa-1024"));
    maker.leaf("leaf-2047", "ca", |t| t.public_key = public_key("rsa-2047"));
    maker.leaf("leaf-512", "ca", |t| t.public_key = public_key("rsa-512"));
    maker.leaf("leaf-3072", "ca", |t| t.public_key = public_key("rsa-3072"));
    maker.leaf("leaf-4096", "rsa-4096", |t| t.public_key = public_key("rsa-4096"));
    maker.leaf("leaf-md5", "ca", |t| (t.algorithm, t.hash) = (rsa(4), "-md5"));
    maker.leaf("leaf-sha1", "ca", |t| (t.algorithm, t.hash) = (rsa(5), "-sha1"));
    maker
        .leaf("leaf-sha1-oiw", "ca", |t| (t.algorithm, t.hash) = (algorithm("1.3.14.3.2.29", true), "-sha1"));
    maker.leaf("leaf-sha224", "ca", |t| (t.algorithm, t.hash) = (rsa(14), "-sha224"));
    maker.leaf("leaf-sha384", "ca", |t| (t.algorithm, t.hash) = (rsa(12), "-sha384"));
    maker.leaf("leaf-sha512", "ca", |t| (t.algorithm, t.hash) = (rsa(13), "-sha512"));
    maker.leaf("leaf-no-usage", "ca", |t| drop(t.extensions.remove(0)));
    maker.leaf("leaf-no-key-encipherment", "ca", |t| t.extensions[0] = key_usage(&[0x80]));
    for (file, bits) in [("enc", [0x21, 0]), ("dec", [0x20, 0x80]), ("both", [0x21, 0x80])] {
        maker.leaf(&format!("leaf-usage-{file}-only"), "ca", |t| t.extensions[0] = key_usage(&bits));
    }
    maker.leaf("leaf-no-purpose", "ca", |t| drop(t.extensions.remove(1)));
    maker.leaf("leaf-any-purpose", "ca", |t| t.extensions[1] = purposes(&["2.5.29.37.0"]));
    maker.leaf("leaf-client", "ca", |t| t.extensions[1] = purposes(&[CLIENT]));
    maker.leaf("leaf-no-key-encipherment-client", "ca", |t| {
        (t.extensions[0], t.extensions[1]) = (key_usage(&[0x80]), purposes(&[CLIENT]));
    });
    for (file, hash, oid, key) in [
        ("leaf-p256", "-sha256", "1.2.840.10045.4.3.2", "p256"),
        ("leaf-p384", "-sha384", "1.2.840.10045.4.3.3", "p384"),
        ("leaf-p521", "-sha512", "1.2.840.10045.4.3.4", "p521"),
        ("leaf-p256-sha1", "-sha1", "1.2.840.10045.4.1", "p256"),
        ("leaf-p256-sha224", "-sha224", "1.2.840.10045.4.3.1", "p256"),
        ("leaf-p256-sha512", "-sha512", "1.2.840.10045.4.3.4", "p256"),
    ] {
        maker.leaf(file, key, |t| {
            (t.algorithm, t.hash, t.public_key) = (algorithm(oid, false), hash, public_key(key))
        });
    }
    maker.leaf("leaf-p256-by-rsa", "ca", |t| t.public_key = public_key("p256"));
    let mut der = der("leaf");
    let last = der.len() - 1;
    der[last] ^= 1;
    Maker::bytes("leaf-bad-signature", &der);
}

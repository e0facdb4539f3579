//! Chains of one to five certificates below the root of this run, with keys and hashes of every kind, and two hundred authorities.

use std::{fs, path::Path, path::PathBuf, process::Command, sync::LazyLock};

use xtask::process::output;

use crate::files::{folder, pki};

/// A key to be: a curve, or the bits of a modulus.
enum Key {
    Curve(&'static str),
    Modulus(&'static str),
}

/// From the root down: each authority's key, and the hash that it is signed with; and the hash of the server's own certificate.
const CHAINS: [(&[(Key, &str)], &str); 5] = [
    (&[], "-sha256"),
    (&[(Key::Modulus("3072"), "-sha512")], "-sha224"),
    (&[(Key::Curve("prime256v1"), "-sha384"), (Key::Curve("secp384r1"), "-sha256")], "-sha384"),
    (
        &[
            (Key::Modulus("2048"), "-sha1"),
            (Key::Curve("secp521r1"), "-sha224"),
            (Key::Modulus("4096"), "-sha512"),
        ],
        "-sha512",
    ),
    (
        &[
            (Key::Modulus("2048"), "-sha256"),
            (Key::Curve("secp521r1"), "-sha384"),
            (Key::Curve("secp384r1"), "-sha512"),
            (Key::Curve("prime256v1"), "-sha1"),
        ],
        "-sha256",
    ),
];

const AUTHORITY: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n";
const SERVER: &str = "subjectAltName=IP:127.0.0.1,DNS:localhost\nkeyUsage=critical,digitalSignature,keyEncipherment\n\
                      extendedKeyUsage=serverAuth\n";

/// The files of the chains, each for the key of `server`.
pub(super) static FILES: LazyLock<Vec<PathBuf>> = LazyLock::new(|| {
    CHAINS.iter().enumerate().map(|(number, (authorities, hash))| chain(number, authorities, hash)).collect()
});

fn chain(number: usize, authorities: &[(Key, &str)], hash: &str) -> PathBuf {
    let folder = folder("chains");
    let mut issuer = (pki().certificate("ca"), pki().key("ca"));
    let mut text = Vec::new();
    for (level, (kind, hash)) in authorities.iter().enumerate() {
        let key = folder.join(format!("{number}-{level}.key"));
        let mut openssl = Command::new("openssl");
        match kind {
            Key::Curve(curve) => {
                openssl.args(["ecparam", "-genkey", "-noout", "-name", curve, "-out"]).arg(&key)
            }
            Key::Modulus(bits) => openssl.args(["genrsa", "-out"]).arg(&key).arg(bits),
        };
        output(&mut openssl).unwrap();
        let name = format!("/CN=Authority {level} of chain {number}");
        let certificate =
            issue(&folder.join(format!("{number}-{level}")), &name, &key, hash, &issuer, AUTHORITY);
        text.insert(0, fs::read(&certificate).unwrap());
        issuer = (certificate, key);
    }
    let own = issue(
        &folder.join(format!("{number}-own")),
        "/CN=127.0.0.1",
        &pki().key("server"),
        hash,
        &issuer,
        SERVER,
    );
    text.insert(0, fs::read(own).unwrap());
    let file = folder.join(format!("{number}-chain.pem"));
    fs::write(&file, text.concat()).unwrap();
    file
}

fn issue(
    base: &Path,
    subject: &str,
    key: &Path,
    hash: &str,
    (issuer, issuer_key): &(PathBuf, PathBuf),
    extensions: &str,
) -> PathBuf {
    let [request, lines, certificate] = ["csr", "ext", "pem"].map(|ending| base.with_extension(ending));
    fs::write(&lines, extensions).unwrap();
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-new", "-subj", subject, "-key"]).arg(key).arg("-out").arg(&request);
    output(&mut openssl).unwrap();
    let mut openssl = Command::new("openssl");
    openssl.args(["x509", "-req", hash, "-days", "30", "-CAcreateserial", "-in"]).arg(&request);
    openssl.arg("-extfile").arg(&lines).arg("-CA").arg(issuer).arg("-CAkey").arg(issuer_key);
    output(openssl.arg("-out").arg(&certificate)).unwrap();
    certificate
}

/// The root of this run behind 199 others: a CertificateRequest of some 14 KB.
pub(super) static TWO_HUNDRED: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = folder("authorities");
    let key = folder.join("key.pem");
    output(
        Command::new("openssl")
            .args(["ecparam", "-genkey", "-noout", "-name", "prime256v1", "-out"])
            .arg(&key),
    )
    .unwrap();
    let mut text = fs::read(pki().certificate("ca")).unwrap();
    for number in 1..200 {
        let subject =
            format!("/O=Nobody here has anything to do with it/CN=An authority of many, number {number}");
        let mut openssl = Command::new("openssl");
        openssl.args(["req", "-x509", "-new", "-days", "30", "-subj", &subject, "-key"]).arg(&key);
        text.extend(output(&mut openssl).unwrap().into_bytes());
    }
    let file = folder.join("all.pem");
    fs::write(&file, text).unwrap();
    file
});

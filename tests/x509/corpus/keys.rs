//! Key files: every form of a private key, and damaged ones.

use std::fs;

use tests::pki::{armour, openssl, strip_armour};

use super::{key_path, write};

/// Makes the keys that are missing, and every form of a private key file.
pub(super) fn keys() {
    for (name, arguments) in [
        ("ca", &["genrsa", "2048"][..]),
        ("other", &["genrsa", "2048"]),
        ("intermediate", &["genrsa", "2048"]),
        ("leaf", &["genrsa", "2048"]),
        ("rsa-1024", &["genrsa", "1024"]),
        ("rsa-512", &["genrsa", "512"]),
        ("rsa-768", &["genrsa", "768"]),
        ("rsa-5120", &["genrsa", "5120"]),
        ("rsa-3072", &["genrsa", "3072"]),
        ("rsa-4096", &["genrsa", "4096"]),
        ("rsa-2047", &["genrsa", "2047"]),
        ("p256", &["ecparam", "-name", "prime256v1", "-genkey", "-noout"]),
        ("p384", &["ecparam", "-name", "secp384r1", "-genkey", "-noout"]),
        ("p521", &["ecparam", "-name", "secp521r1", "-genkey", "-noout"]),
        ("secp256k1", &["ecparam", "-name", "secp256k1", "-genkey", "-noout"]),
        ("brainpool", &["ecparam", "-name", "brainpoolP256r1", "-genkey", "-noout"]),
        (
            "explicit-curve",
            &["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-param_enc", "explicit"],
        ),
        ("ed25519", &["genpkey", "-algorithm", "ed25519"]),
    ] {
        if !key_path(name).exists() {
            write("keys", name, openssl(arguments, &[]));
        }
    }
    let leaf = fs::read(key_path("leaf")).unwrap();
    let p256 = fs::read(key_path("p256")).unwrap();
    let pkcs1 = openssl(&["rsa", "-traditional"], &leaf);
    let pkcs8 = openssl(&["pkcs8", "-topk8", "-nocrypt"], &leaf);
    write("keys", "pkcs1", &pkcs1);
    write("keys", "pkcs8", &pkcs8);
    write("keys", "pkcs8-ec", openssl(&["pkcs8", "-topk8", "-nocrypt"], &p256));
    write("keys", "public", openssl(&["rsa", "-pubout"], &leaf));
    for cipher in ["aes-128-cbc", "aes-192-cbc", "aes-256-cbc", "des-ede3-cbc"] {
        let option = format!("-{cipher}");
        let arguments = ["rsa", "-traditional", &option, "-passout", "pass:secret"];
        write("keys", &format!("pkcs1-encrypted-{cipher}"), openssl(&arguments, &leaf));
    }
    write("keys", "pkcs8-encrypted", openssl(&["pkcs8", "-topk8", "-passout", "pass:secret"], &leaf));
    write("keys", "sec1-encrypted", openssl(&["ec", "-aes128", "-passout", "pass:secret"], &p256));

    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (pkcs1, pkcs8) = (text(&pkcs1), text(&pkcs8));
    let encrypted = text(&fs::read(key_path("pkcs1-encrypted-aes-128-cbc")).unwrap());
    write("keys", "encrypted-rc2", encrypted.replace("AES-128-CBC", "RC2-CBC"));
    write("keys", "encrypted-aes-512", encrypted.replace("AES-128-CBC", "AES-512-CBC"));
    write("keys", "encrypted-short-iv", encrypted.replacen("CBC,", "CBC,Z", 1));
    write("keys", "wrong-label", pkcs1.replace("RSA PRIVATE", "DSA PRIVATE"));
    write("keys", "pkcs8-in-pkcs1-label", pkcs8.replace("PRIVATE", "RSA PRIVATE"));
    write("keys", "pkcs1-in-pkcs8-label", pkcs1.replace("RSA PRIVATE", "PRIVATE"));
    write("keys", "no-last-line", pkcs1.replace("-----END", "-----ENDE"));
    write("keys", "bad-digit", pkcs1.replacen("MII", "M!I", 1));
    write("keys", "cut", armour("RSA PRIVATE KEY", &strip_armour("RSA PRIVATE KEY", &pkcs1).unwrap()[..500]));
    write("keys", "empty", "-----BEGIN RSA PRIVATE KEY-----\n-----END RSA PRIVATE KEY-----\n");
    write("keys", "empty-line", "-----BEGIN RSA PRIVATE KEY-----\n\n-----END RSA PRIVATE KEY-----\n");
    write("keys", "crlf", pkcs1.replace('\n', "\r\n"));
    write("keys", "leading-text", format!("Bag Attributes: none\n{pkcs8}trailing text"));
    write("keys", "garbage", armour("RSA PRIVATE KEY", b"this is no key at all"));
    let mut der = strip_armour("RSA PRIVATE KEY", &pkcs1).unwrap();
    der[6] = 5;
    write("keys", "version-5", armour("RSA PRIVATE KEY", &der));
    der[6] = 0;
    let trailing = [der.as_slice(), &[0, 1, 2]].concat();
    write("keys", "trailing-bytes", armour("RSA PRIVATE KEY", &trailing));
    der[11] |= 1;
    let last_of_modulus = 11 + 257 - 1;
    der[last_of_modulus] ^= 2;
    write("keys", "flipped-modulus", armour("RSA PRIVATE KEY", &der));
    der[last_of_modulus] ^= 1;
    write("keys", "even-modulus", armour("RSA PRIVATE KEY", &der));
    write("keys", "with-certificate", format!("{}{pkcs1}", armour("CERTIFICATE", b"nothing")));
}

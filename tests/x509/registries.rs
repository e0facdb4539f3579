//! Certificates and keys that the package registries have, beside the real library: the authorities of browsers, the vectors of
//! `cryptography` with NIST's PKITS, the certificates in the packages of other libraries.
//!
//! They are fetched by `cargo xtask proof oracle` and never part of this repository.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use status::Flags;
use tests::pki::{armour, strip_armour};
use x509::{Bundle, Certificate, Policy, PrivateKey, describe};

use crate::{
    differences::{CERTIFICATE_RULES, KEY_RULES, Rule},
    differential::{Answer, their_certificates, their_key},
    verify::Chain,
};

/// Everything below the folder that the environment names.
fn files() -> Vec<PathBuf> {
    let folder =
        std::env::var_os("X509_REGISTRIES").expect("X509_REGISTRIES, set by `cargo xtask proof oracle`");
    let (mut open, mut found) = (vec![PathBuf::from(folder)], Vec::new());
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() { open.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

/// The same as for files of a device, but of any length.
fn our_certificates(text: &[u8]) -> Answer {
    let mut storage = vec![0; x509::der_length(text.len())];
    match Bundle::from_long_pem(text, &mut storage) {
        Ok(bundle) => {
            let mut out = String::new();
            bundle.iter().for_each(|certificate| describe(&certificate, "", &mut out).unwrap());
            Answer { result: i32::try_from(bundle.failed()).unwrap(), text: out }
        }
        Err(error) => Answer { result: error.code(), text: String::new() },
    }
}

fn our_key(text: &[u8]) -> Answer {
    let mut storage = vec![0; x509::der_length(text.len())];
    match PrivateKey::from_long_pem(text, &mut storage) {
        Ok(key) => Answer { result: 0, text: format!("RSA {}", key.bits()) },
        Err(error) => Answer { result: error.code(), text: String::new() },
    }
}

/// The blocks of a file, each in armour of its own: of PEM as they stand, of DER as a certificate.
fn blocks(path: &Path) -> Vec<(bool, Vec<u8>)> {
    let bytes = fs::read(path).unwrap();
    let ending = path.extension().unwrap_or_default().to_string_lossy().into_owned();
    if bytes.starts_with(&[0x30]) && ["der", "crt", "cer"].contains(&&*ending) {
        return vec![(false, armour("CERTIFICATE", &bytes).into_bytes())];
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let mut blocks = Vec::new();
    for part in text.split("-----BEGIN ").skip(1) {
        let Some((label, _)) = part.split_once("-----") else { continue };
        let is_key = label.ends_with("PRIVATE KEY");
        if label == "CERTIFICATE" || is_key {
            blocks.push((is_key, format!("-----BEGIN {part}").into_bytes()));
        }
    }
    blocks
}

#[test]
#[ignore = "fetches packages: `cargo xtask proof oracle`"]
fn certificates_and_keys_of_the_registries() {
    let (mut wrong, mut seen) = (Vec::new(), BTreeSet::new());
    let (mut certificates, mut keys, mut caught) = (0, 0, 0);
    for path in files() {
        for (is_key, text) in blocks(&path) {
            if !seen.insert(text.clone()) {
                continue;
            }
            let (theirs, ours, rules): (Answer, Answer, &[Rule]) = if is_key {
                keys += 1;
                (their_key(&text), our_key(&text), KEY_RULES)
            } else {
                certificates += 1;
                (their_certificates(&text), our_certificates(&text), CERTIFICATE_RULES)
            };
            if let Some(found) = theirs.difference(&ours)
                && !rules.iter().any(|rule| (rule.explains)(&text, &theirs, &ours))
            {
                wrong.push(format!("{}: {found:?}", path.display()));
            }
            // The planted fault: a reader that passes over the key usage.
            let kept: Vec<&str> = ours.text.lines().filter(|line| !line.starts_with("key usage")).collect();
            let without = Answer { text: kept.join("\n"), ..ours };
            caught += u32::from(!is_key && theirs.difference(&without).is_some());
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), certificates + keys, wrong.join("\n"));
    assert!(certificates > 500 && keys > 100, "{certificates} certificates, {keys} keys");
    assert!(caught > 0, "the control was not found");
    println!("counted: {certificates} certificates of the registries, {keys} keys of the registries");
    println!("control found: registries, a reader that passes over the key usage");
}

/// NIST's test suite for paths: each end certificate below the authorities of the names that it has, up to the anchor.
#[test]
#[ignore = "fetches packages: `cargo xtask proof oracle`"]
fn chains_of_pkits() {
    let mut by_subject: BTreeMap<Vec<u8>, Vec<Vec<u8>>> = BTreeMap::new();
    let mut ends = Vec::new();
    for path in files().iter().filter(|path| path.to_string_lossy().contains("PKITS")) {
        if path.extension().is_none_or(|ending| ending != "crt") {
            continue;
        }
        let der = fs::read(path).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if let Ok(certificate) = Certificate::from_der(&der) {
            by_subject.entry(certificate.subject().der().to_vec()).or_default().push(der.clone());
        }
        if name.contains("EE") {
            ends.push((name, der));
        }
    }
    let (mut wrong, mut trusted, mut refused, mut caught) = (Vec::new(), 0, 0, 0);
    for (name, end) in &ends {
        let mut message = vec![end.clone()];
        let mut anchors = Vec::new();
        // Every authority of the issuer's name, and of theirs: five levels, as many as PKITS has.
        let mut at = 0;
        while at < message.len() && message.len() < 6 {
            let Ok(certificate) = Certificate::from_der(&message[at]) else { break };
            let issuer = certificate.issuer().der().to_vec();
            for parent in by_subject.get(&issuer).into_iter().flatten() {
                let is_anchor =
                    Certificate::from_der(parent).is_ok_and(|c| c.subject().der() == c.issuer().der());
                let list = if is_anchor && parent.len() < 3000 { &mut anchors } else { &mut message };
                if !list.contains(parent) && list.len() < 6 {
                    list.push(parent.clone());
                }
            }
            at += 1;
        }
        let anchors =
            anchors.iter().take(2).flat_map(|der| armour("CERTIFICATE", der).into_bytes()).collect();
        // All are valid in the year 2015, but those that are made not to be.
        let chain = Chain { message, anchors, host: None, now: 1_430_000_000, policy: Policy::default() };
        let theirs = chain.theirs();
        let agrees = |flags: u32| flags == theirs.flags;
        match chain.ours() {
            Ok(outcome) if agrees(outcome.flags.bits()) => {
                // The planted fault: a verifier that does not look at the end of the validity.
                caught += u32::from(!agrees(outcome.flags.bits() & !Flags::EXPIRED.bits()));
                if theirs.flags == 0 { trusted += 1 } else { refused += 1 }
            }
            Err(error) if error.code() == theirs.result => refused += 1,
            ours => wrong.push(format!("{name}: {ours:?}, {theirs:?}")),
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), ends.len(), wrong.join("\n"));
    assert!(trusted > 20 && refused > 50 && caught > 0, "{trusted} trusted, {refused} refused, {caught}");
    println!("counted: {} chains of PKITS, {trusted} of them trusted", ends.len());
    println!("control found: PKITS, a verifier that does not look at the end of the validity");
}

#[test]
fn blocks_are_found() {
    let pem = crate::corpus::folder().join("certificates/leaf.pem");
    let [(false, block)] = &blocks(&pem)[..] else { panic!("one certificate") };
    assert!(strip_armour("CERTIFICATE", &String::from_utf8_lossy(block)).is_some());
}

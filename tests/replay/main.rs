//! Replays the committed corpus of every fuzz target, and simple changes of it, on stable and without a fuzzer.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that is wrong may panic"
)]

use std::{fs, panic, path::Path};

use tests::{
    fuzz::{TARGETS, application_data},
    random::Random,
};

/// How many changed copies of each input are tried.
const CHANGES: usize = 20;

fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut inputs: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap()))
        .collect();
    inputs.sort();
    inputs
}

fn run(target: &str, name: &str, body: fn(&[u8]), data: &[u8]) {
    if let Err(cause) = panic::catch_unwind(|| body(data)) {
        eprintln!("{target}, from {name}: {data:02x?}");
        panic::resume_unwind(cause);
    }
}

fn replay(target: &str) {
    let (_, body) = TARGETS.iter().find(|(name, _)| *name == target).unwrap();
    let inputs = corpus(target);
    assert!(inputs.len() >= 3, "{target}: a corpus is missing");
    run(target, "nothing", *body, &[]);
    let mut random = Random(0x5EED);
    for (name, data) in &inputs {
        run(target, name, *body, data);
        for _ in 0..CHANGES {
            let mut changed = data.clone();
            for _ in 0..=random.below(3) {
                let position = random.below(changed.len());
                changed[position] = random.byte();
            }
            run(target, name, *body, &changed);
        }
    }
}

#[test]
fn pem() {
    replay("pem");
}

#[test]
fn key() {
    replay("key");
}

#[test]
fn certificate() {
    replay("certificate");
}

#[test]
fn record() {
    replay("record");
}

#[test]
fn handshake() {
    replay("handshake");
}

/// Handshakes of all kinds reach application data, so that what changes them starts from there.
#[test]
fn handshakes_are_completed() {
    let expected = ["cbc", "ccm8", "fragments", "gcm", "request", "ticket", "verified"];
    let inputs = corpus("handshake");
    let completed: Vec<_> =
        inputs.iter().filter(|(_, data)| application_data(data) > 0).map(|(name, _)| name).collect();
    for name in expected {
        assert!(completed.contains(&&name.to_owned()), "{name}: {completed:?}");
    }
}

#[test]
fn mqtt_packet() {
    replay("mqtt_packet");
}

#[test]
fn mqtt_client() {
    replay("mqtt_client");
}

//! NIST's vectors of Hash_DRBG with SHA-256 over the state, and the generator over its source.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::string_slice,
    reason = "a test ends with a panic"
)]

extern crate std;

use std::{fs, string::String, vec, vec::Vec};

use super::*;

/// The records of a file, each as its lines.
fn records(name: &str) -> Vec<Vec<(String, Vec<u8>)>> {
    let path = std::format!("{}/../vectors/accel/drbg/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(path).unwrap();
    let records = text.split("\n\n").filter(|part| part.trim_start().starts_with("COUNT"));
    let lines = |part: &str| {
        let lines = part.lines().filter_map(|line| line.split_once('='));
        lines.skip(1).map(|(name, value)| (name.trim().into(), hex(value.trim()))).collect()
    };
    records.map(lines).collect()
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// The values of a name that is there once or twice.
fn all<'r>(record: &'r [(String, Vec<u8>)], name: &str) -> Vec<&'r [u8]> {
    record.iter().filter(|(found, _)| found == name).map(|(_, value)| value.as_slice()).collect()
}

/// SP 800-90A, DRBGVS: instantiate, (reseed,) generate twice, and compare what came second; with and without personalization string and
/// additional input.
#[test]
fn nist_vectors() {
    for (file, reseeds) in
        [("Hash_DRBG-SHA-256-reseed.rsp", true), ("Hash_DRBG-SHA-256-no-reseed.rsp", false)]
    {
        let records = records(file);
        assert_eq!(records.len(), 240, "{file}");
        let with_input = records.iter().filter(|record| !all(record, "AdditionalInput")[0].is_empty());
        assert!(with_input.count() > 100, "{file}");
        for record in records {
            let one = |name| all(&record, name)[0];
            let mut state = WorkingState::EMPTY;
            let material = [one("EntropyInput"), one("Nonce"), one("PersonalizationString")];
            state.instantiate(&material).unwrap();
            assert_eq!(reseeds, !all(&record, "EntropyInputReseed").is_empty());
            if reseeds {
                state.reseed(one("EntropyInputReseed"), one("AdditionalInputReseed")).unwrap();
            }
            let expected = one("ReturnedBits");
            let mut out = vec![0; expected.len()];
            for additional in all(&record, "AdditionalInput") {
                state.generate(&mut out, additional).unwrap();
            }
            assert_eq!(out, expected, "{file}");
        }
    }
}

/// The carry runs through all 440 bits, and out of them.
#[test]
fn sums_are_modulo_the_seed_length() {
    let mut most = [u32::MAX; WORDS];
    most[0] = 0x00FF_FFFF;
    let mut sum = DrbgNumber(most);
    sum.add(&[1]);
    assert_eq!(sum.0, [0; WORDS]);
    sum.add(&most);
    sum.add(&[u32::MAX; 8]);
    let mut expected = most;
    expected[..6].fill(0);
    expected[13] = u32::MAX - 1;
    // 2^440 - 1 + 2^256 - 1 - 2^440
    assert_eq!(sum.0, expected);
}

/// A good source that remembers what it gave.
struct Remembering<'g>(u64, &'g mut Vec<Vec<u8>>);

impl Entropy for Remembering<'_> {
    fn entropy(&mut self, out: &mut [u8]) -> Result<(), Error> {
        for part in out.chunks_mut(32) {
            self.0 += 1;
            copy(part, Hasher.hash(HashAlgorithm::Sha256, &[&self.0.to_be_bytes()])?.as_bytes());
        }
        self.1.push(out.to_vec());
        Ok(())
    }
}

/// The generator's answers are those of a state that is seeded with what the source gave: at the first request with entropy and nonce, and
/// with entropy when its requests are used up, when it is asked to, or before every request.
#[test]
fn seeds_are_what_the_source_gave() {
    for resists_prediction in [false, true] {
        let mut given = Vec::new();
        let mut drbg = match resists_prediction {
            false => Drbg::new(Remembering(7, &mut given)),
            true => Drbg::prediction_resistant(Remembering(7, &mut given)),
        };
        let requests = RESEED_REQUESTS + 3;
        let answers: Vec<[u8; 40]> = (0..requests)
            .map(|number| {
                let mut out = [0; 40];
                if number == 5 {
                    drbg.reseed().unwrap();
                }
                drbg.fill(&mut out).unwrap();
                out
            })
            .collect();
        drop(drbg);
        // Behind the start-up of the source's tests.
        let mut seeds = given.iter().skip(32);
        let mut state = WorkingState::EMPTY;
        state.instantiate(&[seeds.next().unwrap()]).unwrap();
        for (number, answer) in (0..).zip(&answers) {
            let is_asked = number == 5;
            if is_asked {
                state.reseed(seeds.next().unwrap(), &[]).unwrap();
            }
            let is_used_up = number == 5 + RESEED_REQUESTS;
            if is_used_up && !resists_prediction || resists_prediction && number > 0 {
                state.reseed(seeds.next().unwrap(), &[]).unwrap();
            }
            let mut out = [0; 40];
            state.generate(&mut out, &[]).unwrap();
            assert_eq!(out, *answer, "{resists_prediction}, request {number}");
        }
        assert_eq!(seeds.next(), None);
    }
}

//! The models of HASH, RNG and CRYP with drivers that are not ours: the firmware `validation`, which holds embassy-stm32's
//! against RustCrypto, on boards of several latenesses.

use std::{
    env, fs,
    path::{Path, PathBuf},
    time::Duration,
};

use board::{Board, Options, network::Nobody, units::Units};
use peripherals::{Fault, Latency};
use rigless::{soc::Width, symbols::Symbols};

/// The words of `VALIDATION_REPORT`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Report {
    /// 2 at the end, 3 after a panic.
    state: u64,
    checks: u64,
    failures: u64,
    /// The unit, the algorithm and the length of the first check that failed.
    first: [u64; 3],
}

/// HASH: four algorithms, 151 lengths, and four in turns.
const HASH_CHECKS: u64 = 4 * 151 + 4;
/// Beside HASH's, RNG: 128 and 3. CRYP: two of CTR, and two keys of GCM with 36 lengths and 4 of associated data, both ways.
const CHECKS: u64 = HASH_CHECKS + 128 + 3 + 2 + 2 * 36 * 4 * 2;

fn elf() -> PathBuf {
    let elf = env::var_os("VALIDATION_ELF");
    PathBuf::from(
        elf.expect("VALIDATION_ELF says where the firmware is; `cargo xtask test` builds and sets it"),
    )
}

fn run(elf: &Path, board: &mut Board) -> Report {
    let report = report(elf);
    board
        .wait_for("the end of the validation", Duration::from_secs(600), move |stage| {
            let mut word = |at: u64| stage.host.read(report + 4 * at, Width::W32).unwrap_or(0);
            let state = word(1);
            let started = word(0) == u64::from(u32::from_be_bytes(*b"VALI"));
            (started && state > 1).then(|| Report {
                state,
                checks: word(2),
                failures: word(3),
                first: [word(4), word(5), word(6)],
            })
        })
        .unwrap()
}

/// A board whose units were set before its reset. CRYP is never late: embassy-stm32 0.6.0 goes from the header to the payload
/// without waiting for BUSY, which the manual demands.
fn board(elf: &Path, options: Options, set: fn(&mut Units)) -> Board {
    let report = report(elf);
    let mut board = Board::start(elf, options, Box::new(Nobody)).unwrap();
    board.units(move |units| {
        units.cryp.unit.set_latency(Latency::default());
        set(units);
    });
    board.with(move |stage| {
        stage.host.write(report, Width::W32, 0).unwrap();
        stage.session.reset_by_pin(stage.stop.at, stage.stop.instruction_count, stage.host);
    });
    board
}

fn report(elf: &Path) -> u64 {
    let symbols = Symbols::read(&fs::read(elf).unwrap(), |address| address).unwrap();
    symbols.get("VALIDATION_REPORT").unwrap()
}

#[test]
fn drivers_that_run_on_silicon_get_the_right_answers() {
    let elf = elf();
    for (seed, latest) in [(1, 0), (2, 6_000)] {
        let mut board = board(&elf, Options { seed, latest, ..Options::default() }, |_| {});
        let report = run(&elf, &mut board);
        assert_eq!(report, Report { state: 2, checks: CHECKS, failures: 0, first: [0; 3] }, "{latest} ns");
        let misuse = board.units(|units| {
            [units.hash.unit.counters(), units.rng.unit.counters(), units.cryp.unit.counters()]
                .map(|counters| (counters.blocks > 0, counters.misuse))
        });
        assert_eq!(misuse, [(true, 0); 3], "the models forbid nothing that these drivers do");
        for instance in ["HASH", "RNG", "CRYP"] {
            assert!(!board.touched(instance).is_empty(), "{instance}");
        }
    }
}

/// The report can fail: with a HASH that answers wrongly, exactly its checks do.
#[test]
fn a_wrong_answer_is_noticed() {
    let elf = elf();
    let mut board = board(&elf, Options::default(), |units| units.hash.unit.fail(Fault::Wrong));
    let report = run(&elf, &mut board);
    assert_eq!((report.state, report.checks), (2, CHECKS));
    assert_eq!((report.failures, report.first[0]), (HASH_CHECKS, 1));
}

//! RNG: words come late and do not repeat; errors, and the ways out of them (RM0090 §24.3).

use std::collections::HashSet;

use peripherals::{Latency, Rng, RngFault};

const CR: u32 = 0;
const SR: u32 = 4;
const DR: u32 = 8;
const RNGEN: u32 = 4;

fn word(rng: &mut Rng) -> Option<u32> {
    (0..1000).find(|_| rng.read(SR) & 1 != 0).map(|_| rng.read(DR))
}

#[test]
fn words_come_late_and_do_not_repeat() {
    let mut rng = Rng::default();
    rng.set_latency(Latency::new(3, 50));
    assert_eq!((rng.read(SR), rng.read(DR)), (0, 0));
    assert_eq!(rng.counters().misuse, 1);
    rng.write(CR, RNGEN);
    let words: HashSet<u32> = (0..1000).map(|_| word(&mut rng).unwrap()).collect();
    assert_eq!(words.len(), 1000);
    assert!(rng.touched() && rng.counters().reads > 10_000);

    let mut other = Rng::default();
    other.set_key([1; 32]);
    other.write(CR, RNGEN);
    assert!(!words.contains(&word(&mut other).unwrap()));
}

#[test]
fn a_seed_error_lasts_until_a_restart() {
    let mut rng = Rng::default();
    rng.write(CR, RNGEN | 8);
    assert!(rng.interrupt());
    rng.fail(RngFault::Seed);
    assert_eq!(rng.read(SR), 0x44);
    assert_eq!(word(&mut rng), None);
    rng.write(SR, 0);
    assert_eq!(rng.read(SR), 4, "the flag is cleared, the error is still there");
    rng.write(CR, 0);
    rng.write(CR, RNGEN);
    assert!(word(&mut rng).is_some());

    rng.fail(RngFault::SeedAgain);
    rng.write(CR, 0);
    rng.write(CR, RNGEN);
    rng.write(SR, 0);
    assert_eq!(word(&mut rng), None);
}

#[test]
fn a_clock_error_stops_words_while_it_lasts() {
    let mut rng = Rng::default();
    rng.write(CR, RNGEN);
    rng.read(DR);
    rng.fail(RngFault::Clock);
    rng.read(DR);
    assert_eq!(rng.read(SR) & 0x22, 0x22);
    rng.write(SR, 0);
    assert_eq!(word(&mut rng), None);
    rng.fail(RngFault::None);
    assert!(word(&mut rng).is_some());
    assert_eq!(rng.read(SR) & 0x20, 0x20, "the flag stays until it is cleared");
}

#[test]
fn stuck_and_silent() {
    let mut rng = Rng::default();
    rng.fail(RngFault::Stuck(7));
    rng.write(CR, RNGEN);
    assert_eq!([word(&mut rng), word(&mut rng)], [Some(7), Some(7)]);
    rng.reset();
    rng.fail(RngFault::Silent);
    rng.write(CR, RNGEN);
    assert_eq!(word(&mut rng), None);
}

//! Inputs that bounce.

use firmware::ports::{Debounce, mask};
use tests::random::Random;

#[test]
fn a_level_counts_when_it_was_seen_three_times() {
    let mut debounce = Debounce::default();
    let changes: Vec<_> =
        [1, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0].into_iter().map(|level| debounce.sample(level)).collect();
    let expected = [None, None, Some(1), None, None, None, None, None, None, Some(0), None];
    assert_eq!(changes, expected);
}

/// Each input is debounced as if it were alone.
#[test]
fn the_inputs_do_not_disturb_each_other() {
    let mut random = Random(11);
    let mut together = Debounce::default();
    let mut alone = [Debounce::default(); 8];
    let (mut stable, mut single) = (0, 0);
    for _ in 0..5000 {
        let levels = random.byte() & random.byte();
        stable = together.sample(levels).unwrap_or(stable);
        for (index, debounce) in alone.iter_mut().enumerate() {
            if let Some(change) = debounce.sample(levels & 1 << index) {
                single = single & !(1 << index) | change;
            }
        }
        assert_eq!(stable, single);
    }
}

#[test]
fn a_mask_has_as_many_bits_as_there_are_ports() {
    assert_eq!([0, 1, 3, 7, 8, 9].map(mask), [0, 1, 0b111, 0x7F, 0xFF, 0xFF]);
}

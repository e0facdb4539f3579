//! RNG: words that were waited for by polling, and bytes that came by interrupt.

use embassy_futures::block_on;
use embassy_stm32::{peripherals::RNG, rng::Rng};

use crate::check;

const UNIT: u32 = 2;
const WORDS: usize = 128;

pub fn validate(mut rng: Rng<'_, RNG>) {
    let mut words = [0; 2 * WORDS];
    let (polled, interrupted) = words.split_at_mut(WORDS);
    polled.fill_with(|| rng.next_u32());
    for word in interrupted {
        let mut bytes = [0; 4];
        check(block_on(rng.async_fill_bytes(&mut bytes)).is_ok(), UNIT, 0, 4);
        *word = u32::from_le_bytes(bytes);
    }
    words.sort_unstable();
    check(words[0] != 0, UNIT, 1, WORDS);
    check(words.windows(2).all(|pair| pair[0] != pair[1]), UNIT, 2, WORDS);
    let ones: u32 = words.iter().map(|word| word.count_ones()).sum();
    // 4096 of 8192, within seven standard deviations of 45.
    check(ones.abs_diff(4096) < 7 * 45, UNIT, 3, WORDS);
}

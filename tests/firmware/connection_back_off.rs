//! The pauses between attempts, and when the session is given up.

use embassy_time::Duration;
use firmware::connection::back_off::{BackOff, Patience};
use tests::random::Random;

const NONE: Duration = Duration::MIN;

#[test]
fn pauses_double_up_to_two_minutes_and_the_dice_take_up_to_half() {
    let (mut shortest, mut longest) = (BackOff::default(), BackOff::default());
    for expected in [1, 2, 4, 8, 16, 32, 64, 120, 120] {
        assert_eq!(shortest.pause(NONE, 0), Duration::from_millis(expected * 500));
        let pause = longest.pause(NONE, u16::MAX);
        assert!(pause <= Duration::from_secs(expected));
        assert!(pause >= Duration::from_millis(expected * 1000 - 2));
    }
    let mut many = BackOff::default();
    for _ in 0..100_000 {
        many.pause(NONE, 0);
    }
    assert_eq!(many.pause(NONE, 0), Duration::from_secs(60));
}

#[test]
fn only_a_connection_that_lasted_begins_anew() {
    let mut back_off = BackOff::default();
    for _ in 0..5 {
        back_off.pause(NONE, 0);
    }
    assert_eq!(back_off.pause(BackOff::STABLE - Duration::from_millis(1), 0), Duration::from_secs(16));
    assert_eq!(back_off.pause(BackOff::STABLE, 0), Duration::from_millis(500));
    assert_eq!(back_off.pause(NONE, 0), Duration::from_secs(1));
}

/// A thousand devices whose broker restarts do not come back in the same moment.
#[test]
fn devices_spread() {
    let mut random = Random(1);
    let pauses: Vec<u64> =
        (0..1000).map(|_| BackOff::default().pause(NONE, random.number() as u16).as_millis()).collect();
    for tenth in 0..10 {
        let from = 500 + tenth * 50;
        let count = pauses.iter().filter(|pause| (from..=from + 50).contains(*pause)).count();
        assert!((60..180).contains(&count), "{count} between {from} and {} ms", from + 50);
    }
}

/// A session that makes one connection after the other short is given up; nothing else gives one up.
#[test]
fn a_session_that_no_connection_lasts_with_begins_anew() {
    let short = BackOff::STABLE - Duration::from_millis(1);
    let counted = |rows: &[(Duration, bool)]| {
        let mut patience = Patience::default();
        rows.iter().map(|(lasted, clean)| patience.is_over(*lasted, *clean)).collect::<Vec<_>>()
    };
    let expected: Vec<bool> = (1..=20).map(|number| number % 8 == 0).collect();
    assert_eq!(counted(&[(short, false); 20]), expected);
    // Attempts that the broker never accepted do not count, and do not interrupt.
    let between: Vec<_> = [(short, false), (NONE, false), (NONE, true)].repeat(8);
    assert_eq!(counted(&between).iter().position(|over| *over), Some(21));
    for good in [(BackOff::STABLE, false), (short, true)] {
        let rows: Vec<_> = [[(short, false); 7].as_slice(), &[good]].concat().repeat(5);
        assert!(!counted(&rows).contains(&true));
    }
}

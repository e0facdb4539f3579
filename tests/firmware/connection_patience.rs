//! When the session is given up.

use embassy_time::Duration;
use firmware::connection::patience::Patience;

const NONE: Option<Duration> = None;

/// A session that makes one connection after the other short is given up; nothing else gives one up.
#[test]
fn a_session_that_no_connection_lasts_with_begins_anew() {
    let (short, stable) = (Some(Patience::STABLE - Duration::from_millis(1)), Some(Patience::STABLE));
    let counted = |rows: &[(Option<Duration>, bool)]| {
        let mut patience = Patience::default();
        rows.iter().map(|(lasted, clean)| patience.is_over(*lasted, *clean)).collect::<Vec<_>>()
    };
    let expected: Vec<bool> = (1..=20).map(|number| number % 8 == 0).collect();
    assert_eq!(counted(&[(short, false); 20]), expected);
    // Attempts that the broker never accepted do not count, and do not interrupt.
    let between: Vec<_> = [(short, false), (NONE, false), (NONE, true)].repeat(8);
    assert_eq!(counted(&between).iter().position(|over| *over), Some(21));
    for good in [(stable, false), (short, true)] {
        let rows: Vec<_> = [[(short, false); 7].as_slice(), &[good]].concat().repeat(5);
        assert!(!counted(&rows).contains(&true));
    }
}

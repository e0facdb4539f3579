//! The clock: what it says before and after it was set.

use firmware::clock::Clock;

#[test]
fn a_clock_knows_nothing_before_it_was_set() {
    let clock = Clock::default();
    assert_eq!(clock.now(), None);
    clock.set(1_700_000_000_999);
    // The time since boot is that of this process, which is younger than a second or two here.
    let now = clock.now().unwrap();
    assert!((1_700_000_000..1_700_000_060).contains(&now), "{now}");
}

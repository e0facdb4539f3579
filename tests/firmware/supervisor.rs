//! Who is stuck, and when.

use std::{pin::pin, time::Duration};

use embassy_futures::block_on;
use firmware::supervisor::{Progress, Task};

#[test]
fn a_task_without_progress_is_found_after_half_a_minute() {
    let progress = Progress::default();
    let tick_but = |spared: Option<Task>, now| {
        for task in Task::ALL {
            if Some(task) != spared {
                progress.tick_at(task, now);
            }
        }
    };
    tick_but(None, 1000);
    assert_eq!(progress.stuck(31_000), None);
    for task in Task::ALL {
        tick_but(None, 1000);
        tick_but(Some(task), 20_000);
        assert_eq!(progress.stuck(31_000), None);
        assert_eq!(progress.stuck(31_001), Some(task));
    }
}

#[test]
fn who_waits_makes_progress() {
    let progress = Progress::default();
    // Not even once is it enough to begin.
    for task in Task::ALL {
        let mut waited = 0;
        block_on(progress.during(task, pin!(async { waited = 7 })));
        assert_eq!(waited, 7);
    }
    let now = embassy_time::Instant::now().as_millis();
    assert_eq!(progress.stuck(now + Duration::from_secs(29).as_millis() as u64), None);
    assert!(progress.stuck(now + Duration::from_secs(60).as_millis() as u64).is_some());
}

/// A device may be started late by the clock, as a test's is: its watchdog is fed from the start.
#[test]
fn nobody_is_stuck_before_the_first_turn() {
    let progress = Progress::started_at(1_000_000);
    assert_eq!(progress.stuck(1_000_000 + 30_000), None);
    assert_eq!(progress.stuck(1_000_000 + 30_001), Some(Task::Network));
}

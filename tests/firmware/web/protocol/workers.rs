//! Who gives way to a new connection: `firmware/src/web/protocol/workers.rs`.

use embassy_futures::{
    block_on,
    select::{Either, select},
};
use embassy_time::{Duration, Instant, Timer};
use firmware::web::protocol::workers::{Occupation, WORKERS, Workers};

/// Whether this worker gives way by itself.
fn gives_way(workers: &Workers, worker: usize) -> bool {
    let asked = select(workers.give_way(worker), Timer::after(Duration::from_millis(600)));
    matches!(block_on(asked), Either::First(()))
}

/// All workers but the last have connections, of which the first is the oldest.
fn busy() -> Workers {
    let workers = Workers::default();
    for worker in 0..WORKERS - 1 {
        workers.occupation(worker).set(Occupation::Open(Instant::from_ticks(worker as u64)));
    }
    workers
}

/// Which worker the last connection displaces.
fn displaced(workers: &Workers) -> Option<usize> {
    let last = WORKERS - 1;
    // They wait before somebody comes.
    let mut found = None;
    for worker in 0..WORKERS {
        let copy = Workers::default();
        (0..WORKERS).for_each(|other| copy.occupation(other).set(workers.occupation(other).get()));
        copy.occupation(last).set(Occupation::Listening);
        let come = async {
            Timer::after(Duration::from_millis(1)).await;
            copy.take(last);
            Timer::after(Duration::from_millis(5)).await;
        };
        if let Either::First(()) = block_on(select(copy.give_way(worker), come)) {
            assert_eq!(found.replace(worker), None, "one is enough");
        }
    }
    found
}

#[test]
fn the_idlest_that_is_not_logged_in_gives_way() {
    let workers = busy();
    assert_eq!(displaced(&workers), Some(0));
    workers.occupation(0).set(Occupation::LoggedIn);
    assert_eq!(displaced(&workers), Some(1));
    workers.occupation(1).set(Occupation::Waiting);
    assert_eq!(displaced(&workers), Some(2));
    workers.occupation(0).set(Occupation::Open(Instant::MAX));
    assert_eq!(displaced(&workers), Some(2));
    workers.occupation(1).set(Occupation::Listening);
    assert_eq!(displaced(&workers), None, "there is room");
    (0..WORKERS - 1).for_each(|worker| workers.occupation(worker).set(Occupation::LoggedIn));
    assert_eq!(displaced(&workers), None);
}

/// Where nobody could come to ask, silence is enough.
#[test]
fn the_last_place_is_not_kept_by_silence() {
    let workers = Workers::default();
    (0..WORKERS).for_each(|worker| workers.occupation(worker).set(Occupation::LoggedIn));
    workers.occupation(2).set(Occupation::Open(Instant::MAX));
    assert!(!gives_way(&workers, 2), "something has just come");
    workers.occupation(2).set(Occupation::Open(Instant::MIN));
    block_on(workers.give_way(2));
    assert!(!gives_way(&workers, 1), "it is logged in");
    workers.occupation(0).set(Occupation::Listening);
    assert!(!gives_way(&workers, 2), "there is room");
}

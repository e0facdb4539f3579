//! Who gives way to a new connection: `firmware/src/http/places.rs`.

use embassy_futures::{
    block_on,
    select::{Either, select},
};
use embassy_time::{Duration, Instant, Timer};
use firmware::http::{
    WORKERS,
    places::{Place, Places},
};

/// Whether this worker gives way by itself.
fn gives_way(places: &Places, worker: usize) -> bool {
    let asked = select(places.give_way(worker), Timer::after(Duration::from_millis(600)));
    matches!(block_on(asked), Either::First(()))
}

/// All workers but the last have connections, of which the first is the oldest.
fn busy() -> Places {
    let places = Places::default();
    for worker in 0..WORKERS - 1 {
        places.place(worker).set(Place::Open(Instant::from_ticks(worker as u64)));
    }
    places
}

/// Which worker the last connection displaces.
fn displaced(places: &Places) -> Option<usize> {
    let last = WORKERS - 1;
    // They wait before somebody comes.
    let mut found = None;
    for worker in 0..WORKERS {
        let copy = Places::default();
        (0..WORKERS).for_each(|other| copy.place(other).set(places.place(other).get()));
        copy.place(last).set(Place::Listening);
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
    let places = busy();
    assert_eq!(displaced(&places), Some(0));
    places.place(0).set(Place::LoggedIn);
    assert_eq!(displaced(&places), Some(1));
    places.place(1).set(Place::Waiting);
    assert_eq!(displaced(&places), Some(2));
    places.place(0).set(Place::Open(Instant::MAX));
    assert_eq!(displaced(&places), Some(2));
    places.place(1).set(Place::Listening);
    assert_eq!(displaced(&places), None, "there is room");
    (0..WORKERS - 1).for_each(|worker| places.place(worker).set(Place::LoggedIn));
    assert_eq!(displaced(&places), None);
}

/// Where nobody could come to ask, silence is enough.
#[test]
fn the_last_place_is_not_kept_by_silence() {
    let places = Places::default();
    (0..WORKERS).for_each(|worker| places.place(worker).set(Place::LoggedIn));
    places.place(2).set(Place::Open(Instant::MAX));
    assert!(!gives_way(&places, 2), "something has just come");
    places.place(2).set(Place::Open(Instant::MIN));
    block_on(places.give_way(2));
    assert!(!gives_way(&places, 1), "it is logged in");
    places.place(0).set(Place::Listening);
    assert!(!gives_way(&places, 2), "there is room");
}

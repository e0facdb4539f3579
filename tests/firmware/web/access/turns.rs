//! Who may try a password next: `firmware/src/web/access/turns.rs`.

use std::net::Ipv4Addr;

use firmware::web::access::turns::{MAX_WAITING, PAUSE, Source, Ticket, Turn, Turns};

fn address(number: u8) -> Source {
    Source::Address(Ipv4Addr::new(192, 168, 1, number))
}

fn queued(turns: &mut Turns, source: Source) -> Ticket {
    turns.line_up(source).unwrap()
}

/// A wrong password, tried as soon as it may be.
fn fail(turns: &mut Turns, ticket: Ticket, source: Source, now: u64) {
    assert_eq!(turns.turn(ticket, now), Turn::Now);
    turns.failed(source, now);
    turns.leave(ticket);
}

#[test]
fn one_is_served_at_a_time_in_the_order_of_arrival() {
    let mut turns = Turns::default();
    let (a, b) = (queued(&mut turns, address(1)), queued(&mut turns, address(2)));
    assert_eq!([turns.turn(b, 0), turns.turn(a, 0), turns.turn(b, 0)], [Turn::Later, Turn::Now, Turn::Later]);
    assert_eq!(turns.turn(a, 0), Turn::Now, "until it leaves");
    turns.leave(a);
    assert_eq!([turns.turn(b, 0), turns.turn(a, 0)], [Turn::Now, Turn::Never]);
}

#[test]
fn the_pause_is_that_of_the_source_and_does_not_grow() {
    let mut turns = Turns::default();
    let mut now = 5;
    for _ in 0..100 {
        let ticket = queued(&mut turns, address(1));
        fail(&mut turns, ticket, address(1), now);
        let (same, other) = (queued(&mut turns, address(1)), queued(&mut turns, address(2)));
        assert_eq!(turns.turn(same, now), Turn::Later);
        assert_eq!(turns.turn(other, now), Turn::Now, "another address has no pause");
        turns.leave(other);
        assert_eq!(turns.turn(same, now + PAUSE - 1), Turn::Later);
        assert_eq!(turns.turn(same, now + PAUSE), Turn::Now);
        turns.leave(same);
        now += PAUSE;
    }
    let ticket = queued(&mut turns, address(1));
    fail(&mut turns, ticket, address(1), now);
    turns.succeeded(address(1));
    let ticket = queued(&mut turns, address(1));
    assert_eq!(turns.turn(ticket, now), Turn::Now, "a right one ends the pause");
}

/// Whoever shares the address of somebody who tries wrong passwords without end has his turn after those who came before.
#[test]
fn nobody_is_kept_out_by_wrong_passwords_from_the_same_address() {
    let mut turns = Turns::default();
    let mut now = 0;
    let mut attackers: Vec<Ticket> = (1..MAX_WAITING).map(|_| queued(&mut turns, address(1))).collect();
    let owner = queued(&mut turns, address(1));
    let begun = now;
    while turns.turn(owner, now) != Turn::Now {
        if let Some(place) = attackers.iter().position(|ticket| turns.turn(*ticket, now) == Turn::Now) {
            turns.failed(address(1), now);
            turns.leave(attackers[place]);
            attackers[place] = queued(&mut turns, address(1));
        }
        now += 20;
        assert!(now - begun <= PAUSE * MAX_WAITING as u64);
    }
}

#[test]
fn an_address_without_a_place_gets_that_of_one_with_several() {
    let mut turns = Turns::default();
    let attackers: Vec<Ticket> = (0..MAX_WAITING).map(|_| queued(&mut turns, address(1))).collect();
    assert_eq!(turns.turn(attackers[0], 0), Turn::Now);
    assert_eq!(turns.line_up(address(1)), None, "the line is full");
    let owner = queued(&mut turns, address(2));
    assert_eq!(turns.turn(attackers[MAX_WAITING - 1], 0), Turn::Never, "the newest goes");
    assert_eq!(turns.line_up(address(2)), None, "it has a place already");
    turns.failed(address(1), 0);
    turns.leave(attackers[0]);
    assert_eq!(turns.turn(owner, 0), Turn::Now, "and the others have a pause");
}

/// Several neighbours try wrong passwords without end, each from an address of its own, and a check takes a second. The owner has
/// mistyped once before.
#[test]
fn several_neighbours_keep_nobody_out() {
    const CHECK: u64 = 1000;
    for neighbours in 1..=10 {
        for arrival in (20_000..24_000).step_by(100) {
            let mut turns = Turns::default();
            let (mut line, mut checking) = (Vec::<(Ticket, Source)>::new(), None);
            let own = address(100);
            let (mut owner, mut served) = (None, None);
            for now in (0..arrival + 10_000).step_by(20) {
                if let Some((ticket, source, end)) = checking
                    && now >= end
                {
                    turns.failed(source, now);
                    turns.leave(ticket);
                    checking = None;
                }
                // Neighbours are always first.
                for neighbour in (1..=neighbours).map(address) {
                    if !line.iter().any(|(_, other)| *other == neighbour)
                        && let Some(ticket) = turns.line_up(neighbour)
                    {
                        line.push((ticket, neighbour));
                    }
                }
                if now == arrival - 5000 {
                    turns.failed(own, now);
                }
                if now >= arrival && owner.is_none() {
                    owner = turns.line_up(own);
                    assert!(owner.is_some(), "{neighbours} neighbours, {arrival} ms");
                }
                if owner.is_some_and(|ticket| turns.turn(ticket, now) == Turn::Now) {
                    served = Some(now);
                    break;
                }
                line.retain(|(ticket, source)| match turns.turn(*ticket, now) {
                    Turn::Now => {
                        checking.get_or_insert((*ticket, *source, now + CHECK));
                        checking.is_some_and(|(served, _, _)| served == *ticket)
                    }
                    Turn::Later => true,
                    Turn::Never => false,
                });
            }
            let waited = served.map(|now| now - arrival);
            assert!(waited.is_some_and(|time| time <= CHECK * MAX_WAITING as u64), "{waited:?}");
        }
    }
}

/// A browser that is logged in, or was, goes before everybody else, and its place is none of theirs.
#[test]
fn who_was_logged_in_is_first() {
    let mut turns = Turns::default();
    let attackers: Vec<Ticket> =
        (1..=MAX_WAITING as u8).map(|number| queued(&mut turns, address(number))).collect();
    assert_eq!(turns.line_up(address(99)), None);
    let owner = queued(&mut turns, Source::Session(2));
    assert_eq!([turns.turn(attackers[0], 0), turns.turn(owner, 0)], [Turn::Later, Turn::Now]);
    turns.failed(Source::Session(2), 0);
    turns.leave(owner);
    let owner = queued(&mut turns, Source::Session(2));
    assert_eq!(
        [turns.turn(owner, 0), turns.turn(attackers[0], 0)],
        [Turn::Later, Turn::Now],
        "it has pauses, too"
    );
}

/// However many addresses there are: the memory is bounded, and the one whose pause ends first is forgotten.
#[test]
fn many_addresses_are_no_more_than_the_table() {
    let mut turns = Turns::default();
    for number in 0..200 {
        let ticket = queued(&mut turns, address(number));
        fail(&mut turns, ticket, address(number), number.into());
    }
    let last = queued(&mut turns, address(199));
    assert_eq!(turns.turn(last, 200), Turn::Later);
    turns.leave(last);
    let first = queued(&mut turns, address(0));
    assert_eq!(turns.turn(first, 200), Turn::Now);
}

//! The pauses: they grow, they end, and no two devices have the same.

use mqtts::status::net;
use mqtts::{BackOff, Client, Security, Settings, accel::soft::Soft};
use tests::{entropy::InsecureSeeded, link::Pieces, throwaway::NOW};

use crate::broker::{Broker, client, run};

fn settings() -> Settings<'static> {
    Settings::new(Security::Plain, "fleet")
}

#[test]
fn the_pause_doubles_up_to_the_longest() {
    let mut client = client(settings());
    let mut accel = Soft::new(InsecureSeeded::new(1));
    let policy = BackOff::default();
    let mut now = 0;
    for failure in 0..12_u32 {
        client.ended(Some(net::CONNECT_FAILED), &mut accel, now);
        let at = client.retry_at().unwrap();
        let whole = (u64::from(policy.first) << failure).min(u64::from(policy.longest));
        assert!((whole / 2..=whole).contains(&(at - now)), "failure {failure}: {} of {whole}", at - now);
        now = at;
    }
}

/// A thousand devices whose connections are cut at once come back one after the other.
#[test]
fn a_fleet_does_not_come_back_in_one_second() {
    let mut seconds = [0; 8];
    for device in 0..1000 {
        let (mut client, mut accel, mut happened) =
            (client(settings()), Soft::new(InsecureSeeded::new(device)), Vec::new());
        let mut broker = Broker::plain(Pieces::Whole);
        client.connected(NOW);
        run(&mut client, &mut broker, &mut accel, 0, &mut happened).unwrap();
        lose(&mut client, &mut accel, 60_000);
        let pause = client.retry_at().unwrap() - 60_000;
        seconds[usize::try_from(pause / 1000).unwrap()] += 1;
    }
    // 125 each on average; for a fair die so few or so many are rarer than once in a million runs, and this one is seeded.
    assert!(seconds.iter().all(|count| (75..=180).contains(count)), "{seconds:?}");
}

/// A connection that lasts forgets the failures before it, one that is lost at once does not.
#[test]
fn only_a_good_connection_forgets_what_failed_before() {
    for (lasted, is_forgotten) in [(1, false), (29_999, false), (30_000, true)] {
        let (mut client, mut accel, mut happened) =
            (client(settings()), Soft::new(InsecureSeeded::new(5)), Vec::new());
        for _ in 0..6 {
            lose(&mut client, &mut accel, 0);
        }
        let mut broker = Broker::plain(Pieces::Whole);
        client.connected(NOW);
        run(&mut client, &mut broker, &mut accel, 1_000, &mut happened).unwrap();
        lose(&mut client, &mut accel, 1_000 + lasted);
        let pause = client.retry_at().unwrap() - (1_000 + lasted);
        assert_eq!(pause < 8_000, is_forgotten, "{lasted}: {pause}");
    }
}

fn lose(client: &mut Client<'_>, accel: &mut Soft<InsecureSeeded>, now: u64) {
    client.ended(Some(net::CONN_RESET), accel, now);
}

//! The last two failures, and how they come back after a reset.

use firmware::status_codes::StatusCodes;
use status::{Alert, AlertSeen, Cause, Flags, Status, Step, asn1, device, mqtt, net, ssl, x509};
use tests::random::Random;

#[test]
fn the_last_two_are_kept_the_newest_first() {
    let mut codes = StatusCodes::default();
    assert_eq!(codes.iter().count(), 0);
    for error in [ssl::TIMEOUT, ssl::CONN_EOF, net::CONNECT_FAILED] {
        codes.push(Status::new(error), Some(1_700_000_000));
    }
    let kept: Vec<_> = codes.iter().map(|entry| entry.status.error).collect();
    assert_eq!(kept, [net::CONNECT_FAILED, ssl::CONN_EOF]);
}

#[test]
fn the_same_failure_again_is_counted() {
    let (a, b) = (Status::new(ssl::TIMEOUT), Status::new(device::PANIC_RESET));
    let mut codes = StatusCodes::default();
    for (status, at) in [(a, 1), (a, 2), (b, 3), (a, 4), (a, 5)] {
        codes.push(status, Some(at));
    }
    let kept = |codes: &StatusCodes| -> Vec<_> {
        codes.iter().map(|entry| (entry.status, entry.at, entry.count, entry.is_past)).collect()
    };
    assert_eq!(kept(&codes), [(a, Some(5), 4, false), (b, Some(3), 1, false)]);
    // What is of the device itself is not over because a broker accepts it.
    codes.settle();
    assert_eq!(kept(&codes), [(a, Some(5), 4, true), (b, Some(3), 1, false)]);
    codes.push(a, None);
    assert_eq!(kept(&codes), [(a, None, 5, false), (b, Some(3), 1, false)]);
    for _ in 0..70_000 {
        codes.push(b, None);
    }
    assert_eq!(kept(&codes)[0], (b, None, u16::MAX, false));
    // Those of an earlier firmware have another layout.
    assert_eq!(StatusCodes::restore(&codes.save()[..38]), StatusCodes::default());
}

#[test]
fn every_part_of_a_failure_comes_back() {
    let mut random = Random(3);
    let errors = [
        ssl::FATAL_ALERT_MESSAGE,
        x509::INVALID_FORMAT.because(asn1::OUT_OF_DATA),
        net::UNKNOWN_HOST,
        device::PANIC_RESET,
        mqtt::SUBSCRIPTION_REFUSED,
    ];
    for round in 0..500 {
        let mut codes = StatusCodes::default();
        for _ in 0..round % 3 {
            let mut status = Status::new(errors[random.below(errors.len())]);
            status.flags = Flags::from_bits(random.number() as u32);
            status.depth = random.byte();
            status.alert = match random.below(3) {
                0 => None,
                1 => Some(AlertSeen::Received(Alert(random.byte()))),
                _ => Some(AlertSeen::Sent(Alert(random.byte()))),
            };
            status.step = Step::ALL[random.below(Step::ALL.len())];
            status.cause = Cause::ALL[random.below(Cause::ALL.len())];
            codes.push(status, random.one_in(2).then_some(random.number() | 1));
            if random.one_in(3) {
                codes.settle();
            }
        }
        assert_eq!(StatusCodes::restore(&codes.save()), codes);
    }
}

#[test]
fn bytes_that_are_no_failure_are_left_out() {
    assert_eq!(StatusCodes::restore(&[]), StatusCodes::default());
    assert_eq!(StatusCodes::restore(&[0; StatusCodes::SAVED_LENGTH]), StatusCodes::default());
    let mut random = Random(5);
    for _ in 0..10_000 {
        let bytes: Vec<u8> = (0..random.below(64)).map(|_| random.byte()).collect();
        for entry in StatusCodes::restore(&bytes).iter() {
            assert!(entry.status.error.high().is_none_or(|high| high.find().is_some()));
        }
    }
}

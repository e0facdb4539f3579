//! RFC 5280 §4.1.2.5.

use x509::{Certificate, Time};

use crate::corpus;

/// Unix seconds and what they are, from the `date` command.
const MOMENTS: &[(u64, &str)] = &[
    (0, "1970-01-01 00:00:00"),
    (68_169_599, "1972-02-28 23:59:59"),
    (68_169_600, "1972-02-29 00:00:00"),
    (951_782_400, "2000-02-29 00:00:00"),
    (1_893_456_000, "2030-01-01 00:00:00"),
    (4_107_542_399, "2100-02-28 23:59:59"),
    (4_107_542_400, "2100-03-01 00:00:00"),
    (253_402_300_799, "9999-12-31 23:59:59"),
];

#[test]
fn unix_seconds_are_calendar_time_and_back() {
    for (seconds, text) in MOMENTS {
        let time = Time::from_unix(*seconds);
        assert_eq!(time.to_string(), *text);
        assert_eq!(time.to_unix(), *seconds);
    }
    for seconds in (0..20_000_000_000).step_by(86_399 * 7) {
        assert_eq!(Time::from_unix(seconds).to_unix(), seconds);
    }
}

#[test]
fn time_ends_with_the_year_9999() {
    assert_eq!(Time::from_unix(u64::MAX), Time::from_unix(253_402_300_799));
}

#[test]
fn moments_are_ordered() {
    assert!(MOMENTS.is_sorted_by_key(|(seconds, _)| Time::from_unix(*seconds)));
}

#[test]
fn two_digits_of_a_year_are_from_1950_to_2049() {
    let not_after = |name| Certificate::from_der(&corpus::der(name)).unwrap().not_after();
    assert_eq!(not_after("date-1950").to_string(), "1950-01-01 00:00:00");
    assert_eq!(not_after("date-1950").to_unix(), 0);
    assert_eq!(not_after("date-2049").to_string(), "2049-12-31 23:59:59");
    assert_eq!(not_after("date-generalized-far").to_string(), "9999-12-31 23:59:59");
    assert_eq!(not_after("date-no-z").to_string(), "2046-01-01 00:00:00");
}

#[test]
fn moments_that_do_not_exist_are_refused() {
    for name in [
        "date-no-seconds",
        "date-offset",
        "date-no-leap",
        "date-century-no-leap",
        "date-month-0",
        "date-month-13",
        "date-day-0",
        "date-day-31",
        "date-hour-24",
        "date-minute-60",
        "date-second-60",
        "date-letters",
        "date-fraction",
        "date-empty",
    ] {
        let error = Certificate::from_der(&corpus::der(name)).err();
        assert_eq!(error, Some(status::x509::INVALID_DATE), "{name}");
    }
}

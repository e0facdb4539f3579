//! Who is logged in: `firmware/src/web/access/sessions.rs`.

use firmware::web::access::sessions::{MAX_AGE, MAX_IDLE, MAX_SESSIONS, Secret, Sessions};
use proptest::prelude::*;

fn secret(number: u8) -> Secret {
    Secret::new([number; 16])
}

fn with(count: u8) -> Sessions {
    let mut sessions = Sessions::default();
    for number in 0..count {
        sessions.begin(secret(number), secret(100 + number), number.into());
    }
    sessions
}

fn token(sessions: &mut Sessions, number: u8, now: u64) -> Option<String> {
    sessions.token(&secret(number), now, true).map(|token| token.to_string())
}

#[test]
fn a_session_has_its_own_token_until_it_ends() {
    let mut sessions = with(2);
    assert_eq!(token(&mut sessions, 0, 5), Some(secret(100).to_string()));
    assert_eq!(token(&mut sessions, 1, 5), Some(secret(101).to_string()));
    assert_eq!(token(&mut sessions, 2, 5), None);
    sessions.end(&secret(0));
    assert_eq!((token(&mut sessions, 0, 5), token(&mut sessions, 1, 5).is_some()), (None, true));
    sessions.end_all();
    assert_eq!(token(&mut sessions, 1, 5), None);
}

#[test]
fn a_session_ends_when_it_is_idle_or_old() {
    let mut sessions = with(1);
    assert!(token(&mut sessions, 0, MAX_IDLE).is_some());
    assert!(token(&mut sessions, 0, 2 * MAX_IDLE).is_some());
    // What refreshes itself does not keep it alive.
    assert!(sessions.token(&secret(0), 3 * MAX_IDLE, false).is_some());
    assert!(token(&mut sessions, 0, 3 * MAX_IDLE + 1).is_none());
    assert!(token(&mut sessions, 0, 0).is_none(), "it does not come back");
    let mut sessions = with(1);
    let last = (0..=MAX_AGE).step_by(60).filter(|now| token(&mut sessions, 0, *now).is_some()).last();
    assert_eq!((last, token(&mut sessions, 0, MAX_AGE + 1)), (Some(MAX_AGE), None));
}

#[test]
fn the_session_that_was_idle_longest_makes_room() {
    let full = u8::try_from(MAX_SESSIONS).unwrap();
    let mut sessions = with(full);
    assert!(token(&mut sessions, 0, 50).is_some());
    sessions.begin(secret(99), secret(199), 60);
    let alive: Vec<u8> = (0..100).filter(|number| token(&mut sessions, *number, 60).is_some()).collect();
    assert_eq!(alive, [0, 2, 3, 99]);
}

/// A browser whose session has ended by time is still known; one that has logged out is not.
#[test]
fn a_browser_is_known_after_its_session() {
    let mut sessions = with(2);
    assert!(token(&mut sessions, 1, MAX_IDLE + 2).is_none());
    assert_eq!((sessions.number(&secret(0)), sessions.number(&secret(1))), (Some(0), Some(1)));
    sessions.end(&secret(1));
    assert_eq!((sessions.number(&secret(1)), sessions.number(&secret(9))), (None, None));
    // Its place is the first that is taken.
    sessions.begin(secret(7), secret(107), MAX_IDLE + 3);
    sessions.begin(secret(8), secret(108), MAX_IDLE + 3);
    sessions.begin(secret(9), secret(109), MAX_IDLE + 3);
    sessions.begin(secret(10), secret(110), MAX_IDLE + 3);
    assert_eq!(sessions.number(&secret(0)), None);
    assert!((7..=10).all(|number| token(&mut sessions, number, MAX_IDLE + 4).is_some()));
    sessions.end_all();
    assert_eq!(sessions.number(&secret(7)), None);
}

#[test]
fn a_secret_is_32_hexadecimal_digits() {
    let digits = "00112233445566778899aAbBcCdDeEfF";
    assert_eq!(Secret::read(digits.as_bytes()).unwrap().to_string(), digits.to_lowercase());
    for bad in
        ["", "0", &digits[1..], &format!("{digits}0"), &digits.replace('2', "g"), &digits.replace("22", " 2")]
    {
        assert!(Secret::read(bad.as_bytes()).is_none(), "{bad}");
    }
}

proptest! {
    #[test]
    fn secrets_are_read_as_they_are_written(bytes: [u8; 16], other: [u8; 16]) {
        let read = Secret::read(Secret::new(bytes).to_string().as_bytes()).unwrap();
        prop_assert!(read.is(&Secret::new(bytes)));
        prop_assert_eq!(read.is(&Secret::new(other)), bytes == other);
    }
}

//! Tests of `mqtt/src/topic.rs`.

use mqtt::topic::{MAX_LENGTH, check_filter, check_name, check_text, matches};
use proptest::prelude::*;
use status::mqtt::BAD_INPUT_DATA;

/// The examples of MQTT 3.1.1 §4.7.1.2, §4.7.1.3, §4.7.2, §4.7.3, and what lies between them.
#[test]
fn matching() {
    let rows = [
        ("sport/tennis/player1/#", "sport/tennis/player1", true),
        ("sport/tennis/player1/#", "sport/tennis/player1/ranking", true),
        ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true),
        ("sport/tennis/player1/#", "sport/tennis/player10", false),
        ("sport/#", "sport", true),
        ("#", "sport/tennis", true),
        ("#", "/", true),
        ("sport/tennis/+", "sport/tennis/player1", true),
        ("sport/tennis/+", "sport/tennis/player1/ranking", false),
        ("sport/+", "sport", false),
        ("sport/+", "sport/", true),
        ("+", "sport", true),
        ("+/tennis/#", "sport/tennis/x", true),
        ("sport/+/player1", "sport/tennis/player1", true),
        ("+/+", "/finance", true),
        ("/+", "/finance", true),
        ("+", "/finance", false),
        ("#", "$SYS/broker", false),
        ("+/monitor/Clients", "$SYS/monitor/Clients", false),
        ("$SYS/#", "$SYS/", true),
        ("$SYS/#", "$SYS", true),
        ("$SYS/monitor/+", "$SYS/monitor/Clients", true),
        ("ACCOUNTS", "Accounts", false),
        ("Accounts payable", "Accounts payable", true),
        ("/finance", "finance", false),
        ("a//b", "a/b", false),
        ("a/+/b", "a//b", true),
    ];
    for (filter, name, expected) in rows {
        check_filter(filter).unwrap();
        check_name(name).unwrap();
        assert_eq!(matches(filter, name), expected, "{filter} {name}");
    }
}

#[test]
fn filters_that_are_none() {
    for filter in [
        "",
        "sport/tennis#",
        "sport/tennis/#/ranking",
        "sport+",
        "+sport",
        "sport/+x/y",
        "#/",
        "##",
        "++",
        "a/#b",
        "a\0b",
    ] {
        assert_eq!(check_filter(filter), Err(BAD_INPUT_DATA), "{filter:?}");
    }
    for filter in ["#", "+", "/", "//", "+/", "/#", "+/+/#", "a b", "\u{feff}a", "$share/x"] {
        assert_eq!(check_filter(filter), Ok(()), "{filter:?}");
    }
}

#[test]
fn names_that_are_none() {
    for name in ["", "a/#", "+", "a+b", "a\0", "#"] {
        assert_eq!(check_name(name), Err(BAD_INPUT_DATA), "{name:?}");
    }
    for name in ["/", "a", "$SYS/x", " ", "ä/ö", "\u{feff}"] {
        assert_eq!(check_name(name), Ok(()), "{name:?}");
    }
}

/// [MQTT-4.7.3-3]
#[test]
fn longest_text() {
    assert_eq!(check_text(&"a".repeat(MAX_LENGTH)), Ok(()));
    assert_eq!(check_text(&"a".repeat(MAX_LENGTH + 1)), Err(BAD_INPUT_DATA));
    assert_eq!(check_name(&"a".repeat(MAX_LENGTH + 1)), Err(BAD_INPUT_DATA));
    assert_eq!(check_filter(&"a".repeat(MAX_LENGTH + 1)), Err(BAD_INPUT_DATA));
}

/// The rules once more, written over lists of levels.
fn matches_by_levels(filter: &[&str], name: &[&str]) -> bool {
    match (filter.split_first(), name.split_first()) {
        (Some((&"#", _)), _) => true,
        (Some((&"+", filter)), Some((_, name))) => matches_by_levels(filter, name),
        (Some((level, filter)), Some((same, name))) if level == same => matches_by_levels(filter, name),
        (None, None) => true,
        _ => false,
    }
}

proptest! {
    #[test]
    fn matching_agrees_with_the_rules(filter in "[ab+#$/]{1,8}", name in "[ab$/]{1,8}") {
        if check_filter(&filter).is_ok() {
            let levels: Vec<_> = filter.split('/').collect();
            let names: Vec<_> = name.split('/').collect();
            let is_hidden = name.starts_with('$') && filter.starts_with(['+', '#']);
            prop_assert_eq!(matches(&filter, &name), !is_hidden && matches_by_levels(&levels, &names));
        }
    }

    #[test]
    fn every_name_is_a_filter_that_matches_itself(name in "\\PC{1,20}") {
        if check_name(&name).is_ok() {
            prop_assert!(check_filter(&name).is_ok());
            prop_assert!(matches(&name, &name));
        }
    }
}

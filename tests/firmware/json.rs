//! JSON, read back by another implementation.

use std::fmt::Write;

use firmware::{
    json::{
        Json, Number,
        Value::{self, Plain, Text},
    },
    template,
};
use proptest::prelude::*;

proptest! {
    #[test]
    fn any_text_comes_back(text in any::<String>(), number in any::<i64>(), truth in any::<bool>()) {
        let mut out = String::new();
        let mut json = Json::new(&mut out);
        json.fill(template!("[$,$,$,$]"), &[Text(&text), Plain(&Number(Some(number))), Plain(&truth), Value::optional(None::<&str>.as_ref())])
            .unwrap();
        let read: serde_json::Value = serde_json::from_str(&out).unwrap();
        prop_assert_eq!(read, serde_json::json!([text, number, truth, null]));
    }

    #[test]
    fn every_text_is_a_string_of_json(text in "(?s).{0,60}") {
        let mut out = String::new();
        Json::new(&mut out).value(Text(&text)).unwrap();
        prop_assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text);
    }
}

#[test]
fn numbers_and_nothing_are_json() {
    let mut out = String::new();
    let json = &mut Json::new(&mut out);
    json.fill(
        template!("$,$,$,"),
        &[Plain(&Number(Some(-3_i64))), Plain(&Number::<u64>(None)), Plain(&true)],
    )
    .unwrap();
    json.value(Plain(&Number(Some(u64::MAX)))).unwrap();
    assert_eq!(out, "-3,null,true,18446744073709551615");
}

#[test]
fn an_output_without_room_says_so() {
    let mut out: heapless::String<4> = heapless::String::new();
    assert!(Json::new(&mut out).value(Text(&"four")).is_err());
    assert!(out.write_str("12345").is_err());
}

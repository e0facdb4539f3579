//! Forms: `firmware/src/http/form.rs`.

use firmware::http::form::{Form, Malformed};
use proptest::prelude::*;

fn fields(body: &[u8]) -> Vec<Result<(String, String), Malformed>> {
    let mut body = body.to_vec();
    Form::new(&mut body).map(|field| field.map(|(name, value)| (name.to_owned(), value.to_owned()))).collect()
}

fn pair(name: &str, value: &str) -> Result<(String, String), Malformed> {
    Ok((name.to_owned(), value.to_owned()))
}

#[test]
fn fields_are_decoded_in_their_order() {
    let read = fields(b"a=1&b+c=%C3%A4+%26&&empty=&alone&x=y=z");
    let expected =
        [pair("a", "1"), pair("b c", "ä &"), pair("empty", ""), pair("alone", ""), pair("x", "y=z")];
    assert_eq!(read, expected);
    assert!(fields(b"").is_empty() && fields(b"&&&").is_empty());
}

#[test]
fn after_the_first_fault_there_is_nothing_more() {
    for faulty in ["%", "%1", "%4g", "%zz", "%C3", "%+1", "x=%", "%=x"] {
        let read = fields(format!("a=1&{faulty}&b=2").as_bytes());
        assert_eq!(read, [pair("a", "1"), Err(Malformed)], "{faulty}");
    }
}

proptest! {
    #[test]
    fn whatever_a_browser_encodes_is_read_as_it_was(pairs in prop::collection::vec(("\\PC{0,12}", "(?s).{0,40}"), 0..6)) {
        let encode = |text: &str| text.bytes().map(|byte| match byte {
            b' ' => "+".to_owned(),
            byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        }).collect::<String>();
        let body: Vec<String> = pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        let expected: Vec<_> = pairs.into_iter().map(Ok).collect();
        prop_assert_eq!(fields(body.join("&").as_bytes()), expected);
    }

    #[test]
    fn anything_at_all_ends(body in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(fields(&body).len() <= body.len());
    }
}

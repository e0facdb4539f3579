//! Forms: `firmware/src/web/protocol/form.rs`.

use firmware::web::protocol::form::{Form, Malformed};
use proptest::prelude::*;

fn fields(body: &[u8]) -> Result<Vec<(String, String)>, Malformed> {
    let mut body = body.to_vec();
    let read = |form: Form<'_>| -> Vec<_> {
        form.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    let form = Form::decode(&mut body)?;
    let (first, length) = (read(form), form.length());
    // It can be read again, and from the bytes that it left.
    assert_eq!(read(Form::decoded(&body[..length])), first);
    Ok(first)
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[test]
fn fields_are_decoded_in_their_order() {
    let read = fields(b"a=1&b+c=%C3%A4+%26&&empty=&alone&x=y=z%3D").unwrap();
    let expected =
        [pair("a", "1"), pair("b c", "ä &"), pair("empty", ""), pair("alone", ""), pair("x", "y=z=")];
    assert_eq!(read, expected);
    assert!(fields(b"").unwrap().is_empty() && fields(b"&&&").unwrap().is_empty());
    let mut body = b"a=1&a=2&b=".to_vec();
    let form = Form::decode(&mut body).unwrap();
    assert_eq!((form.value("a"), form.value("b"), form.value("c")), (Some("2"), Some(""), None));
}

#[test]
fn one_fault_spoils_the_form() {
    for faulty in
        ["%", "%1", "%4g", "%zz", "%C3", "%+1", "x=%", "%=x", "x=%00", "%01=x", "x=\0", "x=\x01y", "%C3&%A4"]
    {
        let read = fields(format!("a=1&{faulty}&b=2").as_bytes());
        assert_eq!(read, Err(Malformed), "{faulty}");
    }
}

proptest! {
    #[test]
    fn whatever_a_browser_encodes_is_read_as_it_was(pairs in prop::collection::vec(("\\PC{1,12}", "[^\\x00\\x01]{0,40}"), 0..6)) {
        let encode = |text: &str| text.bytes().map(|byte| match byte {
            b' ' => "+".to_owned(),
            byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        }).collect::<String>();
        let body: Vec<String> = pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        prop_assert_eq!(fields(body.join("&").as_bytes()), Ok(pairs));
    }

    #[test]
    fn anything_at_all_ends(body in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(fields(&body).map_or(0, |fields| fields.len()) <= body.len());
    }
}

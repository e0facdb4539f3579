//! Uploads: `firmware/src/http/multipart.rs`.

use firmware::http::multipart::{Multipart, Part};
use proptest::prelude::*;

/// The contents of token, file and text, and whether the body was whole.
fn read(boundary: &str, body: &[u8]) -> ([Vec<u8>; 3], bool) {
    let mut multipart = Multipart::new(&boundary.try_into().unwrap());
    let mut parts = [const { Vec::new() }; 3];
    for byte in body {
        multipart.push(*byte, &mut |part, byte| match part {
            Part::Token => parts[0].push(byte),
            Part::File => parts[1].push(byte),
            Part::Text => parts[2].push(byte),
            Part::Other => {}
        });
    }
    (parts, multipart.is_complete())
}

fn body(boundary: &str, parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, content) in parts {
        body.extend(format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"x\"\r\nContent-Type: a/b\r\n\r\n").bytes());
        body.extend(*content);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{boundary}--\r\n").bytes());
    body
}

#[test]
fn a_browsers_body_is_taken_apart() {
    let body = body("AaB03x", &[("token", b"t"), ("file", b"one\r\ntwo\r\n"), ("pem", b""), ("z", b"lost")]);
    assert_eq!(read("AaB03x", &body), ([b"t".to_vec(), b"one\r\ntwo\r\n".to_vec(), vec![]], true));
    let mut with_preamble = b"never mind\r\n".to_vec();
    with_preamble.extend(&body);
    with_preamble.extend(b"nor this --AaB03x");
    assert_eq!(read("AaB03x", &with_preamble), read("AaB03x", &body));
}

#[test]
fn what_is_not_whole_is_not_complete() {
    let body = body("b", &[("file", b"content")]);
    for length in 0..body.len() - 2 {
        assert!(!read("b", &body[..length]).1, "{length}");
    }
    assert!(read("b", &body[..body.len() - 2]).1);
}

#[test]
fn a_part_is_known_by_its_own_name_only() {
    for line in
        ["form-data; filename=\"file\"", "form-data; name=file", "form-data; xname=\"file\"", "name=\"file\""]
    {
        let text = format!("--b\r\nContent-Disposition: {line}\r\n\r\nx\r\n--b--");
        assert_eq!(read("b", text.as_bytes()), ([vec![], vec![], vec![]], true), "{line}");
    }
    let text = b"--b\r\ncontent-DISPOSITION: form-data; NAME=\"file\"\r\n\r\nx\r\n--b--";
    assert_eq!(read("b", text).0[1], b"x");
}

proptest! {
    /// Contents full of what delimiters are made of.
    #[test]
    fn any_content_without_the_delimiter_arrives_as_it_is(
        content in prop::collection::vec(prop::sample::select(b"\r\n-b-B".to_vec()), 0..60),
        token in "[0-9a-f]{0,32}",
    ) {
        let delimiter = b"\r\n--bB";
        prop_assume!(!content.windows(delimiter.len()).any(|window| window == delimiter));
        // The end of the content and the delimiter after it must not make one up, either.
        let body = body("bB", &[("token", token.as_bytes()), ("file", &content)]);
        prop_assert_eq!(read("bB", &body), ([token.into_bytes(), content, vec![]], true));
    }

    #[test]
    fn anything_at_all_ends(body in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = read("b", &body);
    }
}

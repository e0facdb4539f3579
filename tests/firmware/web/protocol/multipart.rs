//! Uploads: `firmware/src/web/protocol/multipart.rs`.

use firmware::web::protocol::multipart::{Multipart, Part};
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

/// RFC 2183 §2 and RFC 7578 §4.2: a token or a quoted string, parameters in any order, blanks where they may stand, lines that are folded.
#[test]
fn a_head_may_be_written_in_many_ways() {
    let long = "x".repeat(5000);
    for head in [
        "Content-Disposition: form-data; name=\"file\"; filename=\"ca.pem\"",
        "content-DISPOSITION: FORM-data; NAME=\"file\"",
        "Content-Disposition: form-data;name=\"file\";filename=\"ca.pem\"",
        "Content-Disposition: form-data; name=file; filename=ca.pem; filename*=utf-8''ca.pem",
        "Content-Disposition:form-data;name=file",
        "Content-Disposition: form-data; filename=\"a; name=token\"; name=\"file\"",
        "Content-Disposition: form-data; filename=\"say \\\"; name=token; \\\\\"; name=file",
        &format!("Content-Disposition: form-data; filename=\"{long}\"; name=file"),
        "Content-Disposition: form-data ; name = \"file\" ; filename = \"x\"",
        "Content-Disposition: form-data; name=\"f\\i\\le\"",
        "Content-Disposition: form-data;\r\n name=\"file\";\r\n\tfilename=\"x\"",
        "Content-Disposition:\r\n form-data; name=file",
        "Content-Type: text/plain\r\nContent-Disposition: form-data; name=file\r\nX: name=token",
        "Content-Disposition: form-data; name=file;",
        "Content-Disposition: form-data; filename*=UTF-8''%e2%82%ac.pem; name=file",
        "Content-Disposition: form-data; size=5; name=file; x=\"\"",
    ] {
        let crlf = format!("--b \t\r\n{head}\r\n\r\nx\r\n--b--");
        assert_eq!(read("b", crlf.as_bytes()), ([vec![], b"x".to_vec(), vec![]], true), "{head}");
        let heads_in_lf = format!("preamble\r\n--b\n{}\n\nx\r\n--b--\nepilogue", head.replace("\r\n", "\n"));
        assert_eq!(read("b", heads_in_lf.as_bytes()), ([vec![], b"x".to_vec(), vec![]], true), "{head}");
    }
}

#[test]
fn a_part_is_known_by_its_own_name_only() {
    for line in [
        "Content-Disposition: form-data; filename=\"file\"",
        "Content-Disposition: form-data; xname=\"file\"",
        "Content-Disposition: form-data; name*=utf-8''file",
        "Content-Disposition: form-data; name=\"file",
        "Content-Disposition: form-data; name=\"file\\\"",
        "Content-Disposition: form-data; name=filex",
        "Content-Disposition: form-data; name=fil",
        "Content-Disposition: form-data; name=\"\"",
        "Content-Disposition: form-data; name=file; name=file",
        "Content-Disposition: form-data; na me=file",
        "Content-Disposition: attachment; name=file",
        "Content-Disposition: name=\"file\"",
        "Content-Dispositions: form-data; name=file",
        "Content-Type: form-data; name=file",
        "form-data; name=file",
    ] {
        let text = format!("--b\r\n{line}\r\n\r\nx\r\n--b--");
        assert_eq!(read("b", text.as_bytes()), ([vec![], vec![], vec![]], true), "{line}");
    }
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

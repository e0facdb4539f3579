//! The head of a request: `firmware/src/web/protocol/head.rs`.

use firmware::web::protocol::head::{Content, Fault, Framing, Head, Method};
use proptest::prelude::*;

fn framing(lines: &str) -> Result<Framing, Fault> {
    Head::read(lines.replace('\n', "\r\n").as_bytes())?.framing()
}

fn fault(lines: &str) -> Option<Fault> {
    framing(lines).err()
}

#[test]
fn what_is_ambiguous_is_malformed() {
    for lines in [
        "",
        "GET\n\n",
        "GET / HTTP/1.1\n\n",
        "GET / HTTP/1.1\nHost: a\nHost: b\n\n",
        "GET / HTTP/1.1\nHost : a\n\n",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 1\nContent-Length: 1\n\n",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 1, 1\n\n",
        "POST / HTTP/1.1\nHost: a\nContent-Length: +1\n\n",
        "POST / HTTP/1.1\nHost: a\nContent-Length: \n\n",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 1\nTransfer-Encoding: chunked\n\n",
        "POST / HTTP/1.1\nHost: a\nContent-Type: multipart/form-data\n\n",
        "POST / HTTP/1.1\nHost: a\nContent-Type: multipart/form-data; boundary=\n\n",
    ] {
        assert_eq!(fault(lines), Some(Fault::Malformed), "{lines}");
    }
    let long = "x".repeat(71);
    let lines = format!("POST / HTTP/1.1\nHost: a\nContent-Type: multipart/form-data; boundary={long}\n\n");
    assert_eq!(fault(&lines), Some(Fault::Malformed));
    assert_eq!(fault("GET / HTTP/2.0\nHost: a\n\n"), Some(Fault::Version));
    assert_eq!(fault(&format!("GET / HTTP/1.1\n{}\n", "A: b\n".repeat(41))), Some(Fault::HeadTooLarge));
}

#[test]
fn lengths_and_bodies_are_read() {
    let post = |lines: &str| framing(&format!("POST /x HTTP/1.1\nHost: a\n{lines}\n")).unwrap();
    assert_eq!(post("Content-Length: 0\n").length, Some(0));
    assert_eq!(post("Content-Length: 99999999999999999999999\n").length, Some(usize::MAX));
    assert_eq!((post("").length, post("Transfer-Encoding: chunked\n").is_chunked), (None, true));
    assert_eq!(post("Content-Type: text/plain\n").content, Content::Plain);
    let multipart = post("Content-Type: Multipart/Form-Data; charset=x; Boundary=\"a b\"\n").content;
    assert_eq!(multipart, Content::Multipart("a b".try_into().unwrap()));
    assert!(post("Expect: 100-Continue\n").expects_continue);
    for line in [
        "boundary=XbX",
        "boundary=\"XbX\"",
        "charset=\"a;boundary=no\";boundary=XbX",
        "BOUNDARY = \"X\\bX\" ; x=y",
    ] {
        let content = post(&format!("Content-Type: multipart/form-data; {line}\n")).content;
        assert_eq!(content, Content::Multipart("XbX".try_into().unwrap()), "{line}");
    }
}

proptest! {
    #[test]
    fn anything_at_all_is_answered(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = Head::read(&bytes).and_then(|head| head.framing());
        let mut request = b"POST / HTTP/1.1\r\n".to_vec();
        request.extend(bytes);
        let _ = Head::read(&request).and_then(|head| head.framing());
    }
}

/// A head that browsers send, and marks of which any may stand anywhere in it.
const USUAL: &[u8] =
    b"POST /settings?page=mqtt HTTP/1.1\r\nHost: kitchen\r\nContent-Length: 17\r\nCookie: session=0\r\n\r\n";
const MARKS: &[u8] = b"\r\n\t\0 :;,/?=\"HTP10a\x7f\x80\xff";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    /// What we take, `httparse` takes as well, with the same method and as many lines: nobody sees another request than we do.
    #[test]
    fn nothing_is_taken_that_others_refuse(
        changes in prop::collection::vec((0..USUAL.len(), prop::sample::select(MARKS), any::<bool>()), 1..4)
    ) {
        let mut bytes = USUAL.to_vec();
        for (at, mark, is_added) in changes {
            if is_added { bytes.insert(at, mark) } else { bytes[at] = mark }
        }
        let Ok(head) = Head::read(&bytes) else { return Ok(()) };
        let Ok(framing) = head.framing() else { return Ok(()) };
        let mut lines = [httparse::EMPTY_HEADER; 8];
        let mut request = httparse::Request::new(&mut lines);
        prop_assert!(request.parse(&bytes).is_ok_and(|parsed| parsed.is_complete()), "{:?}", bytes.escape_ascii().to_string());
        prop_assert_eq!(head.method, Method::from_name(request.method.unwrap_or_default()));
        prop_assert_eq!(head.is_1_1, request.version == Some(1));
        let length = |line: &&httparse::Header<'_>| line.name.eq_ignore_ascii_case("content-length");
        let length = request.headers.iter().find(length).and_then(|line| str::from_utf8(line.value).ok()?.trim().parse().ok());
        prop_assert_eq!(framing.length, length);
    }
}

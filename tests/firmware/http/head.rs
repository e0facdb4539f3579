//! The head of a request: `firmware/src/http/head.rs`.

use firmware::http::{
    head::{Content, Fault, Head, OwnName},
    routes::{Done, Method, Page, Route},
};
use proptest::prelude::*;

const KITCHEN: OwnName<'_> = OwnName { host: "kitchen", domain: "plant.example" };

fn read(lines: &str) -> Result<Head, Fault> {
    Head::read(lines.replace('\n', "\r\n").as_bytes(), KITCHEN)
}

fn get(lines: &str) -> Head {
    read(&format!("GET / HTTP/1.1\n{lines}\n")).unwrap_or_else(|fault| panic!("{lines}: {fault:?}"))
}

fn fault(lines: &str) -> Option<Fault> {
    read(lines).err()
}

#[test]
fn what_a_browser_sends_is_understood() {
    let head = read(
        "POST /settings?page=mqtt&done HTTP/1.1\nHost: 192.168.1.2\nContent-Length: 17\nOrigin: http://192.168.1.2\n\
         Content-Type: application/x-www-form-urlencoded; charset=utf-8\nAccept: text/html,*/*;q=0.8\n\
         Cookie: theme=dark; session=00112233445566778899aabbccddeeff\nX-Token: FFEEDDCCBBAA99887766554433221100\n\n",
    );
    let head = head.ok().unwrap();
    assert_eq!((head.method, head.route), (Method::Post, Some(Route::Settings)));
    assert_eq!((head.page, head.done), (Some(Page::Mqtt), Some(Done::Stored)));
    assert_eq!((head.length, head.is_chunked, head.content), (Some(17), false, Content::Form));
    assert!(
        head.is_for_us && head.is_same_origin && head.wants_page && head.is_1_1 && !head.expects_continue
    );
    assert_eq!(head.session.unwrap().to_string(), "00112233445566778899aabbccddeeff");
    assert_eq!(head.token.unwrap().to_string(), "ffeeddccbbaa99887766554433221100");
}

#[test]
fn what_has_been_done_is_in_the_query() {
    for (query, done) in [
        ("done", Some(Done::Stored)),
        ("done=port", Some(Done::Port)),
        ("page=mqtt&done=file", Some(Done::File)),
        ("done=", None),
        ("done=x", None),
        ("undone", None),
        ("", None),
    ] {
        let head = read(&format!("GET /mqtt?{query} HTTP/1.1\nHost: kitchen\n\n")).ok().unwrap();
        assert_eq!(head.done, done, "{query}");
    }
}

#[test]
fn only_addresses_and_our_own_names_are_ours() {
    for host in [
        "10.0.2.15",
        "10.0.2.15:8080",
        "localhost",
        "LOCALHOST:1",
        "kitchen",
        "Kitchen.local",
        "kitchen.LOCAL:80",
        "kitchen.local.",
        "kitchen.lan",
        "KITCHEN.Home.Arpa:8080",
        "kitchen.fritz.box",
        "kitchen.internal",
        "kitchen.plant.example",
        "kitchen.PLANT.example.:80",
    ] {
        assert!(get(&format!("Host: {host}\n")).is_for_us, "{host}");
    }
    for host in [
        "",
        "evil.example",
        "kitchen.evil.example",
        "10.0.2.15.evil.example",
        "10.0.2",
        "localhost.evil",
        "kitchen.local.x",
        "kitchen.box",
        "kitchen.arpa",
        "other.lan",
        "lan",
        "fritz.box",
        "x.kitchen.lan",
        "kitchen.x.lan",
        "kitchen.evil.fritz.box",
        "plant.example",
        "kitchen.plant.example.evil",
        "kitchen.example",
    ] {
        assert!(!get(&format!("Host: {host}\n")).is_for_us, "{host}");
    }
    // RFC 9112 §3.2.2: the absolute form's authority counts.
    let head = read("GET http://evil.example/mqtt HTTP/1.1\nHost: kitchen\n\n").ok().unwrap();
    assert_eq!((head.is_for_us, head.route), (false, Some(Route::Page(Page::Mqtt))));
    // Without a domain that is set an empty one is no domain of ours, nor is a dot.
    const NOBODY: OwnName<'_> = OwnName { host: "", domain: "" };
    let nameless = OwnName { domain: "", ..KITCHEN };
    for (host, is_ours) in
        [("kitchen", true), ("kitchen.lan", true), ("kitchen.plant.example", false), ("kitchen..", false)]
    {
        let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
        assert_eq!(Head::read(request.as_bytes(), nameless).ok().unwrap().is_for_us, is_ours, "{host}");
    }
    // Without a host name of ours an empty Host is not ours either.
    assert!(!Head::read(b"GET / HTTP/1.0\r\n\r\n", NOBODY).ok().unwrap().is_for_us);
}

#[test]
fn a_page_of_another_origin_is_told_apart() {
    for (origin, is_same) in [
        ("http://10.0.2.15:8080", true),
        ("http://10.0.2.15", false),
        ("https://10.0.2.15:8080", false),
        ("http://evil.example", false),
        ("null", false),
        ("", false),
    ] {
        let head = get(&format!("Host: 10.0.2.15:8080\nOrigin: {origin}\n"));
        assert_eq!(head.is_same_origin, is_same, "{origin}");
    }
    assert!(get("Host: 10.0.2.15\n").is_same_origin);
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
    assert_eq!(fault(&format!("GET / HTTP/1.1\n{}\n", "A: b\n".repeat(41))), Some(Fault::TooLarge));
}

#[test]
fn lengths_and_bodies_are_read() {
    let post = |lines: &str| read(&format!("POST /x HTTP/1.1\nHost: a\n{lines}\n")).ok().unwrap();
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
    // A cookie that is none of ours, or damaged, is no session.
    for cookie in [
        "session=",
        "session=0",
        "sessions=00112233445566778899aabbccddeeff",
        "session=00112233445566778899aabbccddeefg",
    ] {
        assert!(post(&format!("Cookie: {cookie}\n")).session.is_none(), "{cookie}");
    }
}

proptest! {
    #[test]
    fn anything_at_all_is_answered(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = Head::read(&bytes, KITCHEN);
        let mut request = b"POST / HTTP/1.1\r\n".to_vec();
        request.extend(bytes);
        let _ = Head::read(&request, KITCHEN);
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
        let Ok(head) = Head::read(&bytes, KITCHEN) else { return Ok(()) };
        let mut lines = [httparse::EMPTY_HEADER; 8];
        let mut request = httparse::Request::new(&mut lines);
        prop_assert!(request.parse(&bytes).is_ok_and(|parsed| parsed.is_complete()), "{:?}", bytes.escape_ascii().to_string());
        prop_assert_eq!(head.method, Method::from_name(request.method.unwrap_or_default()));
        prop_assert_eq!(head.is_1_1, request.version == Some(1));
        let length = |line: &&httparse::Header<'_>| line.name.eq_ignore_ascii_case("content-length");
        let length = request.headers.iter().find(length).and_then(|line| str::from_utf8(line.value).ok()?.trim().parse().ok());
        prop_assert_eq!(head.length, length);
    }
}

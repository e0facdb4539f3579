//! What is looked at of a request: `firmware/src/web/requests/request.rs`, with whom it is for and where it comes from.

use firmware::web::{
    access::host::OwnName,
    protocol::head::{Fault, Head, Method},
    requests::{
        request::Request,
        table::{Done, Page, Route},
    },
};

const KITCHEN: OwnName<'_> = OwnName { host: "kitchen", domain: "plant.example" };

fn read(lines: &str) -> Result<Request, Fault> {
    Request::read(&Head::read(lines.replace('\n', "\r\n").as_bytes())?, KITCHEN)
}

#[test]
fn what_a_browser_sends_is_understood() {
    let request = read(
        "POST /settings?page=mqtt&done HTTP/1.1\nHost: 192.168.1.2\nContent-Length: 17\nOrigin: http://192.168.1.2\n\
         Content-Type: application/x-www-form-urlencoded; charset=utf-8\nAccept: text/html,*/*;q=0.8\n\
         Cookie: theme=dark; session=00112233445566778899aabbccddeeff\nX-Token: FFEEDDCCBBAA99887766554433221100\n\n",
    );
    let request = request.ok().unwrap();
    assert_eq!((request.method, request.row.unwrap().route), (Method::Post, Route::Settings));
    assert_eq!((request.page, request.done), (Some(Page::Mqtt), Some(Done::Stored)));
    assert!(request.is_for_us && request.is_same_origin && request.wants_page && request.is_1_1);
    assert_eq!(request.pass.cookie.unwrap().to_string(), "00112233445566778899aabbccddeeff");
    assert_eq!(request.pass.token.unwrap().to_string(), "ffeeddccbbaa99887766554433221100");
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
        let request = read(&format!("GET /mqtt?{query} HTTP/1.1\nHost: kitchen\n\n")).ok().unwrap();
        assert_eq!(request.done, done, "{query}");
    }
}

/// The page that the query names, else the row's.
#[test]
fn a_browser_is_led_to_a_page_of_the_menu() {
    for (target, page) in [
        ("/outputs", Some(Page::Ports)),
        ("/outputs?page=system", Some(Page::System)),
        ("/outputs?page=http://evil.example", Some(Page::Ports)),
        ("/settings", None),
        ("/settings?page=", Some(Page::Status)),
        ("/x", None),
        ("/x?page=time", Some(Page::Time)),
    ] {
        let request = read(&format!("GET {target} HTTP/1.1\nHost: kitchen\n\n")).ok().unwrap();
        assert_eq!(request.page, page, "{target}");
    }
}

#[test]
fn a_cookie_that_is_damaged_or_not_ours_is_no_session() {
    for cookie in [
        "session=",
        "session=0",
        "sessions=00112233445566778899aabbccddeeff",
        "session=00112233445566778899aabbccddeefg",
    ] {
        assert!(
            read(&format!("GET / HTTP/1.1\nHost: a\nCookie: {cookie}\n\n"))
                .ok()
                .unwrap()
                .pass
                .cookie
                .is_none(),
            "{cookie}"
        );
    }
}

#[test]
fn two_tokens_or_origins_are_malformed() {
    for line in ["X-Token: 0", "Origin: http://a"] {
        let twice = format!("GET / HTTP/1.1\nHost: a\n{line}\n{line}\n\n");
        assert_eq!(read(&twice).err(), Some(Fault::Malformed), "{line}");
    }
}

/// RFC 9112 §3.2.2: the authority of the absolute form counts.
#[test]
fn the_absolute_form_names_whom_a_request_is_for() {
    let request = read("GET http://evil.example/mqtt HTTP/1.1\nHost: kitchen\n\n").ok().unwrap();
    assert_eq!((request.is_for_us, request.row.unwrap().route), (false, Route::Page(Page::Mqtt)));
    let request = read("GET http://kitchen HTTP/1.1\nHost: evil.example\n\n").ok().unwrap();
    assert_eq!((request.is_for_us, request.row.unwrap().route), (true, Route::Page(Page::Status)));
    // Without a host name of ours an empty Host is not ours either.
    assert!(!read("GET / HTTP/1.0\n\n").ok().unwrap().is_for_us);
}

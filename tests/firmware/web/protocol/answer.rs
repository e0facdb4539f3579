//! An answer's head: `firmware/src/web/protocol/answer.rs`.

use firmware::web::{
    access::sessions::Secret,
    protocol::{
        answer::{Answer, Body, Kind, Line},
        head::Method,
    },
};

/// Nothing in a line of the head comes from outside but what this program has made.
#[test]
fn an_answers_head_has_what_protects_a_page() {
    let cookie = Secret::new([7; 16]);
    let lines = [
        Line::SeeOther("/mqtt", Some("done")),
        Line::Cookie(&cookie),
        Line::Allow(&[Method::Get, Method::Head, Method::Post]),
    ];
    let mut head = String::new();
    let answer = Answer { status: 303, kind: Kind::Html, lines: &lines, body: Body::Text(&|_| Ok(())) };
    answer.write_head(true, &mut head).unwrap();
    assert!(head.starts_with("HTTP/1.1 303 See Other\r\n"), "{head}");
    assert!(head.ends_with("\r\n\r\n") && head.matches("\r\n\r\n").count() == 1, "{head}");
    for line in [
        "Location: /mqtt?done",
        "Set-Cookie: session=07070707070707070707070707070707; Path=/; HttpOnly; SameSite=Strict",
        "Allow: GET, HEAD, POST",
        "Cache-Control: no-store",
        "Connection: close",
        "X-Content-Type-Options: nosniff",
        "Transfer-Encoding: chunked",
    ] {
        assert!(head.contains(&format!("{line}\r\n")), "{line}: {head}");
    }
    let policy = head.lines().find_map(|line| line.strip_prefix("Content-Security-Policy: ")).unwrap();
    for rule in [
        "default-src 'none'",
        "script-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ] {
        assert!(policy.split("; ").any(|one| one == rule), "{rule}: {policy}");
    }
    assert!(!policy.contains("unsafe"));
}

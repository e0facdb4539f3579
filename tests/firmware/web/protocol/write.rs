//! Escaping by type, and an answer's head: `firmware/src/web/protocol/html.rs`, `answer.rs`, `firmware/src/json.rs`.

use firmware::{
    json::{
        Json, Number,
        Value::{Plain, Text},
    },
    template,
    web::{
        access::sessions::Secret,
        protocol::{
            answer::{Answer, Body, Kind, Line},
            head::Method,
            html::Html,
        },
    },
};
use proptest::prelude::*;

fn html(text: &str) -> String {
    let mut out = String::new();
    Html::new(&mut out).text(&text).unwrap();
    out
}

fn json(text: &str) -> String {
    let mut out = String::new();
    Json::new(&mut out).value(Text(&text)).unwrap();
    out
}

#[test]
fn markup_is_escaped() {
    let text = "<script>alert(\"&amp;\")</script>'";
    assert_eq!(html(text), "&lt;script&gt;alert(&quot;&amp;amp;&quot;)&lt;/script&gt;&#39;");
}

#[test]
fn a_value_stands_in_the_place_of_each_mark() {
    let mut out = String::new();
    Html::new(&mut out).fill(template!(r#"<p class="$">"#, "$</p>$"), &[&"a\"b", &'$', &1]).unwrap();
    assert_eq!(out, "<p class=\"a&quot;b\">$</p>1");
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

proptest! {
    #[test]
    fn no_text_is_markup(text in "(?s).{0,60}") {
        let escaped = html(&text);
        prop_assert!(!escaped.contains(['<', '>', '"', '\'']));
        let back = escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&");
        prop_assert_eq!(back, text);
    }

    #[test]
    fn every_text_is_a_string_of_json(text in "(?s).{0,60}") {
        prop_assert_eq!(serde_json::from_str::<String>(&json(&text)).unwrap(), text);
    }
}

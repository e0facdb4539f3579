//! Escaping by type: `firmware/src/web/protocol/html.rs`.

use firmware::{template, web::protocol::html::Html};
use proptest::prelude::*;

fn html(text: &str) -> String {
    let mut out = String::new();
    Html::new(&mut out).text(&text).unwrap();
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

proptest! {
    #[test]
    fn no_text_is_markup(text in "(?s).{0,60}") {
        let escaped = html(&text);
        prop_assert!(!escaped.contains(['<', '>', '"', '\'']));
        let back = escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&");
        prop_assert_eq!(back, text);
    }
}

//! Templates: `firmware/src/template.rs`.

use firmware::{template, template::Template, texts, web::protocol::html::Html};

fn page<const N: usize>(markup: Template<N>, values: &[&dyn std::fmt::Display; N]) -> String {
    let mut out = String::new();
    Html::new(&mut out).fill(markup, values).unwrap();
    out
}

#[test]
fn parts_are_joined_and_values_stand_in_their_order() {
    assert_eq!(page(template!(""), &[]), "");
    assert_eq!(page(template!("<h2>", texts::SETTINGS, "</h2>\n"), &[]), "<h2>Settings</h2>\n");
    assert_eq!(page(template!(r#"<p class="$">"#, "$</p>$"), &[&"a", &2, &'c']), "<p class=\"a\">2</p>c");
    assert_eq!(template!("<sec", "tion>"), template!("<section>"));
    assert_eq!(page(Template::EMPTY, &[]), "");
}

/// As many values as marks, which the compiler checks; a value's own mark is no mark.
#[test]
fn a_value_is_not_read_as_a_template() {
    let template: Template<2> = template!("$-$");
    assert_eq!(page(template, &[&"$", &"<$>"]), "$-&lt;$&gt;");
}

#[test]
fn a_template_that_is_written_to_a_full_output_says_so() {
    let mut out = heapless::String::<4>::new();
    assert!(Html::new(&mut out).raw(template!("<section>")).is_err());
    let mut out = heapless::String::<4>::new();
    assert!(Html::new(&mut out).fill(template!("<p>$"), &[&"ab"]).is_err());
}

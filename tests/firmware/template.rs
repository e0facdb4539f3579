//! Packed texts: `firmware/src/packed.rs`.

use firmware::{packed, packed::packing, texts};

#[test]
fn what_is_packed_comes_back() {
    assert_eq!(packed!("").to_string(), "");
    assert_eq!(packed!("x").to_string(), "x");
    assert_eq!(packed!("<section><h2>$</h2>", "\n~").to_string(), "<section><h2>$</h2>\n~");
    // Parts are packed as if they were one text.
    assert_eq!(packed!("<sec", "tion>"), packed!("<section>"));
    assert_eq!(texts::hint::HOST.to_string(), "The host's name is not known: check it, and the DNS server.");
}

#[test]
fn packed_texts_are_a_third_shorter() {
    let text = texts::CLOCK_WHY;
    assert!(packing::length(text.as_bytes()) * 3 < text.len() * 2);
}

#[test]
fn a_text_that_is_written_to_a_full_output_says_so() {
    use std::fmt::Write;
    let mut out = heapless::String::<4>::new();
    assert!(write!(out, "{}", packed!("Certificates")).is_err());
}

//! Markup and JSON of this program, with a value in the place of each `$`. The compiler joins the parts of a template, and knows how many
//! values it takes.
//!
//! ```
//! # use firmware::{template, web::protocol::html::Html};
//! # let mut page = String::new();
//! Html::new(&mut page).fill(template!(r#"<dd class="$">"#, "$</dd>"), &[&"good", &"on"]).unwrap();
//! assert_eq!(page, r#"<dd class="good">on</dd>"#);
//! ```
//! Deliberately absent: `$` as a character, loops and conditions, which are Rust's.

use core::fmt::{self, Write};

/// A template, for a page or an answer in JSON: texts of this program, one behind the other.
#[macro_export]
macro_rules! template {
    ($($part:expr),+ $(,)?) => {{
        const PARTS: &[&str] = &[$($part),+];
        // A static, as it has a name, by which the size report knows whose it is.
        static TEXT: [u8; $crate::template::length(PARTS)] = $crate::template::joined(PARTS);
        const TEMPLATE: $crate::template::Template<{ $crate::template::marks(PARTS) }> =
            $crate::template::Template::new(&TEXT);
        TEMPLATE
    }};
}

/// A template that takes `N` values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Template<const N: usize>(&'static str);

impl Template<0> {
    /// Nothing.
    pub const EMPTY: Self = Self("");
}

impl<const N: usize> Template<N> {
    /// Takes what [`template!`] has joined.
    #[expect(clippy::panic, reason = "the compiler runs this, and stops")]
    pub const fn new(text: &'static [u8]) -> Self {
        match core::str::from_utf8(text) {
            Ok(text) => Self(text),
            Err(_) => panic!("the parts are texts"),
        }
    }

    /// The template as it is written.
    pub(crate) const fn text(self) -> &'static str {
        self.0
    }
}

/// Writes a template's text, and what `value` writes in the place of each `$`.
pub(crate) fn fill(
    text: &str,
    out: &mut dyn Write,
    value: &mut dyn FnMut(&mut dyn Write) -> fmt::Result,
) -> fmt::Result {
    let mut pieces = text.split('$');
    out.write_str(pieces.next().unwrap_or_default())?;
    pieces.try_for_each(|piece| {
        value(out)?;
        out.write_str(piece)
    })
}

/// How many values the parts take.
#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "only the compiler runs this")]
pub const fn marks(parts: &[&str]) -> usize {
    let (mut marks, mut part) = (0, 0);
    while part < parts.len() {
        let (bytes, mut at) = (parts[part].as_bytes(), 0);
        while at < bytes.len() {
            marks += (bytes[at] == b'$') as usize;
            at += 1;
        }
        part += 1;
    }
    marks
}

/// How long the parts are, one behind the other.
#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "only the compiler runs this")]
pub const fn length(parts: &[&str]) -> usize {
    let (mut length, mut part) = (0, 0);
    while part < parts.len() {
        length += parts[part].len();
        part += 1;
    }
    length
}

/// The parts, one behind the other.
#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "only the compiler runs this")]
pub const fn joined<const LENGTH: usize>(parts: &[&str]) -> [u8; LENGTH] {
    let (mut all, mut length, mut part) = ([0; LENGTH], 0, 0);
    while part < parts.len() {
        let (bytes, mut at) = (parts[part].as_bytes(), 0);
        while at < bytes.len() {
            all[length] = bytes[at];
            (length, at) = (length + 1, at + 1);
        }
        part += 1;
    }
    all
}

//! The texts and the markup of this program at three fifths of their length: the compiler packs them with 127 words that stand in
//! them most often, and a byte from 0x80 on stands for one of these.
//!
//! `status` packs its tables in the same way, with words of its own and an end to each text; it is a core, which a device's pages do not
//! concern, and shares no code with this.
//!
//! Only ASCII, so that no letter is taken for a word. In a text that is filled in, `$` stands for a value. Deliberately
//! absent: words in words, which would save little more and need a stack.

use core::{
    fmt::{self, Display, Write},
    slice, str,
};

/// Packs texts, one behind the other, that are known to the compiler: `packed!("<h2>", texts::SETTINGS, "</h2>")`.
#[macro_export]
macro_rules! packed {
    ($($part:expr),+ $(,)?) => {{
        const PARTS: &[&str] = &[$($part),+];
        const TEXT: [u8; $crate::packed::packing::total(PARTS)] = $crate::packed::packing::joined(PARTS);
        // A static, as it has a name, by which the size report knows whose it is.
        static PACKED: [u8; $crate::packed::packing::length(&TEXT)] = $crate::packed::packing::packed(&TEXT);
        $crate::packed::Packed::new(&PACKED)
    }};
}

/// A packed text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Packed(&'static [u8]);

impl Packed {
    /// Takes what [`packed!`] has made.
    pub const fn new(bytes: &'static [u8]) -> Self {
        Self(bytes)
    }

    /// No text.
    pub const EMPTY: Self = Self(&[]);

    /// Writes the text, and what `value` writes in the place of each `$`.
    ///
    /// # Errors
    /// Those of `out` and of `value`.
    pub fn fill(
        self,
        out: &mut dyn Write,
        value: &mut dyn FnMut(&mut dyn Write) -> fmt::Result,
    ) -> fmt::Result {
        for byte in self.0 {
            match byte {
                b'$' => value(out)?,
                _ => {
                    let piece = packing::word(*byte).unwrap_or(slice::from_ref(byte));
                    out.write_str(str::from_utf8(piece).unwrap_or_default())?;
                }
            }
        }
        Ok(())
    }
}

impl Display for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fill(f, &mut |out| out.write_char('$'))
    }
}

pub mod packing {
    //! What the compiler does for [`packed!`](crate::packed!); nothing of this is linked but the words and where they begin.
    #![expect(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        reason = "only the compiler runs this, and stops with an error where anything is out of range"
    )]

    /// The byte that stands for the first word.
    const FIRST: u8 = 0x80;

    /// What stands most often in the pages, the texts and the JSON, a longer one before a shorter one.
    #[rustfmt::skip]
    const WORDS: [&str; 127] = [
        "ria-describedby", "ocapitalize", "status_code", "{:02}:{:02}", "[0-9]{1,3}", "[A-Za-z0-9", "ertificate",
        "password", "section>", " class", "spellc", " the ", "Empty", "devic", "dot; ", "label", "ocomp", "span>",
        "value", "<h2>", "CA c", "MQTT", "days", "gura", "heck", "isab", "name", "numb", "type", " mo", "TLS", "cur",
        "div", "dl>", "doe", "key", "que", "qui", " a", " b", " f", " i", " s", "\" ", "\":", "\">", ", ", ",\"", "/f",
        ": ", "</", "=\"", "><", "Lo", "Th", "ac", "ad", "ai", "al", "at", "ca", "ce", "d ", "dd", "de", "dt", "e ",
        "ed", "em", "en", "er", "et", "fi", "h2", "ha", "he", "ho", "id", "in", "it", "k ", "la", "le", "li", "lo",
        "ma", "me", "nd", "ne", "ng", "no", "nt", "od", "of", "on", "op", "or", "p>", "pa", "pu", "re", "ri", "ro",
        "rv", "ry", "s ", "se", "ss", "st", "su", "t ", "t.", "te", "th", "ti", "to", "ts", "up", "us", "ut", "wa",
        "wi", "xt", "y ", "{\"", "{}", "}}",
    ];

    /// The words one after the other.
    static SPELLED: [u8; total(&WORDS)] = joined(&WORDS);

    /// Where each word begins, and the end of the last one.
    static STARTS: [u16; WORDS.len() + 1] = {
        let (mut starts, mut at) = ([0; WORDS.len() + 1], 0);
        while at < WORDS.len() {
            starts[at + 1] = starts[at] + WORDS[at].len() as u16;
            at += 1;
        }
        starts
    };

    /// The word that a byte stands for, if it stands for one.
    pub(super) fn word(byte: u8) -> Option<&'static [u8]> {
        let index = usize::from(byte.checked_sub(FIRST)?);
        let (start, end) = (STARTS.get(index)?, STARTS.get(index.wrapping_add(1))?);
        SPELLED.get(usize::from(*start)..usize::from(*end))
    }

    /// The length of texts one behind the other.
    pub const fn total(parts: &[&str]) -> usize {
        let (mut total, mut at) = (0, 0);
        while at < parts.len() {
            total += parts[at].len();
            at += 1;
        }
        total
    }

    /// Texts one behind the other.
    pub const fn joined<const N: usize>(parts: &[&str]) -> [u8; N] {
        let (mut all, mut length, mut part) = ([0; N], 0, 0);
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

    /// The length of a text when it is packed.
    pub const fn length(text: &[u8]) -> usize {
        let (mut length, mut at) = (0, 0);
        while at < text.len() {
            (_, at) = next(text, at);
            length += 1;
        }
        length
    }

    /// A text packed into its `N` bytes.
    pub const fn packed<const N: usize>(text: &[u8]) -> [u8; N] {
        let (mut packed, mut length, mut at) = ([0; N], 0, 0);
        while at < text.len() {
            (packed[length], at) = next(text, at);
            length += 1;
        }
        packed
    }

    /// The byte that stands for what begins here, and where the rest begins.
    const fn next(text: &[u8], at: usize) -> (u8, usize) {
        assert!(text[at].is_ascii());
        let mut word = 0;
        while word < WORDS.len() {
            let spelled = WORDS[word].as_bytes();
            if spelled[0] == text[at] && begins(text, at, spelled) {
                return (FIRST + word as u8, at + spelled.len());
            }
            word += 1;
        }
        (text[at], at + 1)
    }

    const fn begins(text: &[u8], from: usize, word: &[u8]) -> bool {
        let mut at = 0;
        while at < word.len() {
            if from + at >= text.len() || text[from + at] != word[at] {
                return false;
            }
            at += 1;
        }
        true
    }
}

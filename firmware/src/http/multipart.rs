//! Files as browsers send them: `multipart/form-data` (RFC 7578), byte by byte, so that an upload needs no memory but the file's.
//!
//! ```text
//!   --boundary CRLF
//!   Content-Disposition: form-data; name="file"; filename="ca.pem" CRLF
//!   CRLF
//!   content CRLF --boundary CRLF … CRLF --boundary--
//! ```
//! Deliberately absent: transfer encodings, which browsers do not use, and nested parts.

use heapless::{String, Vec};

use crate::ascii::cut;

/// The longest boundary, in bytes (RFC 2046 §5.1.1).
pub const MAX_BOUNDARY_LENGTH: usize = 70;
/// `CR LF - -` before the boundary.
const MARK: usize = 4;
/// What is kept of a part's header line; the name of the field stands at its beginning.
const LINE_LENGTH: usize = 96;

/// A part whose content somebody wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// The token of the session, `token`.
    Token,
    /// A file, `file`.
    File,
    /// A text that was pasted, `pem`.
    Text,
    /// Anything else.
    Other,
}

/// The state of reading a body.
pub struct Multipart {
    delimiter: Vec<u8, { MAX_BOUNDARY_LENGTH + MARK }>,
    matched: usize,
    line: Vec<u8, LINE_LENGTH>,
    part: Part,
    place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before the first delimiter: what stands there means nothing.
    Preamble,
    /// Behind a delimiter.
    Delimited,
    /// In the lines of a part's head.
    Head,
    /// In a part's content.
    Content,
    /// Behind the last delimiter.
    End,
}

impl Multipart {
    /// A body with this boundary.
    pub fn new(boundary: &String<MAX_BOUNDARY_LENGTH>) -> Self {
        let mut delimiter = Vec::new();
        // Both fit: the delimiter has room for the longest boundary.
        let _ = delimiter.extend_from_slice(b"\r\n--");
        let _ = delimiter.extend_from_slice(boundary.as_bytes());
        // A body begins as if a line had ended before it.
        Self { delimiter, matched: 2, line: Vec::new(), part: Part::Other, place: Place::Preamble }
    }

    /// Takes the next byte of the body; `sink` gets the bytes of the parts' contents.
    pub fn push(&mut self, byte: u8, sink: &mut dyn FnMut(Part, u8)) {
        match self.place {
            Place::Preamble | Place::Content => self.content(byte, sink),
            Place::Delimited | Place::Head => self.head(byte),
            Place::End => {}
        }
    }

    /// Whether the last delimiter was seen: only then is the body whole.
    pub fn is_complete(&self) -> bool {
        self.place == Place::End
    }

    /// CR stands only at the beginning of the delimiter: after a mismatch at most this byte can begin it anew.
    fn content(&mut self, byte: u8, sink: &mut dyn FnMut(Part, u8)) {
        if self.delimiter.get(self.matched) == Some(&byte) {
            self.matched = self.matched.saturating_add(1);
            if self.matched == self.delimiter.len() {
                self.matched = 0;
                self.line.clear();
                self.place = Place::Delimited;
            }
            return;
        }
        let mut emit = |byte| {
            if self.place == Place::Content {
                sink(self.part, byte);
            }
        };
        self.delimiter.iter().take(self.matched).for_each(|byte| emit(*byte));
        self.matched = usize::from(byte == b'\r');
        if self.matched == 0 {
            emit(byte);
        }
    }

    fn head(&mut self, byte: u8) {
        if byte != b'\n' {
            // The rest of a longer line is not looked at.
            let _ = self.line.push(byte);
            if self.place == Place::Delimited && self.line.as_slice() == b"--" {
                self.place = Place::End;
            }
            return;
        }
        let line = self.line.trim_ascii_end();
        if self.place == Place::Delimited {
            self.part = Part::Other;
            self.place = Place::Head;
        } else if line.is_empty() {
            self.place = Place::Content;
        } else if let Some(part) = part(line) {
            self.part = part;
        }
        self.line.clear();
    }
}

/// The part that a header line names, if it is the one that does.
fn part(line: &[u8]) -> Option<Part> {
    const NAME: &[u8] = b"content-disposition:";
    const FIELD: &[u8] = b"; name=\"";
    let value = line.split_at_checked(NAME.len()).filter(|(name, _)| name.eq_ignore_ascii_case(NAME))?.1;
    let at = value.windows(FIELD.len()).position(|window| window.eq_ignore_ascii_case(FIELD))?;
    let (field, _) = cut(value.get(at.saturating_add(FIELD.len())..)?, b"\"")?;
    Some(match field {
        b"token" => Part::Token,
        b"file" => Part::File,
        b"pem" => Part::Text,
        _ => Part::Other,
    })
}

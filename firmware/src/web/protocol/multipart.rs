//! Files as browsers send them: `multipart/form-data` (RFC 7578), byte by byte, so that an upload needs no memory but the file's.
//!
//! ```text
//!   --boundary CRLF
//!   Content-Disposition: form-data; name="file"; filename="ca.pem" CRLF
//!   CRLF
//!   content CRLF --boundary CRLF … CRLF --boundary--
//! ```
//! The lines of a part's head may be folded, and may end in LF alone. Deliberately absent: transfer encodings, which browsers do not use,
//! and nested parts.

use heapless::{String, Vec};

use super::parameter::{Parameter, Word};

/// The longest boundary, in bytes (RFC 2046 §5.1.1).
pub const MAX_BOUNDARY_LENGTH: usize = 70;
/// `CR LF - -` before the boundary.
const MARK: usize = 4;
/// As long as the longest name of a field that somebody wants.
const NAME_LENGTH: usize = 5;

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
    line: Line,
    part: Part,
    state: State,
}

/// A line of a part's head, or what follows a delimiter.
struct Line {
    /// How many bytes of the physical line there were, without its end.
    length: usize,
    /// Whether all of them were hyphens.
    is_hyphens: bool,
    /// The field's name, until its colon.
    name: Word,
    is_named: bool,
    disposition: Parameter<NAME_LENGTH>,
}

impl Line {
    const fn new() -> Self {
        Self {
            length: 0,
            is_hyphens: true,
            name: Word::new(b"content-disposition"),
            is_named: false,
            disposition: Parameter::new(b"form-data", b"name"),
        }
    }

    fn push(&mut self, byte: u8) {
        self.length = self.length.saturating_add(1);
        self.is_hyphens &= byte == b'-';
        match byte {
            _ if self.is_named => self.disposition.push(byte),
            b':' => self.is_named = true,
            _ => self.name.push(byte),
        }
    }

    /// The part that the line names, if it is the one that does.
    fn part(&self) -> Option<Part> {
        if !self.is_named || !self.name.is_whole() {
            return None;
        }
        Some(match self.disposition.value()? {
            b"token" => Part::Token,
            b"file" => Part::File,
            b"pem" => Part::Text,
            _ => Part::Other,
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
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
        Self { delimiter, matched: 2, line: Line::new(), part: Part::Other, state: State::Preamble }
    }

    /// Takes the next byte of the body; `sink` gets the bytes of the parts' contents.
    pub fn push(&mut self, byte: u8, sink: &mut dyn FnMut(Part, u8)) {
        match self.state {
            State::Preamble | State::Content => self.content(byte, sink),
            State::Delimited | State::Head => self.head(byte),
            State::End => {}
        }
    }

    /// Whether the last delimiter was seen: only then is the body whole.
    pub fn is_complete(&self) -> bool {
        self.state == State::End
    }

    /// CR stands only at the beginning of the delimiter: after a mismatch at most this byte can begin it anew.
    fn content(&mut self, byte: u8, sink: &mut dyn FnMut(Part, u8)) {
        if self.delimiter.get(self.matched) == Some(&byte) {
            self.matched = self.matched.saturating_add(1);
            if self.matched == self.delimiter.len() {
                self.matched = 0;
                self.line = Line::new();
                self.state = State::Delimited;
            }
            return;
        }
        let mut emit = |byte| {
            if self.state == State::Content {
                sink(self.part, byte);
            }
        };
        self.delimiter.iter().take(self.matched).for_each(|byte| emit(*byte));
        self.matched = usize::from(byte == b'\r');
        if self.matched == 0 {
            emit(byte);
        }
    }

    /// A line ends where the next one does not begin with a blank (folding, RFC 5322 §2.2.3): only then it is looked at.
    fn head(&mut self, byte: u8) {
        match byte {
            b'\n' if self.state == State::Delimited => {
                self.part = Part::Other;
                self.state = State::Head;
                self.line = Line::new();
            }
            b'\n' if self.line.length == 0 => {
                self.end_line();
                self.state = State::Content;
            }
            b'\n' => self.line.length = 0,
            b'\r' => {}
            _ => {
                if self.state == State::Head && self.line.length == 0 && !matches!(byte, b' ' | b'\t') {
                    self.end_line();
                }
                self.line.push(byte);
                if self.state == State::Delimited && self.line.length == 2 && self.line.is_hyphens {
                    self.state = State::End;
                }
            }
        }
    }

    fn end_line(&mut self) {
        if let Some(part) = self.line.part() {
            self.part = part;
        }
        self.line = Line::new();
    }
}

//! One parameter of a header line, such as the boundary of `multipart/form-data; boundary="AaB03x"`, read byte by byte.
//!
//! Tokens or quoted strings with backslash escapes, in any order, names in any case, blanks where RFC 822's lexical rules (which
//! RFC 2045 and RFC 2183 §2 build on) let them stand. Byte by byte, so that a long file name before the parameter costs no memory.
//! Deliberately absent: comments in parentheses, and what RFC 5987 encodes (`filename*`): such a parameter has another name.

use heapless::Vec;

/// The parameter that is looked for, in at most `N` bytes.
pub struct Parameter<const N: usize> {
    kind: Word,
    name: Word,
    value: Vec<u8, N>,
    /// How often the parameter was there, and whether a value was longer than `N`.
    count: u8,
    is_too_long: bool,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// In what stands before the first semicolon.
    Kind,
    /// In a parameter's name.
    Name,
    /// Behind the equals sign.
    BeforeValue,
    Token,
    Quoted,
    /// Behind a backslash in a quoted string.
    Escaped,
    /// Behind a value, and wherever nothing can be understood: to the next semicolon.
    Behind,
}

impl<const N: usize> Parameter<N> {
    /// Looks for `name` behind `kind`; both in lower case.
    pub const fn new(kind: &'static [u8], name: &'static [u8]) -> Self {
        Self {
            kind: Word::new(kind),
            name: Word::new(name),
            value: Vec::new(),
            count: 0,
            is_too_long: false,
            state: State::Kind,
        }
    }

    /// Takes the next byte of the line.
    pub fn push(&mut self, byte: u8) {
        let is_blank = matches!(byte, b' ' | b'\t');
        self.state = match (self.state, byte) {
            (State::Quoted, b'\\') => State::Escaped,
            (State::Quoted, b'"') => State::Behind,
            (State::Quoted | State::Escaped, _) => self.keep(byte, State::Quoted),
            (_, b';') => {
                self.name.restart();
                State::Name
            }
            (State::Kind, _) => {
                self.kind.push(byte);
                State::Kind
            }
            (State::Name, b'=') => {
                if self.name.is_whole() {
                    self.count = self.count.saturating_add(1);
                    self.value.clear();
                }
                State::BeforeValue
            }
            (State::Name, _) => {
                self.name.push(byte);
                State::Name
            }
            (State::BeforeValue, b'"') => State::Quoted,
            (State::BeforeValue, _) if is_blank => State::BeforeValue,
            (State::Token | State::Behind, _) if is_blank => State::Behind,
            (State::BeforeValue | State::Token, _) => self.keep(byte, State::Token),
            (State::Behind, _) => State::Behind,
        };
    }

    /// The value at the end of the line. None where it is not there, or twice, longer than `N` bytes or without its closing quotation
    /// mark, or where the line is of another kind.
    pub fn value(&self) -> Option<&[u8]> {
        let is_open = matches!(self.state, State::Quoted | State::Escaped);
        let is_ours = self.kind.is_whole() && self.count == 1 && !self.is_too_long && !is_open;
        is_ours.then_some(self.value.as_slice())
    }

    fn keep(&mut self, byte: u8, state: State) -> State {
        if self.name.is_whole() && self.value.push(byte).is_err() {
            self.is_too_long = true;
        }
        state
    }
}

/// A word that is compared while it arrives, without the blanks around it.
pub(super) struct Word {
    wanted: &'static [u8],
    /// How much of it has arrived; `None` once it is another one.
    matched: Option<usize>,
    has_ended: bool,
}

impl Word {
    pub(super) const fn new(wanted: &'static [u8]) -> Self {
        Self { wanted, matched: Some(0), has_ended: false }
    }

    pub(super) const fn restart(&mut self) {
        *self = Self::new(self.wanted);
    }

    pub(super) fn push(&mut self, byte: u8) {
        let Some(matched) = self.matched else { return };
        if matches!(byte, b' ' | b'\t') {
            self.has_ended = matched > 0;
            return;
        }
        let is_next = !self.has_ended && self.wanted.get(matched) == Some(&byte.to_ascii_lowercase());
        self.matched = is_next.then(|| matched.saturating_add(1));
    }

    pub(super) fn is_whole(&self) -> bool {
        self.matched == Some(self.wanted.len())
    }
}

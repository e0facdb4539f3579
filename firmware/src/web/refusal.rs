//! Why a request is refused: a status and a code for programs, a sentence for people.

use core::fmt;

use status::{
    Error,
    device::{FILE_TOO_LARGE, SETTINGS_INVALID},
};
use x509::Recognized;

use super::protocol::head::Fault;
use crate::{
    settings::{Field, configuration},
    setup::Refused,
    texts::{self as words, refusal as texts},
};

/// A refusal; nothing has been changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The status of the answer (RFC 9110 §15).
    pub status: u16,
    /// Why.
    pub reason: Reason,
    /// After how many seconds another attempt makes sense; 0 where that is not known.
    pub retry_after: u8,
}

/// Why.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    /// This sentence says it.
    Text(&'static str),
    /// This code.
    Code(Error),
    /// The field's value is not possible.
    Value(Field),
    /// The field does not fit the others.
    Contradiction(Field),
    /// The file cannot be read, with this code, and is something else than what belongs there.
    File(Error, Recognized),
    /// The configuration file cannot be used.
    Configuration(configuration::Refusal),
}

impl Refusal {
    /// A refusal with a sentence.
    pub const fn new(status: u16, text: &'static str) -> Self {
        Self { status, reason: Reason::Text(text), retry_after: 0 }
    }

    /// A refusal because of what was sent (RFC 9110 §15.5.21).
    pub const fn content(reason: Reason) -> Self {
        Self { status: 422, reason, retry_after: 0 }
    }

    /// The code, if there is one.
    pub const fn code(&self) -> Option<Error> {
        match self.reason {
            Reason::Text(_) => None,
            Reason::Code(code) | Reason::File(code, _) => Some(code),
            Reason::Value(_) | Reason::Contradiction(_) | Reason::Configuration(_) => Some(SETTINGS_INVALID),
        }
    }

    /// The field that is at fault, if one is.
    pub const fn field(&self) -> Option<Field> {
        match self.reason {
            Reason::Value(field)
            | Reason::Contradiction(field)
            | Reason::Configuration(configuration::Refusal::Contradiction(field)) => Some(field),
            _ => None,
        }
    }
}

/// A field of a form that nobody knows, or a form that cannot be decoded.
pub(super) const UNKNOWN_FIELD: Refusal = Refusal::new(400, texts::UNKNOWN_FIELD);

/// A code of the flash or of the accelerator is the device's fault, any other one that of what was sent.
impl From<Error> for Refusal {
    fn from(code: Error) -> Self {
        let status = match code {
            FILE_TOO_LARGE => 413,
            status::device::STORAGE_FAILED | status::entropy::SOURCE_FAILED => 500,
            _ => 422,
        };
        Self { status, reason: Reason::Code(code), retry_after: 0 }
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Malformed => Self::new(400, texts::MALFORMED),
            Fault::Version => Self::new(505, texts::VERSION),
            Fault::HeadTooLarge => Self::new(431, texts::HEAD_TOO_LARGE),
            Fault::FormTooLarge => Self::new(413, texts::TOO_LARGE),
            Fault::FormMalformed => UNKNOWN_FIELD,
            Fault::TooSlow => Self::new(408, texts::TOO_SLOW),
        }
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Field(field) => Self::content(Reason::Contradiction(field)),
            Refused::Storage(code) => code.into(),
        }
    }
}

/// The sentence.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => text.fmt(f),
            Self::Code(FILE_TOO_LARGE) => texts::FILE_TOO_LARGE.fmt(f),
            Self::Code(code) => write!(f, "{code}"),
            Self::Value(field) => write!(f, "{}: {}", words::field(*field), words::rule(*field)),
            Self::Contradiction(field) => {
                write!(f, "{} {}", words::field(*field), words::contradiction(*field))
            }
            Self::File(_, recognized) => write!(f, "{}{recognized}.", texts::THIS_IS),
            Self::Configuration(refusal) => write!(f, "{refusal}"),
        }
    }
}

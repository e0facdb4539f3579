//! The record layer (RFC 5246 §6): headers, limits, and the protection of one direction.
//!
//! Records are opened and sealed in place, without a copy. The layout of a record:
//!
//! ```text
//!              prefix_length()                              suffix_length(plaintext)
//!   none       header                     plaintext
//!   GCM, CCM   header  explicit nonce     plaintext         tag
//!   CBC        header  IV                 plaintext         MAC  padding      all but header and IV encrypted
//!   CBC, EtM   header  IV                 plaintext         padding  MAC      (RFC 7366: the MAC covers the ciphertext)
//! ```
//!
//! A record that fails to open is wiped, and every padding and MAC fault gives the same code and alert.
//!
//! Deliberately absent: buffers, reassembly, compression.

mod cbc;
mod limits;
mod mac;
mod protection;

pub use limits::Idle;
#[cfg(feature = "internals")]
pub use limits::{MAX_EMPTY_RECORDS, MAX_WARNING_ALERTS};
pub use protection::{Layer, MAX_OVERHEAD, Protection};

use status::{Alert, Cause, ssl};

use crate::failure::Failure;

/// The length of a record's header.
pub const HEADER_LENGTH: usize = 5;
/// The longest plaintext of a record in bytes (RFC 5246 §6.2.1).
pub const MAX_PLAINTEXT_LENGTH: usize = 1 << 14;
/// The most bytes that may follow a record header: 2^14 + 2048 (RFC 5246 §6.2.3).
pub const MAX_PROTECTED_LENGTH: usize = MAX_PLAINTEXT_LENGTH + 2048;

/// A record's content type (RFC 5246 §6.2.1), as it is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ContentType(pub u8);

impl ContentType {
    /// ChangeCipherSpec.
    pub const CHANGE_CIPHER_SPEC: Self = Self(20);
    /// Alert.
    pub const ALERT: Self = Self(21);
    /// Handshake messages.
    pub const HANDSHAKE: Self = Self(22);
    /// Application data.
    pub const APPLICATION_DATA: Self = Self(23);

    const fn is_known(self) -> bool {
        self.0 >= Self::CHANGE_CIPHER_SPEC.0 && self.0 <= Self::APPLICATION_DATA.0
    }
}

/// A checked record header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// What the record holds: one of the four types.
    pub content_type: ContentType,
    /// How many bytes follow the header: 1 to [`MAX_PROTECTED_LENGTH`].
    pub length: usize,
}

impl Header {
    /// Reads and checks a header.
    ///
    /// # Errors
    /// `ssl::INVALID_RECORD` (-0x7200) for another type (alert `unexpected_message`, RFC 5246 §6), a version that is not
    /// 3.0 to 3.3 (`protocol_version`), or no content at all (`decode_error`); `ssl::BAD_INPUT_DATA` (-0x7100) with
    /// `record_overflow` for more than 2^14 + 2048 bytes (§6.2.3).
    pub fn parse(bytes: [u8; HEADER_LENGTH]) -> Result<Self, Failure> {
        let [content_type, major, minor, high, low] = bytes;
        let content_type = ContentType(content_type);
        if !content_type.is_known() {
            return Err(Failure::new(ssl::INVALID_RECORD, Alert::UNEXPECTED_MESSAGE));
        }
        // An older server answers, and sends its alert, with one of these versions (RFC 5246 §E.1).
        if major != MAJOR || minor > MINOR {
            return Err(Failure::new(ssl::INVALID_RECORD, Alert::PROTOCOL_VERSION));
        }
        let length = usize::from(u16::from_be_bytes([high, low]));
        if length == 0 {
            return Err(Failure::new(ssl::INVALID_RECORD, Alert::DECODE_ERROR));
        }
        if length > MAX_PROTECTED_LENGTH {
            let failure = Failure::new(ssl::BAD_INPUT_DATA, Alert::RECORD_OVERFLOW);
            return Err(failure.with(Cause::RecordTooLong));
        }
        Ok(Self { content_type, length })
    }

    /// Encodes the header, with version 3.3. A sealed record's length always fits into 16 bits.
    const fn encode(content_type: ContentType, length: usize) -> [u8; HEADER_LENGTH] {
        let [.., high, low] = length.to_be_bytes();
        [content_type.0, MAJOR, MINOR, high, low]
    }

    /// Whether the version is 3.3, the only one for protected records (RFC 5246 §6.2.1; it is authenticated too).
    const fn is_of_this_version(bytes: &[u8; HEADER_LENGTH]) -> bool {
        matches!(bytes, [_, MAJOR, MINOR, ..])
    }
}

/// TLS 1.2 is version 3.3.
const MAJOR: u8 = 3;
const MINOR: u8 = 3;

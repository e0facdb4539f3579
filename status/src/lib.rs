//! One number for every failure.
//!
//! [`Error`] is a two-byte non-zero number of the Mbed TLS 2.28 space. [`Error::code`] gives the negative value that
//! Mbed TLS returns and that the application note's tables list; a high-level code can carry a low-level cause, and the
//! two are summed as 2.28 does (`x509::INVALID_FORMAT` with cause `asn1::OUT_OF_DATA` is -0x21E0).
//!
//! ```text
//!   15   14..12   11..7   6..0
//!  ours  module   code    low-level cause
//! ```
//!
//! Each table is a list of rows (name, number, text). [`ssl`] and [`x509`] are the tables of the application note, in its order; the other modules
//! have low-level codes and the codes of neighbouring modules. Failures that 2.28 has no number for are in [`device`] and [`mqtt`].
//!
//! Every layer also reports [`Alert`], [`Flags`], [`Step`] and [`Cause`]. [`Status`] joins all of them: what a device keeps of a failure.
//!
//! The feature `defmt` logs them on a microcontroller. `log` needs no feature, as they have `Display`.
//!
//! Deliberately absent: any way to turn a number that no table has into an [`Error`], and any allocation.
#![no_std]
#![forbid(unsafe_code)]
#![warn(clippy::must_use_candidate, clippy::return_self_not_must_use)]

mod alert;
mod error;
mod flags;
#[cfg(feature = "defmt")]
mod format;
mod packed;
mod status;

pub mod device;
pub mod mqtt;
pub mod ssl;
pub mod x509;

mod low_level;
mod neighbours;

pub use alert::Alert;
pub use error::{Error, Row};
pub use flags::{Flag, Flags};
pub use low_level::{
    aes, asn1, base64, ccm, ctr_drbg, entropy, error as generic, gcm, hmac_drbg, md5, mpi, net, oid,
    platform, sha1, sha256, sha512,
};
pub use neighbours::{cipher, ecp, md, pem, pk, rsa};
pub use status::{AlertSeen, Cause, Status, Step};

/// Declares one table: a public constant per row, `ROWS` for the texts, and beside it `NAMES`, which a program that does not
/// ask for names is not linked with.
macro_rules! rows {
    ($module:literal; $($name:ident = $number:literal, $text:literal;)*) => {
        $(#[doc = $text] pub const $name: $crate::Error = $crate::Error::row($number);)*

        /// The module's name as `mbedtls_strerror` prints it.
        pub const MODULE: &str = $module;

        /// The rows of this table, in order.
        pub const ROWS: &[$crate::Row] = &[$($crate::Row { error: $name, text: $text },)*];

        /// The names of the rows' constants, in the same order.
        pub const NAMES: &[&str] = &[$(stringify!($name),)*];
    };
}
pub(crate) use rows;

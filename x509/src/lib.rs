//! PEM certificates and keys, their descriptions, and chain verification, without a heap.
//!
//! Everything is borrowed: a [`Bundle`] decodes a PEM file into memory that the caller lends, a [`Certificate`] is a set of
//! spans of its DER bytes. Codes, verification flags and description texts are those of Mbed TLS 2.28.3; where a duty of
//! RFC 5280 goes beyond it, that comes first.
//!
//! ```text
//!   PEM text ──► Bundle ──► Certificate ──► describe        the text beside a menu's field
//!            ├─► PrivateKey                ├─► lint::check   what would fail on the wire, before anything is connected
//!            │                             └─► Verifier ──► Outcome { flags, depth } ──► alert
//!            └─► recognize                 what a file is that is neither, in plain words
//! ```
//!
//! Deliberately absent: revocation (CRL, OCSP), name constraints (refused when critical), RSASSA-PSS, private keys
//! other than RSA, building or signing certificates.
#![no_std]
#![forbid(unsafe_code)]
#![warn(clippy::must_use_candidate, clippy::return_self_not_must_use)]

mod address;
mod bundle;
mod certificate;
mod der;
mod describe;
mod extension;
mod host;
mod key;
mod name;
mod oid;
mod pem;
mod policy;
mod public_key;
mod recognize;
mod time;

pub mod lint;
pub mod verify;

pub use address::Address;
pub use bundle::{Bundle, BundleBuilder};
pub use certificate::{Certificate, SignatureAlgorithm};
pub use describe::{describe, describe_key};
pub use extension::{KeyUsage, Purpose};
pub use host::{Hosts, is_address};
pub use key::PrivateKey;
pub use name::Name;
pub use pem::{MAX_DER_LENGTH, MAX_FILE_LENGTH, der_length};
pub use policy::Policy;
pub use public_key::PublicKey;
pub use recognize::{Kind, Recognized, Wanted, has_private_key, is_cut_off, recognize};
pub use time::Time;
pub use verify::{Context, Outcome, Verifier, alert};

//! Tests of `x509`: each file mirrors one of the crate's, except the corpus and what holds everything against the real library.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that goes wrong panics"
)]

mod bundle;
mod certificate;
mod corpus;
mod describe;
mod differences;
mod differential;
mod extension;
mod grammar;
mod host;
mod key;
mod lint;
mod mutation;
mod path;
mod pem;
mod recognize;
mod registries;
mod signed;
mod strange;
mod time;
mod verify;

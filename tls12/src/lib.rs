//! A TLS 1.2 client (RFC 5246) for the ten `TLS_RSA_WITH_AES` suites, without a heap, I/O or a clock.
//!
//! [`Connection`] is nine verbs and a [`Want`]: bytes from the socket go in through `recv_space` and `received`, bytes for
//! the socket come out of `send_bytes` and `sent`; the application reads with `plaintext` and `consume` and writes with
//! `write_space` and `wrote`. Only `poll` advances the protocol, and only `poll` and `wrote` are lent the accelerator.
//!
//! ```text
//!               socket                                       application
//!   recv_space, received ──► rx buffer ── opened in place ──► plaintext, consume
//!   send_bytes, sent     ◄── tx buffer ── sealed in place ◄── write_space, wrote
//!                                    ▲
//!                               poll(accel)
//! ```
//!
//! Where to look:
//! - [`Config`], [`Peer`]: what a connection is told.
//! - `connection`: the verbs; `want`: what they are told by; `input` and `output`: the two buffers behind them; `failure`: the one way to fail.
//! - `handshake/`: one file per message, reading and writing side by side; `handshake/order.rs` has the table of what may come when.
//! - `record/`, `schedule`, `session`, `suite`, `signature_algorithm`, `wire`: what they are built from.
//! - `io`: loops over the verbs for blocking, asynchronous and `nb` sockets.
//!
//! Deliberately absent: forward secrecy (the product's suites are static RSA), renegotiation, compression, servers, other
//! versions of TLS.
#![no_std]
#![forbid(unsafe_code)]

mod config;
mod connection;
mod failure;
mod handshake;
mod input;
mod output;
pub mod record;
pub mod schedule;
pub mod session;
mod signature_algorithm;
mod suite;
mod transcript;
mod want;
mod wire;

pub mod io;

#[cfg(feature = "key-log")]
pub mod key_log;

pub use config::{Config, Identity, MaxFragmentLength, Peer, Suites, Verification};
pub use connection::Connection;
pub use failure::Failure;
pub use signature_algorithm::{SignatureAlgorithm, SignatureKey};
pub use suite::{EMPTY_RENEGOTIATION_INFO_SCSV, Suite};
pub use want::Want;

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
//! - [`Config`], [`Peer`]: what a connection is told; [`Verification`], [`Pin`], [`Observer`]: whom it trusts; [`SetupError`]: what is wrong
//!   with that.
//! - `connection`: the verbs; `want`: what they are told by; `input` and `output`: the two buffers behind them; `failure`: the one way to fail.
//! - `handshake/`: one file per message, reading and writing side by side; `handshake/order.rs` has the table of what may come when.
//! - `record/`, `schedule`, `session`, `suite`, `signature_algorithm`, `wire`: what they are built from.
//! - `io`: loops over the verbs for blocking, asynchronous and `nb` sockets.
//!
//! Deliberately absent: forward secrecy (the product's suites are static RSA), renegotiation, compression, servers, other
//! versions of TLS.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(not(feature = "internals"), expect(unreachable_pub, reason = "what the feature makes reachable"))]

mod config;
mod connection;
mod failure;
mod handshake;
mod input;
mod memory;
mod output;
mod proof;
#[cfg(feature = "internals")]
pub mod record;
#[cfg(not(feature = "internals"))]
mod record;
#[cfg(feature = "internals")]
pub mod schedule;
#[cfg(not(feature = "internals"))]
mod schedule;
pub mod session;
mod setup;
mod signature_algorithm;
mod suite;
mod transcript;
mod trust;
mod want;
mod wire;

pub mod io;

#[cfg(feature = "key-log")]
mod key_log;

pub use config::{Config, Identity, MaxFragmentLength, Peer, ServerName, Suites};
pub use connection::Connection;
#[cfg(feature = "internals")]
pub use failure::Failure;
#[cfg(all(feature = "internals", feature = "key-log"))]
pub use key_log::write_line as write_key_log;
pub use setup::SetupError;
pub use signature_algorithm::{SignatureAlgorithm, SignatureKey};
pub use suite::{EMPTY_RENEGOTIATION_INFO_SCSV, Suite};
pub use trust::{Observer, Pin, Presented, Verdict, Verification};
pub use want::Want;

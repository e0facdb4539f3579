//! Tests of `mqtt`: one file per source file, and a simulated broker over connections that break.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that is wrong may panic"
)]

mod broker;
mod client;
mod connect;
mod header;
mod inbox;
mod packet;
mod publish;
mod saved;
mod send;
mod session;
mod store;
mod subscribe;
mod support;
mod topic;

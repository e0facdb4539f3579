//! Tests of `tls12`.

mod duties;
mod connection;
mod handshake;
mod record;
mod schedule;
mod session;
mod suite;

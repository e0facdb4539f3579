//! Tests of `tls12`.

mod connection;
mod differential;
mod duties;
mod faults;
mod handshake;
mod io;
mod ports;
mod readme;
mod record;
mod schedule;
mod session;
mod suite;
mod trust;

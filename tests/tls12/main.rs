//! Tests of `tls12`.

mod record;
mod schedule;
mod session;
mod suite;

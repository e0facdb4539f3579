//! Tests of `status`, one file per source file of the core. Its texts are held against the real library in the test of `x509`.

mod alert;
mod error;
mod flags;
mod status;

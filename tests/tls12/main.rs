//! Tests of `tls12`.

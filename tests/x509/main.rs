//! Tests of `x509`.

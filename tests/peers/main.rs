//! Tests of `peers`.

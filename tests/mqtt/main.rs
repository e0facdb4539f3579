//! Tests of `mqtt`.

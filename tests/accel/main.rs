//! Tests of `accel`.

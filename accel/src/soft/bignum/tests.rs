//! Tests against another implementation.

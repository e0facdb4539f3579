//! Our TLS and MQTT against real servers, each started by its test on a free loopback port and killed at its end.
//!
//! Every wait has an end: a server that is not ready, an answer that does not come, a stream that never closes fail the test
//! with everything that the server has printed. A server that is not installed fails it with the line that says how to
//! install it.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first thing that is not as it should be"
)]

mod files;
mod gnutls;
mod interop;
mod mosquitto;
mod mqtt_client;
mod openssl;
mod stream;
mod tls_client;

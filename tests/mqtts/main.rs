//! Tests of the joined client: against a broker in the test, step by step, and against a real Mosquitto over real sockets.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that goes wrong panics"
)]

mod asynchronous;
mod blocking;
mod broker;
mod client;
mod hostile;
mod mosquitto;
mod nonblocking;
mod pc;
mod plain;
mod reconnect;
mod setup;
mod trace;

/// README shows the example as it is compiled.
#[test]
fn the_readme_shows_the_example() {
    let example = include_str!("../../mqtts/examples/publish_and_subscribe.rs");
    let (_, code) = example.split_once("\n\n").unwrap();
    assert!(include_str!("../../README.md").contains(code), "README.md shows other code:\n{code}");
}

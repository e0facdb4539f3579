//! The device of the application note, part by part; the files mirror those of `firmware/src`.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::field_reassign_with_default,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first thing that is not as it should be; settings wipe themselves, so that none can be taken apart"
)]

mod ascii;
mod backup;
mod certificates;
mod clock;
mod connection;
mod connection_acknowledgements;
mod connection_conversation;
mod connection_patience;
mod connection_report;
mod device;
mod failure;
mod flash;
mod json;
mod network;
mod network_dns;
mod ports;
mod retained;
mod rig;
mod settings;
mod status_codes;
mod storage;
mod supervisor;
mod template;
mod web;
mod window;

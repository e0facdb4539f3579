//! The bodies of the fuzz targets, one function of bytes each. A body panics where a promise is broken.
//!
//! `tests/fuzz` wraps them for cargo-fuzz; the test program `fuzz` replays the committed corpus on stable, without it.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::type_complexity,
    clippy::unwrap_used,
    reason = "a body panics where a promise is broken"
)]

mod certificates;
mod messages;
mod records;

/// Every target by its name, which is also its corpus' folder.
pub const TARGETS: &[(&str, fn(&[u8]))] = &[
    ("pem", certificates::pem),
    ("key", certificates::key),
    ("certificate", certificates::certificate),
    ("record", records::record),
    ("handshake", records::handshake),
    ("mqtt_packet", messages::mqtt_packet),
    ("mqtt_client", messages::mqtt_client),
];

pub use certificates::{certificate, key, pem};
pub use messages::{mqtt_client, mqtt_packet};
pub use records::{application_data, handshake, record};

/// Bytes of the input, taken as decisions; zeros when there are no more.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn byte(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or(0)
    }

    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        taken
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

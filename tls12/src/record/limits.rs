//! Limits on records without content. Each of them is legal, but an endless series would be a denial of service.

use status::{Alert, Cause, ssl};

use crate::failure::Failure;

/// How many empty records of application data in a row are accepted; the same number as in Mbed TLS 2.28.
pub const MAX_EMPTY_RECORDS: u8 = 3;
/// How many warning alerts in a row are accepted. Mbed TLS has no limit, OpenSSL five.
pub const MAX_WARNING_ALERTS: u8 = 4;

/// Counts the records since the last one with content.
#[derive(Clone, Copy, Default, Debug)]
pub struct Idle {
    empty: u8,
    warnings: u8,
}

impl Idle {
    /// Nothing counted yet.
    pub const fn new() -> Self {
        Self { empty: 0, warnings: 0 }
    }

    /// An empty record of application data has arrived.
    ///
    /// # Errors
    /// `ssl::INVALID_MAC` (-0x7180) and bad_record_mac, as in Mbed TLS, from the fourth in a row on.
    pub fn empty_record(&mut self) -> Result<(), Failure> {
        self.empty = self.empty.saturating_add(1);
        if self.empty > MAX_EMPTY_RECORDS {
            return Err(Failure::new(ssl::INVALID_MAC, Alert::BAD_RECORD_MAC).with(Cause::TooMany));
        }
        Ok(())
    }

    /// A warning alert other than close_notify, or a HelloRequest, has arrived.
    ///
    /// # Errors
    /// `ssl::UNEXPECTED_MESSAGE` (-0x7700) from the fifth in a row on.
    pub fn warning_alert(&mut self) -> Result<(), Failure> {
        self.warnings = self.warnings.saturating_add(1);
        if self.warnings > MAX_WARNING_ALERTS {
            return Err(Failure::new(ssl::UNEXPECTED_MESSAGE, Alert::UNEXPECTED_MESSAGE).with(Cause::TooMany));
        }
        Ok(())
    }

    /// A record with content has arrived.
    pub fn content(&mut self) {
        *self = Self::new();
    }
}

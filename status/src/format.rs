//! The text of a failure for `defmt`: numbers and a few words, since longer texts would be sent with each line. `log` and others use `Display`, which has
//! the whole texts.

use defmt::{Format, Formatter, write};

use crate::{Alert, Error, Flags, Status};

/// `-0x2700`.
impl Format for Error {
    fn format(&self, f: Formatter<'_>) {
        write!(f, "-0x{=u16:04X}", self.number().get());
    }
}

/// `0x08`.
impl Format for Flags {
    fn format(&self, f: Formatter<'_>) {
        write!(f, "0x{=u32:02X}", self.bits());
    }
}

/// `alert 40`.
impl Format for Alert {
    fn format(&self, f: Formatter<'_>) {
        write!(f, "alert {=u8}", self.0);
    }
}

/// `-0x2700 flags 0x08 depth 0 Some(Sent(alert 48)) ServerCertificate None`.
impl Format for Status {
    fn format(&self, f: Formatter<'_>) {
        let Self { error, flags, depth, alert, step, cause } = self;
        write!(f, "{} flags {} depth {=u8} {} {} {}", error, flags, depth, alert, step, cause);
    }
}

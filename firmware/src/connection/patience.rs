//! Decides when to begin a new MQTT session, because each connection with the old one was short.

use embassy_time::Duration;

/// How many connections in a row were short although the broker had accepted them.
///
/// What both sides keep of a session comes again on every connection: a message that makes the broker hang up, or one of the broker's
/// that the client cannot take. Nobody is there to see it; so after a while the session is given up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Patience {
    short: u32,
}

impl Patience {
    /// So many short connections in a row are enough. With the pauses between them it takes minutes.
    pub const LIMIT: u32 = 8;
    /// A connection that has lasted so long was a good one.
    pub const STABLE: Duration = Duration::from_secs(30);

    /// A connection has ended, or none came about: whether the next one is to begin with a clean session.
    ///
    /// `lasted` is how long the broker had accepted the device, if it did. One with a clean session was short for another reason.
    pub fn is_over(&mut self, lasted: Option<Duration>, clean_session: bool) -> bool {
        let Some(lasted) = lasted else { return false };
        let is_short = lasted < Self::STABLE && !clean_session;
        self.short = if is_short { self.short.saturating_add(1) } else { 0 };
        let is_over = self.short >= Self::LIMIT;
        if is_over {
            self.short = 0;
        }
        is_over
    }
}

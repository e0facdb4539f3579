//! The "Status codes" field: the last two failures (application note §5), kept across reconnects.

use status::Status;

/// The last two failures, the newest first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct StatusCodes {
    last: [Option<Entry>; 2],
}

/// A failure and when it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    /// What failed.
    pub status: Status,
    /// When, in seconds since 1970-01-01 00:00:00 UTC; `None` before the clock was set.
    pub at: Option<u64>,
}

impl StatusCodes {
    /// Notes a failure; the older of the two is forgotten.
    pub fn push(&mut self, status: Status, at: Option<u64>) {
        let [newest, _] = self.last;
        self.last = [Some(Entry { status, at }), newest];
    }

    /// The failures, the newest first.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.last.iter().flatten()
    }
}

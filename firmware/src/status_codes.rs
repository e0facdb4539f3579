//! The "Status codes" field: the last two failures (application note §5), kept across reconnects and resets.

use status::{Alert, AlertSeen, Cause, Error, Flags, Status, Step};

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
    /// How many bytes [`save`](Self::save) writes.
    pub const SAVED_LENGTH: usize = 2 * ENTRY_LENGTH;

    /// Notes a failure; the older of the two is forgotten.
    pub fn push(&mut self, status: Status, at: Option<u64>) {
        let [newest, _] = self.last;
        self.last = [Some(Entry { status, at }), newest];
    }

    /// The failures, the newest first.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.last.iter().flatten()
    }

    /// The failures as bytes, for a memory that survives a reset.
    #[must_use]
    pub fn save(&self) -> [u8; Self::SAVED_LENGTH] {
        let mut saved = [0; Self::SAVED_LENGTH];
        for (to, entry) in saved.chunks_exact_mut(ENTRY_LENGTH).zip(self.iter()) {
            to.iter_mut().zip(encode(entry)).for_each(|(to, from)| *to = from);
        }
        saved
    }

    /// Takes up what [`save`](Self::save) wrote; failures that this firmware does not know are left out.
    #[must_use]
    pub fn restore(saved: &[u8]) -> Self {
        let mut entries = saved.chunks_exact(ENTRY_LENGTH).filter_map(|bytes| decode(bytes.first_chunk()?));
        Self { last: [entries.next(), entries.next()] }
    }
}

/// Code, flags, depth, alert and its direction, step, cause, time.
const ENTRY_LENGTH: usize = 2 + 4 + 1 + 2 + 1 + 1 + 8;

fn encode(entry: &Entry) -> [u8; ENTRY_LENGTH] {
    let Status { error, flags, depth, alert, step, cause, .. } = entry.status;
    let [_, _, code_high, code_low] = error.code().wrapping_neg().to_be_bytes();
    let [f0, f1, f2, f3] = flags.bits().to_be_bytes();
    let (direction, alert) = match alert {
        None => (0, 0),
        Some(AlertSeen::Received(alert)) => (1, alert.0),
        Some(AlertSeen::Sent(alert)) => (2, alert.0),
    };
    let step = number(&Step::ALL, &step);
    let cause = number(&Cause::ALL, &cause);
    // No clock was ever set to 1970.
    let [t0, t1, t2, t3, t4, t5, t6, t7] = entry.at.unwrap_or(0).to_be_bytes();
    [
        code_high, code_low, f0, f1, f2, f3, depth, direction, alert, step, cause, t0, t1, t2, t3, t4, t5,
        t6, t7,
    ]
}

fn decode(bytes: &[u8; ENTRY_LENGTH]) -> Option<Entry> {
    let [
        code_high,
        code_low,
        f0,
        f1,
        f2,
        f3,
        depth,
        direction,
        alert,
        step,
        cause,
        t0,
        t1,
        t2,
        t3,
        t4,
        t5,
        t6,
        t7,
    ] = *bytes;
    let code = i32::from(u16::from_be_bytes([code_high, code_low]));
    let mut status = Status::new(Error::from_code(code.wrapping_neg())?);
    status.flags = Flags::from_bits(u32::from_be_bytes([f0, f1, f2, f3]));
    status.depth = depth;
    status.alert = match direction {
        1 => Some(AlertSeen::Received(Alert(alert))),
        2 => Some(AlertSeen::Sent(Alert(alert))),
        _ => None,
    };
    status.step = *Step::ALL.get(usize::from(step))?;
    status.cause = *Cause::ALL.get(usize::from(cause))?;
    let at = u64::from_be_bytes([t0, t1, t2, t3, t4, t5, t6, t7]);
    Some(Entry { status, at: (at != 0).then_some(at) })
}

/// The place of `item` in `list`, which has all there are.
fn number<T: PartialEq>(list: &[T], item: &T) -> u8 {
    list.iter().position(|other| other == item).and_then(|place| u8::try_from(place).ok()).unwrap_or(u8::MAX)
}

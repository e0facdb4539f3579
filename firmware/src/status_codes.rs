//! The "Status codes" field: the last two failures (application note §5), kept across reconnects and resets.

use status::{Alert, AlertSeen, Cause, Error, Flags, Status, Step, device, entropy, ssl};

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
    /// How often it has happened since it was first noted; at most 65535.
    pub count: u16,
    /// Whether the broker has accepted the device since, where that proves that the failure is over.
    pub is_past: bool,
}

impl StatusCodes {
    /// How many bytes [`save`](Self::save) writes.
    pub const SAVED_LENGTH: usize = 2 * ENTRY_LENGTH;

    /// Notes a failure. One of the two again is counted, and the newest then; of three the oldest is forgotten.
    pub fn push(&mut self, status: Status, at: Option<u64>) {
        let [newest, older] = self.last;
        let is_same = |entry: &Option<Entry>| entry.is_some_and(|entry| entry.status == status);
        let count = |entry: Option<Entry>| entry.map_or(1, |entry| entry.count.saturating_add(1));
        let entry = |count| Some(Entry { status, at, count, is_past: false });
        self.last = match [is_same(&newest), is_same(&older)] {
            [true, _] => [entry(count(newest)), older],
            [_, true] => [entry(count(older)), newest],
            _ => [entry(1), newest],
        };
    }

    /// The broker has accepted the device: failures to connect are past, other ones of the device itself are not.
    pub fn settle(&mut self) {
        for entry in self.last.iter_mut().flatten() {
            entry.is_past |= !OWN.contains(&entry.status.error);
        }
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
        // Of an earlier firmware.
        if saved.len() != Self::SAVED_LENGTH {
            return Self::default();
        }
        let mut entries = saved.chunks_exact(ENTRY_LENGTH).filter_map(|bytes| decode(bytes.first_chunk()?));
        Self { last: [entries.next(), entries.next()] }
    }
}

/// Failures that a connection says nothing about.
const OWN: [Error; 9] = [
    device::SELF_TEST_FAILED,
    device::WATCHDOG_RESET,
    device::PANIC_RESET,
    device::FAULT_RESET,
    device::STORAGE_FAILED,
    device::SETTINGS_INVALID,
    device::FILE_TOO_LARGE,
    entropy::SOURCE_FAILED,
    ssl::HW_ACCEL_FAILED,
];

/// Code, flags, depth, alert and its direction, step, cause, time, count, whether it is past.
const ENTRY_LENGTH: usize = 2 + 4 + 1 + 2 + 1 + 1 + 8 + 2 + 1;

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
    let [c0, c1] = entry.count.to_be_bytes();
    [
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
        c0,
        c1,
        entry.is_past.into(),
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
        c0,
        c1,
        past,
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
    let count = u16::from_be_bytes([c0, c1]);
    Some(Entry { status, at: (at != 0).then_some(at), count, is_past: past == 1 })
}

/// The place of `item` in `list`, which has all there are.
fn number<T: PartialEq>(list: &[T], item: &T) -> u8 {
    list.iter().position(|other| other == item).and_then(|place| u8::try_from(place).ok()).unwrap_or(u8::MAX)
}

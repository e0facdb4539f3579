//! What survives a reset, in the board's backup memory: the status codes, the TLS session, the state of the MQTT session, and the time.
//!
//! Each has a slot. After a power cut, or a reset during a write, a slot may hold anything; so its content counts only if length, version
//! and digest are right:
//!
//! ```text
//!   version 1  length 2  the first 8 bytes of SHA-256 of all else  content
//! ```
//! The digest finds damage, not an attack: whoever can write this memory can replace the firmware, too. The TLS session is a secret;
//! [`erase`] overwrites all bytes of it.

use accel::{Hash, HashAlgorithm, soft::Hasher};

use crate::board::Backup;

/// A part of the memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Slot {
    /// The last two failures.
    StatusCodes,
    /// The TLS session, to be resumed.
    TlsSession,
    /// Unacknowledged messages and received identifiers of the MQTT session.
    MqttSession,
    /// The last time that was known.
    Time,
}

impl Slot {
    /// Where the slot begins, and the longest content, in bytes.
    const fn place(self) -> (usize, usize) {
        match self {
            Self::StatusCodes => (0, 64),
            // Every ticket but those with a client certificate inside; with one of these, the first handshake after a reset is a full one.
            Self::TlsSession => (64 + HEAD_LENGTH, 2368),
            Self::MqttSession => (2432 + 2 * HEAD_LENGTH, 1612),
            Self::Time => (4044 + 3 * HEAD_LENGTH, 8),
        }
    }
}

/// How much memory holds every slot, in bytes: what an STM32F4 has. With less, the last slots are never used.
pub const CAPACITY: usize = 4096;

/// Reads a slot's content into `out`; `None` where there is none, or it is damaged, of another version or too long.
pub fn read<'a, B: Backup>(backup: &mut B, slot: Slot, out: &'a mut [u8]) -> Option<&'a [u8]> {
    let (offset, _) = slot.place();
    let mut head = [0; HEAD_LENGTH];
    if offset.saturating_add(HEAD_LENGTH) > backup.capacity() {
        return None;
    }
    backup.read(offset, &mut head);
    let [_, high, low, ..] = head;
    let length = usize::from(u16::from_be_bytes([high, low]));
    let content = out.get_mut(..length)?;
    let start = offset.saturating_add(HEAD_LENGTH);
    if start.saturating_add(length) > backup.capacity() {
        return None;
    }
    backup.read(start, content);
    (head == head_of(slot, content)?).then_some(content)
}

/// Writes a slot's content; what does not fit leaves the slot empty. Tells whether it was written.
pub fn write<B: Backup>(backup: &mut B, slot: Slot, content: &[u8]) -> bool {
    let (offset, longest) = slot.place();
    let start = offset.saturating_add(HEAD_LENGTH);
    let fits = content.len() <= longest && start.saturating_add(content.len()) <= backup.capacity();
    match head_of(slot, content).filter(|_| fits) {
        Some(head) => {
            // In between, the old head does not match the new content.
            backup.write(start, content);
            backup.write(offset, &head);
            true
        }
        None => {
            erase(backup, slot);
            false
        }
    }
}

/// Overwrites a slot with zeros.
pub fn erase<B: Backup>(backup: &mut B, slot: Slot) {
    let (offset, longest) = slot.place();
    let zeros = [0; 64];
    let end = offset.saturating_add(HEAD_LENGTH).saturating_add(longest).min(backup.capacity());
    for start in (offset..end).step_by(zeros.len()) {
        let length = end.saturating_sub(start).min(zeros.len());
        backup.write(start, zeros.get(..length).unwrap_or_default());
    }
}

/// The layout's version; every change of a content's layout is a new one.
const VERSION: u8 = 2;
const DIGEST_LENGTH: usize = 8;
const HEAD_LENGTH: usize = 1 + 2 + DIGEST_LENGTH;

fn head_of(slot: Slot, content: &[u8]) -> Option<[u8; HEAD_LENGTH]> {
    let [high, low] = u16::try_from(content.len()).ok()?.to_be_bytes();
    let start = [VERSION, high, low];
    let digest = Hasher.hash(HashAlgorithm::Sha256, &[&[slot as u8], &start, content]).ok()?;
    let mut head = [0; HEAD_LENGTH];
    let bytes = start.iter().chain(digest.as_bytes());
    head.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    Some(head)
}

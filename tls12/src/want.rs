//! What a connection wants next, as plain bits that borrow nothing.

use core::fmt;
use core::ops::{BitOr, BitOrAssign};

/// What the caller can do next. Plain `Copy` bits, so that a caller may keep them while it uses the connection.
///
/// ```
/// use tls12::Want;
///
/// let want = Want::RECV | Want::WRITE;
/// assert!(want.contains(Want::WRITE) && !want.contains(Want::BUSY));
/// assert_eq!(format!("{want:?}"), "RECV | WRITE");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Want(u8);

impl Want {
    /// `recv_space` is not empty: read from the socket into it.
    pub const RECV: Self = Self(0x01);
    /// `send_bytes` is not empty: write it to the socket.
    pub const SEND: Self = Self(0x02);
    /// `plaintext` is not empty: the application has something to read.
    pub const READ: Self = Self(0x04);
    /// `write_space` is not empty: the application may write.
    pub const WRITE: Self = Self(0x08);
    /// A long computation is under way: call `poll` again, whatever the socket does.
    pub const BUSY: Self = Self(0x10);
    /// The connection has ended: both sides have sent close_notify, or the peer's stream has ended.
    pub const CLOSED: Self = Self(0x20);

    /// Whether every bit of `other` is set here.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether no bit is set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// This bit if the condition holds, otherwise none.
    pub(crate) const fn when(self, condition: bool) -> Self {
        if condition { self } else { Self(0) }
    }
}

impl BitOr for Want {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Want {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// The names of the bits, as in `RECV | SEND`.
impl fmt::Debug for Want {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = [
            (Self::RECV, "RECV"),
            (Self::SEND, "SEND"),
            (Self::READ, "READ"),
            (Self::WRITE, "WRITE"),
            (Self::BUSY, "BUSY"),
            (Self::CLOSED, "CLOSED"),
        ];
        let mut separator = "";
        for (_, name) in names.into_iter().filter(|(bit, _)| self.contains(*bit)) {
            write!(f, "{separator}{name}")?;
            separator = " | ";
        }
        if self.is_empty() { f.write_str("nothing") } else { Ok(()) }
    }
}

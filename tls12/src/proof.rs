//! Proofs that a check has been passed: values without size, which only the check can make and the next step asks for.
//!
//! Without [`ChainVerified`] the premaster secret is not encrypted. Without [`FinishedVerified`] no application data passes in either direction.

use status::Flags;

use crate::schedule::VerifyData;

/// The server's chain was verified, or verification is off.
pub(crate) struct ChainVerified(());

impl ChainVerified {
    /// Only where no flag refuses the server.
    pub(crate) const fn unless_refused(refusing: Flags) -> Option<Self> {
        if refusing.is_empty() { Some(Self(())) } else { None }
    }
}

/// The server's Finished was right (RFC 5246 §7.4.9).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct FinishedVerified(());

impl FinishedVerified {
    /// Of no Finished at all, for the table's own test.
    #[cfg(test)]
    pub(crate) const UNCHECKED: Self = Self(());

    /// Only where `received` is what was to be expected; in constant time.
    pub(crate) fn compare(expected: &VerifyData, received: &[u8]) -> Option<Self> {
        expected.matches(received).then_some(Self(()))
    }
}

//! AES keys.
use zeroize::Zeroize;
/// Placeholder.
#[derive(Zeroize)]
pub(crate) struct Key;

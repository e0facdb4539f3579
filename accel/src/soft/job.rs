//! Jobs.
use crate::Curve;
pub(crate) struct Job<'k>(&'k [u8]);
pub(crate) const fn rsa_public_workspace(_: usize) -> usize {
    0
}
pub(crate) const fn rsa_private_workspace(_: usize) -> usize {
    0
}
pub(crate) const fn ecdsa_workspace(_: Curve) -> usize {
    0
}

//! The software backend: no heap, constant-time where secrets are.

pub(crate) mod aes;
pub(crate) mod job;

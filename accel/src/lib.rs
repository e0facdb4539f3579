//! Cryptography as an argument.
//!
//! A protocol core never owns an accelerator: it borrows one for a call, as one value that implements [`Accel`]. State is plain data of this
//! crate's types ([`HashState`], [`CipherKey`], [`Job`]), outside of the accelerator. So one hash unit can serve the transcript, an HMAC and
//! the PRF at once, and a connection has no type parameter.
//!
//! ```text
//!   tls12, x509 ──► A: Accel ──┬── soft::Soft          this crate's software, no heap (the default)
//!                              ├── rustcrypto::…       feature `rustcrypto`, needs a heap: the oracle
//!                              ├── stm32f4::Stm32f4    feature `stm32f4`: the units of the STM32F437 and STM32F439
//!                              └── your MCU            see docs/porting.md
//! ```
//!
//! Symmetric work is bounded by the length of a record and returns a plain `Result`. Public-key work is long: it is started in lent memory and
//! then stepped in slices until it no longer answers `WouldBlock`.
//!
//! A device runs [`self_test`] at its start: it finds algorithms that do not work. The author of a backend runs [`conformance`]: it finds
//! rules that the backend breaks.
//!
//! Deliberately absent: DES, RC4, RSA decryption, key generation, signing with elliptic curves.
#![no_std]
#![deny(unsafe_code)]
#![warn(clippy::must_use_candidate, clippy::return_self_not_must_use)]

mod block_cipher;
mod chaining_value;
mod cipher;
mod compose;
mod compression;
#[cfg(feature = "rand_core")]
mod generators;
mod hash;
mod health;
mod hmac;
// `umaal`: set by the build script for every ARMv7E-M target.
#[cfg(all(umaal, feature = "memory-functions"))]
mod memory_functions;
mod public_key;
mod rng;

pub mod conformance;
pub mod self_test;
pub mod soft;

#[cfg(feature = "pc")]
pub mod rustcrypto;

#[cfg(feature = "stm32f4")]
pub mod stm32f4;

pub use block_cipher::{BlockCipher, Modes};
pub use chaining_value::ChainingValue;
pub use cipher::{Cipher, CipherKey, CipherMode, Direction, MAX_TAG_LENGTH, NONCE_LENGTH};
pub use compose::{Compose, Parts};
pub use compression::{Compression, Hashes};
#[cfg(feature = "rand_core")]
pub use generators::{FromRandCore, ToRandCore};
pub use hash::{Digest, Hash, HashAlgorithm, HashState, MAX_BLOCK_LENGTH, MAX_DIGEST_LENGTH};
pub use hmac::HmacKey;
pub use public_key::{
    Curve, EcPublicKey, Job, MAX_MODULUS_LENGTH, MIN_MODULUS_LENGTH, PublicKey, PublicKeyPart, RsaPrivateKey,
    RsaPublicKey, ecdsa_workspace, rsa_private_workspace, rsa_public_workspace,
};
pub use rng::{Entropy, EntropyFn, Rng, entropy_fn};

/// Everything that a connection needs of its accelerator: the one bound that users write.
pub trait Accel: Hash + Cipher + PublicKey + Rng {}

impl<T: Hash + Cipher + PublicKey + Rng> Accel for T {}

//! The menu's password: PBKDF2-HMAC-SHA-256 (RFC 8018 §5.2) in slices.
//!
//! Own code, as the crate `pbkdf2` computes in one go: a second on a microcontroller, in which the network would stand still.
//! Deliberately absent: rules for what a password must contain, other than its length.

use core::cell::RefCell;

use accel::{Accel, HashAlgorithm, HmacKey};
use embassy_futures::yield_now;
use status::Error;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::settings::PasswordHash;

/// How many iterations a new password gets: about a second of an STM32F4's time, and as much of an attacker's for every guess at
/// a fast microcontroller's rate. A graphics card is far faster: a password that is used nowhere else is the answer to that.
pub const ITERATIONS: u32 = 10_000;
/// A password's least length in bytes.
pub const MIN_LENGTH: usize = 8;
/// A password's greatest length in bytes.
pub const MAX_LENGTH: usize = 64;
/// Iterations between two turns of the other tasks: about a millisecond.
const SLICE: u32 = 16;

/// Derives what is kept of a new password.
///
/// # Errors
/// Those of the accelerator.
pub async fn hash<A: Accel>(accel: &RefCell<A>, password: &str) -> Result<PasswordHash, Error> {
    let mut salt = [0; 16];
    accel.borrow_mut().fill(&mut salt)?;
    let hash = *derive(accel, password.as_bytes(), &salt, ITERATIONS).await?;
    Ok(PasswordHash { salt, iterations: ITERATIONS, hash })
}

/// Whether this is the password, in a time that does not depend on how much of it is right.
///
/// # Errors
/// Those of the accelerator.
pub async fn is_right<A: Accel>(
    accel: &RefCell<A>,
    password: &str,
    kept: &PasswordHash,
) -> Result<bool, Error> {
    let hash = derive(accel, password.as_bytes(), &kept.salt, kept.iterations).await?;
    Ok(hash.ct_eq(&kept.hash).into())
}

/// The first block of PBKDF2-HMAC-SHA-256.
///
/// # Errors
/// Those of the accelerator.
pub async fn derive<A: Accel>(
    accel: &RefCell<A>,
    password: &[u8],
    salt: &[u8],
    iterations: u32,
) -> Result<Zeroizing<[u8; 32]>, Error> {
    let key = HmacKey::new(&mut *accel.borrow_mut(), HashAlgorithm::Sha256, password)?;
    let mut previous = key.mac(&mut *accel.borrow_mut(), &[salt, &1_u32.to_be_bytes()])?;
    let mut sum = Zeroizing::new([0; 32]);
    add(&mut sum, previous.as_bytes());
    for iteration in 1..iterations {
        previous = key.mac(&mut *accel.borrow_mut(), &[previous.as_bytes()])?;
        add(&mut sum, previous.as_bytes());
        if iteration % SLICE == 0 {
            yield_now().await;
        }
    }
    Ok(sum)
}

fn add(sum: &mut [u8; 32], block: &[u8]) {
    for (sum, byte) in sum.iter_mut().zip(block) {
        *sum ^= byte;
    }
}

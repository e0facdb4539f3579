//! `accel`'s software holds no panic.
#![no_std]
#![no_main]

use core::hint::black_box;

use accel::{Chain, HashAlgorithm};
use link as _;

#[unsafe(no_mangle)]
extern "C" fn _start() {
    black_box((HashAlgorithm::Md5, size_of::<Chain>()));
}

//! Tests of `accel`. A test of what a backend does is written once, over the traits, and compiled for each backend.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    reason = "a test ends with a panic"
)]

use accel::{
    rustcrypto::{Pc, RustCrypto},
    soft::Soft,
};
use tests::{entropy::InsecureSeeded, units::Units};

/// Makes a test per backend of each function named, which takes `&mut impl Accel`.
macro_rules! on_each_backend {
    ($($test:ident),* $(,)?) => {
        mod on_soft {
            $(#[test] fn $test() { super::$test(&mut crate::soft()); })*
        }

        mod on_rustcrypto {
            $(#[test] fn $test() { super::$test(&mut crate::rustcrypto()); })*
        }

        mod on_pc {
            $(#[test] fn $test() { super::$test(&mut crate::pc()); })*
        }

        mod on_stm32f4 {
            $(#[test] fn $test() {
                let units = crate::Units::late(1);
                let mut accel = units.start();
                super::$test(&mut accel);
                assert!(accel.failures().is_empty());
                units.assert_well_used();
            })*
        }
    };
}

/// The same over a unit that does nothing but blocks of AES.
macro_rules! on_a_block_unit {
    ($($test:ident),* $(,)?) => {
        mod on_a_block_unit {
            $(#[test] fn $test() {
                let mut accel = crate::soft().with_cipher(accel::Modes::start(tests::block_unit::BlockUnit::default()));
                super::$test(&mut accel);
                assert_eq!(accel.cipher.failure(), None);
            })*
        }
    };
}

mod block_cipher;
mod cipher;
mod conformance;
mod generators;
mod hash;
mod hmac;
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod memcheck;
mod public_key;
mod public_key_ecdsa;
mod public_key_rsa;
mod rng;
mod secrets;
mod self_test;
mod stm32f4;

/// The software, with repeatable entropy.
fn soft() -> Soft<InsecureSeeded> {
    Soft::new(InsecureSeeded::new(1))
}

/// The oracle, with repeatable entropy.
fn rustcrypto() -> RustCrypto<InsecureSeeded> {
    RustCrypto::new(InsecureSeeded::new(1))
}

/// What a PC uses, with repeatable entropy.
fn pc() -> Pc<InsecureSeeded> {
    Pc::new(InsecureSeeded::new(1))
}

/// How often a property is tried.
fn tries(cases: u32) -> proptest::test_runner::TestRunner {
    proptest::test_runner::TestRunner::new(proptest::test_runner::Config {
        cases,
        failure_persistence: None,
        ..Default::default()
    })
}

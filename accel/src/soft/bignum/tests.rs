//! The arithmetic against `num-bigint`, on random and on edge operands, and all sizes.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "a test ends with a panic"
)]

extern crate std;

use std::{vec, vec::Vec};

use num_bigint::BigUint;
use proptest::{
    prelude::{Strategy, any, prop_oneof},
    prop_assert, prop_assert_eq,
    test_runner::{Config, TestRunner},
};

use super::{
    Modulus, SquaredRadix,
    kernel::{self, Formula, Prime, Register, add, halve, multiply, subtract},
    limbs::{self, limbs_for},
    negated_inverse,
};

/// The lengths that occur: fields of the curves, primes and moduli of RSA.
const LENGTHS: [usize; 12] = [4, 8, 12, 16, 20, 24, 32, 36, 48, 64, 96, 128];

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() })
}

fn big(number: &[u32]) -> BigUint {
    BigUint::from_slice(number)
}

fn radix(length: usize) -> BigUint {
    BigUint::from(1_u8) << (32 * length)
}

/// Limbs that are random, or all ones, or zero, or a power of two, or one less than it.
fn number(length: usize) -> impl Strategy<Value = Vec<u32>> {
    let power = move |bit: usize| {
        let mut number = vec![0; length];
        number[bit / 32] = 1 << (bit % 32);
        number
    };
    prop_oneof![
        6 => proptest::collection::vec(any::<u32>(), length),
        2 => proptest::collection::vec(prop_oneof![proptest::strategy::Just(0), proptest::strategy::Just(!0)], length),
        1 => proptest::strategy::Just(vec![!0; length]),
        1 => proptest::strategy::Just(vec![0; length]),
        1 => (0..32 * length).prop_map(power),
        1 => (0..32 * length).prop_map(move |bit| {
            let below = big(&power(bit)) - 1_u8;
            let mut digits = below.to_u32_digits();
            digits.resize(length, 0);
            digits
        }),
    ]
}

fn length() -> impl Strategy<Value = usize> {
    (0..LENGTHS.len()).prop_map(|index| LENGTHS[index])
}

/// An odd modulus of any bit length whose limbs are all needed but for the rounding to whole rows.
fn modulus() -> impl Strategy<Value = (Vec<u32>, usize)> {
    length().prop_flat_map(|length| {
        let full = 32 * length;
        let bits = prop_oneof![full - 127..=full, proptest::strategy::Just(full)];
        (number(length), bits).prop_map(|(mut number, bits)| {
            limbs::truncate(&mut number, bits);
            number[(bits - 1) / 32] |= 1 << ((bits - 1) % 32);
            number[0] |= 1;
            (number, bits)
        })
    })
}

#[test]
fn products() {
    let operands = length().prop_flat_map(|length| (number(length), number(length)));
    runner(600)
        .run(&operands, |(a, b)| {
            let mut out = vec![0x5555_5555; a.len() + b.len()];
            kernel::mul(&mut out, &a, &b);
            prop_assert_eq!(big(&out), big(&a) * big(&b));
            let mut out = vec![0x5555_5555; 2 * a.len()];
            kernel::sqr(&mut out, &a);
            prop_assert_eq!(big(&out), big(&a) * big(&a));
            Ok(())
        })
        .unwrap();
}

/// For any wide number, also one far above the modulus, the result is the right residue and fits its limbs.
#[test]
fn reduction() {
    let operands = modulus().prop_flat_map(|(modulus, _)| {
        let length = modulus.len();
        (proptest::strategy::Just(modulus), number(length), number(length))
    });
    runner(600)
        .run(&operands, |(modulus, low, high)| {
            let mut wide = [low, high].concat();
            let before = big(&wide) % big(&modulus);
            let mut out = vec![0x5555_5555; modulus.len()];
            kernel::reduce(&mut out, &mut wide, &modulus, negated_inverse(&modulus));
            prop_assert_eq!(big(&out) * radix(modulus.len()) % big(&modulus), before);
            Ok(())
        })
        .unwrap();
}

#[test]
fn inverses_modulo_the_radix() {
    runner(300)
        .run(&modulus(), |(modulus, _)| {
            let product = big(&modulus) * negated_inverse(&modulus) + 1_u8;
            prop_assert_eq!(product % radix(1), BigUint::ZERO);
            Ok(())
        })
        .unwrap();
}

#[test]
fn squared_radix_and_montgomery_form() {
    let operands = modulus().prop_flat_map(|(modulus, bits)| {
        let length = modulus.len();
        (proptest::strategy::Just((modulus, bits)), number(length), number(length))
    });
    runner(200)
        .run(&operands, |((limbs, bits), a, b)| {
            let (n, r) = (big(&limbs), radix(limbs.len()));
            let mut product = vec![0; 2 * limbs.len()];
            let mut modulus = Modulus::new(&limbs, negated_inverse(&limbs), &mut product);
            let mut square = vec![0x5555_5555; limbs.len()];
            for mut steps in [SquaredRadix::default(), SquaredRadix::of_public()] {
                square.fill(0x5555_5555);
                while steps.advance(&mut modulus, bits, &mut square).is_some() {}
                prop_assert_eq!(big(&square), &r * &r % &n);
            }
            // Into Montgomery form, a product, and out of it.
            let (mut x, mut y) = (a.clone(), b.clone());
            modulus.multiply_by(&mut x, &square);
            modulus.multiply_by(&mut y, &square);
            modulus.multiply_by(&mut x, &y);
            modulus.square(&mut y);
            modulus.canonical(&mut x);
            modulus.canonical(&mut y);
            prop_assert_eq!(big(&x), big(&a) * big(&b) % &n);
            prop_assert_eq!(big(&y), big(&b) * big(&b) % &n);
            // A wide number, from the top.
            let mut wide = a.clone();
            modulus.append(&mut wide, &b);
            modulus.multiply_by(&mut wide, &square);
            prop_assert_eq!(big(&wide) % &n, (big(&a) * &r + big(&b)) % &n);
            Ok(())
        })
        .unwrap();
}

/// A modulus that lacks one bit to fill its limbs: intermediate squares, which are below R only, exceed it most.
#[test]
fn squared_radix_with_one_unused_bit() {
    runner(20_000)
        .run(&proptest::collection::vec(any::<u32>(), 4), |mut limbs| {
            limbs[0] |= 1;
            limbs[3] = limbs[3] >> 1 | 1 << 30;
            let (n, r) = (big(&limbs), radix(4));
            let mut product = [0; 8];
            let mut modulus = Modulus::new(&limbs, negated_inverse(&limbs), &mut product);
            let mut square = [0; 4];
            let mut steps = SquaredRadix::default();
            while steps.advance(&mut modulus, 127, &mut square).is_some() {}
            prop_assert_eq!(big(&square), &r * &r % &n);
            Ok(())
        })
        .unwrap();
}

#[test]
fn linear_operations() {
    let operands = modulus().prop_flat_map(|(modulus, _)| {
        let length = modulus.len();
        (proptest::strategy::Just(modulus), number(length), number(length))
    });
    runner(600)
        .run(&operands, |(modulus, a, b)| {
            let (n, r) = (big(&modulus), radix(modulus.len()));
            let mut sum = a.clone();
            let carry = limbs::add_if(&mut sum, &b, 1);
            prop_assert_eq!(big(&sum) + r.clone() * carry, big(&a) + big(&b));
            let borrow = limbs::subtract_if(&mut sum, &b, 1);
            prop_assert_eq!((big(&sum), borrow), (big(&a), carry));
            prop_assert_eq!(limbs::less(&a, &b) == 1, big(&a) < big(&b));
            prop_assert_eq!(limbs::equal(&a, &b) == 1, a == b);
            prop_assert_eq!(limbs::equal(&a, &a), 1);
            prop_assert_eq!(limbs::compare_vartime(&a, &b), big(&a).cmp(&big(&b)));
            let mut unchanged = a.clone();
            limbs::add_if(&mut unchanged, &b, 0);
            limbs::subtract_if(&mut unchanged, &b, 0);
            prop_assert_eq!(&unchanged, &a);
            let table = [&a[..], &b, &modulus].concat();
            for (number, expected) in [(0, &a), (1, &b), (2, &modulus)] {
                let mut chosen = vec![!0; a.len()];
                kernel::select(&mut chosen, &table, number);
                prop_assert_eq!(&chosen, expected);
            }
            let residue = |number: &BigUint| {
                let mut digits = (number % &n).to_u32_digits();
                digits.resize(modulus.len(), 0);
                digits
            };
            let (x, y) = (residue(&big(&a)), residue(&big(&b)));
            let mut doubled = x.clone();
            limbs::double(&mut doubled, &modulus);
            prop_assert_eq!(big(&doubled), big(&x) * 2_u8 % &n);
            let mut difference = x.clone();
            limbs::subtract(&mut difference, &y, &modulus);
            prop_assert_eq!(big(&difference), (big(&x) + &n - big(&y)) % &n);
            Ok(())
        })
        .unwrap();
}

/// A step of each kind modulo each prime, whichever numbers are the same: the right residue, which fits its limbs or 521 bits.
#[test]
fn formulas() {
    const A: Register = Register(3);
    const B: Register = Register(4);
    const C: Register = Register(5);
    static PRODUCT: Formula = Formula::new(&[multiply(C, A, B)]);
    static SQUARE: Formula = Formula::new(&[multiply(A, A, A)]);
    static SUM: Formula = Formula::new(&[add(C, A, B)]);
    static DOUBLE: Formula = Formula::new(&[add(A, A, A)]);
    static DIFFERENCE: Formula = Formula::new(&[subtract(C, A, B)]);
    static ZERO: Formula = Formula::new(&[subtract(B, B, B)]);
    static HALF: Formula = Formula::new(&[halve(B)]);
    let one = BigUint::from(1_u8);
    let power = |exponent: usize| one.clone() << exponent;
    let p256 = power(256) - power(224) + power(192) + power(96) - &one;
    let p384 = power(384) - power(128) - power(96) + power(32) - &one;
    let fields = [
        (Prime::P256, p256, 8, 256),
        (Prime::P384, p384, 12, 384),
        (Prime::P521, power(521) - &one, 20, 521),
    ];
    for (prime, p, length, bits) in fields {
        let mut modulus = p.to_u32_digits();
        modulus.resize(length, 0);
        runner(400)
            .run(&(number(length), number(length), 0..4), |(mut a, mut b, near)| {
                // Near the prime, and the prime itself, too.
                if near == 0 {
                    a.copy_from_slice(&modulus);
                    b.truncate(2);
                    b.resize(length, 0);
                }
                limbs::truncate(&mut a, bits);
                limbs::truncate(&mut b, bits);
                let inverse = radix(length).modinv(&p).unwrap();
                let (x, y) = (big(&a), big(&b));
                let half = |number: &BigUint| if number.bit(0) { (number + &p) >> 1 } else { number >> 1 };
                for (formula, number, expected) in [
                    (PRODUCT, C, &x * &y * &inverse),
                    (SQUARE, A, &x * &x * &inverse),
                    (SUM, C, &x + &y),
                    (DOUBLE, A, &x + &x),
                    (DIFFERENCE, C, &x + &p + &p - &y),
                    (ZERO, B, BigUint::ZERO),
                    (HALF, B, half(&y)),
                ] {
                    let rest = vec![0x5555_5555; length];
                    let mut memory = [&rest[..], &rest, &modulus, &a, &b, &rest].concat();
                    let mut registers = kernel::FieldRegisters::new(&mut memory, length);
                    kernel::run(&mut registers, prime, formula);
                    let result = big(registers.at(number.0));
                    prop_assert!(result.bits() <= bits as u64);
                    prop_assert_eq!(result % &p, expected % &p);
                }
                Ok(())
            })
            .unwrap();
    }
    // A step on the product's place is none.
    static REFUSED: Formula = Formula::new(&[add(A, A, B), add(C, Register(1), B)]);
    let mut memory = [7; 48];
    kernel::run(&mut kernel::FieldRegisters::new(&mut memory, 8), Prime::P256, REFUSED);
    assert_eq!(memory, [7; 48]);
}

/// Steps of the long division, on moduli and residues that make the estimated quotient as wrong as it can be.
#[test]
fn long_division() {
    let edge =
        || prop_oneof![any::<u32>(), proptest::sample::select(vec![0, 1, 2, !0, !1, 1 << 31, (1 << 31) - 1])];
    let limbs = || proptest::collection::vec(edge(), 4..=12);
    runner(4000)
        .run(&(limbs(), limbs()), |(mut modulus, other)| {
            *modulus.first_mut().unwrap() |= 1;
            *modulus.last_mut().unwrap() |= 1 << 31;
            let n = big(&modulus);
            for residue in [big(&other) % &n, n.clone() - 1_u8, big(&modulus[1..]) << 32] {
                let residue = residue % &n;
                let mut a = residue.to_u32_digits();
                a.resize(modulus.len(), 0);
                limbs::shift_limb_vartime(&mut a, &modulus);
                prop_assert_eq!(big(&a), (residue << 32) % &n);
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn bytes_and_bits() {
    let operands = proptest::collection::vec(any::<u8>(), 0..80);
    runner(600)
        .run(&operands, |bytes| {
            let number = BigUint::from_bytes_be(&bytes);
            let trimmed = limbs::trim_vartime(&bytes);
            prop_assert_eq!(limbs::bit_length(trimmed) as u64, number.bits());
            for at in 0..700 {
                prop_assert_eq!(limbs::bit(&bytes, at) == 1, number.bit(at as u64));
            }
            let mut imported = vec![!0; limbs_for(8 * bytes.len()).max(4)];
            prop_assert_eq!(limbs::import(&mut imported, &bytes), true);
            prop_assert_eq!(big(&imported), number.clone());
            let mut exported = vec![0xFF; bytes.len()];
            limbs::export(&mut exported, &imported);
            prop_assert_eq!(&exported, &bytes);
            let mut short = [0; 4];
            prop_assert_eq!(limbs::import(&mut short, &bytes), number.bits() <= 128);
            Ok(())
        })
        .unwrap();
}

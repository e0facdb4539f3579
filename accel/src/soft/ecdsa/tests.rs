//! The curves' numbers derived again, from the few that the standard gives (FIPS 186-4 D.1.2), and the digits of scalars.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test ends with a panic"
)]

extern crate std;

use std::vec;

use num_bigint::BigUint;

use super::{curves, recode};
use crate::{Curve, soft::bignum::negated_inverse};

const CURVES: [Curve; 3] = [Curve::P256, Curve::P384, Curve::P521];

fn big(number: &[u32]) -> BigUint {
    BigUint::from_slice(number)
}

fn power_of_two(exponent: u32) -> BigUint {
    BigUint::from(1_u8) << exponent
}

fn prime(curve: Curve) -> BigUint {
    let two = power_of_two;
    match curve {
        Curve::P256 => two(256) - two(224) + two(192) + two(96) - 1_u8,
        Curve::P384 => two(384) - two(128) - two(96) + two(32) - 1_u8,
        Curve::P521 => two(521) - 1_u8,
    }
}

/// A field's number out of Montgomery form.
fn plain(curve: Curve, number: &[u32]) -> BigUint {
    let prime = prime(curve);
    let radix = power_of_two(32 * u32::try_from(number.len()).unwrap());
    big(number) * radix.modinv(&prime).unwrap() % prime
}

/// The generator's coordinates.
pub(crate) fn generator(curve: Curve) -> (BigUint, BigUint) {
    let (x, y) = curves::parameters(curve).generator[0];
    (plain(curve, x), plain(curve, y))
}

/// The line through two points, or the tangent at one, meets the curve in the sum's negative.
fn sum(prime: &BigUint, p: &(BigUint, BigUint), q: &(BigUint, BigUint)) -> (BigUint, BigUint) {
    let minus = |a: &BigUint, b: &BigUint| (a + prime - b) % prime;
    let (rise, run) = if p == q {
        (minus(&(&p.0 * &p.0 * 3_u8 % prime), &BigUint::from(3_u8)), &p.1 * 2_u8 % prime)
    } else {
        (minus(&q.1, &p.1), minus(&q.0, &p.0))
    };
    let slope = rise * run.modinv(prime).unwrap() % prime;
    let x = minus(&minus(&(&slope * &slope % prime), &p.0), &q.0);
    let y = minus(&(slope * minus(&p.0, &x) % prime), &p.1);
    (x, y)
}

#[test]
fn fields_and_orders() {
    for curve in CURVES {
        let parameters = curves::parameters(curve);
        let radix = power_of_two(32 * u32::try_from(parameters.length).unwrap());
        let (prime, order) = (prime(curve), big(parameters.order));
        assert_eq!(parameters.bits, curve.bits());
        assert_eq!(big(parameters.prime), prime);
        assert_eq!(big(parameters.one), &radix % &prime);
        assert_eq!(big(parameters.square), &radix * &radix % &prime);
        assert_eq!(big(parameters.order_one), &radix % &order);
        assert_eq!(parameters.order_inverse, negated_inverse(parameters.order));
    }
}

#[test]
fn multiples_of_the_generator() {
    for curve in CURVES {
        let parameters = curves::parameters(curve);
        let (prime, first) = (prime(curve), generator(curve));
        let cube = &first.0 * &first.0 * &first.0 + plain(curve, parameters.b);
        assert_eq!((cube + &prime * 3_u8 - &first.0 * 3_u8) % &prime, &first.1 * &first.1 % &prime);
        let two = sum(&prime, &first, &first);
        let mut point = first.clone();
        for (x, y) in parameters.generator {
            assert_eq!((plain(curve, x), plain(curve, y)), point);
            point = sum(&prime, &point, &two);
        }
        assert_eq!(parameters.generator.len(), recode::MULTIPLES);
        // The order: one less times the generator is the generator's negative.
        let mut product = first.clone();
        let scalar = big(parameters.order) - 1_u8;
        for bit in (0..scalar.bits() - 1).rev() {
            product = sum(&prime, &product, &product);
            if scalar.bit(bit) {
                product = sum(&prime, &product, &first);
            }
        }
        assert_eq!(product, (first.0.clone(), &prime - &first.1));
    }
}

#[test]
fn digits_are_worth_their_scalar() {
    for curve in CURVES {
        let parameters = curves::parameters(curve);
        let mut scalar = parameters.order.to_vec();
        for round in 0..200_u32 {
            let mut digits = vec![0x55; parameters.bits + 1];
            recode::recode(&mut digits, &scalar);
            let (mut plus, mut minus) = (BigUint::ZERO, BigUint::ZERO);
            for digit in digits.iter().rev() {
                plus <<= 1;
                minus <<= 1;
                let size = digit.unsigned_abs();
                assert!(size == 0 || (size % 2 == 1 && usize::from(size) < 2 * recode::MULTIPLES));
                if *digit > 0 { plus += size } else { minus += size }
            }
            assert_eq!(plus - minus, big(&scalar));
            // Another scalar below the order.
            for limb in &mut scalar {
                *limb = limb.rotate_left(7).wrapping_mul(0x9E37_79B1).wrapping_add(round);
            }
            let mut next = (big(&scalar) % big(parameters.order)).to_u32_digits();
            next.resize(parameters.length, 0);
            scalar = next;
        }
    }
}

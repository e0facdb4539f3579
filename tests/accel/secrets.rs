//! What holds a key, a digest or a seed is wiped when it is dropped, and never printed.

use accel::{
    CipherKey, Digest, HashState, HmacKey, Job, RsaPrivateKey, rustcrypto::RustCrypto, soft::Drbg, soft::Soft,
};
use tests::{assert_no_debug, assert_secret, entropy::InsecureSeeded, units::Accelerator};

#[test]
fn they_have_no_debug_and_are_wiped() {
    assert_secret!(CipherKey, Digest, HashState, HmacKey, Drbg<InsecureSeeded>, Soft<InsecureSeeded>);
    // These borrow: the key from its owner, a job's numbers from a workspace, which tests of both find wiped.
    assert_no_debug!(RsaPrivateKey<'static>, Job<'static>, RustCrypto<InsecureSeeded>);
    assert_secret!(Accelerator);
}

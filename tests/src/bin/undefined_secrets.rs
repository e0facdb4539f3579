//! Works with secrets that Valgrind's memcheck holds for undefined memory: there every branch and every address that depends on one
//! is an error. `tests/accel/memcheck.rs` runs each work by its name; elsewhere the works are done and nothing is seen.
//!
//! Deliberately absent: signatures. The lengths of an RSA key's primes are no secret but are found in the primes; the emulated
//! microcontroller's program `constant_time` looks at them.
#![allow(
    unsafe_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "Valgrind is told by an instruction; a work that fails ends the program"
)]

use std::{env, hint::black_box, process::ExitCode};

use accel::{Accel, CipherMode, Direction, HashAlgorithm, HmacKey, soft::Soft};
use tests::entropy::InsecureSeeded;
use tls12::{
    Suite,
    record::{ContentType, Protection},
    schedule::{MasterSecret, Randoms, Side, p_hash},
};

fn main() -> ExitCode {
    let accel = &mut Soft::new(InsecureSeeded::new(1));
    match env::args().nth(1).unwrap_or_default().as_str() {
        "branch" => branch(),
        "address" => address(),
        "cbc" => cbc(accel),
        "seal" => seal(accel),
        "open" => open(accel),
        "hmac" => hmac(accel),
        "prf" => prf(accel),
        "records sealed" => Suite::ALL.into_iter().for_each(|suite| seal_record(accel, suite)),
        "records opened" => Suite::ALL.into_iter().for_each(|suite| open_record(accel, suite)),
        _ => return ExitCode::FAILURE,
    }
    ExitCode::SUCCESS
}

/// To be noticed.
fn branch() {
    if secret::<1>()[0] & 1 == 1 {
        black_box(());
    }
}

/// To be noticed.
fn address() {
    let table = black_box([7_u8; 256]);
    // SAFETY: a byte is below 256.
    black_box(unsafe { table.as_ptr().add(usize::from(secret::<1>()[0])).read() });
}

const KEY_LENGTHS: [usize; 3] = [16, 24, 32];

fn cbc(accel: &mut impl Accel) {
    for length in KEY_LENGTHS {
        let key = &secret::<32>()[..length];
        let mut data = secret::<80>();
        let loaded = accel.cipher_load(CipherMode::Cbc, Direction::Encrypt, key).unwrap();
        accel.cbc_encrypt(&loaded, &mut secret(), &mut data).unwrap();
        let loaded = accel.cipher_load(CipherMode::Cbc, Direction::Decrypt, key).unwrap();
        accel.cbc_decrypt(&loaded, &mut secret(), &mut data).unwrap();
    }
}

fn seal(accel: &mut impl Accel) {
    for (mode, length) in aead() {
        let loaded = accel.cipher_load(mode, Direction::Encrypt, &secret::<32>()[..length]).unwrap();
        let mut tag = [0; 16];
        let tag = &mut tag[..mode.tag_length()];
        accel.seal(&loaded, &[3; 12], &[4; 13], &mut secret::<77>(), tag).unwrap();
    }
}

/// With a tag that is wrong: the verdict is a branch that the test allows.
fn open(accel: &mut impl Accel) {
    for (mode, length) in aead() {
        let loaded = accel.cipher_load(mode, Direction::Decrypt, &secret::<32>()[..length]).unwrap();
        let tag = &[0; 16][..mode.tag_length()];
        accel.open(&loaded, &[3; 12], &[4; 13], &mut secret::<77>(), tag).unwrap_err();
    }
}

fn aead() -> impl Iterator<Item = (CipherMode, usize)> {
    let modes = [CipherMode::Gcm, CipherMode::Ccm, CipherMode::Ccm8].into_iter();
    modes.flat_map(|mode| KEY_LENGTHS.map(|length| (mode, length)))
}

fn hmac(accel: &mut impl Accel) {
    for hash in [HashAlgorithm::Sha1, HashAlgorithm::Sha256, HashAlgorithm::Sha384] {
        let key = HmacKey::new(accel, hash, &secret::<32>()).unwrap();
        key.mac(accel, &[&secret::<100>()]).unwrap();
    }
}

fn prf(accel: &mut impl Accel) {
    for hash in [HashAlgorithm::Sha256, HashAlgorithm::Sha384] {
        let key = HmacKey::new(accel, hash, &secret::<48>()).unwrap();
        p_hash(accel, &key, &[b"key expansion", &[1; 64]], &mut [0; 104]).unwrap();
    }
}

fn seal_record(accel: &mut impl Accel, suite: Suite) {
    let mut sealing = protection(accel, suite, Direction::Encrypt);
    let mut buffer = [0; 256];
    buffer[sealing.prefix_length()..][..77].copy_from_slice(&secret::<77>());
    let Ok(_) = sealing.seal(accel, ContentType::APPLICATION_DATA, &mut buffer, 77) else {
        panic!("{suite}")
    };
}

/// A record that is wrong, whatever comes out of it when it is decrypted.
fn open_record(accel: &mut impl Accel, suite: Suite) {
    let mut opening = protection(accel, suite, Direction::Decrypt);
    let mut record = [7; 5 + 16 + 320];
    record[..5].copy_from_slice(&[23, 3, 3, 1, 80]);
    assert!(opening.open(accel, &mut record).is_err(), "{suite}");
}

/// Keys from a master secret, MAC before encryption.
fn protection(accel: &mut impl Accel, suite: Suite, direction: Direction) -> Protection {
    let randoms = Randoms { client: [1; 32], server: [2; 32] };
    let key = MasterSecret::from_bytes(secret()).key(accel, suite.prf()).unwrap();
    let block = key.key_block(accel, suite, &randoms).unwrap();
    match Protection::new(accel, &block.keys(Side::Client), direction, false) {
        Ok(protection) => protection,
        Err(_) => panic!("{suite}"),
    }
}

/// Bytes that memcheck holds for undefined.
fn secret<const LENGTH: usize>() -> [u8; LENGTH] {
    let mut bytes = black_box([0x5A; LENGTH]);
    // "Valgrind: make this memory undefined", a request of memcheck's; valgrind.h has the sequence, which does nothing to a processor.
    let request = [0x4D43_0001, bytes.as_mut_ptr() as usize, LENGTH, 0, 0, 0];
    #[cfg(target_arch = "x86_64")]
    // SAFETY: `rdi` comes back as it was, and nothing else is changed but `rdx`.
    unsafe {
        std::arch::asm!(
            "rol rdi, 3",
            "rol rdi, 13",
            "rol rdi, 61",
            "rol rdi, 51",
            "xchg rbx, rbx",
            in("rax") request.as_ptr(),
            inout("rdx") 0_usize => _,
        );
    }
    black_box(request);
    black_box(bytes)
}

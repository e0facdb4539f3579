//! CRYP: the modes that embassy-stm32 0.6.0 does rightly.

use aes::{
    Aes128, Aes256,
    cipher::{Array, KeyIvInit, StreamCipher, consts::U12},
};
use aes_gcm::{AesGcm as RustGcm, KeyInit, aead::AeadInOut};
use embassy_stm32::{
    cryp::{AesCtr, AesGcm, Cryp, Direction},
    mode::Blocking,
    peripherals::CRYP,
};

use crate::{check, message};

type Unit<'d> = Cryp<'d, CRYP, Blocking>;

const UNIT: u32 = 3;
const CTR: u32 = 6;
const GCM: u32 = 8;
/// Data of every length to two blocks and a bit, and associated data of some.
const LONGEST: usize = 35;
const AADS: [usize; 4] = [0, 13, 16, 29];

/// What came out, and the tag.
type Sealed = ([u8; LONGEST], [u8; 16]);

pub fn validate(cryp: &Unit<'_>) {
    validate_ctr(cryp);
    for length in 0..=LONGEST {
        for aad in AADS {
            gcm_128(cryp, length, aad);
            gcm_256(cryp, length, aad);
        }
    }
}

fn validate_ctr(cryp: &Unit<'_>) {
    let (key, iv, data) = (message(), message(), message::<96>());
    let mut expected = data;
    ctr::Ctr32BE::<Aes256>::new(&key.into(), &iv.into()).apply_keystream(&mut expected);
    let cipher = AesCtr::new(&key, &iv);
    for direction in [Direction::Encrypt, Direction::Decrypt] {
        let mut output = [0; 96];
        let mut context = cryp.start_blocking(&cipher, direction);
        cryp.payload_blocking(&mut context, &data[..32], &mut output[..32], false);
        cryp.payload_blocking(&mut context, &data[32..], &mut output[32..], true);
        check(output == expected, UNIT, CTR, 96);
    }
}

/// Seals and opens with one cipher of the driver and one of RustCrypto's crates.
macro_rules! gcm {
    ($name:ident, $aes:ty, $length:literal) => {
        fn $name(cryp: &Unit<'_>, length: usize, aad: usize) {
            let (key, nonce, plain, aad) =
                (message(), message(), message::<LONGEST>(), &message::<48>()[..aad]);
            let cipher = AesGcm::<$length>::new(&key, &nonce);
            let (mut data, plain) = ([0; LONGEST], &plain[..length]);
            data[..length].copy_from_slice(plain);
            let nonce_array: &Array<u8, U12> = (&nonce).into();
            let reference = RustGcm::<$aes, U12>::new(&key.into());
            let tag = reference.encrypt_inout_detached(nonce_array, aad, (&mut data[..length]).into());
            let expected: Sealed = (data, tag.unwrap_or_default().into());
            let sealed = run(cryp, &cipher, Direction::Encrypt, aad, plain);
            check(sealed == expected, UNIT, GCM, length);
            let opened = run(cryp, &cipher, Direction::Decrypt, aad, &expected.0[..length]);
            check(opened.0[..length] == *plain && opened.1 == expected.1, UNIT, GCM, length | 0x1_0000);
        }
    };
}

gcm!(gcm_128, Aes128, 16);
gcm!(gcm_256, Aes256, 32);

fn run<'c, C>(cryp: &Unit<'_>, cipher: &'c C, direction: Direction, aad: &[u8], data: &[u8]) -> Sealed
where
    C: embassy_stm32::cryp::Cipher<'c>
        + embassy_stm32::cryp::CipherSized
        + embassy_stm32::cryp::IVSized
        + embassy_stm32::cryp::CipherAuthenticated<16>,
{
    let mut output = [0; LONGEST];
    let mut context = cryp.start_blocking(cipher, direction);
    if !aad.is_empty() {
        cryp.aad_blocking(&mut context, aad, true);
    }
    cryp.payload_blocking(&mut context, data, &mut output[..data.len()], true);
    (output, cryp.finish_blocking(context))
}

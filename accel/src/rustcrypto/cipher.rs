//! The mode crates over the crate `aes`. A key is kept as bytes and expanded for each call.

use aes::cipher::{
    Array, BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, BlockSizeUser,
    InnerIvInit, IvState, consts::U8, consts::U12, consts::U16,
};
use aes::{Aes128, Aes192, Aes256};
use aes_gcm::aead::AeadInOut;
use aes_gcm::{AesGcm, KeyInit};
use ccm::Ccm;
use status::{Error, cipher};
use zeroize::Zeroize;

use crate::cipher::MAX_DATA_LENGTH;
use crate::{Cipher, CipherKey, CipherMode, Direction, NONCE_LENGTH};

/// AES of the crate `aes` in the modes of `cbc`, `aes-gcm` and `ccm`.
///
/// ```
/// # struct Fixed(u64);
/// # impl accel::Entropy for Fixed {
/// #     fn entropy(&mut self, out: &mut [u8]) -> Result<(), status::Error> {
/// #         out.fill_with(|| {
/// #             self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
/// #             (self.0 >> 56) as u8
/// #         });
/// #         Ok(())
/// #     }
/// # }
/// use accel::{rustcrypto::Ciphers, soft::Soft};
///
/// // All software, but for AES with the processor's instructions.
/// let accel = Soft::new(Fixed(1)).with_cipher(Ciphers);
/// # let _ = accel;
/// ```
#[derive(Clone, Copy, Default, Debug)]
pub struct Ciphers;

impl Cipher for Ciphers {
    fn cipher_load(
        &mut self,
        mode: CipherMode,
        direction: Direction,
        key: &[u8],
    ) -> Result<CipherKey, Error> {
        CipherKey::from_bytes(mode, direction, key)
    }

    fn cbc_encrypt(&mut self, key: &CipherKey, iv: &mut [u8; 16], data: &mut [u8]) -> Result<(), Error> {
        let key = key.bytes(CipherMode::Cbc, Direction::Encrypt)?;
        match key.len() {
            16 => cbc_encrypt::<Aes128>(key, iv, data),
            24 => cbc_encrypt::<Aes192>(key, iv, data),
            _ => cbc_encrypt::<Aes256>(key, iv, data),
        }
    }

    fn cbc_decrypt(&mut self, key: &CipherKey, iv: &mut [u8; 16], data: &mut [u8]) -> Result<(), Error> {
        let key = key.bytes(CipherMode::Cbc, Direction::Decrypt)?;
        match key.len() {
            16 => cbc_decrypt::<Aes128>(key, iv, data),
            24 => cbc_decrypt::<Aes192>(key, iv, data),
            _ => cbc_decrypt::<Aes256>(key, iv, data),
        }
    }

    fn seal(
        &mut self,
        key: &CipherKey,
        nonce: &[u8; NONCE_LENGTH],
        aad: &[u8],
        data: &mut [u8],
        tag: &mut [u8],
    ) -> Result<(), Error> {
        let (mode, key) = (key.mode, key.bytes(key.mode, Direction::Encrypt)?);
        match (mode, key.len()) {
            (CipherMode::Gcm, 16) => seal::<AesGcm<Aes128, U12>>(key, nonce, aad, data, tag),
            (CipherMode::Gcm, 24) => seal::<AesGcm<Aes192, U12>>(key, nonce, aad, data, tag),
            (CipherMode::Gcm, _) => seal::<AesGcm<Aes256, U12>>(key, nonce, aad, data, tag),
            (CipherMode::Ccm, 16) => seal::<Ccm<Aes128, U16, U12>>(key, nonce, aad, data, tag),
            (CipherMode::Ccm, 24) => seal::<Ccm<Aes192, U16, U12>>(key, nonce, aad, data, tag),
            (CipherMode::Ccm, _) => seal::<Ccm<Aes256, U16, U12>>(key, nonce, aad, data, tag),
            (CipherMode::Ccm8, 16) => seal::<Ccm<Aes128, U8, U12>>(key, nonce, aad, data, tag),
            (CipherMode::Ccm8, 24) => seal::<Ccm<Aes192, U8, U12>>(key, nonce, aad, data, tag),
            (CipherMode::Ccm8, _) => seal::<Ccm<Aes256, U8, U12>>(key, nonce, aad, data, tag),
            (CipherMode::Cbc, _) => Err(cipher::BAD_INPUT_DATA),
        }
    }

    fn open(
        &mut self,
        key: &CipherKey,
        nonce: &[u8; NONCE_LENGTH],
        aad: &[u8],
        data: &mut [u8],
        tag: &[u8],
    ) -> Result<(), Error> {
        let opened = try_open(key, nonce, aad, data, tag);
        if opened.is_err() {
            data.zeroize();
        }
        opened
    }
}

fn try_open(
    key: &CipherKey,
    nonce: &[u8; NONCE_LENGTH],
    aad: &[u8],
    data: &mut [u8],
    tag: &[u8],
) -> Result<(), Error> {
    let (mode, key) = (key.mode, key.bytes(key.mode, Direction::Decrypt)?);
    match (mode, key.len()) {
        (CipherMode::Gcm, 16) => open::<AesGcm<Aes128, U12>>(key, nonce, aad, data, tag),
        (CipherMode::Gcm, 24) => open::<AesGcm<Aes192, U12>>(key, nonce, aad, data, tag),
        (CipherMode::Gcm, _) => open::<AesGcm<Aes256, U12>>(key, nonce, aad, data, tag),
        (CipherMode::Ccm, 16) => open::<Ccm<Aes128, U16, U12>>(key, nonce, aad, data, tag),
        (CipherMode::Ccm, 24) => open::<Ccm<Aes192, U16, U12>>(key, nonce, aad, data, tag),
        (CipherMode::Ccm, _) => open::<Ccm<Aes256, U16, U12>>(key, nonce, aad, data, tag),
        (CipherMode::Ccm8, 16) => open::<Ccm<Aes128, U8, U12>>(key, nonce, aad, data, tag),
        (CipherMode::Ccm8, 24) => open::<Ccm<Aes192, U8, U12>>(key, nonce, aad, data, tag),
        (CipherMode::Ccm8, _) => open::<Ccm<Aes256, U8, U12>>(key, nonce, aad, data, tag),
        (CipherMode::Cbc, _) => Err(cipher::BAD_INPUT_DATA),
    }
}

fn seal<A: AeadInOut + KeyInit>(
    key: &[u8],
    nonce: &[u8; NONCE_LENGTH],
    aad: &[u8],
    data: &mut [u8],
    tag: &mut [u8],
) -> Result<(), Error> {
    let aead = A::new_from_slice(key).map_err(|_| cipher::BAD_INPUT_DATA)?;
    let nonce = nonce.as_slice().try_into().map_err(|_| cipher::BAD_INPUT_DATA)?;
    if <&Array<u8, A::TagSize>>::try_from(&*tag).is_err() || data.len() > MAX_DATA_LENGTH {
        return Err(cipher::BAD_INPUT_DATA);
    }
    let made = aead.encrypt_inout_detached(nonce, aad, data.into()).map_err(|_| cipher::BAD_INPUT_DATA)?;
    tag.copy_from_slice(&made);
    Ok(())
}

fn open<A: AeadInOut + KeyInit>(
    key: &[u8],
    nonce: &[u8; NONCE_LENGTH],
    aad: &[u8],
    data: &mut [u8],
    tag: &[u8],
) -> Result<(), Error> {
    let aead = A::new_from_slice(key).map_err(|_| cipher::BAD_INPUT_DATA)?;
    let nonce = nonce.as_slice().try_into().map_err(|_| cipher::BAD_INPUT_DATA)?;
    let tag = tag.try_into().map_err(|_| cipher::BAD_INPUT_DATA)?;
    if data.len() > MAX_DATA_LENGTH {
        return Err(cipher::BAD_INPUT_DATA);
    }
    aead.decrypt_inout_detached(nonce, aad, data.into(), tag).map_err(|_| cipher::AUTH_FAILED)
}

fn cbc_encrypt<C>(key: &[u8], iv: &mut [u8; 16], data: &mut [u8]) -> Result<(), Error>
where
    C: BlockCipherEncrypt + BlockSizeUser<BlockSize = U16> + KeyInit,
{
    let (blocks, rest) = Array::slice_as_chunks_mut(data);
    if !rest.is_empty() {
        return Err(cipher::FULL_BLOCK_EXPECTED);
    }
    let aes = C::new_from_slice(key).map_err(|_| cipher::BAD_INPUT_DATA)?;
    let mut mode = cbc::Encryptor::inner_iv_init(aes, &Array(*iv));
    mode.encrypt_blocks(blocks);
    *iv = mode.iv_state().0;
    Ok(())
}

fn cbc_decrypt<C>(key: &[u8], iv: &mut [u8; 16], data: &mut [u8]) -> Result<(), Error>
where
    C: BlockCipherDecrypt + BlockSizeUser<BlockSize = U16> + KeyInit,
{
    let (blocks, rest) = Array::slice_as_chunks_mut(data);
    if !rest.is_empty() {
        return Err(cipher::FULL_BLOCK_EXPECTED);
    }
    let aes = C::new_from_slice(key).map_err(|_| cipher::BAD_INPUT_DATA)?;
    let mut mode = cbc::Decryptor::inner_iv_init(aes, &Array(*iv));
    mode.decrypt_blocks(blocks);
    *iv = mode.iv_state().0;
    Ok(())
}

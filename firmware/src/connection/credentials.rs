//! The CA certificate, the client certificate and its key, decoded once for all connections of a configuration.
//!
//! The files are read through the receive buffer, which is free before a connection. A file that is absent is not used: without a CA
//! certificate TLS refuses a server that must be verified, and without certificate and key the device presents none.

use status::{Error, generic::GENERIC_ERROR};
use x509::{Bundle, MAX_DER_LENGTH, PrivateKey};
use zeroize::Zeroize;

use super::Handle;
use crate::{
    board::Board,
    certificates::{BUFFER_LENGTH, File},
};

/// Memory for the decoded files.
pub(super) struct Storage {
    anchors: [u8; MAX_DER_LENGTH],
    chain: [u8; MAX_DER_LENGTH],
    key: [u8; MAX_DER_LENGTH],
}

impl Storage {
    pub(super) const fn new() -> Self {
        Self { anchors: [0; MAX_DER_LENGTH], chain: [0; MAX_DER_LENGTH], key: [0; MAX_DER_LENGTH] }
    }
}

/// The decoded files.
pub(super) struct Credentials<'a> {
    pub(super) anchors: Option<Bundle<'a>>,
    pub(super) chain: Option<Bundle<'a>>,
    pub(super) key: Option<PrivateKey<'a>>,
}

impl<'a> Credentials<'a> {
    /// Nobody is trusted, and the device is nobody.
    pub(super) const fn none() -> Self {
        Self { anchors: None, chain: None, key: None }
    }

    /// Reads and decodes what is stored; `text` is memory for a file, wiped afterwards.
    ///
    /// # Errors
    /// The code of what is wrong with a file, as [`Bundle::from_pem`] and [`PrivateKey::from_pem`] say; `device::STORAGE_FAILED`.
    pub(super) async fn read<B: Board>(
        device: &Handle<'_, B>,
        verify: bool,
        storage: &'a mut Storage,
        text: &mut [u8],
    ) -> Result<Self, Error> {
        let (text, _) = text.split_first_chunk_mut::<BUFFER_LENGTH>().ok_or(GENERIC_ERROR)?;
        let credentials = decode(device, verify, storage, text).await;
        text.zeroize();
        credentials
    }
}

async fn decode<'a, B: Board>(
    device: &Handle<'_, B>,
    verify: bool,
    storage: &'a mut Storage,
    text: &mut [u8; BUFFER_LENGTH],
) -> Result<Credentials<'a>, Error> {
    let mut store = device.setup.certificates.lock().await;
    let mut credentials = Credentials::none();
    if verify && let Some(pem) = store.read(File::CaCertificate, text).await? {
        credentials.anchors = Some(Bundle::from_pem(pem, &mut storage.anchors)?);
    }
    if let Some(pem) = store.read(File::ClientCertificate, text).await? {
        credentials.chain = Some(Bundle::from_pem(pem, &mut storage.chain)?);
    }
    if credentials.chain.is_some()
        && let Some(pem) = store.read(File::PrivateKey, text).await?
    {
        credentials.key = Some(PrivateKey::from_pem(pem, &mut storage.key)?);
    }
    Ok(credentials)
}

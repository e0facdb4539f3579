//! In work: the certificate store.

use status::Error;

/// The longest file, in bytes of PEM text (application note §1).
pub const MAX_FILE_LENGTH: usize = x509::MAX_FILE_LENGTH;

/// One of the three files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum File {
    /// "CA certificate".
    CaCertificate,
    /// "Client Certificate".
    ClientCertificate,
    /// "Private Key": write-only.
    PrivateKey,
}

/// The certificate store in its flash range.
pub struct Certificates<F> {
    flash: F,
}

impl<F> Certificates<F> {
    /// In work.
    pub const fn new(flash: F) -> Self {
        Self { flash }
    }

    /// In work: reads a file's PEM text; `None` where there is none.
    ///
    /// # Errors
    /// In work.
    pub async fn read<'a>(&mut self, _file: File, _out: &'a mut [u8]) -> Result<Option<&'a [u8]>, Error> {
        let _ = &self.flash;
        Ok(None)
    }
}

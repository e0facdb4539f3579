//! One or more certificates from one PEM file.

use accel::{Hash, HashAlgorithm};
use status::{Error, device, x509};

use crate::{
    Certificate,
    pem::{self, CERTIFICATE, MAX_FILE_LENGTH},
};

/// Certificates decoded from one PEM file, back to back in lent memory.
///
/// ```
/// use x509::{Bundle, MAX_DER_LENGTH};
///
/// /// How many authorities a file has.
/// fn count(ca_file: &[u8]) -> Result<usize, status::Error> {
///     let mut storage = [0; MAX_DER_LENGTH];
///     Ok(Bundle::from_pem(ca_file, &mut storage)?.iter().filter(|certificate| certificate.is_ca()).count())
/// }
/// assert_eq!(count(b"GIF89a"), Err(status::x509::INVALID_FORMAT));
/// ```
#[derive(Clone, Copy)]
pub struct Bundle<'a> {
    der: &'a [u8],
    count: usize,
    failed: usize,
    failure: Option<Error>,
    begins_with_failure: bool,
    digest: Option<&'a [u8; 32]>,
}

impl<'a> Bundle<'a> {
    /// Decodes every certificate of a PEM file into `storage`, of which [`crate::MAX_DER_LENGTH`] bytes always suffice.
    ///
    /// Text before, between and after the certificates is skipped. A certificate that cannot be read is left out and counted, as
    /// long as there is another one that can.
    ///
    /// # Errors
    /// `device::FILE_TOO_LARGE` (-0x8280) over 4096 bytes; `x509::INVALID_FORMAT` (-0x2180) without the head of a PEM
    /// certificate, which is also the answer to a DER file; `x509::CERT_UNKNOWN_FORMAT` (-0x2780) with a head but no end;
    /// else what is wrong with the first certificate: `pem::INVALID_DATA` (-0x1100) plus cause, or what
    /// [`Certificate::from_der`] says; `x509::ALLOC_FAILED` (-0x2880) when `storage` is too small.
    pub fn from_pem(text: &[u8], storage: &'a mut [u8]) -> Result<Self, Error> {
        if text.len() > MAX_FILE_LENGTH {
            return Err(device::FILE_TOO_LARGE);
        }
        Self::from_long_pem(text, storage)
    }

    /// Like [`Bundle::from_pem`] for a file of any length, which no device would take: a PC's bundle of CAs, a server's whole chain.
    /// As many bytes of `storage` as [`crate::der_length`] says always suffice.
    ///
    /// # Errors
    /// Those of [`Bundle::from_pem`] but `device::FILE_TOO_LARGE`.
    pub fn from_long_pem(text: &[u8], storage: &'a mut [u8]) -> Result<Self, Error> {
        let found = BundleContents::read(text, storage)?;
        Ok(found.bundle(storage))
    }

    /// The bundle of certificates in DER, back to back, as [`Bundle::der`] gives them.
    ///
    /// # Errors
    /// What [`Certificate::from_der`] says of the first that cannot be read, and of nothing at all.
    pub fn from_der(der: &'a [u8]) -> Result<Self, Error> {
        let (mut rest, mut count) = (der, 0_usize);
        // Each turn takes a certificate.
        while count == 0 || !rest.is_empty() {
            let certificate = Certificate::from_der(rest)?;
            rest = rest.get(certificate.der().len()..).unwrap_or_default();
            count = count.saturating_add(1);
        }
        Ok(Self { der, count, failed: 0, failure: None, begins_with_failure: false, digest: None })
    }

    /// How many certificates of the file could not be read (Mbed TLS's positive return value).
    #[must_use]
    pub const fn failed(&self) -> usize {
        self.failed
    }

    /// Why one of them could not be read. Damage counts before an unknown kind ([`Certificate::is_unknown`]).
    #[must_use]
    pub const fn failure(&self) -> Option<Error> {
        self.failure
    }

    /// Whether the first certificate of the file is one that could not be read, so that the bundle begins with another one.
    #[must_use]
    pub const fn begins_with_failure(&self) -> bool {
        self.begins_with_failure
    }

    /// How many certificates there are; at least one.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Never: a bundle has at least one certificate.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The certificates, in the file's order.
    pub fn iter(&self) -> impl Iterator<Item = Certificate<'a>> + Clone + use<'a> {
        BundleIter::of(Some(*self))
    }

    /// The DER of all certificates, back to back: what identifies the bundle.
    #[must_use]
    pub const fn der(&self) -> &'a [u8] {
        self.der
    }

    /// SHA-256 of [`Bundle::der`], to which a session of TLS is bound: the one that [`Bundle::with_digest`] has kept, else hashed now.
    ///
    /// # Errors
    /// Those of [`Hash`].
    pub fn digest<H: Hash + ?Sized>(&self, hash: &mut H) -> Result<[u8; 32], Error> {
        if let Some(kept) = self.digest {
            return Ok(*kept);
        }
        let digest = hash.hash(HashAlgorithm::Sha256, &[self.der])?;
        Ok(digest.as_bytes().first_chunk().copied().unwrap_or_default())
    }

    /// The same bundle with its digest, which is kept in `place`. For a program that makes many connections with one bundle: none of them
    /// has to hash it again, which for one certificate with a key of 2048 bits takes 25 000 instructions of a Cortex-M4.
    ///
    /// ```
    /// # fn anchors() -> Option<x509::Bundle<'static>> { None }
    /// use accel::soft::Hasher;
    ///
    /// if let Some(anchors) = anchors() {
    ///     let mut place = [0; 32];
    ///     let anchors = anchors.with_digest(&mut Hasher, &mut place)?;
    /// #   let _ = anchors;
    /// }
    /// # Ok::<(), status::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Hash`].
    pub fn with_digest<H: Hash + ?Sized>(self, hash: &mut H, place: &'a mut [u8; 32]) -> Result<Self, Error> {
        *place = self.digest(hash)?;
        Ok(Self { digest: Some(place), ..self })
    }
}

/// Builds a bundle from several files: for example a list of CAs.
///
/// ```
/// # fn files() -> [&'static [u8]; 0] { [] }
/// use x509::{BundleBuilder, MAX_DER_LENGTH};
///
/// let mut storage = [0; 2 * MAX_DER_LENGTH];
/// let mut builder = BundleBuilder::new(&mut storage);
/// for file in files() {
///     // A file that is refused changes nothing; the others are still there.
///     if let Err(error) = builder.add_pem(file) {
///         println!("passed over: {error}");
///     }
/// }
/// assert_eq!(builder.finish().err(), Some(status::x509::CERT_UNKNOWN_FORMAT), "there was no file");
/// ```
#[must_use = "the certificates are those of `BundleBuilder::finish`"]
pub struct BundleBuilder<'a> {
    storage: &'a mut [u8],
    found: BundleContents,
}

impl<'a> BundleBuilder<'a> {
    /// Without a certificate. `storage` has to hold the DER of all that will be added.
    pub const fn new(storage: &'a mut [u8]) -> Self {
        Self { storage, found: BundleContents::NOTHING }
    }

    /// Adds the certificates of a PEM file of any length, and says how many.
    ///
    /// # Errors
    /// Those of [`Bundle::from_long_pem`]. Nothing has been added then.
    pub fn add_pem(&mut self, text: &[u8]) -> Result<usize, Error> {
        let found = BundleContents::read(text, self.storage.get_mut(self.found.used..).unwrap_or_default())?;
        self.add(found);
        Ok(found.count)
    }

    /// Adds certificates in DER, back to back, and says how many.
    ///
    /// # Errors
    /// Those of [`Bundle::from_der`], and `x509::ALLOC_FAILED` (-0x2880) when they do not fit. Nothing has been added then.
    pub fn add_der(&mut self, der: &[u8]) -> Result<usize, Error> {
        let Bundle { der, count, .. } = Bundle::from_der(der)?;
        let free = self.storage.get_mut(self.found.used..).unwrap_or_default();
        for (to, from) in free.get_mut(..der.len()).ok_or(x509::ALLOC_FAILED)?.iter_mut().zip(der) {
            *to = *from;
        }
        self.add(BundleContents { used: der.len(), count, ..BundleContents::NOTHING });
        Ok(count)
    }

    /// The certificates of all files, in the order in which they were added.
    ///
    /// # Errors
    /// `x509::CERT_UNKNOWN_FORMAT` (-0x2780) when nothing was added.
    pub fn finish(self) -> Result<Bundle<'a>, Error> {
        if self.found.count == 0 {
            Err(x509::CERT_UNKNOWN_FORMAT)
        } else {
            Ok(self.found.bundle(self.storage))
        }
    }

    fn add(&mut self, more: BundleContents) {
        let found = &mut self.found;
        found.begins_with_failure |= found.count == 0 && more.begins_with_failure;
        found.used = found.used.saturating_add(more.used);
        found.count = found.count.saturating_add(more.count);
        found.failed = found.failed.saturating_add(more.failed);
        found.note(more.failure);
    }
}

/// What was read from files: the number of bytes at the head of the storage, and what they are.
#[derive(Clone, Copy)]
struct BundleContents {
    used: usize,
    count: usize,
    failed: usize,
    failure: Option<Error>,
    begins_with_failure: bool,
}

impl BundleContents {
    const NOTHING: Self = Self { used: 0, count: 0, failed: 0, failure: None, begins_with_failure: false };

    /// Decodes the certificates of a PEM file to the head of `storage`.
    fn read(text: &[u8], storage: &mut [u8]) -> Result<Self, Error> {
        let mut text = pem::until_nul(text);
        if !CERTIFICATE.begins_in(text) {
            return Err(x509::INVALID_FORMAT);
        }
        let (mut found, mut first) = (Self::NOTHING, None);
        // At least 53 bytes of armour each: at most 77 turns for a device's file.
        while let Some((block, rest)) = CERTIFICATE.find(text) {
            text = rest;
            let free = storage.get_mut(found.used..).unwrap_or_default();
            let read = block.decode(free).and_then(|length| {
                let bytes = free.get(..length).unwrap_or_default();
                Certificate::from_der(bytes).map(|certificate| certificate.der().len())
            });
            match read {
                Ok(length) => {
                    found.used = found.used.saturating_add(length);
                    found.count = found.count.saturating_add(1);
                }
                Err(x509::ALLOC_FAILED) => return Err(x509::ALLOC_FAILED),
                Err(error) => {
                    first = first.or(Some(error));
                    found.note(Some(error));
                    found.begins_with_failure |= found.count == 0;
                    found.failed = found.failed.saturating_add(1);
                }
            }
        }
        // If no certificate can be read, the answer is the first failure, as in 2.28.
        if found.count == 0 { Err(first.unwrap_or(x509::CERT_UNKNOWN_FORMAT)) } else { Ok(found) }
    }

    /// Keeps a failure: damage counts before an unknown kind.
    fn note(&mut self, failure: Option<Error>) {
        if self.failure.is_none_or(Certificate::is_unknown) {
            self.failure = failure.or(self.failure);
        }
    }

    /// The bundle in the storage that was read into.
    fn bundle(self, storage: &[u8]) -> Bundle<'_> {
        let Self { used, count, failed, failure, begins_with_failure } = self;
        let der = storage.get(..used).unwrap_or_default();
        Bundle { der, count, failed, failure, begins_with_failure, digest: None }
    }
}

/// The certificates of a bundle.
#[derive(Clone)]
pub(crate) struct BundleIter<'a> {
    rest: &'a [u8],
}

impl<'a> BundleIter<'a> {
    /// None where there is no bundle.
    pub(crate) fn of(bundle: Option<Bundle<'a>>) -> Self {
        Self { rest: bundle.map_or(&[], |bundle| bundle.der) }
    }
}

impl<'a> Iterator for BundleIter<'a> {
    type Item = Certificate<'a>;

    #[inline(never)]
    fn next(&mut self) -> Option<Certificate<'a>> {
        let certificate = Certificate::from_der(self.rest).ok()?;
        self.rest = self.rest.get(certificate.der().len()..).unwrap_or_default();
        Some(certificate)
    }
}

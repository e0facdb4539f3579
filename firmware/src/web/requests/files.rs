//! The certificates and the key while a request looks at them: read from the store, decoded, linted.
//!
//! One request at a time has the memory for this, and it is wiped afterwards. Borrowed files can be described; nothing returns the key's
//! bytes.

use core::cell::RefCell;

use embassy_futures::yield_now;
use embassy_sync::{blocking_mutex::raw::NoopRawMutex, mutex::MutexGuard};
use heapless::Vec;
use status::Error;
use x509::{
    Bundle, MAX_DER_LENGTH, Policy, PrivateKey, Time,
    lint::{self, Decoded, Finding, Role, Slot, Trust, WORKSPACE},
};
use zeroize::Zeroize;

use crate::{
    board::Board,
    certificates::{BUFFER_LENGTH, File},
    web::handle::Handle,
};

/// How many findings are shown at most.
pub const MAX_FINDINGS: usize = 12;

/// What the lint has found.
pub type Findings = Vec<Finding, MAX_FINDINGS>;

/// What the lint has found in the stored files, for as long as that holds: it computes signatures, and the status is asked for every two
/// seconds.
#[derive(Default)]
pub(in crate::web) struct Known {
    findings: Findings,
    of: Option<Version>,
}

/// Which files the lint has seen, and in which hour, as certificates expire.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Version {
    certificate_changes: u32,
    hour: Option<u64>,
}

impl Version {
    fn now<B: Board>(device: &Handle<'_, B>) -> Self {
        let hour = device.clock.now().map(|now| now / 3600);
        Self { certificate_changes: device.setup.certificate_changes(), hour }
    }
}

/// [`check`] of the stored files, or what it has found before.
pub(in crate::web) async fn check_stored<B: Board>(
    device: &Handle<'_, B>,
    known: &RefCell<Known>,
    files: &Decoded<'_>,
    workspace: &mut [u8; WORKSPACE],
    findings: &mut Findings,
) {
    let version = Version::now(device);
    if known.borrow().of != Some(version) {
        check(device, files, workspace, findings).await;
        *known.borrow_mut() = Known { findings: findings.clone(), of: Some(version) };
    }
    findings.clone_from(&known.borrow().findings);
}

/// Memory for the three files.
pub struct Memory {
    /// The text of one of them.
    text: [u8; BUFFER_LENGTH],
    /// What is decoded.
    der: [[u8; MAX_DER_LENGTH]; 3],
    /// For checking signatures, and for making one.
    workspace: [u8; WORKSPACE],
}

impl Memory {
    /// All zero.
    pub const fn new() -> Self {
        Self { text: [0; BUFFER_LENGTH], der: [[0; MAX_DER_LENGTH]; 3], workspace: [0; WORKSPACE] }
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

/// The memory, for one request. Wiped afterwards.
pub(in crate::web) struct Files<'a, 'm>(MutexGuard<'a, NoopRawMutex, &'m mut Memory>);

/// The parts of the memory.
pub(in crate::web) struct Parts<'p> {
    /// The text of one file.
    pub(in crate::web) text: &'p mut [u8; BUFFER_LENGTH],
    /// Where each file is decoded, in the order of [`File::ALL`].
    pub(in crate::web) der: [Option<&'p mut [u8; MAX_DER_LENGTH]>; 3],
    /// For checking signatures.
    pub(in crate::web) workspace: &'p mut [u8; WORKSPACE],
}

impl<'a, 'm> Files<'a, 'm> {
    /// Takes the memory.
    pub(in crate::web) const fn new(memory: MutexGuard<'a, NoopRawMutex, &'m mut Memory>) -> Self {
        Self(memory)
    }

    /// The memory's parts.
    pub(in crate::web) fn parts(&mut self) -> Parts<'_> {
        let Memory { text, der, workspace } = &mut **self.0;
        Parts { text, der: der.each_mut().map(Some), workspace }
    }
}

impl Drop for Files<'_, '_> {
    fn drop(&mut self) {
        let Memory { text, der, workspace } = &mut **self.0;
        text.zeroize();
        der.zeroize();
        // A trial signature that was given up leaves parts of the key there.
        workspace.zeroize();
    }
}

/// Reads and decodes the stored files for which there is memory. `text` is wiped.
pub(in crate::web) async fn decode<'p, B: Board>(
    device: &Handle<'_, B>,
    text: &mut [u8; BUFFER_LENGTH],
    der: [Option<&'p mut [u8; MAX_DER_LENGTH]>; 3],
) -> Decoded<'p> {
    let [authority, certificate, key] = der;
    let files = Decoded {
        authority: stored(device, File::CaCertificate, text, authority, Bundle::from_pem).await,
        certificate: stored(device, File::ClientCertificate, text, certificate, Bundle::from_pem).await,
        key: stored(device, File::PrivateKey, text, key, PrivateKey::from_pem).await,
    };
    text.zeroize();
    files
}

async fn stored<'p, B: Board, T>(
    device: &Handle<'_, B>,
    file: File,
    text: &mut [u8; BUFFER_LENGTH],
    der: Option<&'p mut [u8; MAX_DER_LENGTH]>,
    read: fn(&[u8], &'p mut [u8]) -> Result<T, Error>,
) -> Slot<T> {
    let Some(der) = der else { return Slot::Absent };
    match device.setup.certificates.lock().await.read(file, text).await {
        Ok(pem) => pem.map(|pem| read(pem, der)).into(),
        Err(code) => Slot::Unreadable(code),
    }
}

/// What the lint says of these files. Everybody else has a turn between two slices of a signature's check. Awaited in two places, it
/// costs less flash where its type is not known.
pub(in crate::web) async fn check<B: Board>(
    device: &Handle<'_, B>,
    files: &Decoded<'_>,
    workspace: &mut [u8; WORKSPACE],
    findings: &mut Findings,
) {
    let request = lint::Request {
        authority: None,
        certificate: None,
        key: None,
        role: Role::Client,
        host: None,
        now: device.clock.now().map(Time::from_unix),
        policy: Policy::default(),
    };
    let mut trust = Trust::new(files, &request);
    let distrust = loop {
        let step = trust.step(&mut *device.accel.borrow_mut(), workspace);
        match step {
            Ok(distrust) => break distrust,
            Err(_) => yield_now().await,
        }
    };
    lint::check_decoded(files, &request, distrust, |finding| {
        // What does not fit is left out.
        let _ = findings.push(finding);
    });
}

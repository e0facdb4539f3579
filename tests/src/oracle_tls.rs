//! The TLS client of the real Mbed TLS 2.28, linked into the tests and configured as the device is.
//!
//! It talks to byte vectors, so that a test can put the scripted server behind it. Not offered here: a certificate of its
//! own, and max_fragment_length.

#![allow(unsafe_code, reason = "a bridge to C, for tests")]

use std::ffi::{CString, c_char, c_int};
use std::ptr::NonNull;

/// `MBEDTLS_ERR_SSL_WANT_READ`.
pub const WANT_READ: i32 = -0x6900;

/// How the client is configured.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// A PEM text of trust anchors; without one the library is never given any.
    pub anchors: Option<&'a [u8]>,
    /// How the server is verified.
    pub verification: Verification,
    /// Whether `mqtt` is offered as application protocol.
    pub has_alpn: bool,
    /// The server's name.
    pub host: &'a str,
    /// The time in Unix seconds.
    pub now: u64,
}

/// `MBEDTLS_SSL_VERIFY_*`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verification {
    /// `MBEDTLS_SSL_VERIFY_NONE`.
    None = 0,
    /// `MBEDTLS_SSL_VERIFY_OPTIONAL`.
    Optional = 1,
    /// `MBEDTLS_SSL_VERIFY_REQUIRED`.
    Required = 2,
}

/// A connection of the library.
pub struct Client(NonNull<Opaque>);

#[repr(C)]
struct Opaque {
    _bytes: [u8; 0],
}

impl Client {
    /// A client that has said nothing yet; `None` if the library refuses the settings.
    pub fn new(settings: &Settings<'_>) -> Option<Self> {
        let anchors = settings.anchors.map(|text| [text, &[0]].concat()).unwrap_or_default();
        let host = CString::new(settings.host).ok()?;
        let now = i64::try_from(settings.now).ok()?;
        let (verification, has_alpn) = (settings.verification as c_int, settings.has_alpn.into());
        // SAFETY: pointers and sizes belong together, the host is terminated, and everything is copied.
        let client = unsafe {
            oracle_client_new(anchors.as_ptr(), anchors.len(), verification, has_alpn, host.as_ptr(), now)
        };
        NonNull::new(client).map(Self)
    }

    /// Gives it bytes of the server, and says how many it has taken.
    pub fn receive(&mut self, bytes: &[u8]) -> usize {
        // SAFETY: pointer and size belong together; the client lives as long as `self`.
        unsafe { oracle_client_receive(self.0.as_ptr(), bytes.as_ptr(), bytes.len()) }
    }

    /// Tells it that there will be no more.
    pub fn end(&mut self) {
        // SAFETY: the client lives as long as `self`.
        unsafe { oracle_client_end(self.0.as_ptr()) }
    }

    /// Takes what it has to say.
    pub fn take_output(&mut self) -> Vec<u8> {
        let mut out = vec![0; 1 << 18];
        // SAFETY: pointer and size belong together; the client lives as long as `self`.
        let length = unsafe { oracle_client_send(self.0.as_ptr(), out.as_mut_ptr(), out.len()) };
        out.truncate(length);
        out
    }

    /// `mbedtls_ssl_handshake`.
    pub fn handshake(&mut self) -> i32 {
        // SAFETY: the client lives as long as `self`.
        unsafe { oracle_client_handshake(self.0.as_ptr()) }
    }

    /// `mbedtls_ssl_read`: what it returns, and the bytes if that is their number.
    pub fn read(&mut self) -> (i32, Vec<u8>) {
        let mut out = vec![0; 1 << 15];
        // SAFETY: pointer and size belong together; the client lives as long as `self`.
        let result = unsafe { oracle_client_read(self.0.as_ptr(), out.as_mut_ptr(), out.len()) };
        out.truncate(usize::try_from(result).unwrap_or(0));
        (result, out)
    }

    /// `mbedtls_ssl_get_verify_result`.
    pub fn flags(&self) -> u32 {
        // SAFETY: the client lives as long as `self`.
        unsafe { oracle_client_flags(self.0.as_ptr()) }
    }

    /// Offers the session of another, connected client: 0, or the library's code.
    pub fn resume(&mut self, other: &Self) -> i32 {
        // SAFETY: both live during the call, which copies the session.
        unsafe { oracle_client_resume(self.0.as_ptr(), other.0.as_ptr()) }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // SAFETY: made by `oracle_client_new`, and not used afterwards.
        unsafe { oracle_client_free(self.0.as_ptr()) }
    }
}

// SAFETY: as declared in oracle_tls.c.
unsafe extern "C" {
    fn oracle_client_new(
        anchors: *const u8,
        anchors_size: usize,
        verification: c_int,
        has_alpn: c_int,
        host: *const c_char,
        at: i64,
    ) -> *mut Opaque;
    fn oracle_client_free(client: *mut Opaque);
    fn oracle_client_receive(client: *mut Opaque, bytes: *const u8, size: usize) -> usize;
    fn oracle_client_end(client: *mut Opaque);
    fn oracle_client_send(client: *mut Opaque, out: *mut u8, size: usize) -> usize;
    fn oracle_client_handshake(client: *mut Opaque) -> c_int;
    fn oracle_client_read(client: *mut Opaque, out: *mut u8, size: usize) -> c_int;
    fn oracle_client_flags(client: *const Opaque) -> u32;
    fn oracle_client_resume(client: *mut Opaque, other: *const Opaque) -> c_int;
}

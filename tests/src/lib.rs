//! What the test programs share.

pub mod block_unit;
pub mod cavp;
pub mod entropy;
pub mod fuzz;
pub mod hex;
pub mod insecure;
pub mod link;
pub mod memory;
pub mod oracle;
pub mod oracle_tls;
pub mod parity;
pub mod pki;
pub mod random;
pub mod secret;
pub mod server;
pub mod strange;
pub mod throwaway;
pub mod units;

/// The README's code compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

/// The porting guide's code compiles, and its backend passes the self-test.
#[cfg(doctest)]
#[doc = include_str!("../../docs/porting.md")]
pub struct Porting;

/// The sizes are what the constants say.
#[cfg(doctest)]
#[doc = include_str!("../../docs/sizes.md")]
pub struct Sizes;

/// The page for those who come from Mbed TLS.
#[cfg(doctest)]
#[doc = include_str!("../../docs/from-mbedtls.md")]
pub struct FromMbedTls;

/// The code in the READMEs of the packages compiles and holds.
#[cfg(doctest)]
pub mod packages {
    #[doc = include_str!("../../status/README.md")]
    pub struct Status;
    #[doc = include_str!("../../accel/README.md")]
    pub struct Accel;
    #[doc = include_str!("../../x509/README.md")]
    pub struct X509;
    #[doc = include_str!("../../tls12/README.md")]
    pub struct Tls12;
    #[doc = include_str!("../../mqtt/README.md")]
    pub struct Mqtt;
    #[doc = include_str!("../../mqtts/README.md")]
    pub struct Mqtts;
}

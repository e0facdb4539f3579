//! What the test programs share.

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

//! What the test programs share.

pub mod cavp;
pub mod entropy;
pub mod fuzz;
pub mod insecure;
pub mod link;
pub mod oracle;
pub mod pki;
pub mod server;
pub mod throwaway;

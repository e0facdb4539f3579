//! What the test programs share.

pub mod cavp;
pub mod entropy;
pub mod oracle;
pub mod pki;
pub mod server;
pub mod throwaway;

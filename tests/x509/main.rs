//! Tests of `x509`: each file mirrors one of the crate's, except the corpus and what holds everything against the real library.

mod bundle;
mod certificate;
mod corpus;
mod describe;
mod differences;
mod differential;
mod extension;
mod key;
mod lint;
mod mutation;
mod pem;
mod time;
mod verify;

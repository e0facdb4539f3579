//! Tests of `x509`: each file mirrors one of the crate's, except the corpus and what holds everything against the real library.

mod corpus;
mod differences;
mod differential;
mod mutation;
mod verify;

//! HTTP/1.1 (RFC 9110, RFC 9112): heads, bodies, answers, and who has one of the server's connections.
//!
//! This room knows none of the others: not what can be asked for, and not who may ask.

pub mod answer;
pub mod form;
pub mod head;
pub mod html;
pub mod incoming;
pub mod multipart;
pub mod parameter;
pub mod workers;

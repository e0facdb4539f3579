//! HTTP/1.1: `firmware/src/web/protocol/`.

mod form;
mod head;
mod multipart;
mod workers;
mod write;

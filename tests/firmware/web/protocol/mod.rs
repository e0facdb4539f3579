//! HTTP/1.1: `firmware/src/web/protocol/`.

mod answer;
mod form;
mod head;
mod html;
mod multipart;
mod workers;

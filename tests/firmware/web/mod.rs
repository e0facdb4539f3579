//! The rooms of the web server, part by part: `firmware/src/web/`. The server as a whole is tested in `firmware/boards/host/tests`.

mod access;
mod pages;
mod protocol;
mod requests;

//! The parts of the web server and the pages, each as it is: `firmware/src/http/` and `firmware/src/menu/`. The server as a whole
//! is tested in `firmware/boards/host/tests`.

mod broker;
mod form;
mod head;
mod menu;
mod multipart;
mod password;
mod places;
mod routes;
mod sessions;
mod settings;
mod turns;
mod write;

//! Who may ask: `firmware/src/web/access/`.

mod host;
mod password;
mod sessions;
mod turns;

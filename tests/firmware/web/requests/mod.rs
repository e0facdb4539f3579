//! What can be asked for: `firmware/src/web/requests/`.

mod broker;
mod request;
mod settings_form;
mod table;

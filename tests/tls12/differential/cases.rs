//! What a server can do to a client, by the place where it does it.

mod certificate;
mod message;
mod protection;
mod record;
mod server_hello;

pub(super) use certificate::{certificates, resumption};
pub(super) use message::messages;
pub(super) use protection::protected_records;
pub(super) use record::{endings, plain_records};
pub(super) use server_hello::server_hellos;

use std::rc::Rc;

use tests::oracle_tls::Verification;
use tests::server::record::Record;
use tests::server::{Flight, Item, Script, Server};

use super::{Case, Setup};

const WARNING: u8 = 1;
const FATAL: u8 = 2;

/// How both are told to verify, and what is added to a case's name for it.
const MODES: [(&str, Verification); 2] =
    [("", Verification::Required), (", not verified", Verification::None)];

fn case(id: impl Into<String>, script: impl Fn() -> Script + 'static) -> Case {
    let (id, setup) = (id.into(), Setup::default());
    Case { id, setup, first: None, script: Rc::new(script), then: Rc::new(|_| {}) }
}

impl Case {
    fn then(self, then: impl Fn(&mut Server) + 'static) -> Self {
        Self { then: Rc::new(then), ..self }
    }

    fn with(self, setup: Setup) -> Self {
        Self { setup, ..self }
    }

    fn after(self, first: impl Fn() -> Script + 'static) -> Self {
        Self { first: Some(Rc::new(first)), ..self }
    }
}

/// An otherwise honest server that changes the flight with its ServerHello.
fn hello(id: impl Into<String>, edit: impl Fn(&mut Vec<Item>) + Copy + 'static) -> Case {
    case(id, move || Script::default().edited_in(Flight::Hello, edit))
}

/// The same for the flight with its Finished, without a NewSessionTicket before it.
fn finish(id: impl Into<String>, edit: impl Fn(&mut Vec<Item>) + Copy + 'static) -> Case {
    case(id, move || Script { ticket: None, ..Script::default() }.edited_in(Flight::Finish, edit))
}

/// The same for the body of one message.
fn body(id: impl Into<String>, kind: u8, edit: impl Fn(&mut Vec<u8>) + Copy + 'static) -> Case {
    case(id, move || Script::default().edited_message(kind, edit))
}

/// An honest server up to the end of the handshake.
fn traffic(id: impl Into<String>, then: impl Fn(&mut Server) + 'static) -> Case {
    case(id, Script::default).then(then)
}

fn record(content_type: u8, content: &[u8]) -> Item {
    Item::Record(Record::new(content_type, content))
}

fn said_honestly(server: &mut Server) {
    server.send(b"hello");
}

/// A server without a fault.
pub(super) fn honest() -> Case {
    traffic("honest", said_honestly)
}

pub(super) fn all() -> Vec<Case> {
    let groups =
        [server_hellos, messages, plain_records, endings, protected_records, certificates, resumption];
    groups.into_iter().flat_map(|group| group()).collect()
}

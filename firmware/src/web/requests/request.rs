//! A request: what is looked at of its head, taken out so that the head's memory is free for the body.

use super::table::{Done, Page, Row};
use crate::web::{
    access::{
        host::{OwnName, is_same_origin},
        sessions::Pass,
    },
    protocol::head::{Fault, Head, Method},
};

/// What is asked for, and by whom.
pub struct Request {
    /// The method.
    pub method: Method,
    /// What the path names, if it names something.
    pub row: Option<&'static Row>,
    /// Where a browser is led after a change: the page in the query `page=`, else that of the row.
    pub page: Option<Page>,
    /// What the query says that has been done.
    pub done: Option<Done>,
    /// Whether `Host` is one of the device's names: else somebody's name server points to the device (DNS rebinding).
    pub is_for_us: bool,
    /// Whether the request does not come from a page of another server.
    pub is_same_origin: bool,
    /// What it shows to be let in.
    pub pass: Pass,
    /// Whether the client would rather have a page than JSON.
    pub wants_page: bool,
    /// Whether the client is of HTTP/1.1.
    pub is_1_1: bool,
}

impl Request {
    /// Takes it out of a head.
    ///
    /// # Errors
    /// [`Fault::Malformed`] where the head contradicts itself.
    pub fn read(head: &Head<'_>, own_name: OwnName<'_>) -> Result<Self, Fault> {
        let row = Row::from_path(head.path);
        Ok(Self {
            method: head.method,
            row,
            page: page(head).or(row.and_then(|row| row.page)),
            done: done(head),
            is_for_us: own_name.is(head.host),
            is_same_origin: is_same_origin(head.only(b"origin")?, head.host),
            pass: Pass::read(head)?,
            wants_page: head.accepts(b"text/html"),
            is_1_1: head.is_1_1,
        })
    }
}

/// The page that a query names.
fn page(head: &Head<'_>) -> Option<Page> {
    let name = head.pairs().find_map(|pair| pair.strip_prefix(b"page="))?;
    Page::ALL.into_iter().find(|page| page.name().as_bytes() == name)
}

/// What a query says that has been done.
fn done(head: &Head<'_>) -> Option<Done> {
    head.pairs().find_map(|pair| Done::ALL.into_iter().find(|done| done.query().as_bytes() == pair))
}

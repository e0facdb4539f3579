//! What each library promises to its users: the public items with their signatures, one a line, are those of `docs/api`. A change of a
//! list is a change of the interface, which a reviewer sees, and which the next version's number has to tell (`docs/api/README.md`).
//!
//! The lists are made from the sources: an item counts when it can be named from outside, whatever file it stands in.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that is wrong may panic"
)]

mod examples;
mod list;
mod print;
mod sources;

use std::{collections::BTreeSet, fs, path::PathBuf};

const LIBRARIES: [&str; 6] = ["status", "accel", "x509", "tls12", "mqtt", "mqtts"];

fn made(library: &str) -> BTreeSet<String> {
    let folder = xtask::root().join(library).join("src");
    list::of(library, &|file| fs::read_to_string(folder.join(file)).ok())
}

fn written(library: &str) -> PathBuf {
    xtask::root().join("docs/api").join(library).with_extension("txt")
}

#[test]
fn the_public_interfaces_are_those_that_are_written_down() {
    let mut faults = Vec::new();
    for library in LIBRARIES {
        let text = fs::read_to_string(written(library)).unwrap_or_default();
        let (written, made) = (text.lines().map(str::to_owned).collect::<BTreeSet<_>>(), made(library));
        faults.extend(written.difference(&made).map(|line| format!("{library}: gone: {line}")));
        faults.extend(made.difference(&written).map(|line| format!("{library}: new: {line}")));
    }
    assert!(
        faults.is_empty(),
        "{}\nIf this is meant: cargo test -p tests --test api -- --ignored write, and CHANGELOG.md says it",
        faults.join("\n")
    );
}

#[test]
#[ignore = "writes the lists anew"]
fn write() {
    for library in LIBRARIES {
        let lines: String = made(library).into_iter().map(|line| line + "\n").collect();
        fs::write(written(library), lines).unwrap();
    }
}

/// The control: a crate of which everything is known.
fn example(file: &str) -> Option<String> {
    let text = match file {
        "lib.rs" => {
            "mod shape; pub mod deep; mod hidden; #[cfg(test)] pub mod tests;
             pub use shape::{Shape, area as size}; pub use other; pub use deep::Deep;
             #[cfg(feature = \"loop\")] pub fn turn() {}"
        }
        "shape.rs" => {
            "use core::fmt; use crate::hidden::Hidden;
             #[derive(Clone)] #[non_exhaustive] pub struct Shape<'a> { pub side: &'a [u8; 2], secret: u8 }
             impl<'a> Shape<'a> { pub const fn new(side: &'a [u8; 2]) -> Self { Shape { side, secret: 0 } } fn private(&self) {} }
             impl fmt::Debug for Shape<'_> { fn fmt(&self) {} }
             impl Hidden { pub fn nobody(&self) {} }
             pub fn area<T: Into<u8>>(of: T) -> Option<Vec<u8>> { None } pub fn unreachable_from_outside() {}"
        }
        "deep/mod.rs" => {
            "/// Text. \npub enum Deep { A, B(u8) } pub(crate) struct Inner; pub const MOST: usize = 1;
             pub trait Verb: Copy { type Item; fn go(&mut self, to: &mut [u8]) -> Self::Item; fn stop(self) {} }"
        }
        "hidden.rs" => "pub struct Hidden;",
        _ => return None,
    };
    Some(text.to_owned())
}

#[test]
fn what_can_be_named_from_outside_is_listed() {
    let made: Vec<String> = list::of("example", &example).into_iter().collect();
    let expected = [
        "[loop] pub fn example::turn()",
        "example::Deep::A",
        "example::Deep::B(u8)",
        "example::Shape<'a>: pub const fn new(side: &'a [u8; 2]) -> Self",
        "example::Shape<'a>: pub side: &'a [u8; 2]",
        "example::deep::Verb: fn go(&mut self, to: &mut [u8]) -> Self::Item",
        "example::deep::Verb: fn stop(self) { .. }",
        "example::deep::Verb: type Item",
        "impl Clone for example::Shape",
        "impl fmt::Debug for example::Shape",
        "pub const example::deep::MOST: usize",
        "pub enum example::Deep",
        "pub fn example::size<T: Into<u8>>(of: T) -> Option<Vec<u8>>",
        "pub struct example::Shape<'a> { .. } #[non_exhaustive]",
        "pub trait example::deep::Verb: Copy",
        "pub use example::deep::Deep = example::Deep",
        "pub use other",
    ];
    assert_eq!(made, expected);
}

#[test]
fn a_changed_signature_changes_the_list() {
    let changed = |file: &str| example(file).map(|text| text.replace("to: &mut [u8]", "to: &[u8]"));
    assert_ne!(list::of("example", &example), list::of("example", &changed));
}

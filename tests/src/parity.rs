//! The rows of `docs/parity.md`, as the tests read them: every difference that a test knows is one of them, and every row is met by a
//! test.
//!
//! ```text
//! | row | situation | Mbed TLS 2.28.3 | ours | why | held by |
//! ```
//! `held by` is `differential`, for rows that the comparison with the real library meets, or the tests that hold the row where it cannot be
//! compared: `file: name`.

#![allow(clippy::missing_panics_doc, clippy::panic, reason = "test support")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// An input to which the library and we answer differently.
#[derive(Clone, Copy, Debug)]
pub struct Difference {
    /// The row of `docs/parity.md` that says why.
    pub row: &'static str,
    /// The input; with `*` at its end, all that begin so.
    pub id: &'static str,
    /// What Mbed TLS answers.
    pub expected: &'static str,
    /// What we answer.
    pub actual: &'static str,
}

impl Difference {
    /// Whether this input is meant.
    pub fn is_of(&self, id: &str) -> bool {
        self.id.strip_suffix('*').map_or(self.id == id, |beginning| id.starts_with(beginning))
    }
}

/// A difference: its row of `docs/parity.md`, the input, what Mbed TLS answers, and what we answer.
pub const fn difference(
    row: &'static str,
    id: &'static str,
    expected: &'static str,
    actual: &'static str,
) -> Difference {
    Difference { row, id, expected, actual }
}

/// A row of one of the two tables.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// What Mbed TLS does.
    pub theirs: String,
    /// What we do.
    pub ours: String,
    /// `differential`, or the tests that hold it.
    pub held_by: String,
}

impl Row {
    /// Whether the comparison with the library meets it.
    pub fn is_compared(&self) -> bool {
        self.held_by == "differential"
    }
}

/// The rows of the table under this heading.
pub fn rows(heading: &str) -> Vec<Row> {
    let text = include_str!("../../docs/parity.md");
    let (_, rest) = text.split_once(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("no {heading}"));
    let table =
        rest.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    let cells = |line: &str| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect();
    table
        .skip(2)
        .map(|line| {
            let cells: Vec<String> = cells(line);
            let Ok([name, _, theirs, ours, why, held_by]) = <[String; 6]>::try_from(cells) else {
                panic!("not six cells: {line}")
            };
            assert!(!why.is_empty(), "{name}: without a reason");
            let name = name.trim_matches('`').to_owned();
            Row { name, theirs, ours, held_by }
        })
        .collect()
}

/// Both tables.
pub fn all() -> Vec<Row> {
    [rows("TLS"), rows("Certificates and keys")].concat()
}

/// Holds differences, each met by an input, against the tables: every one has its row, whose codes are its codes, and every row under
/// `heading` that is to be compared is among them.
///
/// # Panics
/// Where that is not so.
pub fn hold(heading: &str, differences: &[Difference]) {
    let all = all();
    let rows: BTreeMap<&str, &Row> = all.iter().map(|row| (row.name.as_str(), row)).collect();
    assert_eq!(rows.len(), all.len(), "a row's name stands twice");
    for difference in differences {
        let Some(row) = rows.get(difference.row) else { panic!("no row {}: {difference:?}", difference.row) };
        for (cell, answer) in [(&row.theirs, difference.expected), (&row.ours, difference.actual)] {
            let (said, seen) = (codes(cell), codes(answer));
            let is_said = said.is_empty() || seen.is_subset(&said);
            assert!(is_said, "docs/parity.md, {}: says {cell:?}, and it is {answer:?}", row.name);
        }
    }
    let met: BTreeSet<&str> = differences.iter().map(|difference| difference.row).collect();
    for row in self::rows(heading).iter().filter(|row| row.is_compared()) {
        assert!(met.contains(row.name.as_str()), "docs/parity.md, {}: no input meets it", row.name);
    }
}

/// Holds every test that the tables name against the sources.
///
/// # Panics
/// Where there is no such file, or no such test in it.
pub fn hold_named_tests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for row in all().iter().filter(|row| !row.is_compared()) {
        for named in row.held_by.split(", ") {
            let named = named.trim_matches('`');
            let Some((file, test)) = named.split_once(": ") else {
                panic!("{}: held by {named:?}", row.name)
            };
            let source = std::fs::read_to_string(root.join(file)).unwrap_or_default();
            let is_there = ["(", "<"].iter().any(|next| source.contains(&format!("fn {test}{next}")));
            assert!(is_there, "{}: no test {test} in {file}", row.name);
        }
    }
}

/// The numbers of the form -0x7980, and flags.
fn codes(text: &str) -> BTreeSet<String> {
    let is_digit = |letter: char| letter.is_ascii_hexdigit();
    text.split("-0x")
        .skip(1)
        .map(|rest| rest.chars().take_while(|letter| is_digit(*letter)).collect::<String>())
        .collect()
}

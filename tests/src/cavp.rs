//! Reads the response files of NIST's Cryptographic Algorithm Validation Program, and files in the same layout.
//!
//! A file is paragraphs of `name = value` lines. Lines in brackets, and paragraphs that do not begin a record, are
//! parameters of all records that follow. A line without a value (`FAIL`) is a field with an empty one.

use std::collections::HashMap;
use std::path::Path;

use crate::hex::hex;

/// The fields of one test case, with the parameters above it.
#[derive(Clone, Default, Debug)]
pub struct Record {
    fields: HashMap<String, String>,
}

impl Record {
    /// Whether the field is there.
    pub fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// A field that must be there.
    ///
    /// # Panics
    /// When it is not.
    #[expect(clippy::panic, reason = "a damaged vector file ends the test")]
    pub fn text(&self, name: &str) -> &str {
        self.fields.get(name).map_or_else(|| panic!("no field {name} in {:?}", self.fields), String::as_str)
    }

    /// A field in hexadecimal.
    ///
    /// # Panics
    /// When there is no such field.
    pub fn bytes(&self, name: &str) -> Vec<u8> {
        hex(self.text(name))
    }

    /// A decimal field.
    ///
    /// # Panics
    /// When there is no such field.
    #[expect(clippy::unwrap_used, reason = "a damaged vector file ends the test")]
    pub fn number(&self, name: &str) -> usize {
        self.text(name).parse().unwrap()
    }

    fn set(&mut self, line: &str) {
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        self.fields.insert(name.trim().into(), value.trim().into());
    }
}

/// Reads `vectors/<path>`; every line that sets `first` begins a record.
///
/// # Panics
/// When the file cannot be read, or has no record: a test without vectors must not pass.
#[expect(clippy::unwrap_used, reason = "a missing vector file ends the test")]
pub fn read(path: &str, first: &str) -> Vec<Record> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors").join(path);
    let text = std::fs::read_to_string(&path).unwrap();
    let mut parameters = Record::default();
    let mut records: Vec<Record> = Vec::new();
    let mut inside = false;
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        if line.is_empty() {
            inside = false;
        } else if let Some(section) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section.split(',').for_each(|parameter| parameters.set(parameter));
            inside = false;
        } else {
            if line.split('=').next().map(str::trim) == Some(first) {
                records.push(parameters.clone());
                inside = true;
            }
            match records.last_mut() {
                Some(record) if inside => record.set(line),
                _ => parameters.set(line),
            }
        }
    }
    assert!(!records.is_empty(), "{} has no record", path.display());
    records
}

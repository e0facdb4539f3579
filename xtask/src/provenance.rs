//! Every vector has an origin and a licence: the rows of `vectors/PROVENANCE.md` and the files are held against each other.
//!
//! The first column of a row names files relative to `vectors/`, with `*` and `{a,b}` as a shell has them.

use std::{fs, io, path::Path};

use crate::root;

/// Folders whose every file must be named.
const FOLDERS: [&str; 2] = ["vectors", "tests/fuzz/corpus"];
const TABLE: &str = "vectors/PROVENANCE.md";

/// Compares files and rows.
///
/// # Errors
/// Each file without a row, and each row without a file.
pub fn check() -> Result<(), String> {
    let table = fs::read_to_string(root().join(TABLE)).map_err(|error| format!("{TABLE}: {error}"))?;
    let patterns = patterns(&table);
    let mut files = Vec::new();
    for folder in FOLDERS {
        collect(&root().join(folder), &mut files).map_err(|error| format!("{folder}: {error}"))?;
    }
    files.retain(|file| file != TABLE);
    let named = |file: &String| patterns.iter().any(|pattern| matches(pattern, file));
    let mut faults: Vec<String> = files
        .iter()
        .filter(|file| !named(file))
        .map(|file| format!("{file}: no origin in {TABLE}"))
        .collect();
    // A row may also name what lies outside these folders.
    let met = |pattern: &String| {
        files.iter().any(|file| matches(pattern, file))
            || !FOLDERS.iter().any(|folder| pattern.starts_with(folder))
    };
    faults.extend(
        patterns.iter().filter(|pattern| !met(pattern)).map(|pattern| format!("{TABLE}: no file {pattern}")),
    );
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n")) }
}

/// The patterns in the first column of every table, relative to the repository.
fn patterns(table: &str) -> Vec<String> {
    let cells = table.lines().filter_map(|line| line.strip_prefix('|')?.split('|').next());
    let quoted = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    quoted.flat_map(expand).map(|pattern| relative(&pattern)).collect()
}

fn relative(pattern: &str) -> String {
    pattern.strip_prefix("../").map_or_else(|| format!("vectors/{pattern}"), str::to_owned)
}

/// `a{b,c}d` as `abd` and `acd`.
fn expand(pattern: &str) -> Vec<String> {
    let choices = pattern.split_once('{').and_then(|(head, rest)| Some((head, rest.split_once('}')?)));
    let Some((head, (choices, tail))) = choices else { return vec![pattern.to_owned()] };
    choices.split(',').flat_map(|choice| expand(&format!("{head}{choice}{tail}"))).collect()
}

/// Whether a pattern with `*`, which also stands for folders, is all of a name.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, tail)) => name.strip_prefix(head).is_some_and(|rest| {
            let ends = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
            ends.into_iter().any(|at| rest.get(at..).is_some_and(|rest| matches(tail, rest)))
        }),
    }
}

/// The files below a folder, relative to the repository.
fn collect(folder: &Path, files: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path.strip_prefix(root()).unwrap_or(&path).to_string_lossy().into_owned());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read() {
        let table = "| Files | x |\n|---|---|\n| `a/{b,c}*.txt`, `../tests/d` | made from `e` |\ntext `f`\n";
        assert_eq!(patterns(table), ["vectors/a/b*.txt", "vectors/a/c*.txt", "tests/d"]);
    }

    #[test]
    fn a_star_is_any_text() {
        assert!(matches("a/*.txt", "a/b.txt") && matches("a/*", "a/b/c") && matches("*", ""));
        assert!(!matches("a/*.txt", "a/b.pem") && !matches("a", "ab") && !matches("a*", "b"));
    }
}

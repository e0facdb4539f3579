//! What a compiler does not check: no unstable feature anywhere; in the cores no heap, no operating system, and no unsafe code but in
//! the files that SECURITY.md lists.
//!
//! The build for the microcontroller proves the same where it builds nothing but `core`; this also holds where the toolchain
//! brings `alloc` along, and names the line.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{mcu::CORES, root};

/// Folders with Rust sources of ours.
const FOLDERS: [&str; 11] =
    ["status", "accel", "x509", "tls12", "mqtt", "mqtts", "cli", "firmware", "examples", "tests", "xtask"];
/// The backend that has a heap on purpose, behind a feature.
const WITH_HEAP: &str = "accel/src/rustcrypto";

/// What SECURITY.md says before it lists the assembly, where the cores may be told something that the compiler cannot check.
const LIST: &str = "They are, in `accel/src`:";

/// Reads every source file.
///
/// # Errors
/// Each line that breaks a rule.
pub fn check() -> Result<(), String> {
    let security = root().join("SECURITY.md");
    let security =
        fs::read_to_string(&security).map_err(|error| format!("{}: {error}", security.display()))?;
    let mut listed = with_unsafe(&security)?;
    let mut faults = Vec::new();
    for folder in FOLDERS {
        let mut files = Vec::new();
        collect(&root().join(folder), &mut files).map_err(|error| format!("{folder}: {error}"))?;
        for file in files {
            let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
            let name = file.strip_prefix(root()).unwrap_or(&file).to_string_lossy().into_owned();
            faults.extend(unstable(&name, &text));
            let in_core = CORES.iter().any(|core| name.starts_with(&format!("{core}/src/")));
            if in_core && !name.starts_with(WITH_HEAP) && !name.ends_with("/tests.rs") {
                faults.extend(heap(&name, &text));
            }
            if in_core {
                let found = unchecked(&name, &text);
                match listed.iter().position(|file| *file == name) {
                    Some(place) if !found.is_empty() => drop(listed.remove(place)),
                    _ => faults.extend(found),
                }
            }
        }
    }
    faults.extend(listed.iter().map(|file| format!("SECURITY.md: {file} has no unsafe code")));
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n")) }
}

/// The files of the cores that SECURITY.md lists: what stands between backticks, to the end of the sentence.
fn with_unsafe(security: &str) -> Result<Vec<String>, String> {
    let list = security.split_once(LIST).ok_or("SECURITY.md lists no files with unsafe code")?.1;
    let list = list.split(". ").next().unwrap_or_default();
    Ok(list.split('`').skip(1).step_by(2).map(|file| format!("accel/src/{file}")).collect())
}

/// Lines that ask for an unstable feature.
fn unstable(name: &str, text: &str) -> Vec<String> {
    let asked = concat!("#![", "feature");
    lines(text)
        .filter(|(_, line)| line.contains(asked))
        .map(|(number, _)| fault(name, number, "unstable"))
        .collect()
}

/// Lines with unsafe code.
fn unchecked(name: &str, text: &str) -> Vec<String> {
    let is_unsafe = |line: &str| ["unsafe ", "unsafe(", "global_asm!"].iter().any(|word| has(line, word));
    lines(text).filter(|(_, line)| is_unsafe(line)).map(|(number, _)| fault(name, number, "unsafe")).collect()
}

/// Lines, outside of tests, that use a heap or an operating system; a core's root that does not say `no_std`.
fn heap(name: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if name.ends_with("/src/lib.rs") && !text.contains("#![no_std]") {
        faults.push(fault(name, 1, "no #![no_std]"));
    }
    let mut code = lines(text);
    while let Some((number, line)) = code.next() {
        if line == "#[cfg(test)]" {
            skip_item(&mut code);
        } else if ["std::", "alloc::", "extern crate std", "extern crate alloc"]
            .iter()
            .any(|word| has(line, word))
        {
            faults.push(fault(name, number, "a heap or an operating system in a core"));
        }
    }
    faults
}

/// Skips an item: to its semicolon, or to the brace that closes its first one.
fn skip_item<'a>(code: &mut impl Iterator<Item = (usize, &'a str)>) {
    let mut depth = 0_usize;
    for (_, line) in code.filter(|(_, line)| !line.starts_with("#[")) {
        depth = depth.saturating_add(line.matches('{').count()).saturating_sub(line.matches('}').count());
        if depth == 0 && line.ends_with(['}', ';']) {
            return;
        }
    }
}

/// The lines with their numbers, without comments and the spaces around.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let code = text.lines().map(|line| line.split("//").next().unwrap_or_default().trim());
    (1..).zip(code)
}

/// Whether `word` stands in `line` and is not the end of a longer word.
fn has(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line.get(..at).and_then(|head| head.chars().next_back());
        !before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_')
    })
}

fn fault(name: &str, number: usize, what: &str) -> String {
    format!("{name}:{number}: {what}")
}

/// The Rust files below a folder, without what cargo built there.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() && !path.ends_with("target") {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heap_in_a_core_is_found() {
        let text = "#![no_std]\n// std::vec is not meant\nuse alloc::vec::Vec;\nmy_std::x();\n";
        assert_eq!(heap("x/src/lib.rs", text), ["x/src/lib.rs:3: a heap or an operating system in a core"]);
        assert_eq!(heap("x/src/lib.rs", ""), ["x/src/lib.rs:1: no #![no_std]"]);
    }

    #[test]
    fn tests_may_use_the_standard_library() {
        let text = "#[cfg(test)]\nextern crate std;\n#[cfg(test)]\n#[allow(x)]\nmod counted {\nuse std::x;\nfn f() {}\n}\n";
        assert!(heap("x/src/a.rs", text).is_empty());
        let after = format!("{text}use std::y;\n");
        assert_eq!(heap("x/src/a.rs", &after).len(), 1);
    }

    #[test]
    fn unsafe_code_is_found() {
        assert_eq!(
            unchecked("a.rs", "// unsafe {\n#![deny(unsafe_code)]\nunsafe { x() }"),
            ["a.rs:3: unsafe"]
        );
    }

    #[test]
    fn the_files_with_unsafe_code_are_those_of_security_md() {
        let text =
            "no heap. They are, in `accel/src`:\n  `a.rs` and\n  `b/c.rs`. Each is held against `d.rs`.";
        assert_eq!(
            with_unsafe(text).as_deref(),
            Ok(&["accel/src/a.rs".into(), "accel/src/b/c.rs".into()][..])
        );
        assert!(with_unsafe("They are none.").is_err());
    }

    #[test]
    fn an_unstable_feature_is_found() {
        assert_eq!(unstable("a.rs", concat!("\n#![", "feature(x)]")), ["a.rs:2: unstable"]);
    }
}

//! Rules that a compiler does not check: no unstable feature anywhere; one type for each name in all crates but the firmware; in the cores no
//! heap, no operating system, and no unsafe code but in the files that SECURITY.md lists.
//!
//! The build for the microcontroller proves that the cores need no heap, where the toolchain has nothing but `core`. This check also works
//! where it has `alloc`, and names the line.

use std::{
    collections::BTreeMap,
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

/// The crates in which the name of a type stands for one type. The firmware, which no crate depends on, is not among them.
const CRATES: [&str; 7] = ["status", "accel", "x509", "tls12", "mqtt", "mqtts", "cli"];

/// Names that stand for several types, and why.
const SHARED_NAMES: &[(&str, &str)] = &[
    (
        "Ciphers",
        "the cipher part of each backend: `soft::Ciphers`, `stm32f4::Ciphers`, `rustcrypto::Ciphers`",
    ),
    ("Client", "a client of MQTT, and one of MQTT over TLS"),
    ("Clock", "one trait for each loop of `mqtts`, and what implements one for embassy"),
    ("Connect", "the packet of MQTT; a trait for each loop of `mqtts`: how a board connects"),
    ("Error", "the number of a failure; the error type that embedded-io asks for"),
    ("Hasher", "the hash part of each backend: `soft::Hasher`, `stm32f4::Hasher`, `rustcrypto::Hasher`"),
    ("Memory", "the lent buffers of lint and of the client; `pc::Memory` owns them"),
    ("Network", "one trait for each loop of `mqtts`"),
    ("PublicKey", "a key of a certificate; the trait of an accelerator that computes with one"),
    ("PublicKeys", "the public-key part of each backend: `soft::PublicKeys`, `rustcrypto::PublicKeys`"),
    ("Rule", "a rule of backends (`conformance`), and a rule of DER (`lint::strict`)"),
    ("Session", "a TLS session; a client that one of the loops of `mqtts` runs"),
    ("SetupError", "why `new` of a connection, an MQTT client or the joined client refuses its arguments"),
    ("SignatureAlgorithm", "that of a certificate (RFC 5280), and the two bytes of TLS (RFC 5246)"),
    ("Stream", "a TLS stream of embedded-io, and a payload that is sent in pieces"),
    ("Tcp", "TCP of a PC, and TCP of embassy"),
    ("Turn", "what a loop of `mqtts` does next: one for each loop"),
    ("Verdict", "that of lint, and that of a connection on its server"),
];

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
    let mut types = BTreeMap::<String, Vec<String>>::new();
    for folder in FOLDERS {
        let mut files = Vec::new();
        collect(&root().join(folder), &mut files).map_err(|error| format!("{folder}: {error}"))?;
        for file in files {
            let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
            let name = file.strip_prefix(root()).unwrap_or(&file).to_string_lossy().into_owned();
            faults.extend(unstable(&name, &text));
            if CRATES.contains(&folder) && name.contains("/src/") && !name.ends_with("/tests.rs") {
                for (number, defined) in defined_types(&text) {
                    types.entry(defined).or_default().push(format!("{name}:{number}"));
                }
            }
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
    faults.extend(shared_names(&types, SHARED_NAMES));
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

/// The types that a file defines, outside of its tests, with their lines.
fn defined_types(text: &str) -> Vec<(usize, String)> {
    let mut code = lines(text).zip(text.lines());
    let mut found = Vec::new();
    while let Some(((number, line), whole)) = code.next() {
        if line == "#[cfg(test)]" {
            skip_item(&mut code.by_ref().map(|(code, _)| code));
            continue;
        }
        let mut words = line.split([' ', '<', '(', '{', ':', ';', '=']).filter(|word| !word.is_empty());
        let is_visibility =
            |word: &&str| word.starts_with("pub") || matches!(*word, "crate)" | "super)" | "unsafe");
        let Some(kind) = words.find(|word| !is_visibility(word)) else { continue };
        // An indented `type` belongs to a trait.
        let defines = matches!(kind, "struct" | "enum" | "trait" | "union")
            || kind == "type" && !whole.starts_with(' ');
        if let Some(name) = words.next().filter(|_| defines) {
            found.push((number, name.to_owned()));
        }
    }
    found
}

/// Names that stand for several types without a reason, and reasons that nothing needs.
fn shared_names(types: &BTreeMap<String, Vec<String>>, allowed: &[(&str, &str)]) -> Vec<String> {
    let is_shared = |name: &str| types.get(name).is_some_and(|places| places.len() > 1);
    let shared = types.iter().filter(|(name, places)| {
        places.len() > 1 && !allowed.iter().any(|(allowed, _)| *allowed == name.as_str())
    });
    let shared =
        shared.map(|(name, places)| format!("{}: several types are called {name}", places.join(", ")));
    let needless = allowed.iter().filter(|(name, _)| !is_shared(name));
    shared
        .chain(needless.map(|(name, _)| format!("xtask/src/rules.rs: only one type is called {name}")))
        .collect()
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
    fn every_source_file_keeps_the_rules() {
        assert_eq!(check(), Ok(()));
    }

    #[test]
    fn types_are_found_outside_of_tests() {
        let text = "pub(crate) struct A<T>(T);\nenum B {\n}\nimpl X for A {\n    type C = u8;\n}\ntype D = u8;\npub unsafe trait E: Y {}\n\
            #[cfg(test)]\nmod tests {\n    struct F;\n}\n// struct G;\nstruct H;\n";
        let names: Vec<String> = defined_types(text).into_iter().map(|(_, name)| name).collect();
        assert_eq!(names, ["A", "B", "D", "E", "H"]);
    }

    #[test]
    fn a_name_of_two_types_needs_a_reason() {
        let types = [("A", vec!["a.rs:1", "b.rs:2"]), ("B", vec!["b.rs:3"])];
        let types =
            types.map(|(name, places)| (name.to_owned(), places.into_iter().map(String::from).collect()));
        let types = BTreeMap::from(types);
        assert_eq!(shared_names(&types, &[]), ["a.rs:1, b.rs:2: several types are called A"]);
        assert!(shared_names(&types, &[("A", "a reason")]).is_empty());
        assert_eq!(shared_names(&types, &[("A", "a reason"), ("B", "none")]).len(), 1);
    }

    #[test]
    fn an_unstable_feature_is_found() {
        assert_eq!(unstable("a.rs", concat!("\n#![", "feature(x)]")), ["a.rs:2: unstable"]);
    }
}

//! The way from a duty to its test, and from a source file to its tests and back.
//!
//! `vectors/duties/*.txt` lists what RFCs and MQTT 3.1.1 ask of a client of this scope: each row names the tests that hold it. Checked is
//! that these tests exist, and that code names no section which neither a row nor a test names. Two documents are written from the
//! rows: `docs/tests.md` and `docs/mqtt-conformance.md`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs, io,
    path::Path,
};

use crate::root;

/// What `--help` prints.
pub const HELP: &str = "\
Checks that every duty has its test, and every section that code names.

Usage: cargo xtask duties [--write]

  --write   write docs/tests.md and docs/mqtt-conformance.md anew
";

const FOLDER: &str = "vectors/duties";
/// Folders whose sources name duties.
const SOURCES: [&str; 8] =
    ["status/src", "accel/src", "x509/src", "tls12/src", "mqtt/src", "mqtts/src", "cli/src", "firmware/src"];
/// Test programs that do not lie in `tests`, and their folders.
const ELSEWHERE: [(&str, &str); 2] = [("cli", "cli/tests"), ("host", "firmware/boards/host/tests")];
/// The tests of source files that no test mirrors.
const ROOMS: &str = "vectors/duties/rooms.list";
/// Folders of `tests` that are no test programs of the workspace.
const OTHERS: [&str; 8] = ["src", "bench", "board", "fuzz", "link", "peripherals", "replay", "target"];

/// Runs the command.
///
/// # Errors
/// What [`check`] finds, or a file that cannot be written.
pub fn run(arguments: &[&str]) -> Result<(), String> {
    match arguments {
        [] => check(),
        ["--write"] => {
            let house = House::read()?;
            for (name, text) in house.documents() {
                let path = root().join(name);
                fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
                println!("{name} written");
            }
            Ok(())
        }
        _ => Err(format!("cargo xtask duties: unknown arguments {}; --help lists them", arguments.join(" "))),
    }
}

/// Holds rows, sources, tests and documents against each other.
///
/// # Errors
/// Each row without its test, each section without a row or a test, each document that is not as it would be written.
pub fn check() -> Result<(), String> {
    let house = House::read()?;
    let mut faults = house.faults();
    for (name, text) in house.documents() {
        let found = fs::read_to_string(root().join(name)).unwrap_or_default();
        if found != text {
            faults.push(format!("{name} is not as `cargo xtask duties --write` writes it"));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n")) }
}

/// A line of a list of duties.
struct Duty {
    /// As code names it: `RFC 5246 §7.4.9` or `MQTT-4.8.0-1`.
    section: String,
    words: String,
    tests: Vec<String>,
    /// Why there is no test.
    reason: String,
}

/// A source file, or a file of tests.
struct File {
    name: String,
    sections: BTreeSet<String>,
    /// The names of its functions.
    functions: BTreeSet<String>,
    /// Whether it has tests in itself.
    tests_itself: bool,
}

/// All that is compared.
struct House {
    duties: Vec<Duty>,
    /// Heads of paths of sources, and the files with their tests.
    rooms: Vec<(String, Vec<String>)>,
    sources: Vec<File>,
    tests: Vec<File>,
}

impl House {
    fn read() -> Result<Self, String> {
        let mut names = Vec::new();
        collect(&root().join(FOLDER), "txt", &mut names).map_err(|error| format!("{FOLDER}: {error}"))?;
        let mut duties = Vec::new();
        for name in names {
            duties.extend(rows(&name, &read(&name)?)?);
        }
        let sources = files(&SOURCES)?;
        let mut folders: Vec<String> = ELSEWHERE.map(|(_, folder)| folder.to_owned()).to_vec();
        let entries = fs::read_dir(root().join("tests")).map_err(|error| format!("tests: {error}"))?;
        for entry in entries.flatten().filter(|entry| entry.path().is_dir()) {
            let name = entry.file_name().to_string_lossy().into_owned();
            if !OTHERS.contains(&name.as_str()) {
                folders.push(format!("tests/{name}"));
            }
        }
        let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
        Ok(Self { duties, rooms: rooms(&read(ROOMS)?)?, sources, tests: files(&folders)? })
    }

    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut seen = BTreeSet::new();
        for duty in &self.duties {
            if !seen.insert((&duty.section, &duty.words)) {
                faults.push(format!("{FOLDER}: {} stands twice", duty.section));
            }
            if duty.tests.is_empty() && duty.reason.is_empty() {
                faults.push(format!("{FOLDER}: {} has neither a test nor a reason", duty.section));
            }
            let missing = duty.tests.iter().filter(|test| self.file_of(test).is_none());
            faults.extend(missing.map(|test| format!("{FOLDER}: {}: there is no test {test}", duty.section)));
        }
        for (head, tests) in &self.rooms {
            if !self.sources.iter().any(|file| in_room(&file.name, head)) {
                faults.push(format!("{ROOMS}: there is no source {head}"));
            }
            let missing = tests.iter().filter(|test| !root().join(test).is_file());
            faults.extend(missing.map(|test| format!("{ROOMS}: there is no {test}")));
        }
        let held: BTreeSet<&String> = self.duties.iter().map(|duty| &duty.section).collect();
        let tested: BTreeSet<&String> = self.tests.iter().flat_map(|file| &file.sections).collect();
        for file in &self.sources {
            // A crate's root has declarations alone, and tests have no tests.
            let is_exempt = file.name.ends_with("/src/lib.rs") || file.name.ends_with("/tests.rs");
            if !is_exempt && !file.tests_itself && self.tests_of(file).is_empty() {
                faults.push(format!("{}: no test mirrors it, and {ROOMS} names none", file.name));
            }
            let open = file.sections.iter().filter(|name| !held.contains(name) && !tested.contains(name));
            faults.extend(
                open.map(|section| format!("{}: {section} has no row in {FOLDER} and no test", file.name)),
            );
        }
        faults
    }

    /// The file that has a test, written `program::module::function`.
    fn file_of(&self, test: &str) -> Option<&File> {
        let (module, function) = test.rsplit_once("::")?;
        let (program, path) = module.split_once("::").unwrap_or((module, "main"));
        let elsewhere = ELSEWHERE.iter().find(|(name, _)| *name == program);
        let folder = elsewhere.map_or_else(|| format!("tests/{program}"), |(_, folder)| (*folder).to_owned());
        let stem = format!("{folder}/{}", path.replace("::", "/"));
        let names = [format!("{stem}.rs"), format!("{stem}/mod.rs")];
        self.tests.iter().find(|file| names.contains(&file.name) && file.functions.contains(function))
    }

    /// The tests of a source file: what mirrors it, and what holds the duties that it names.
    fn tests_of(&self, source: &File) -> BTreeSet<&str> {
        let (folder, path) = source.name.split_once("/src/").unwrap_or_default();
        let path = path.trim_end_matches(".rs").trim_end_matches("/mod").trim_end_matches("lib");
        let flat = path.replace('/', "_");
        let mirrors = |test: &File| {
            let Some(rest) = test.name.strip_prefix(&format!("tests/{folder}/")) else { return false };
            let stem = rest.trim_end_matches(".rs").trim_end_matches("/mod");
            !path.is_empty() && (stem == path || stem == flat || path.starts_with(&format!("{stem}/")))
        };
        let duties = self.duties.iter().filter(|duty| source.sections.contains(&duty.section));
        let held = duties.flat_map(|duty| &duty.tests).filter_map(|test| self.file_of(test));
        let mirrors = self.tests.iter().filter(|test| mirrors(test));
        let rooms = self.rooms.iter().filter(|(head, _)| in_room(&source.name, head));
        let listed = rooms.flat_map(|(_, tests)| tests.iter().map(String::as_str));
        mirrors.chain(held).map(|file| file.name.as_str()).chain(listed).collect()
    }

    fn documents(&self) -> [(&'static str, String); 2] {
        [("docs/tests.md", self.index()), ("docs/mqtt-conformance.md", self.conformance())]
    }

    fn index(&self) -> String {
        let mut text = String::from(
            "# From a source file to its tests, and back\n\n\
             Written by `cargo xtask duties --write`; the tests check it. A test file belongs to a source file when it mirrors its path, or holds a\n\
             duty (`vectors/duties`) that the source file names; \"itself\" stands for tests at a file's end.\n\n\
             ## From the source\n| source | duties that it names | tests |\n|---|---|---|\n",
        );
        let mut back: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for source in &self.sources {
            let tests = self.tests_of(source);
            for test in &tests {
                back.entry(test).or_default().insert(&source.name);
            }
            if tests.is_empty() && !source.tests_itself {
                continue;
            }
            let sections: Vec<&str> = source.sections.iter().map(String::as_str).collect();
            let itself = source.tests_itself.then(|| "itself".to_owned());
            let tests: Vec<String> =
                itself.into_iter().chain(tests.iter().map(|test| format!("`{test}`"))).collect();
            let _ = writeln!(text, "| `{}` | {} | {} |", source.name, sections.join(", "), tests.join(", "));
        }
        text += "\n## From the tests\n| tests | source |\n|---|---|\n";
        for (test, sources) in back {
            let sources: Vec<String> = sources.iter().map(|source| format!("`{source}`")).collect();
            let _ = writeln!(text, "| `{test}` | {} |", sources.join(", "));
        }
        text
    }

    fn conformance(&self) -> String {
        let mut text = String::from(
            "# MQTT 3.1.1, statement by statement\n\n\
             Every normative statement that binds a client, in our words, and the tests that hold it. Written by `cargo xtask duties --write` from\n\
             `vectors/duties/mqtt.txt`; `cargo xtask test` checks that each test exists, and runs it.\n\n\
             | statement | what it asks | tests |\n|---|---|---|\n",
        );
        let mqtt = self.duties.iter().filter(|duty| duty.section.starts_with("MQTT-"));
        for Duty { section, words, tests, reason } in mqtt {
            let tests: Vec<String> = tests.iter().map(|test| format!("`{test}`")).collect();
            let held = if tests.is_empty() { reason.clone() } else { tests.join(", ") };
            let _ = writeln!(text, "| {section} | {words} | {held} |");
        }
        text
    }
}

/// The rows of a list: `section | words | tests`, or `- reason` in place of the tests.
fn rows(name: &str, text: &str) -> Result<Vec<Duty>, String> {
    let mut duties = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if line.starts_with('#') || line.is_empty() {
            continue;
        }
        let fields: Vec<&str> = line.split(" | ").collect();
        let [section, words, tests] = fields.as_slice() else {
            return Err(format!("{name}:{number}: not three fields"));
        };
        let reason = tests.strip_prefix("- ").unwrap_or_default().to_owned();
        let tests = if reason.is_empty() {
            tests.split_whitespace().map(str::to_owned).collect()
        } else {
            Vec::new()
        };
        duties.push(Duty { section: (*section).to_owned(), words: (*words).to_owned(), tests, reason });
    }
    Ok(duties)
}

/// The rows of the list of rooms: `head of a path | files with tests`.
fn rooms(text: &str) -> Result<Vec<(String, Vec<String>)>, String> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (head, tests) = line.split_once(" | ").ok_or_else(|| format!("{ROOMS}: {line}"))?;
            Ok((head.to_owned(), tests.split(' ').map(str::to_owned).collect()))
        })
        .collect()
}

/// Whether a source is this file, or lies in this folder or in the one of this module.
fn in_room(source: &str, head: &str) -> bool {
    source.strip_prefix(head).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '.']))
}

/// The Rust files of these folders, each with what it names.
fn files(folders: &[&str]) -> Result<Vec<File>, String> {
    let mut names = Vec::new();
    for folder in folders {
        collect(&root().join(folder), "rs", &mut names).map_err(|error| format!("{folder}: {error}"))?;
    }
    names.sort();
    names.into_iter().map(|name| Ok(file(&name, &read(&name)?))).collect()
}

fn file(name: &str, text: &str) -> File {
    // A comment may break its line between a document and its section.
    let lines = text.lines().map(|line| line.trim_start().trim_start_matches(['/', '!']).trim());
    let joined = lines.collect::<Vec<_>>().join(" ");
    let functions = text.lines().filter_map(|line| {
        let rest = line.split_once("fn ")?.1;
        let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_')?;
        rest.get(..end).map(str::to_owned)
    });
    File {
        name: name.to_owned(),
        sections: sections(&joined),
        functions: functions.collect(),
        tests_itself: text.contains("#[cfg(test)]\nmod tests"),
    }
}

/// Every `RFC n §m` and `MQTT-m` of a text; a list behind one RFC (`§4, §5`) is of it.
fn sections(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for part in text.split("RFC ").skip(1) {
        let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
        let mut rest = part.get(digits.len()..).unwrap_or_default();
        while let Some(section) = rest.strip_prefix(" §").or_else(|| rest.strip_prefix(", §")) {
            let end = section.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '.');
            let (number, behind) = section.split_at_checked(end.unwrap_or(section.len())).unwrap_or_default();
            found.insert(format!("RFC {digits} §{}", number.trim_end_matches('.')));
            rest = behind;
        }
    }
    for part in text.split("MQTT-").skip(1) {
        let end = part.find(|letter: char| !letter.is_ascii_digit() && letter != '.' && letter != '-');
        let number = part.get(..end.unwrap_or(part.len())).unwrap_or_default().trim_end_matches(['.', '-']);
        if number.contains('.') && number.contains('-') {
            found.insert(format!("MQTT-{number}"));
        }
    }
    found
}

fn read(name: &str) -> Result<String, String> {
    fs::read_to_string(root().join(name)).map_err(|error| format!("{name}: {error}"))
}

/// The files with this ending below a folder, relative to the repository and in order.
fn collect(folder: &Path, ending: &str, names: &mut Vec<String>) -> io::Result<()> {
    let mut paths: Vec<_> = fs::read_dir(folder)?.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() && !path.ends_with("target") {
            collect(&path, ending, names)?;
        } else if path.extension().is_some_and(|extension| extension == ending) {
            names.push(path.strip_prefix(root()).unwrap_or(&path).to_string_lossy().into_owned());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn house(row: &str, source: &str, test: &str) -> House {
        House {
            duties: rows("list", row).unwrap_or_default(),
            rooms: Vec::new(),
            sources: vec![file("tls12/src/record/mod.rs", source)],
            tests: vec![file("tests/tls12/record.rs", test)],
        }
    }

    #[test]
    fn sections_are_found_over_a_lines_end() {
        let text = "//! Records (RFC 5246\n//! §6.2, §6.3) and RFC 7366; [MQTT-3.1.2-23], MQTT-only.\n";
        let found: Vec<String> = file("a.rs", text).sections.into_iter().collect();
        assert_eq!(found, ["MQTT-3.1.2-23", "RFC 5246 §6.2", "RFC 5246 §6.3"]);
    }

    #[test]
    fn a_section_without_a_test_and_a_test_that_is_not_there_are_found() {
        let good = house("RFC 1 §2 | words | tls12::record::a_test", "// RFC 1 §2\n", "fn a_test() {}\n");
        assert!(good.faults().is_empty());
        let named = house("", "// RFC 1 §2\n", "// RFC 1 §2\n");
        assert!(named.faults().is_empty());
        assert_eq!(house("", "// RFC 1 §2\n", "").faults().len(), 1);
        assert_eq!(
            house("RFC 1 §2 | words | tls12::record::another", "", "fn a_test() {}\n").faults().len(),
            1
        );
        assert_eq!(
            house("RFC 1 §2 | words | tls12::other::a_test", "", "fn a_test() {}\n").faults().len(),
            1
        );
        assert_eq!(house("RFC 1 §2 | words | ", "", "").faults().len(), 1);
        assert!(house("RFC 1 §2 | words | - not in the scope", "", "").faults().is_empty());
    }

    #[test]
    fn a_source_without_a_test_is_found() {
        let mut house = house("", "", "");
        house.tests.clear();
        assert_eq!(house.faults().len(), 1);
        house.rooms.push(("tls12/src/record".to_owned(), vec!["xtask/src/duties.rs".to_owned()]));
        assert!(house.faults().is_empty());
        house.rooms.push(("tls12/src/rec".to_owned(), Vec::new()));
        assert_eq!(house.faults().len(), 1);
    }

    #[test]
    fn a_row_has_three_fields() {
        assert!(rows("list", "RFC 1 §2 | words").is_err());
    }

    #[test]
    fn a_source_file_has_the_tests_that_mirror_it() {
        let house = house("", "", "");
        let source = &house.sources[0];
        assert_eq!(house.tests_of(source).into_iter().collect::<Vec<_>>(), ["tests/tls12/record.rs"]);
    }
}

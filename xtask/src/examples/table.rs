//! The table of `examples/README.md`: written by a command, checked by a test.

use std::{fmt::Write as _, fs, path::Path};

use super::{EXAMPLES, Measured, elf::Size};
use crate::root;

const HEAD: &str =
    "| example | program | built for | what it does | lines | flash | RAM |\n|---|---|---|---|--:|--:|--:|\n";

/// So much may a figure of flash or RAM differ, in parts of a hundred: a compiler's mood, or a change that is no news.
const TOLERANCE: u64 = 10;

/// Writes the table with these figures; of programs that are not among them the old ones are kept.
///
/// # Errors
/// When the file has no table, or cannot be written.
pub(super) fn write(measured: &[Measured]) -> Result<(), String> {
    let file = root().join("examples/README.md");
    let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let (before, rest) = text.split_once(HEAD).ok_or("examples/README.md has no table")?;
    let after = rest.find("\n\n").map_or("\n", |end| rest.get(end..).unwrap_or_default());
    let table = render(measured, &text);
    fs::write(&file, format!("{before}{HEAD}{}{after}", table.trim_end()))
        .map_err(|error| format!("{}: {error}", file.display()))
}

fn render(measured: &[Measured], old: &str) -> String {
    let mut table = String::new();
    for example in EXAMPLES {
        for program in example.programs {
            let name = (example.name, program.name);
            let new = measured.iter().find(|one| one.name == name);
            let old = row(old, name);
            let lines = new.map(|one| one.lines).or(old.as_ref().map(|row| row.lines)).unwrap_or_default();
            let size = new.and_then(|one| one.size).or(old.and_then(|row| row.size));
            let [flash, ram] = match size {
                Some(Size { flash, ram }) => [kilobytes(flash), kilobytes(ram)],
                None => ["–".to_owned(), "–".to_owned()],
            };
            let _ = writeln!(
                table,
                "| [{0}]({0}) | `{1}` | {2} | {3} | {lines} | {flash} | {ram} |",
                example.name,
                program.name,
                example.target.map_or("the PC".to_owned(), |target| format!("`{target}`")),
                program.what,
            );
        }
    }
    table
}

/// Compares figures with the table.
///
/// # Errors
/// Each that is not what the table says.
pub(super) fn check(measured: &[Measured]) -> Result<(), String> {
    let file = root().join("examples/README.md");
    let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let faults: Vec<String> = measured.iter().filter_map(|one| difference(&text, one)).collect();
    if faults.is_empty() {
        return Ok(());
    }
    Err(format!("examples/README.md, which `cargo xtask examples` writes:\n{}", faults.join("\n")))
}

fn difference(text: &str, one: &Measured) -> Option<String> {
    let (example, program) = one.name;
    let Some(row) = row(text, one.name) else { return Some(format!("{example}, {program}: no row")) };
    if row.lines != one.lines {
        return Some(format!("{example}, {program}: {} lines, not {}", one.lines, row.lines));
    }
    let (Some(is), Some(said)) = (one.size, row.size) else {
        return one.size.map(|_| format!("{example}, {program}: no figures of flash and RAM"));
    };
    [("flash", is.flash, said.flash), ("RAM", is.ram, said.ram)].into_iter().find_map(|(what, is, said)| {
        let is_near = is.abs_diff(said).saturating_mul(100) <= said.saturating_mul(TOLERANCE);
        (!is_near).then(|| format!("{example}, {program}: {is} bytes of {what}, not {said}"))
    })
}

/// A row of the table.
struct Row {
    lines: u64,
    size: Option<Size>,
}

fn row(text: &str, (example, program): (&str, &str)) -> Option<Row> {
    let begin = format!("| [{example}]({example}) | `{program}` |");
    let row = text.lines().find(|line| line.starts_with(&begin))?;
    let mut cells = row.trim_end_matches(" |").rsplit(" | ");
    let [ram, flash, lines] = [cells.next()?, cells.next()?, cells.next()?];
    let size = bytes(flash).zip(bytes(ram)).map(|(flash, ram)| Size { flash, ram });
    Some(Row { lines: lines.parse().ok()?, size })
}

/// `12.3 KB`, of 1024 bytes each.
fn kilobytes(bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10).div_ceil(1024);
    format!("{}.{} KB", tenths / 10, tenths % 10)
}

fn bytes(kilobytes: &str) -> Option<u64> {
    let (whole, tenths) = kilobytes.strip_suffix(" KB")?.split_once('.')?;
    let tenths = whole.parse::<u64>().ok()?.checked_mul(10)?.checked_add(tenths.parse().ok()?)?;
    Some(tenths.checked_mul(1024)? / 10)
}

/// The lines of a Rust file, or of all in a folder, that are neither empty nor a comment.
///
/// # Errors
/// When something cannot be read.
pub(super) fn lines(path: &Path) -> Result<u64, String> {
    let failed = |error| format!("{}: {error}", path.display());
    if !path.is_dir() {
        return Ok(count(&fs::read_to_string(path).map_err(failed)?));
    }
    let mut sum = 0_u64;
    for entry in fs::read_dir(path).map_err(failed)? {
        sum = sum.saturating_add(lines(&entry.map_err(failed)?.path())?);
    }
    Ok(sum)
}

fn count(text: &str) -> u64 {
    let is_code = |line: &&str| !line.is_empty() && !line.starts_with("//");
    u64::try_from(text.lines().map(str::trim).filter(is_code).count()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_empty_lines_are_no_lines() {
        assert_eq!(count("//! A\n\nfn main() {\n    // b\n    c(); // d\n}\n"), 3);
    }

    #[test]
    fn a_difference_is_told() {
        let text = "| [a](a) | `b` | the PC | c | 12 | 100.0 KB | 5.0 KB |\n";
        let told = |lines, flash, ram| {
            difference(
                text,
                &Measured { name: ("a", "b"), lines, size: Some(Size { flash, ram }), is_for_pc: false },
            )
        };
        assert_eq!(told(12, 102_400, 5_120), None);
        assert_eq!(told(12, 112_000, 4_700), None);
        assert_eq!(told(13, 102_400, 5_120).as_deref(), Some("a, b: 13 lines, not 12"));
        assert_eq!(told(12, 113_000, 5_120).as_deref(), Some("a, b: 113000 bytes of flash, not 102400"));
        assert_eq!(told(12, 102_400, 4_000).as_deref(), Some("a, b: 4000 bytes of RAM, not 5120"));
        let other = Measured { name: ("a", "c"), lines: 1, size: None, is_for_pc: true };
        assert_eq!(difference(text, &other).as_deref(), Some("a, c: no row"));
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(
            (kilobytes(0), kilobytes(1024), kilobytes(1_500)),
            ("0.0 KB".into(), "1.0 KB".into(), "1.5 KB".into())
        );
        assert_eq!(bytes("1.5 KB"), Some(1_536));
        assert_eq!(bytes("–"), None);
    }

    #[test]
    fn every_program_has_its_row_and_its_sources() {
        let text = fs::read_to_string(root().join("examples/README.md")).expect("a README");
        for example in EXAMPLES {
            for program in example.programs {
                let row = row(&text, (example.name, program.name)).expect(program.name);
                assert_eq!(lines(&example.folder().join(program.sources)), Ok(row.lines), "{}", program.name);
                assert_eq!(row.size.is_some(), example.target.is_some(), "{}", program.name);
            }
        }
    }
}

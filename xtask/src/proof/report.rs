//! What a part found: its counts, and the control without which nothing is called proved. The table of `docs/proof.md`.

use std::{
    fmt::Write as _,
    fs,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    time::Duration,
};

use crate::{process, root};

/// How a part ended that did not fail.
pub enum Outcome {
    /// It did what it says.
    Done(Proved),
    /// This machine lacks something: why.
    NotRun(String),
}

/// What a part counted, and its control.
pub struct Proved {
    /// Numbers and what they are of.
    pub counts: String,
    /// Without one the part held, but nothing is proved.
    pub control: Option<Control>,
}

/// A fault that was planted, and found. Only [`Control::found`] and [`test`] make one.
pub struct Control(String);

impl Control {
    /// The evidence, where the fault was found.
    ///
    /// # Errors
    /// The fault, where it was not.
    pub fn found(fault: &str, is_found: bool) -> Result<Self, String> {
        if is_found { Ok(Self(fault.to_owned())) } else { Err(format!("the control was not found: {fault}")) }
    }
}

impl Outcome {
    /// Proved, with what was counted and the control.
    pub fn proved(counts: impl Into<String>, control: Control) -> Self {
        Self::Done(Proved { counts: counts.into(), control: Some(control) })
    }

    /// Without a control.
    pub fn held(counts: impl Into<String>) -> Self {
        Self::Done(Proved { counts: counts.into(), control: None })
    }

    /// The same, with this before what was counted.
    #[must_use]
    pub fn from(self, where_from: &str) -> Self {
        match self {
            Self::Done(proved) => {
                Self::Done(Proved { counts: format!("{where_from}: {}", proved.counts), ..proved })
            }
            not_run => not_run,
        }
    }

    /// In words.
    pub fn text(&self) -> String {
        let [result, counts, control] = self.cells();
        let control = if control.is_empty() { control } else { format!(" (control: {control})") };
        format!("{result}: {counts}{control}")
    }

    /// Result, counts, control.
    fn cells(&self) -> [String; 3] {
        match self {
            Self::Done(Proved { counts, control: Some(Control(control)) }) => {
                ["proved".to_owned(), counts.clone(), control.clone()]
            }
            Self::Done(Proved { counts, control: None }) => {
                ["held, without a control".to_owned(), counts.clone(), String::new()]
            }
            Self::NotRun(why) => ["not run".to_owned(), why.clone(), String::new()],
        }
    }
}

/// Runs a test program, repeats what it prints, and keeps what follows these words: `counted:` and `control found:`.
///
/// # Errors
/// Where it fails, or names no control.
pub(super) fn test(command: &mut Command) -> Result<Outcome, String> {
    let name = process::words(command);
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|error| format!("{name}: {error}"))?;
    let (mut counts, mut controls) = (Vec::new(), Vec::new());
    for line in
        child.stdout.take().into_iter().flat_map(|pipe| BufReader::new(pipe).lines()).map_while(Result::ok)
    {
        println!("{line}");
        // The name of a test may stand before what it prints.
        let after = |words: &str| line.split_once(words).map(|(_, rest)| rest.trim().to_owned());
        counts.extend(after("counted: "));
        controls.extend(after("control found: "));
    }
    let status = child.wait().map_err(|error| format!("{name}: {error}"))?;
    if !status.success() {
        return Err(format!("{name} ended with {status}"));
    }
    if controls.is_empty() {
        return Err(format!("{name} names no control"));
    }
    Ok(Outcome::proved(counts.join("; "), Control(controls.join("; "))))
}

/// What stands above the rows.
const HEAD: &str = "# What was proved\n\nEach row is written by the last run of `cargo xtask proof PART`. \"Proved\" wants a control: a fault that is planted and that the part must find.\n\n| part | result | counted | control | time | what it does |\n|---|---|---|---|---|---|\n";

/// Writes the row of a part; the others stay.
pub(super) fn write(name: &str, about: &str, outcome: &Outcome, took: Duration) -> Result<(), String> {
    let path = root().join("docs/proof.md");
    let before = fs::read_to_string(&path).unwrap_or_default();
    let begin = format!("| {name} |");
    let mut rows: Vec<String> = before
        .lines()
        .skip_while(|line| !line.starts_with("|---"))
        .skip(1)
        .filter(|line| line.starts_with('|') && !line.starts_with(&begin))
        .map(str::to_owned)
        .collect();
    let [result, counts, control] = outcome.cells().map(|cell| cell.replace('|', "/"));
    rows.push(format!("{begin} {result} | {counts} | {control} | {} s | {about} |", took.as_secs()));
    rows.sort();
    let mut text = HEAD.to_owned();
    for row in rows {
        let _ = writeln!(text, "{row}");
    }
    fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
}

//! BoringSSL's test runner at a shim on `tls12`: thousands of servers that break one rule each, whole and with one byte at a time.
//!
//! The runner is Go from a source package of Debian, which Debian's own Go builds without a network. What is out of scope and what is
//! answered otherwise on purpose stands in `tests/bogo/answers.txt` with its reason.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::report::{Control, Outcome};
use crate::{
    debian,
    install::{self, GO, GO_CRYPTO, XZ},
    process,
    progress::Progress,
    root, target,
};

/// The source package, and the folder of its archive.
const PACKAGE: &str = "android-platform-external-boringssl";

/// What the runner's Go sources import.
const IMPORT: &str = "boringssl.googlesource.com/boringssl";

/// Whether this machine has what it takes; a machine without it is no failure.
pub(super) fn prove(progress: &Progress) -> Result<Outcome, String> {
    if let Err(text) = install::install(&[GO, GO_CRYPTO, XZ], progress) {
        return Ok(Outcome::NotRun(text));
    }
    let folder = target().join("proof/bogo");
    let sources = match progress.during("fetching BoringSSL's runner", || fetch(&folder)) {
        Ok(sources) => sources,
        Err(text) => return Ok(Outcome::NotRun(text)),
    };
    let runner = progress.during("building it", || build(&folder, &sources))?;
    let mut shim = Command::new("cargo");
    shim.current_dir(root()).args(["build", "--quiet", "--package", "tests", "--bin", "bogo_shim"]);
    process::run(&mut shim)?;
    let bench = Bench { folder, sources, runner };
    let answers = Answers::read()?;
    // The planted fault: a client that calls every failure a success and sends no alert.
    let planted = bench.run("GarbageCertificate-Client-TLS12", &[("BOGO_FAULT", "1")])?;
    let is_found = planted.results.values().any(|result| *result == Verdict::Failed);
    let control = Control::found("a client that calls every failure a success and sends no alert", is_found)?;
    let whole = progress.during("every test", || bench.run("", &[]))?;
    let sorted = answers.sort(&whole)?;
    let bytes = progress.during("every test, byte by byte", || bench.run("", &[("BOGO_PIECE", "1")]))?;
    let again = answers.sort(&bytes)?;
    fs::write(root().join("docs/bogo.md"), table(&answers, &whole, &sorted))
        .map_err(|error| error.to_string())?;
    let counts = format!(
        "{} tests: {} passed and {} answered otherwise on purpose, whole and byte by byte ({} and {}); {} of another scope",
        whole.results.len(),
        sorted.passed,
        sorted.otherwise,
        again.passed,
        again.otherwise,
        whole.results.len().saturating_sub(sorted.passed).saturating_sub(sorted.otherwise)
    );
    Ok(Outcome::proved(counts, control))
}

/// What the source package brings, unpacked: the folder of BoringSSL itself.
fn fetch(folder: &Path) -> Result<PathBuf, String> {
    let sources = |folder: &Path| -> Option<PathBuf> {
        let mut entries = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path().join("src"));
        entries.find(|path| path.join("ssl/test/runner").is_dir())
    };
    if let Some(found) = sources(folder) {
        return Ok(found);
    }
    process::fresh_folder(folder)?;
    debian::source(folder, debian::RELEASE, PACKAGE)?;
    sources(folder).ok_or_else(|| format!("{PACKAGE} has no runner"))
}

/// The runner, as Go's tests are built.
fn build(folder: &Path, sources: &Path) -> Result<PathBuf, String> {
    let runner = folder.join("runner");
    if runner.exists() {
        return Ok(runner);
    }
    // Go finds what a program imports below a path's `src`; Debian's Go packages are there already.
    let path = folder.join("gopath");
    let link = path.join("src").join(IMPORT);
    fs::create_dir_all(link.parent().unwrap_or(folder)).map_err(|error| error.to_string())?;
    let _ = fs::remove_file(&link);
    std::os::unix::fs::symlink(sources, &link).map_err(|error| error.to_string())?;
    let mut go = Command::new("go");
    go.current_dir(link.join("ssl/test/runner")).env("GO111MODULE", "off").env("GOFLAGS", "");
    go.env("GOCACHE", folder.join("gocache"));
    go.env("GOPATH", format!("{}:/usr/share/gocode", path.display()));
    process::output(go.args(["test", "-c", "-o"]).arg(&runner).arg("."))?;
    Ok(runner)
}

/// The runner and the shim.
struct Bench {
    folder: PathBuf,
    sources: PathBuf,
    runner: PathBuf,
}

/// What the runner says of a test.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Passed,
    Failed,
    /// An option that the shim does not have.
    Unimplemented,
}

/// A run of it.
struct Run {
    results: BTreeMap<String, Verdict>,
    /// Options that the shim does not have, and how often each was asked for.
    options: BTreeMap<String, usize>,
    /// Everything that was printed.
    text: String,
}

impl Bench {
    fn run(&self, tests: &str, environment: &[(&str, &str)]) -> Result<Run, String> {
        let options = self.folder.join("options");
        let _ = fs::remove_file(&options);
        let mut command = Command::new(&self.runner);
        command.current_dir(self.sources.join("ssl/test/runner")).env("BOGO_OPTIONS", &options);
        command.envs(environment.iter().copied()).arg("-shim-path").arg(target().join("debug/bogo_shim"));
        // A busy machine fails no test.
        command.args([
            "-allow-unimplemented",
            "-loose-errors",
            "-pipe",
            "-num-workers",
            "4",
            "-idle-timeout",
            "60s",
        ]);
        if !tests.is_empty() {
            command.args(["-test", tests]);
        }
        let output = command.output().map_err(|error| format!("{}: {error}", process::words(&command)))?;
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        let mut results = BTreeMap::new();
        for line in text.lines() {
            for (word, verdict) in [
                ("PASSED (", Verdict::Passed),
                ("FAILED (", Verdict::Failed),
                ("UNIMPLEMENTED (", Verdict::Unimplemented),
            ] {
                if let Some(name) = line.strip_prefix(word).and_then(|rest| rest.strip_suffix(')')) {
                    results.insert(name.to_owned(), verdict);
                }
            }
        }
        if results.is_empty() {
            return Err(format!("the runner ran nothing:\n{text}"));
        }
        let mut asked = BTreeMap::new();
        for option in fs::read_to_string(&options).unwrap_or_default().lines() {
            let count: &mut usize = asked.entry(option.to_owned()).or_default();
            *count = count.saturating_add(1);
        }
        Ok(Run { results, options: asked, text })
    }
}

/// The three lists of `answers.txt`: option or pattern, and why.
struct Answers {
    options: Vec<(String, String)>,
    scope: Vec<(String, String)>,
    otherwise: Vec<(String, String)>,
}

/// How many tests were what.
struct Sorted {
    passed: usize,
    otherwise: usize,
    /// Of each pattern of another scope.
    scope: BTreeMap<String, usize>,
}

impl Answers {
    fn read() -> Result<Self, String> {
        let path = root().join("tests/bogo/answers.txt");
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let list = |heading: &str| -> Vec<(String, String)> {
            let lines = text.lines().skip_while(|line| *line != format!("[{heading}]")).skip(1);
            lines
                .take_while(|line| !line.starts_with('['))
                .filter_map(|line| line.split_once(" | "))
                .map(|(pattern, why)| (pattern.to_owned(), why.to_owned()))
                .collect()
        };
        Ok(Self { options: list("options"), scope: list("scope"), otherwise: list("otherwise") })
    }

    /// Holds each result against the lists, and the lists against the results.
    fn sort(&self, run: &Run) -> Result<Sorted, String> {
        let mut sorted = Sorted { passed: 0, otherwise: 0, scope: BTreeMap::new() };
        let (mut faults, mut met) = (Vec::new(), BTreeSet::new());
        for (name, verdict) in &run.results {
            let matching = |list: &[(String, String)]| -> Option<String> {
                list.iter().find(|(pattern, _)| is_match(pattern, name)).map(|(pattern, _)| pattern.clone())
            };
            if *verdict == Verdict::Unimplemented {
                continue;
            }
            if let Some(pattern) = matching(&self.scope) {
                let count = sorted.scope.entry(pattern.clone()).or_default();
                *count = count.saturating_add(1);
                met.insert(pattern);
                continue;
            }
            match (verdict, matching(&self.otherwise)) {
                (Verdict::Passed, None) => sorted.passed = sorted.passed.saturating_add(1),
                (Verdict::Passed, Some(pattern)) => {
                    faults.push(format!("{name} passes, and {pattern} is listed"))
                }
                (_, Some(pattern)) => {
                    sorted.otherwise = sorted.otherwise.saturating_add(1);
                    met.insert(pattern);
                }
                (_, None) => faults.push(said(&run.text, name)),
            }
        }
        for (pattern, _) in self.scope.iter().chain(&self.otherwise) {
            if !met.contains(pattern) {
                faults.push(format!("{pattern} is listed, and no test meets it"));
            }
        }
        let listed: BTreeSet<&str> = self.options.iter().map(|(option, _)| option.as_str()).collect();
        for option in run.options.keys().filter(|option| !listed.contains(option.as_str())) {
            faults.push(format!("the option {option} is not listed"));
        }
        for option in listed.iter().filter(|option| !run.options.contains_key(**option)) {
            faults.push(format!("the option {option} is listed, and nothing asks for it"));
        }
        if faults.is_empty() { Ok(sorted) } else { Err(faults.join("\n")) }
    }
}

/// Whether a name fits a pattern, in which `*` stands for anything.
fn is_match(pattern: &str, name: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else { return pattern == name };
    let Some(rest) = name.strip_prefix(before) else { return false };
    // As little as possible for each star, and all the rest for the last.
    (0..=rest.len()).filter_map(|at| rest.get(at..)).any(|rest| is_match(after, rest))
}

/// What the runner printed of a test that failed.
fn said(text: &str, name: &str) -> String {
    let (_, after) = text.split_once(&format!("FAILED ({name})")).unwrap_or_default();
    let end =
        ["\nPASSED (", "\nFAILED (", "\nUNIMPLEMENTED ("].iter().filter_map(|word| after.find(word)).min();
    format!("{name}: {}", after.get(..end.unwrap_or(after.len())).unwrap_or_default().trim())
}

/// `docs/bogo.md`.
fn table(answers: &Answers, run: &Run, sorted: &Sorted) -> String {
    let mut text = format!(
        "# BoringSSL's test runner\n\nWritten by `cargo xtask proof bogo`: the runner of Debian's package `{PACKAGE}` at `tests/src/bin/bogo_shim.rs`, a client on `tls12`, every test\n\
         whole and byte by byte. {} tests: {} passed, {} are answered otherwise on purpose, the others are of another scope. A test that fails without being listed is a\n\
         failure of the command, and so is one that is listed and passes. The lists are `tests/bogo/answers.txt`.\n\n## Answered otherwise\n\n| test | why |\n|---|---|\n",
        run.results.len(),
        sorted.passed,
        sorted.otherwise
    );
    for (pattern, why) in &answers.otherwise {
        let _ = writeln!(text, "| {pattern} | {why} |");
    }
    text +=
        "\n## Of another scope, by the option that asks for it\n\n| option | tests | why |\n|---|---|---|\n";
    for (option, why) in &answers.options {
        let _ = writeln!(text, "| {option} | {} | {why} |", run.options.get(option).copied().unwrap_or(0));
    }
    text += "\n## Of another scope, by name\n\n| pattern | tests | why |\n|---|---|---|\n";
    for (pattern, why) in &answers.scope {
        let _ = writeln!(text, "| {pattern} | {} | {why} |", sorted.scope.get(pattern).copied().unwrap_or(0));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::is_match;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, name, fits) in [
            ("A", "A", true),
            ("A", "AB", false),
            ("*-TLS1", "X-TLS1", true),
            ("*-TLS1", "X-TLS12", false),
            ("*-TLS1-*", "X-TLS1-Y", true),
            ("*B*D", "ABCD", true),
            ("*B*D", "ABCDE", false),
        ] {
            assert_eq!(is_match(pattern, name), fits, "{pattern} {name}");
        }
    }
}

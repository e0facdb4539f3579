//! The crates as the registry would have them: packed, and built from what was packed; and with the oldest Rust that they promise.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{process, progress::Progress, root, target};

/// The folders of the libraries and their names on the registry, in the order in which they are published.
///
/// A bare `status`, `accel`, `x509` or `mqtt` is somebody else's there, so that the packages have a prefix; in code the libraries
/// keep their short names.
pub const LIBRARIES: [(&str, &str); 6] = [
    ("status", "tls12-status"),
    ("accel", "tls12-accel"),
    ("x509", "tls12-x509"),
    ("tls12", "tls12"),
    ("mqtt", "mqtts-mqtt"),
    ("mqtts", "mqtts"),
];

/// The program, which is published behind the libraries.
const PROGRAM: (&str, &str) = ("cli", "mqtts-cli");

/// What stands in every manifest, as it is written there.
const FIELDS: [&str; 6] = ["description", "license", "rust-version", "readme", "keywords", "categories"];

/// The first cargo that packs crates together which depend on each other and are not published.
const FIRST_CARGO: (u32, u32) = (1, 90);

/// What `--help` prints.
pub const HELP: &str = "\
Packs every crate for the registry, builds the libraries from their packages in the order in which they are published, and builds them
with the oldest Rust that they promise, where rustup has it. Publishes nothing.

Usage: cargo xtask packages
";

/// Runs the command.
///
/// # Errors
/// The names of the steps that failed.
pub fn run(arguments: &[&str]) -> Result<(), String> {
    if !arguments.is_empty() {
        return Err(format!("cargo xtask packages: unknown arguments {}", arguments.join(" ")));
    }
    let mut progress = Progress::default();
    progress.step(STEP, check);
    progress.step(OLDEST, oldest_rust);
    progress.finish()
}

/// The names of the two steps.
pub const STEP: &str = "packages for the registry";
/// See [`STEP`].
pub const OLDEST: &str = "the oldest Rust that is promised";

/// Packs every library, and builds each from its package, offline where all is there already.
///
/// # Errors
/// What a manifest lacks; what cargo warns of or fails with.
pub fn check(progress: &Progress) -> Result<(), String> {
    let mut faults = Vec::new();
    for (folder, package) in LIBRARIES.into_iter().chain([PROGRAM]) {
        let file = root().join(folder).join("Cargo.toml");
        let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        faults
            .extend(lacking(&text, package).into_iter().map(|fault| format!("{folder}/Cargo.toml: {fault}")));
    }
    if !faults.is_empty() {
        return Err(faults.join("\n"));
    }
    let version = process::output(Command::new("cargo").arg("--version"))?;
    if version_of(&version).is_none_or(|version| version < FIRST_CARGO) {
        progress.say(&format!(
            "cargo package: not run, as {} cannot pack crates together; {}.{} can",
            version.trim(),
            FIRST_CARGO.0,
            FIRST_CARGO.1
        ));
        return Ok(());
    }
    forget()?;
    pack(&LIBRARIES.map(|(_, package)| package), true)?;
    // Only packed: what it would be built from are the libraries above and the lock file that every other build uses.
    pack(&[PROGRAM.1], false)?;
    progress.say("every library was packed and built from its package");
    Ok(())
}

/// Runs `cargo package`, which has nothing to warn of.
fn pack(packages: &[&str], builds: bool) -> Result<(), String> {
    let mut command = Command::new("cargo");
    command.current_dir(root()).args(["package", "--allow-dirty", "--target-dir"]).arg(folder());
    if !builds {
        command.arg("--no-verify");
        packages_of(&mut command, &LIBRARIES.map(|(_, package)| package));
    }
    packages_of(&mut command, packages);
    let output = command.output().map_err(|error| format!("cargo package cannot be started: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let warns = |line: &str| line.starts_with("warning") && !line.contains("spurious network error");
    if output.status.success() && !said.lines().any(warns) {
        return Ok(());
    }
    Err(format!("{} ended with {}:\n{said}", process::words(&command), output.status))
}

/// Where packages are built: a folder of its own, as [`forget`] reaches into it.
fn folder() -> PathBuf {
    target().join("registry")
}

/// Removes what an earlier run has left of our packages. A registry's package never changes under the same version, so that cargo looks neither
/// at its sources nor at what it was built to again; ours are packed anew each time.
fn forget() -> Result<(), String> {
    let manifest = root().join("Cargo.toml");
    let text = fs::read_to_string(&manifest).map_err(|error| format!("{}: {error}", manifest.display()))?;
    let version = value(&text, "version").ok_or("Cargo.toml has no version")?;
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cargo")));
    // `registry/src` has a folder for each registry, and that one a folder for each package.
    let sources = home.map(|home| home.join("registry/src"));
    for registry in sources.iter().flat_map(fs::read_dir).flatten().flatten() {
        for (_, package) in LIBRARIES {
            remove(&registry.path().join(format!("{package}-{version}")))?;
        }
    }
    let fingerprints = folder().join("debug/.fingerprint");
    for entry in fs::read_dir(&fingerprints).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if LIBRARIES.iter().any(|(_, package)| name.starts_with(&format!("{package}-"))) {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

fn remove(folder: &Path) -> Result<(), String> {
    if !folder.is_dir() {
        return Ok(());
    }
    fs::remove_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))
}

fn packages_of(command: &mut Command, packages: &[&str]) {
    for package in packages {
        command.args(["-p", package]);
    }
}

/// Builds the libraries with all features by the Rust that their `rust-version` names, where rustup has it.
///
/// # Errors
/// What that compiler says.
pub fn oldest_rust(progress: &Progress) -> Result<(), String> {
    let manifest = root().join("Cargo.toml");
    let text = fs::read_to_string(&manifest).map_err(|error| format!("{}: {error}", manifest.display()))?;
    let oldest = value(&text, "rust-version").ok_or("Cargo.toml has no rust-version")?;
    let installed = process::output(Command::new("rustup").args(["toolchain", "list"])).unwrap_or_default();
    if !installed.lines().any(|line| has_toolchain(line, oldest)) {
        progress.say(&format!(
            "not run: Rust {oldest} is not installed (`rustup toolchain install {oldest} --profile minimal`); clippy has looked for newer functions"
        ));
        return Ok(());
    }
    let mut command = Command::new("cargo");
    command.arg(format!("+{oldest}")).current_dir(root()).env("CARGO_TARGET_DIR", target().join("oldest"));
    command.args(["check", "--quiet"]);
    for (folder, package) in LIBRARIES {
        command.args(["-p", package]);
        let file = root().join(folder).join("Cargo.toml");
        let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        for feature in features(&text).filter(|feature| *feature != WITH_NEWER_RUST) {
            command.args(["--features", &format!("{package}/{feature}")]);
        }
    }
    process::run(&mut command)
}

/// A feature of `mqtts` that needs a newer Rust than the library: smoltcp 0.13, below embassy-net 0.9, asks for 1.91.
const WITH_NEWER_RUST: &str = "embassy-net";

/// The names of a manifest's features.
pub(crate) fn features(manifest: &str) -> impl Iterator<Item = &str> {
    let section = manifest.split_once("\n[features]\n").map_or("", |(_, section)| section);
    let section = section.split("\n[").next().unwrap_or_default();
    let names = section.lines().filter_map(|line| line.split_once(" = [").map(|(name, _)| name));
    names.filter(|name| *name != "default")
}

/// What a manifest lacks.
fn lacking(manifest: &str, package: &str) -> Vec<String> {
    let mut faults: Vec<String> = FIELDS
        .iter()
        .filter(|field| !manifest.lines().any(|line| is_field(line, field)))
        .map(|field| format!("no {field}"))
        .collect();
    if value(manifest, "name") != Some(package) {
        faults.push(format!("the package's name is not {package}"));
    }
    if !manifest.contains("documentation = \"https://docs.rs/") {
        faults.push("no documentation".to_owned());
    }
    let is_library = LIBRARIES.iter().any(|(_, library)| *library == package);
    if is_library && !manifest.contains("[package.metadata.docs.rs]\nall-features = true\n") {
        faults.push("docs.rs is not told to document all features".to_owned());
    }
    faults
}

/// Whether a line sets a field, itself or by the workspace.
fn is_field(line: &str, field: &str) -> bool {
    line.strip_prefix(field).is_some_and(|rest| rest.starts_with(" = ") || rest == ".workspace = true")
}

/// The first value of a name, without its quotation marks.
fn value<'t>(manifest: &'t str, name: &str) -> Option<&'t str> {
    let line = manifest.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = "))?;
    Some(line.trim_matches('"'))
}

/// Major and minor version in `cargo 1.95.0 (…)`.
fn version_of(said: &str) -> Option<(u32, u32)> {
    let mut numbers = said.split_whitespace().nth(1)?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// Whether a line of `rustup toolchain list` is a version: `1.89-x86_64-…` or `1.89.0-x86_64-…`.
fn has_toolchain(line: &str, version: &str) -> bool {
    let rest = line.strip_prefix(version).unwrap_or_default();
    rest.starts_with('-') || rest.starts_with(".0-")
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "[package]\nname = \"tls12\"\ndescription = \"x\"\nlicense.workspace = true\nrust-version.workspace = true\n\
                         readme = \"README.md\"\nkeywords = []\ncategories = []\ndocumentation = \"https://docs.rs/tls12\"\n\
                         [package.metadata.docs.rs]\nall-features = true\n";

    #[test]
    fn what_a_manifest_lacks_is_found() {
        assert!(lacking(WHOLE, "tls12").is_empty());
        assert_eq!(lacking(&WHOLE.replace("readme = ", "# "), "tls12"), ["no readme"]);
        assert_eq!(lacking(&WHOLE.replace("keywords", "words"), "tls12"), ["no keywords"]);
        assert_eq!(lacking(&WHOLE.replace("all-features", "features"), "tls12").len(), 1);
        assert_eq!(lacking(WHOLE, "mqtts"), ["the package's name is not mqtts"]);
    }

    #[test]
    fn features_are_read() {
        let manifest = "[package]\nname = \"x\"\n\n[features]\ndefault = []\n# A word.\na-b = [\"dep:c\"]\nd = [\n    \"a-b\",\n]\n\n[dependencies]\ne = []\n";
        assert!(features(manifest).eq(["a-b", "d"]));
        assert_eq!(features("[package]\n").count(), 0);
    }

    #[test]
    fn versions_are_read() {
        assert_eq!(version_of("cargo 1.95.0 (f2d3ce0bd 2026-03-21)\n"), Some((1, 95)));
        assert!(has_toolchain("1.89-x86_64-unknown-linux-gnu", "1.89"));
        assert!(has_toolchain("1.89.0-x86_64-unknown-linux-gnu (active)", "1.89"));
        assert!(!has_toolchain("1.8-x86_64-unknown-linux-gnu", "1.89"));
        assert!(!has_toolchain("1.89.1-x86_64-unknown-linux-gnu", "1.89"));
    }
}

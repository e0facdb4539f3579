//! `cargo xtask bench`: our figures beside those of Mbed TLS 2.28 and BearSSL 0.6 on an emulated Cortex-M4, in one run.
//!
//! All sides are programs for QEMU's mps2-an386 that print `name<TAB>value`: `tests/bench/mbedtls` in C, compiled in the ways of
//! `Build`, `tests/bench/bearssl` in C, and `tests/bench/ours`, built in the profiles `fast` and `small`. Under `-icount shift=0` an instruction takes one nanosecond
//! of virtual time, so that the counts repeat exactly, whatever else the machine does. Instructions are not cycles.

mod bearssl;
mod host;
mod portable;
mod report;
mod targets;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    install::{self, Need},
    mcu::Route,
    process,
    progress::Progress,
    root, target,
};

/// What `--help` prints.
pub const HELP: &str = "\
Prints our instruction counts, sizes and memory beside those of Mbed TLS 2.28 and BearSSL 0.6, on an emulated Cortex-M4, and writes
docs/benchmarks.md.

Usage: cargo xtask bench [--json FILE]
       cargo xtask bench --host
       cargo xtask bench --portable

  --json FILE   writes the rows there too: name, ours, mbedtls_fast, mbedtls_drbg, mbedtls_small, bearssl,
                target
  --host        on this PC instead: the processor time of connections and megabytes of `mqtts` beside mosquitto_pub's and
                OpenSSL's, as ratios; writes nothing
  --portable    on a Cortex-M0 and a RISC-V instead, which have no assembly here: the primitives; writes nothing

Installs what is missing when run as root on Debian: gcc-arm-none-eabi, libnewlib-arm-none-eabi, qemu-system-arm, and a Rust that builds
for thumbv7em. The source of Mbed TLS comes with the crate mbedtls-sys-auto, that of BearSSL from Debian.
";

/// The emulator.
pub const QEMU: Need = Need { what: "qemu-system-arm", package: "qemu-system-arm" };
const NEEDS: [Need; 3] = [
    Need { what: "arm-none-eabi-gcc", package: "gcc-arm-none-eabi" },
    Need { what: "/usr/share/doc/libnewlib-arm-none-eabi", package: "libnewlib-arm-none-eabi" },
    QEMU,
];

/// The programs that run, and those that are only linked.
const PROGRAMS: [&str; 3] = ["primitives", "handshake", "suites"];
/// Those that count the slices of long work.
const SLICED: [&str; 2] = ["primitives", "handshake"];
const CLIENT: &str = "client";
const CLIENT_ALONE: &str = "client_alone";
/// What has nothing beside it.
const MQTT: &str = "mqtt";

/// A way to build Mbed TLS.
struct Build {
    name: &'static str,
    what: &'static str,
    flags: &'static [&'static str],
}

/// As a user sets it up who wants it fast; the same with its own generator, which other documents measure; and as small as its
/// documentation makes it. In each an allocator that does next to nothing.
const BUILDS: [Build; 3] = [
    Build { name: "mbedtls_fast", what: "-O2", flags: &["-O2", "-DBENCH_PLAIN_RANDOM"] },
    Build { name: "mbedtls_drbg", what: "-O2, CTR_DRBG", flags: &["-O2"] },
    Build {
        name: "mbedtls_small",
        what: "-Os, LTO, small tables",
        flags: &["-Os", "-flto", "-DBENCH_SMALL", "-DBENCH_PLAIN_RANDOM"],
    },
];

/// The most instructions between two returns to the device.
const MAX_SLICE: u64 = 200_000;

/// What one program printed.
type Rows = Vec<(String, u64)>;

/// Runs the command.
///
/// # Errors
/// What could not be installed, built or run.
pub fn run(arguments: &[&str]) -> Result<(), String> {
    let json = match arguments {
        [] => None,
        ["--json", file] => Some(PathBuf::from(file)),
        ["--host"] => return host::run(),
        ["--portable"] => return portable::run(),
        _ => {
            return Err(format!(
                "cargo xtask bench: unknown arguments {}; --help lists them",
                arguments.join(" ")
            ));
        }
    };
    let progress = Progress::default();
    install::install(&NEEDS, &progress)?;
    let route = Route::choose(&progress)?;
    let folder = target().join("bench");
    let flights = record(&folder, &progress)?;
    let mut sides = BTreeMap::new();
    for profile in PROFILES_COMPARED {
        progress.say(&format!("our side, profile {profile}"));
        sides.insert(profile, ours(route, profile, &flights)?);
    }
    for build in &BUILDS {
        progress.say(&format!("Mbed TLS, {}", build.what));
        sides.insert(build.name, mbedtls(build, &folder)?);
    }
    progress.say("BearSSL");
    match bearssl::rows(&folder) {
        Ok(rows) => drop(sides.insert(bearssl::NAME, rows)),
        Err(error) => progress.say(&format!("without BearSSL, whose source only Debian has: {error}")),
    }
    let rows = compare(&sides);
    print!("{}\n{}", report::table(&rows), report::targets(&rows));
    let document = root().join("docs/benchmarks.md");
    write(&document, &report::document(route, &rows)?)?;
    if let Some(file) = json {
        write(&file, &report::json(&rows))?;
    }
    let with_target: Vec<&Row> = rows.iter().filter(|row| row.target.is_some()).collect();
    let met = with_target.iter().filter(|row| !row.is_missed()).count();
    progress.say(&format!("{met} of {} targets met", with_target.len()));
    Ok(())
}

/// Our two profiles: opt-level 3, beside Mbed TLS at -O2, and s, beside the small one.
const PROFILES_COMPARED: [&str; 2] = ["fast", "small"];

/// The programs that look for a secret in a count, and how each of them ends, in every profile.
const CONSTANT: [(&str, &str); 3] =
    [("constant_time", "constant time\tok"), ("cbc_records", "cbc records\tok"), ("records", "records\tok")];
/// Opt-levels 3, s and z.
const PROFILES: [&str; 3] = ["fast", "small", "smallest"];

/// Runs what only the microcontroller's own code can prove: the assembly against what it stands for, and that no secret changes a
/// number of instructions, at three opt-levels: keys, messages and blinding factors of signatures, keys and data of ciphers and
/// records, padding and faults of CBC records. The programs of the comparison run too: no slice of their work is longer than it may
/// be.
///
/// # Errors
/// What could not be installed or built, or what the programs found.
pub fn prove(route: Route, progress: &Progress) -> Result<(), String> {
    install::install(&[QEMU], progress)?;
    run_to(route, "fast", "kernel", "kernel\tok", progress)?;
    for profile in PROFILES {
        for (program, last) in CONSTANT {
            run_to(route, profile, program, last, progress)?;
        }
    }
    let flights = record(&target().join("bench"), progress)?;
    let flights = [("BENCH_FLIGHTS", flights.as_path())];
    build(route, "fast", CLIENT, &flights)?;
    for program in PROGRAMS {
        let printed = emulate(&build(route, "fast", program, &flights)?)?;
        let rows = read(&printed);
        if rows.is_empty() {
            return Err(format!("{program} has counted nothing:\n{printed}"));
        }
        let longest =
            rows.iter().filter(|(name, _)| name.contains("longest")).max_by_key(|(_, count)| *count);
        match longest {
            Some((name, count)) if *count > MAX_SLICE => {
                return Err(format!("{name} has {count} instructions, of at most {MAX_SLICE}"));
            }
            Some((name, count)) => progress.say(&format!("{program}: ok; {name}: {count} instructions")),
            None if SLICED.contains(&program) => {
                return Err(format!("{program} has counted no slices:\n{printed}"));
            }
            None => progress.say(&format!("{program}: ok; {} rows", rows.len())),
        }
    }
    Ok(())
}

/// Runs a program whose last line says that it found nothing.
fn run_to(route: Route, profile: &str, program: &str, last: &str, progress: &Progress) -> Result<(), String> {
    let printed = emulate_at(&build(route, profile, program, &[])?, FINE)?;
    if printed.lines().next_back() != Some(last) {
        return Err(format!("{program} ({profile}) has not come to its end:\n{printed}"));
    }
    progress.say(&format!("{program} ({profile}): ok"));
    Ok(())
}

/// What a server says in each handshake, recorded anew.
fn record(folder: &Path, progress: &Progress) -> Result<PathBuf, String> {
    let flights = folder.join("flights");
    progress.say("recording the server's flights");
    let mut record = Command::new("cargo");
    record
        .current_dir(root())
        .args(["run", "--quiet", "-p", "tests", "--bin", "record_flights"])
        .arg(&flights);
    process::run(&mut record)?;
    Ok(flights)
}

/// A row of the comparison.
struct Row {
    name: String,
    ours: Option<u64>,
    /// In the order of [`BUILDS`].
    mbedtls: [Option<u64>; 3],
    bearssl: Option<u64>,
    target: Option<u64>,
}

impl Row {
    fn is_missed(&self) -> bool {
        !matches!((self.ours, self.target), (Some(ours), Some(target)) if ours <= target)
    }

    /// Mbed TLS's figure in the build that is meant for what this profile is meant for.
    fn theirs(&self) -> Option<u64> {
        let [fast, _, small] = self.mbedtls;
        if self.name.starts_with("fast") { fast } else { small }
    }
}

fn ours(route: Route, profile: &str, flights: &Path) -> Result<Rows, String> {
    let flights = [("BENCH_FLIGHTS", flights)];
    let mut rows = Rows::new();
    for program in PROGRAMS.into_iter().chain([MQTT]) {
        rows.extend(read(&emulate(&build(route, profile, program, &flights)?)?));
    }
    for (program, name) in [(CLIENT_ALONE, "TLS client alone"), (CLIENT, "client with MQTT and texts")] {
        rows.extend(sizes(&build(route, profile, program, &flights)?, name)?);
    }
    Ok(rows)
}

/// Builds one of our programs.
fn build(route: Route, profile: &str, program: &str, variables: &[(&str, &Path)]) -> Result<PathBuf, String> {
    let mut command = route.build(profile);
    command.current_dir(root().join("tests/bench/ours")).envs(variables.iter().copied());
    process::run(command.args(["--quiet", "--bin", program]))?;
    Ok(crate::mcu::folder().join(route.target()).join(profile).join(program))
}

/// Builds one of our programs in the profile `fast` for a target that rustup has.
fn build_for(target: &str, program: &str) -> Result<PathBuf, String> {
    let mut command = Command::new("cargo");
    command.current_dir(root().join("tests/bench/ours")).env("CARGO_TARGET_DIR", crate::mcu::folder());
    process::run(command.args([
        "build",
        "--quiet",
        "--profile",
        "fast",
        "--target",
        target,
        "--bin",
        program,
    ]))?;
    Ok(crate::mcu::folder().join(target).join("fast").join(program))
}

fn mbedtls(build: &Build, folder: &Path) -> Result<Rows, String> {
    let source = mbedtls_source()?;
    let mut rows = Rows::new();
    for program in PROGRAMS {
        rows.extend(read(&emulate(&compile(&source, build, program, folder)?)?));
    }
    rows.extend(sizes(&compile(&source, build, CLIENT, folder)?, "TLS client alone")?);
    Ok(rows)
}

/// Where the registry has put the C source that `tests/bench/mbedtls` depends on.
fn mbedtls_source() -> Result<PathBuf, String> {
    let mut command = Command::new("cargo");
    command.current_dir(root()).args(["metadata", "--format-version", "1", "--manifest-path"]);
    let metadata = process::output(command.arg("tests/bench/mbedtls/Cargo.toml"))?;
    let manifest = metadata
        .split('"')
        .find(|text| text.contains("mbedtls-sys-auto-") && text.ends_with("Cargo.toml"))
        .ok_or("the crate mbedtls-sys-auto is not in the metadata of tests/bench/mbedtls")?;
    Ok(Path::new(manifest).with_file_name("vendor"))
}

fn compile(source: &Path, build: &Build, program: &str, folder: &Path) -> Result<PathBuf, String> {
    let here = root().join("tests/bench/mbedtls");
    let elf = folder.join(format!("{}-{program}.elf", build.name));
    let library =
        fs::read_dir(source.join("library")).map_err(|error| format!("{}: {error}", source.display()))?;
    let mut files: Vec<PathBuf> = library.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "c"));
    files.sort();
    let mut command = gcc();
    command.args(build.flags).arg("-DMBEDTLS_CONFIG_FILE=\"bench_config.h\"");
    if matches!(program, "handshake" | "suites") {
        command.arg("-DBENCH_SERVER").arg(here.join("play.c"));
    }
    command.arg("-I").arg(&here).arg("-I").arg(source.join("include")).args(&files);
    command.arg(here.join("support.c")).arg(here.join(format!("{program}.c")));
    link(&mut command, &elf)?;
    Ok(elf)
}

/// The C compiler for the emulated processor.
fn gcc() -> Command {
    let mut command = Command::new("arm-none-eabi-gcc");
    command.args(["-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16", "-w"]);
    command.args(["-ffunction-sections", "-fdata-sections"]);
    command
}

/// Adds the board and the files, and links a program.
fn link(command: &mut Command, elf: &Path) -> Result<(), String> {
    let board = root().join("tests/bench/board");
    command.args(["-Wl,--gc-sections", "-nostartfiles", "--specs=nano.specs", "--specs=nosys.specs"]);
    command.arg("-I").arg(&board).arg("-I").arg(root().join("vectors/tls12"));
    command.arg("-T").arg(board.join("link.ld")).arg(board.join("board.c")).arg(board.join("files.S"));
    process::output(command.arg("-o").arg(elf)).map(drop)
}

/// Runs a program on the emulated microcontroller: what it printed.
///
/// # Errors
/// What it printed, when it fails.
pub fn emulate(elf: &Path) -> Result<String, String> {
    emulate_at(elf, "shift=0")
}

/// An instruction takes 32 nanoseconds: a tick of the counter, which is 40 instructions otherwise, is one and a quarter. What looks for a
/// secret in a count would not see a few instructions else.
const FINE: &str = "shift=5";

fn emulate_at(elf: &Path, time: &str) -> Result<String, String> {
    let mut command = Command::new("qemu-system-arm");
    command.args(["-M", "mps2-an386", "-nographic", "-icount", time]);
    command.args(["-semihosting-config", "enable=on,target=native", "-kernel"]).arg(elf);
    let finished = process::finish(&command, std::time::Duration::from_secs(600))?;
    // Semihosting writes to standard error in one version and to standard output in another.
    let printed = format!("{}{}", finished.output, finished.errors);
    if finished.success { Ok(printed) } else { Err(format!("{} failed:\n{printed}", elf.display())) }
}

/// The rows among printed lines.
fn read(printed: &str) -> Rows {
    let row = |line: &str| {
        let (name, value) = line.split_once('\t')?;
        Some((name.to_owned(), value.trim().parse().ok()?))
    };
    printed.lines().filter_map(row).collect()
}

/// What a linked client takes of flash, and of RAM before it runs.
fn sizes(elf: &Path, name: &str) -> Result<Rows, String> {
    let printed = process::output(Command::new("arm-none-eabi-size").arg(elf))?;
    let numbers = printed.lines().nth(1).unwrap_or_default().split_whitespace();
    let numbers: Vec<u64> = numbers.take(3).filter_map(|number| number.parse().ok()).collect();
    let [text, data, zeros] = *numbers else { return Err(format!("arm-none-eabi-size printed {printed}")) };
    Ok(vec![
        (format!("text and data, {name}, bytes"), text.saturating_add(data)),
        (format!("static RAM, {name}, bytes"), data.saturating_add(zeros)),
    ])
}

fn compare(sides: &BTreeMap<&str, Rows>) -> Vec<Row> {
    let find = |side: &str, name: &str| {
        let rows = sides.get(side).into_iter().flatten();
        rows.into_iter().find(|(found, _)| found == name).map(|(_, value)| *value)
    };
    let mut compared = Vec::new();
    for profile in PROFILES_COMPARED {
        let mut names: Vec<&String> = Vec::new();
        for side in [profile, "mbedtls_fast"] {
            for (name, _) in sides.get(side).into_iter().flatten() {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        for name in names {
            let full = format!("{profile}: {name}");
            compared.push(Row {
                ours: find(profile, name),
                mbedtls: BUILDS.each_ref().map(|build| find(build.name, name)),
                bearssl: find(bearssl::NAME, name),
                target: targets::of(&full),
                name: full,
            });
        }
    }
    compared
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

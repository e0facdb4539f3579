//! `cargo xtask bench`: our figures beside Mbed TLS 2.28's on an emulated Cortex-M4, in one run.
//!
//! Both sides are programs for QEMU's mps2-an386 that print `name<TAB>value`: `tests/bench/mbedtls` in C, compiled at -O2 and -Os,
//! and `tests/bench/ours`, built in the profiles `fast` and `small`. Under `-icount shift=0` an instruction takes one nanosecond
//! of virtual time, so that the counts repeat exactly, whatever else the machine does. Instructions are not cycles.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
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
Prints our instruction counts, sizes and memory beside Mbed TLS 2.28's, on an emulated Cortex-M4, and writes docs/benchmarks.md.

Usage: cargo xtask bench [--json FILE]

  --json FILE   writes the rows there too: name, ours, mbedtls_o2, mbedtls_os, target

Installs what is missing when run as root on Debian: gcc-arm-none-eabi, libnewlib-arm-none-eabi, qemu-system-arm, and a Rust that builds
for thumbv7em. The source of Mbed TLS comes with the crate mbedtls-sys-auto.
";

/// The emulator.
pub const QEMU: Need = Need { what: "qemu-system-arm", package: "qemu-system-arm" };
const NEEDS: [Need; 3] = [
    Need { what: "arm-none-eabi-gcc", package: "gcc-arm-none-eabi" },
    Need { what: "/usr/share/doc/libnewlib-arm-none-eabi", package: "libnewlib-arm-none-eabi" },
    QEMU,
];

/// The programs that run, the one that has nothing beside it, and the one that is only linked.
const PROGRAMS: [&str; 2] = ["primitives", "handshake"];
const MQTT: &str = "mqtt";
const CLIENT: &str = "client";

/// The most that a row may cost us, for those that have a target.
const TARGETS: [(&str, u64); 31] = [
    ("fast: RSA-2048 verify, cold", 350_000),
    ("fast: RSA-2048 encrypt, cold", 370_000),
    ("fast: RSA-4096 verify, cold", 1_300_000),
    ("fast: RSA-1024 sign, cold", 2_500_000),
    ("fast: RSA-2048 sign, cold", 12_000_000),
    ("fast: ECDSA P-256 verify", 1_600_000),
    ("fast: ECDSA P-384 verify", 4_500_000),
    ("fast: ECDSA P-521 verify", 12_000_000),
    ("fast: AES-128-CBC encrypt per KiB", 165_000),
    ("fast: AES-128-CBC decrypt per KiB", 110_000),
    ("fast: AES-128-GCM seal per KiB", 125_000),
    ("fast: AES-128-CCM seal per KiB", 170_000),
    ("fast: AES-256-CBC encrypt per KiB", 225_000),
    ("fast: AES-256-CBC decrypt per KiB", 150_000),
    ("fast: AES-256-GCM seal per KiB", 155_000),
    ("fast: AES-256-CCM seal per KiB", 230_000),
    ("fast: record write, 1 KiB", 160_000),
    ("fast: handshake, no verification", 1_000_000),
    ("fast: handshake, verification", 1_400_000),
    ("fast: handshake, client certificate 1024", 4_000_000),
    ("fast: handshake, client certificate 2048", 13_500_000),
    ("fast: handshake, resumed", 400_000),
    ("small: handshake, no verification", 1_300_000),
    ("small: handshake, verification", 1_800_000),
    ("small: handshake, client certificate 1024", 5_000_000),
    ("small: handshake, client certificate 2048", 16_000_000),
    ("small: handshake, resumed", 550_000),
    ("small: text and data of the linked client, bytes", 64 * 1024),
    ("small: RAM of a connection, all included, bytes", 16 * 1024),
    ("fast: longest slice of RSA-2048 sign, cold", MAX_SLICE),
    ("fast: longest slice of ECDSA P-256 verify", MAX_SLICE),
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
    for profile in ["fast", "small"] {
        progress.say(&format!("our side, profile {profile}"));
        sides.insert(profile, ours(route, profile, &flights)?);
    }
    for level in ["-O2", "-Os"] {
        progress.say(&format!("Mbed TLS, {level}"));
        sides.insert(level, mbedtls(level, &folder)?);
    }
    let rows = compare(&sides);
    print!("{}", table(&rows));
    let document = root().join("docs/benchmarks.md");
    write(&document, &report(route, &rows)?)?;
    if let Some(file) = json {
        write(&file, &as_json(&rows))?;
    }
    let missed = rows.iter().filter(|row| row.is_missed()).count();
    let with_target = rows.iter().filter(|row| row.target.is_some()).count();
    progress.say(&format!("{} of {with_target} targets met", with_target.saturating_sub(missed)));
    Ok(())
}

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
        let longest = read(&printed).into_iter().filter(|(name, _)| name.contains("longest"));
        let longest = longest.max_by_key(|(_, count)| *count);
        let (name, count) = longest.ok_or_else(|| format!("{program} has counted no slices:\n{printed}"))?;
        progress.say(&format!("{program}: ok; {name}: {count} instructions"));
        if count > MAX_SLICE {
            return Err(format!("{name} has {count} instructions, of at most {MAX_SLICE}"));
        }
    }
    Ok(())
}

/// Runs a program whose last line says that it found nothing.
fn run_to(route: Route, profile: &str, program: &str, last: &str, progress: &Progress) -> Result<(), String> {
    let printed = emulate(&build(route, profile, program, &[])?)?;
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
    mbedtls_o2: Option<u64>,
    mbedtls_os: Option<u64>,
    target: Option<u64>,
}

impl Row {
    fn is_missed(&self) -> bool {
        matches!((self.ours, self.target), (Some(ours), Some(target)) if ours > target)
    }

    /// Mbed TLS's figure by ours: at -O2 for the fast profile, at -Os for the small one.
    fn ratio(&self) -> String {
        let theirs = if self.name.starts_with("fast") { self.mbedtls_o2 } else { self.mbedtls_os };
        match (self.ours, theirs) {
            #[expect(clippy::cast_precision_loss, reason = "two digits are printed")]
            (Some(ours), Some(theirs)) if ours > 0 => format!("{:.2}", theirs as f64 / ours as f64),
            _ => String::new(),
        }
    }
}

fn ours(route: Route, profile: &str, flights: &Path) -> Result<Rows, String> {
    let flights = [("BENCH_FLIGHTS", flights)];
    let mut rows = Rows::new();
    for program in PROGRAMS.into_iter().chain([MQTT]) {
        rows.extend(read(&emulate(&build(route, profile, program, &flights)?)?));
    }
    rows.extend(sizes(&build(route, profile, CLIENT, &flights)?)?);
    Ok(rows)
}

/// Builds one of our programs.
fn build(route: Route, profile: &str, program: &str, variables: &[(&str, &Path)]) -> Result<PathBuf, String> {
    let mut command = route.build(profile);
    command.current_dir(root().join("tests/bench/ours")).envs(variables.iter().copied());
    process::run(command.args(["--quiet", "--bin", program]))?;
    Ok(crate::mcu::folder().join(route.target()).join(profile).join(program))
}

fn mbedtls(level: &str, folder: &Path) -> Result<Rows, String> {
    let source = mbedtls_source()?;
    let mut rows = Rows::new();
    for program in PROGRAMS {
        rows.extend(read(&emulate(&compile(&source, level, program, folder)?)?));
    }
    rows.extend(sizes(&compile(&source, level, CLIENT, folder)?)?);
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

fn compile(source: &Path, level: &str, program: &str, folder: &Path) -> Result<PathBuf, String> {
    let here = root().join("tests/bench/mbedtls");
    let elf = folder.join(format!("mbedtls{level}-{program}.elf"));
    let library =
        fs::read_dir(source.join("library")).map_err(|error| format!("{}: {error}", source.display()))?;
    let mut files: Vec<PathBuf> = library.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "c"));
    files.sort();
    let mut command = Command::new("arm-none-eabi-gcc");
    command.args(["-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16", level]);
    command.args(["-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections", "-nostartfiles"]);
    command.args([
        "--specs=nano.specs",
        "--specs=nosys.specs",
        "-w",
        "-DMBEDTLS_CONFIG_FILE=\"bench_config.h\"",
    ]);
    if program == "handshake" {
        command.arg("-DBENCH_SERVER");
    }
    for include in [&source.join("include"), &here, &root().join("vectors/tls12")] {
        command.arg("-I").arg(include);
    }
    command.arg("-T").arg(here.join("link.ld")).args(&files);
    command.arg(here.join("board.c")).arg(here.join(format!("{program}.c"))).arg(here.join("files.S"));
    process::output(command.arg("-o").arg(&elf))?;
    Ok(elf)
}

/// Runs a program on the emulated microcontroller: what it printed.
///
/// # Errors
/// What it printed, when it fails.
pub fn emulate(elf: &Path) -> Result<String, String> {
    let mut command = Command::new("qemu-system-arm");
    command.args(["-M", "mps2-an386", "-nographic", "-icount", "shift=0"]);
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

/// What the linked client takes of flash, and of RAM before it runs.
fn sizes(elf: &Path) -> Result<Rows, String> {
    let printed = process::output(Command::new("arm-none-eabi-size").arg(elf))?;
    let numbers = printed.lines().nth(1).unwrap_or_default().split_whitespace();
    let numbers: Vec<u64> = numbers.take(3).filter_map(|number| number.parse().ok()).collect();
    let [text, data, zeros] = *numbers else { return Err(format!("arm-none-eabi-size printed {printed}")) };
    Ok(vec![
        ("text and data of the linked client, bytes".to_owned(), text.saturating_add(data)),
        ("static RAM of the linked client, bytes".to_owned(), data.saturating_add(zeros)),
    ])
}

fn compare(sides: &BTreeMap<&str, Rows>) -> Vec<Row> {
    let find = |side: &str, name: &str| {
        let rows = sides.get(side).into_iter().flatten();
        rows.into_iter().find(|(found, _)| found == name).map(|(_, value)| *value)
    };
    let mut compared = Vec::new();
    for profile in ["fast", "small"] {
        let mut names: Vec<&String> = Vec::new();
        for side in [profile, "-O2"] {
            for (name, _) in sides.get(side).into_iter().flatten() {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        for name in names {
            let full = format!("{profile}: {name}");
            let target = TARGETS.iter().find(|(wanted, _)| *wanted == full).map(|(_, target)| *target);
            compared.push(Row {
                ours: find(profile, name),
                mbedtls_o2: find("-O2", name),
                mbedtls_os: find("-Os", name),
                target,
                name: full,
            });
        }
    }
    compared
}

fn table(rows: &[Row]) -> String {
    let mut text = String::from(
        "| | ours | Mbed TLS -O2 | Mbed TLS -Os | ratio | target |\n|---|--:|--:|--:|--:|--:|\n",
    );
    let number = |value: Option<u64>| value.map_or_else(String::new, grouped);
    for row in rows {
        let met = if row.is_missed() { " (missed)" } else { "" };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {}{met} |",
            row.name,
            number(row.ours),
            number(row.mbedtls_o2),
            number(row.mbedtls_os),
            row.ratio(),
            number(row.target),
        );
    }
    text
}

/// A number in groups of three digits.
fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && digits.len().wrapping_sub(place).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

fn report(route: Route, rows: &[Row]) -> Result<String, String> {
    let line = |command: &mut Command| {
        process::output(command).map(|text| text.lines().next().unwrap_or_default().trim().to_owned())
    };
    let date = line(Command::new("date").arg("+%Y-%m-%d"))?;
    let commit = line(Command::new("git").current_dir(root()).args(["rev-parse", "--short", "HEAD"]))?;
    let gcc = line(Command::new("arm-none-eabi-gcc").arg("--version"))?;
    let rustc =
        line(Command::new(if route == Route::Debian { "/usr/bin/rustc" } else { "rustc" }).arg("--version"))?;
    let qemu = line(Command::new("qemu-system-arm").arg("--version"))?;
    let table = table(rows);
    let notes = fs::read_to_string(root().join("docs/costs.md"))
        .map_err(|error| format!("docs/costs.md: {error}"))?;
    Ok(format!(
        "# Benchmarks\n\n\
         Written by `cargo xtask bench` on {date} at commit {commit}.\n\n\
         Instructions on an emulated Cortex-M4 ({qemu}, machine mps2-an386, `-icount shift=0`): they repeat exactly, and are not cycles. Ours:\n\
         {rustc}, target {target}, profile `fast` (opt-level 3) and `small` (opt-level s), LTO. Mbed TLS 2.28 (source of the\n\
         crate mbedtls-sys-auto): {gcc}, -O2 and -Os, configured for this job only. The ratio is Mbed TLS's figure by ours: -O2 beside `fast`,\n\
         -Os beside `small`.\n\n\
         - \"cold\" is a fresh key, \"warm\" the same context again, where Mbed TLS keeps R^2 and blinding values. We keep nothing.\n\
         - Handshakes are TLS_RSA_WITH_AES_256_GCM_SHA384 with RSA-2048 for server and CA and extended master secret; only the client's work is counted.\n\
         - AES here is constant-time software in our column and table-driven software in Mbed TLS's.\n\
         - \"RAM of a connection\" is its state, what it is lent (buffers for windows of 4 KB, a session, decoded certificates and key), its\n  \
           configuration, the random number generator, and the most stack that a handshake with a client certificate of 2048 bits needs in any of the ten suites, full or resumed; in Mbed TLS's column heap,\n  \
           stack and contexts. The other handshakes' heap there has no client certificate in it.\n\
         - The linked client has PEM, verification with RSA and three curves, client certificate, tickets and software AES on both sides; ours also MQTT and the texts of all codes.\n\
         - MQTT's rows are a call's mean while so many messages of QoS 2 are open; acknowledging is PUBREC, PUBREL and PUBCOMP.\n\n\
         {notes}\n{table}",
        target = route.target(),
    ))
}

fn as_json(rows: &[Row]) -> String {
    let number = |value: Option<u64>| value.map_or_else(|| "null".to_owned(), |value| value.to_string());
    let lines: Vec<String> = rows
        .iter()
        .map(|row| {
            format!(
                "  {{\"name\": \"{}\", \"ours\": {}, \"mbedtls_o2\": {}, \"mbedtls_os\": {}, \"target\": {}}}",
                row.name,
                number(row.ours),
                number(row.mbedtls_o2),
                number(row.mbedtls_os),
                number(row.target),
            )
        })
        .collect();
    format!("[\n{}\n]\n", lines.join(",\n"))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

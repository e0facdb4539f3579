//! The rows as tables, as JSON and as `docs/benchmarks.md`.

use std::{fmt::Write as _, fs, process::Command};

use super::{
    BUILDS, Row,
    targets::{OTHERS, SUMMARY},
};
use crate::{mcu::Route, process, root};

/// All rows.
pub(super) fn table(rows: &[Row]) -> String {
    let mut text = String::from("| | ours |");
    for build in &BUILDS {
        let _ = write!(text, " Mbed TLS {} |", build.what);
    }
    text.push_str(" ratio | BearSSL |\n|---|--:|--:|--:|--:|--:|--:|\n");
    // A suite's rows have a table of their own.
    for row in rows.iter().filter(|row| suite_of(row).is_none()) {
        let [fast, drbg, small] = row.mbedtls.map(number);
        let ratio = ratio(row.theirs(), row.ours);
        let (ours, bearssl) = (number(row.ours), number(row.bearssl));
        let _ = writeln!(text, "| {} | {ours} | {fast} | {drbg} | {small} | {ratio} | {bearssl} |", row.name);
    }
    text
}

/// The rows with a target.
pub(super) fn targets(rows: &[Row]) -> String {
    let mut text = String::from("| target | ours | at most | |\n|---|--:|--:|---|\n");
    for row in rows.iter().filter(|row| row.target.is_some()) {
        let met = if row.is_missed() { "**missed**" } else { "met" };
        let _ = writeln!(text, "| {} | {} | {} | {met} |", row.name, number(row.ours), number(row.target));
    }
    text
}

/// What is ahead of all others, or else behind at least one, and by how much.
fn summary(rows: &[Row]) -> String {
    let (mut ahead, mut behind) = (String::new(), String::new());
    for (profile, name) in SUMMARY {
        let full = format!("{profile}: {name}");
        let Some(row) = rows.iter().find(|row| row.name == full) else { continue };
        let others = OTHERS.iter().find(|(other, ..)| *other == name);
        let (quoted, wolfssl) = others.map_or((None, None), |(_, bearssl, wolfssl)| (*bearssl, *wolfssl));
        let bearssl = row.bearssl.or(quoted);
        let best = [row.theirs(), bearssl, wolfssl].into_iter().flatten().min();
        let is_ahead = best.is_some_and(|best| row.ours.is_some_and(|ours| ours <= best));
        let list = if is_ahead { &mut ahead } else { &mut behind };
        let _ = writeln!(
            list,
            "| {} | {} | {} | {} | {} | {} |",
            full,
            number(row.ours),
            number(row.theirs()),
            number(bearssl),
            number(wolfssl),
            ratio(best, row.ours)
        );
    }
    let head =
        "| | ours | Mbed TLS | BearSSL | wolfSSL | the best of them by ours |\n|---|--:|--:|--:|--:|--:|\n";
    format!("## Ahead of all three\n{head}{ahead}\n## Behind one of them\n{head}{behind}")
}

/// The ten suites.
fn suites(rows: &[Row]) -> String {
    let mut text = String::new();
    for profile in super::PROFILES_COMPARED {
        let of_profile = |row: &&Row| row.name.starts_with(profile);
        let mut names: Vec<&str> = rows.iter().filter(of_profile).filter_map(suite_of).collect();
        names.dedup();
        let (mut speed, mut memory) = (String::new(), String::new());
        for name in names {
            let cells = |what: &str| {
                let row = rows.iter().find(|row| row.name == format!("{profile}: {name}: {what}"));
                row.map_or_else(String::new, |row| format!("{} | {}", number(row.ours), number(row.theirs())))
            };
            let [full, resumed, write, read] = [
                "handshake, verification",
                "handshake, resumed",
                "record write, 1 KiB",
                "record read, 1 KiB",
            ]
            .map(cells);
            let _ = writeln!(speed, "| {name} | {full} | {resumed} | {write} | {read} |");
            let [full, resumed, all] = [
                "stack, client certificate 2048, bytes",
                "stack, resumed, bytes",
                "RAM of a connection, bytes",
            ]
            .map(cells);
            let _ = writeln!(memory, "| {name} | {full} | {resumed} | {all} |");
        }
        let _ = write!(
            text,
            "\nProfile `{profile}`, instructions: ours and Mbed TLS's.\n\n\
             | suite | verification | | resumed | | 1 KiB written | | 1 KiB read | |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|\n{speed}\n\
             Profile `{profile}`, bytes: the stack with a client certificate of 2048 bits and resumed, and the RAM of a connection.\n\n\
             | suite | stack, full | | stack, resumed | | RAM | |\n|---|--:|--:|--:|--:|--:|--:|\n{memory}"
        );
    }
    text
}

/// The suite of a row that has one.
fn suite_of(row: &Row) -> Option<&str> {
    let (_, name) = row.name.split_once(": ")?;
    let (suite, _) = name.split_once(": ")?;
    // `AES_256_CCM` is a suite, `AES-256-CCM` an algorithm.
    suite.starts_with("AES_").then_some(suite)
}

/// `docs/benchmarks.md`: what is ahead and behind, the targets, what `docs/costs.md` says, and every row.
pub(super) fn document(route: Route, rows: &[Row]) -> Result<String, String> {
    let line = |command: &mut Command| {
        process::output(command).map(|text| text.lines().next().unwrap_or_default().trim().to_owned())
    };
    let date = line(Command::new("date").arg("+%Y-%m-%d"))?;
    let commit = line(Command::new("git").current_dir(root()).args(["rev-parse", "--short", "HEAD"]))?;
    let gcc = line(Command::new("arm-none-eabi-gcc").arg("--version"))?;
    let rustc =
        line(Command::new(if route == Route::Debian { "/usr/bin/rustc" } else { "rustc" }).arg("--version"))?;
    let qemu = line(Command::new("qemu-system-arm").arg("--version"))?;
    let notes = fs::read_to_string(root().join("docs/costs.md"))
        .map_err(|error| format!("docs/costs.md: {error}"))?;
    Ok(format!(
        "# Benchmarks\n\n\
         Written by `cargo xtask bench` on {date} at commit {commit}. Instructions on an emulated Cortex-M4, and bytes: less is better.\n\n\
         {summary}\n\
         ## Targets\n{targets}\n\
         {notes}\n\
         ## How it is measured\n\
         {qemu}, machine mps2-an386, `-icount shift=0`: instructions repeat exactly, and are not cycles. Ours: {rustc}, target {target},\n\
         profiles `fast` (opt-level 3) and `small` (opt-level s), LTO. Mbed TLS 2.28 (source of the crate mbedtls-sys-auto): {gcc},\n\
         configured for this job only, with an allocator that takes a dozen instructions, in three builds:\n\n\
         - `-O2` with a plain generator as f_rng, such as a chip's: compared with `fast`.\n\
         - `-O2` with its own CTR_DRBG, which it calls for each byte of padding.\n\
         - `-Os`, LTO, MBEDTLS_AES_FEWER_TABLES, MBEDTLS_SHA256_SMALLER and MBEDTLS_SHA512_SMALLER, plain generator: compared with `small`.\n\n\
         Ours has its own generator, Hash_DRBG with SHA-256, in every row. BearSSL 0.6 (source of Debian's package, -O2) is constant-time and has no heap; it has its own HMAC_DRBG,\n\
         no blinding, and its client no extended master secret, no encrypt-then-MAC and no tickets. Without verification it is given the server's key and does not read the\n\
         certificate; its RAM and text, and all of wolfSSL 5.7.2 (big numbers and Thumb-2 in assembly, AES with tables), were measured once beside our commit d507937, by the\n\
         same method, where wolfSSL's AES-GCM and CCM figures are those of a record.\n\n\
         - \"cold\" is a fresh key, \"warm\" the same context again, where Mbed TLS keeps R^2 and blinding values, as it does in \"again\". We keep nothing.\n\
         - Handshakes are TLS_RSA_WITH_AES_256_GCM_SHA384 where no suite is named, with RSA-2048 for server and CA and extended master secret; only the client's work is counted.\n  \
           Our certificates have their digest beside them (`Bundle::with_digest`), which a program that makes a new connection each time\n  \
           takes once: 25 000 instructions and 32 bytes each. `mqtts` restarts its connection instead, which keeps what the first one has computed: its first handshake takes them, too.\n  \
           The table of the suites and the RAM are without it.\n\
         - AES is constant-time software in our column and table-driven software in Mbed TLS's.\n\
         - \"RAM of a connection\" is its state, what it is lent (buffers for windows of 4 KB, a session, decoded certificates and key), its configuration, the random\n  \
           number generator, and the most stack that a handshake with a client certificate of 2048 bits or a resumed one needs; in Mbed TLS's column heap, stack and contexts.\n  \
           \"Smallest windows\" is the same with the shortest send buffer, and a receive buffer for records of 1 KB.\n\
         - The clients have PEM, verification with RSA and three curves, client certificate, tickets and software AES.\n\
         - MQTT's rows are a call's mean while so many messages of QoS 2 are open; acknowledging is PUBREC, PUBREL and PUBCOMP.\n\n\
         ## The ten suites\n{suites}\n\
         ## All rows\nThe ratio is Mbed TLS's figure by ours.\n\n{table}",
        summary = summary(rows),
        targets = targets(rows),
        suites = suites(rows),
        table = table(rows),
        target = route.target(),
    ))
}

pub(super) fn json(rows: &[Row]) -> String {
    let number = |value: Option<u64>| value.map_or_else(|| "null".to_owned(), |value| value.to_string());
    let lines: Vec<String> = rows
        .iter()
        .map(|row| {
            let mut line = format!("  {{\"name\": \"{}\", \"ours\": {}", row.name, number(row.ours));
            for (build, figure) in BUILDS.iter().zip(row.mbedtls) {
                let _ = write!(line, ", \"{}\": {}", build.name, number(figure));
            }
            line + &format!(", \"bearssl\": {}, \"target\": {}}}", number(row.bearssl), number(row.target))
        })
        .collect();
    format!("[\n{}\n]\n", lines.join(",\n"))
}

#[expect(clippy::cast_precision_loss, reason = "two digits are printed")]
fn ratio(theirs: Option<u64>, ours: Option<u64>) -> String {
    match (theirs, ours) {
        (Some(theirs), Some(ours)) if ours > 0 => format!("{:.2}", theirs as f64 / ours as f64),
        _ => String::new(),
    }
}

/// A number in groups of three digits, or nothing.
fn number(value: Option<u64>) -> String {
    let digits = value.map_or_else(String::new, |value| value.to_string());
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && digits.len().wrapping_sub(place).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

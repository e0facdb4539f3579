//! `docs/mosquitto.md`: every command of the guide is run, in one shell and in order, as a reader would type them.

use std::{fs, path::Path, process::Command};

use xtask::process;

use crate::support::{HOST, SOON, folder};

const GUIDE: &str = include_str!("../../docs/mosquitto.md");

/// A reader's next command comes later than the broker's first breath.
const UNTIL_IT_LISTENS: &str = "until (: </dev/tcp/127.0.0.1/$PORT) 2>/dev/null; do sleep 0.1; done\n";

#[test]
fn every_command_does_what_the_guide_says() {
    let program = Path::new(env!("CARGO_BIN_EXE_mqtts")).parent().unwrap();
    let mosquitto = process::need("mosquitto").unwrap();
    process::need("openssl").unwrap();
    // The broker ends with the shell that started it, however that ends.
    let owner = if process::find("setpriv").is_some() { "setpriv --pdeathsig KILL" } else { "" };
    let mosquitto = mosquitto.display();
    let mut script = format!("set -euo pipefail\nmosquitto() {{ exec {owner} {mosquitto} \"$@\"; }}\n");
    let blocks = fenced("sh");
    for block in &blocks {
        script.push_str(block);
        if block.contains("mosquitto -c") {
            script.push_str(UNTIL_IT_LISTENS);
        }
    }
    assert!(blocks.len() > 10, "the guide has {} blocks of commands", blocks.len());
    let work = folder("guide");
    fs::write(work.join("guide.sh"), &script).unwrap();
    fs::create_dir(work.join("work")).unwrap();

    let mut command = Command::new("bash");
    let path = std::env::var("PATH").unwrap();
    command.arg("../guide.sh").current_dir(work.join("work"));
    command.env("PATH", format!("{}:{path}", program.display()));
    command.env("HOST", "localhost").env("PORT", process::free_port().unwrap().to_string());
    let ran = process::finish(&command, 2 * SOON).unwrap();
    assert!(ran.success, "the guide fails:\n{}\n{}", ran.output, ran.errors);

    let lines: Vec<_> = ran.output.lines().collect();
    let count = |expected: &str| lines.iter().filter(|line| **line == expected).count();
    assert_eq!((count("hello"), count("open"), count("Name: RSA")), (1, 1, 2), "{}", ran.output);
    assert_eq!(count("refused, as it should be"), 2, "{}", ran.output);
    assert!(
        ran.errors.contains("status: -0x3C00 PK - Private key password can't be empty (locked.key: "),
        "{}",
        ran.errors
    );
    assert!(ran.errors.contains("status: -0x7780 SSL - "), "{}", ran.errors);
    assert!(ran.errors.contains("= TLS_RSA_WITH_AES_128_CCM_8, full handshake\n"), "{}", ran.errors);
    assert!(ran.errors.contains(", resumed\n"), "{}", ran.errors);
    assert!(!ran.output.contains(": error: ") && !ran.output.contains(": warning: "), "lint: {}", ran.output);
    let [chain] = &fenced("text")[..] else { panic!("one block of text") };
    assert!(ran.output.contains(chain), "the chain looks different:\n{}", ran.output);
}

#[test]
fn nothing_that_looks_like_a_command_is_outside_of_the_blocks() {
    let fences: Vec<_> = GUIDE.lines().filter(|line| line.starts_with("```") && *line != "```").collect();
    assert!(fences.iter().all(|fence| matches!(*fence, "```sh" | "```text")), "{fences:?}");
}

#[test]
fn every_code_of_the_table_exists() {
    let codes = GUIDE.lines().filter(|line| line.starts_with("| `-0x")).flat_map(|line| {
        line.split('`').filter_map(|word| word.strip_prefix("-0x")).map(|word| word[..4].to_owned())
    });
    let rows: Vec<_> = codes.collect();
    assert!(rows.len() > 12, "{rows:?}");
    assert_eq!(HOST, "127.0.0.1", "the guide's address");
    for code in rows {
        let number = i32::from_str_radix(&code, 16).unwrap();
        let parts = [status_row(number & !0x7F), status_row(number & 0x7F)];
        assert!(parts.iter().all(|part| *part), "-0x{code} is in no table");
    }
}

/// Whether a table has this part of a code; zero is no part.
fn status_row(number: i32) -> bool {
    let tables = [
        status::ssl::ROWS,
        status::x509::ROWS,
        status::pem::ROWS,
        status::pk::ROWS,
        status::rsa::ROWS,
        status::mqtt::ROWS,
    ];
    let low = [status::net::ROWS, status::base64::ROWS];
    number == 0
        || tables.into_iter().chain(low).flatten().any(|row| row.error.code().checked_neg() == Some(number))
}

/// The fenced blocks of a language.
fn fenced(language: &str) -> Vec<String> {
    let opening = format!("```{language}\n");
    GUIDE.split(&opening).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

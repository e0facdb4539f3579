//! `completion.rs`, `manual.rs`, `help.rs`: every option of the table is where somebody looks for it.

use std::{collections::BTreeSet, fs, process::Command};

use xtask::process;

use crate::support::{SOON, bash, folder, mqtts, text};

/// The names of options on a help page, up to those that are missing on purpose, and the latter.
fn options(command: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let page = mqtts(&[command, "--help"]).printed();
    let names = |text: &str| {
        let lines = text.lines().filter(|line| line.starts_with("  -"));
        let words = lines.flat_map(|line| line.split_whitespace().take_while(|word| word.starts_with('-')));
        words.map(|word| word.trim_end_matches(',').to_owned()).collect()
    };
    let (offered, missing) = page.split_once("missing on purpose:").unwrap_or((&page, ""));
    (names(offered), names(missing))
}

#[test]
fn every_option_of_a_help_page_is_understood() {
    for command in ["pub", "sub", "lint"] {
        let (offered, missing) = options(command);
        assert!(offered.len() > 4, "{command}: {offered:?}");
        for name in offered {
            let line = mqtts(&[command, &name]).failed(2);
            assert!(!line.contains("invalid option"), "{command} {name}: {line}");
        }
        for name in missing {
            let line = mqtts(&[command, &name]).failed(2);
            assert!(line.starts_with(&format!("mqtts: {command}: {name} is missing on purpose: ")), "{line}");
        }
    }
}

#[test]
fn suites_stand_in_the_order_of_the_offer_one_below_the_other() {
    let page = mqtts(&["pub", "--help"]).printed();
    let lines = page.lines().map(str::split_whitespace).filter_map(|mut words| words.next());
    let suites: Vec<_> = lines.filter(|word| word.starts_with("TLS_RSA_")).collect();
    assert_eq!(suites, tls12::Suite::ALL.map(tls12::Suite::name));
}

/// What bash offers behind these words.
fn bash_offers(words: &[&str]) -> BTreeSet<String> {
    let quoted: String = words.iter().map(|word| format!(" '{word}'")).collect();
    let program = env!("CARGO_BIN_EXE_mqtts");
    let line = format!(
        "source <({program} completion bash); compopt() {{ :; }}; COMP_WORDS=(mqtts{quoted}); COMP_CWORD={}; \
         _mqtts; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        words.len()
    );
    bash(&line).printed().lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn bash_offers_commands_options_and_values() {
    let set = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<BTreeSet<_>>();
    for command in ["pub", "sub", "lint"] {
        let mut expected = options(command).0;
        expected.insert("--help".to_owned());
        assert_eq!(bash_offers(&[command, "-"]), expected, "{command}");
    }
    let suite = "TLS_RSA_WITH_AES_256_CCM";
    let cases: [(&[&str], &[&str]); 13] = [
        (&["co"], &["completion"]),
        (&[""], &["pub", "sub", "inspect", "lint", "completion", "man", "--help", "--version"]),
        (&["pub", "--repeat"], &["--repeat", "--repeat-delay"]),
        (&["sub", "-t", "a", "--ret"], &["--retained-only"]),
        (&["sub", "-q", ""], &["0", "1", "2"]),
        (&["sub", "--max-fragment", "1"], &["1024"]),
        (&["sub", "-t", ""], &[]),
        (&["completion", "z"], &["zsh"]),
        (&["pub", "--cafile", "/usr/bin/en"], &["/usr/bin/env"]),
        (&["pub", "--ciphers", suite], &[suite, "TLS_RSA_WITH_AES_256_CCM_8"]),
        (&["pub", "--ciphers", suite, ":", "TLS_RSA_WITH_AES_128_G"], &["TLS_RSA_WITH_AES_128_GCM_SHA256"]),
        (&["pub", "--ciphers", "AES128-SHA", ":", suite, ":"], &tls12::Suite::ALL.map(tls12::Suite::name)),
        (&["pub", "--capath", "/us"], &["/usr"]),
    ];
    for (words, expected) in cases {
        let mut offers = bash_offers(words);
        offers.retain(|offer| !offer.starts_with("/usr/bin/en") || offer == "/usr/bin/env");
        assert_eq!(offers, set(expected), "{words:?}");
    }
}

#[test]
fn zsh_offers_every_option() {
    let zsh = process::need("zsh").unwrap();
    let folder = folder("shell-zsh");
    let script = mqtts(&["completion", "zsh"]).printed();
    for command in ["pub", "sub", "lint"] {
        for name in options(command).0 {
            assert!(script.contains(&format!("            '*{name}[")), "{command} {name}");
        }
    }
    fs::write(folder.join("_mqtts"), &script).unwrap();
    // A shell in a shell: somebody types, and presses the tabulator.
    let drive = format!(
        "zmodload zsh/zpty; zpty inner {} -f -i; \
         zpty -w inner 'fpath=({} $fpath); autoload -U compinit; compinit -u -d {}; bindkey -e'; \
         zpty -w inner 'mqtts() {{ print -r -- \"ty\"\"ped: $*.\" }}'; \
         zpty -w inner $'mqtts sub --will-to\\t TOPIC --max-fragment 10\\t; exit'; \
         zpty -r inner seen '*typed:*.*'; print -r -- $seen",
        zsh.display(),
        text(&folder),
        text(&folder.join("dump")),
    );
    let mut command = Command::new(&zsh);
    command.args(["-f", "-c", &drive]).env("TERM", "dumb");
    let ran = process::finish(&command, SOON).unwrap();
    assert!(ran.success, "{}\n{}", ran.output, ran.errors);
    let typed = ran.output.rsplit("typed: ").next().unwrap();
    assert!(typed.starts_with("sub --will-topic TOPIC --max-fragment 1024."), "{}", ran.output);
}

#[test]
fn the_manual_has_every_option_and_is_good_roff() {
    let groff = process::need("groff").unwrap();
    let folder = folder("shell-manual");
    let page = folder.join("mqtts.1");
    fs::write(&page, mqtts(&["man"]).printed()).unwrap();
    let mut command = Command::new(groff);
    command.args(["-man", "-Tutf8", "-ww", "-rLL=200n", "-P-cbou", &text(&page)]);
    let ran = process::finish(&command, SOON).unwrap();
    assert_eq!((ran.success, ran.errors.as_str()), (true, ""), "{}", ran.output);
    for command in ["pub", "sub", "lint"] {
        let (offered, missing) = options(command);
        let section =
            ran.output.split(&format!("OPTIONS OF MQTTS {}", command.to_uppercase())).nth(1).unwrap();
        for name in offered.iter().chain(&missing) {
            let is_there = section.lines().any(|line| {
                let words = line.split_whitespace().take_while(|word| word.starts_with('-'));
                words.into_iter().any(|word| word.trim_end_matches(',') == name)
            });
            assert!(is_there, "{command} {name} is not in\n{section}");
        }
    }
    for word in ["%t", "\\n", "EXIT STATUS", "27", "AES256-CCM8", "SSL_CERT_FILE"] {
        assert!(ran.output.contains(word), "{word}");
    }
}

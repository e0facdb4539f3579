//! `arguments.rs`, `options.rs`, `help.rs`: a wrong command line is told in one line, with exit status 2.

use crate::support::mqtts;

#[test]
fn every_mistake_is_one_line_that_says_what_and_where() {
    let mistakes: &[(&[&str], &str)] = &[
        (&[], "which command? pub, sub, inspect, lint, completion or man (mqtts --help)"),
        (
            &["publish"],
            "\"publish\": no such command; there are pub, sub, inspect, lint, completion and man (mqtts --help)",
        ),
        (&["--verbose"], "invalid option '--verbose'"),
        (&["pub"], "pub: which topic? (-t TOPIC)"),
        (&["pub", "-t", "a"], "pub: which message? (-m MESSAGE, -f FILE, -s, -l or -n)"),
        (&["pub", "-t", "a", "-m", "b", "-f", "c"], "pub: -m and -f exclude each other"),
        (
            &["pub", "-t", "a", "-t", "b", "-m", "c"],
            "pub: -t is given more than once; a message has one topic",
        ),
        (
            &["pub", "-t", "a/#", "-m", "b"],
            "-t \"a/#\": not a topic (1 to 65535 bytes, without '#', '+' and NUL)",
        ),
        (&["pub", "-t", "", "-m", "b"], "-t \"\": not a topic (1 to 65535 bytes, without '#', '+' and NUL)"),
        (&["pub", "-t", "a", "-m", "b", "-p", "65536"], "-p \"65536\": not a number from 1 to 65535"),
        (&["pub", "-t", "a", "-m", "b", "-p", "mqtt"], "-p \"mqtt\": not a number from 1 to 65535"),
        (&["pub", "-t", "a", "-m", "b", "-q", "3"], "-q \"3\": not a number from 0 to 2"),
        (&["pub", "-t", "a", "-m", "b", "-k", "-5"], "-k \"-5\": not a number from 0 to 65535"),
        (&["pub", "-t", "a", "-m", "b", "-p"], "missing argument for option '-p'"),
        (&["pub", "-t", "a", "-m", "b", "-C", "1"], "invalid option '-C' (mqtts pub --help)"),
        (&["pub", "-t", "a", "-m", "b", "c"], "unexpected argument \"c\""),
        (&["pub", "-t", "a", "-m", "b", "-P", "c"], "pub: -P needs -u"),
        (&["pub", "-t", "a", "-m", "b", "-c"], "pub: -c needs -i: a session is kept under its identifier"),
        (&["pub", "-t", "a", "-m", "b", "--will-retain"], "pub: a will needs --will-topic"),
        (
            &["pub", "-t", "a", "-m", "b", "--will-topic", "+"],
            "--will-topic \"+\": not a topic (1 to 65535 bytes, without '#', '+' and NUL)",
        ),
        (&["pub", "-t", "a", "-m", "b", "--cert", "c"], "pub: --cert needs --key"),
        (&["pub", "-t", "a", "-m", "b", "--key", "c"], "pub: --key needs --cert"),
        (
            &["pub", "-t", "a", "-m", "b", "--plain", "--insecure"],
            "pub: --insecure has no meaning with --plain",
        ),
        (
            &["pub", "-t", "a", "-m", "b", "--ciphers", "TLS_RSA_WITH_AES_128_CCM:DES-CBC3-SHA"],
            "--ciphers \"DES-CBC3-SHA\": not one of the ten suites (mqtts pub --help)",
        ),
        (
            &["pub", "-t", "a", "-m", "b", "--ciphers", "TLS_RSA_WITH_AES_128_CCM:TLS_RSA_WITH_AES_128_CCM"],
            "--ciphers: TLS_RSA_WITH_AES_128_CCM stands twice",
        ),
        (
            &["pub", "-t", "a", "-m", "b", "--ciphers", "TLS_RSA_WITH_AES_128_CBC_SHA:AES128-SHA"],
            "--ciphers: AES128-SHA stands twice",
        ),
        (
            &["pub", "-t", "a", "-m", "b", "-m", "c"],
            "pub: -m is given more than once; a message has one content",
        ),
        (
            &["pub", "-t", "a", "-f", "b", "-f", "c"],
            "pub: -f is given more than once; a message has one content",
        ),
        (&["pub", "-t", "a", "-m", "b", "-n"], "pub: -m and -n exclude each other"),
        (&["pub", "-t", "a", "-l", "--repeat", "2"], "pub: --repeat and -l exclude each other"),
        (&["pub", "-t", "a", "-n", "--repeat-delay", "2"], "pub: --repeat-delay needs --repeat"),
        (
            &["pub", "-t", "a", "-n", "--repeat", "2", "--repeat-delay", "-1"],
            "--repeat-delay \"-1\": not a number of seconds",
        ),
        (&["pub", "-L", "mqtt://h/a", "-h", "b", "-n"], "pub: -L and -h exclude each other"),
        (
            &["pub", "-L", "mqtt://h/a", "-t", "b", "-n"],
            "pub: -t is given more than once; a message has one topic",
        ),
        (&["pub", "-L", "mqtt://h:5/a", "-p", "5", "-n"], "pub: -L says the same as -p"),
        (&["pub", "-L", "mqtts://h/a", "--plain", "-n"], "pub: mqtts:// and --plain exclude each other"),
        (&["pub", "-L", "mqtt://h/a", "--insecure", "-n"], "pub: --insecure has no meaning with --plain"),
        (&["pub", "-L", "h/a", "-n"], "-L: a URL begins with mqtts:// or mqtt://"),
        (&["pub", "-h", "mqtts://h/a", "-t", "b", "-n"], "pub: -h is a host without a topic; -L takes both"),
        (
            &["sub", "-h", "wss://h", "-t", "b"],
            "-h: wss:// is missing on purpose: it speaks MQTT over TCP or TLS, not over websockets",
        ),
        (
            &["pub", "-t", "a", "-n", "-V", "mqttv5"],
            "-V mqttv5 is missing on purpose: MQTT 3.1.1 (mqttv311) is all there is",
        ),
        (
            &["pub", "-t", "a", "-n", "-V", "31"],
            "-V 31 is missing on purpose: MQTT 3.1.1 (mqttv311) is all there is",
        ),
        (&["pub", "-t", "a", "-n", "-V", "4"], "-V \"4\": not a version of MQTT; mqttv311 is all there is"),
        (
            &["pub", "-t", "a", "-n", "--tls-version", "tlsv1.3"],
            "--tls-version tlsv1.3 is missing on purpose: tlsv1.2 is all there is",
        ),
        (&["pub", "-t", "a", "-n", "--tls-alpn", ""], "--tls-alpn: a protocol's name has 1 to 255 bytes"),
        (
            &["pub", "-t", "a", "-n", "--psk", "00"],
            "pub: --psk is missing on purpose: the suites are TLS_RSA_WITH_AES_*, with certificates; there are no pre-shared keys",
        ),
        (&["sub", "-t", "a", "-x", "5"], "sub: -x is missing on purpose: it speaks MQTT 3.1.1, not MQTT 5"),
        (
            &["sub", "-t", "a", "--proxy", "socks5h://b"],
            "sub: --proxy is missing on purpose: it connects directly; a tunnel such as ssh -L serves instead",
        ),
        (&["sub", "-t", "a", "-F", "%y"], "-F: there is no %y (mqtts sub --help)"),
        (&["sub", "-t", "a", "-R", "--retained-only"], "sub: -R and --retained-only exclude each other"),
        (
            &["sub", "-t", "a", "-T", "#/a"],
            "-T \"#/a\": not a topic filter ('+' fills a level, '#' only stands last)",
        ),
        (&["sub", "-t", "a", "-i", "b", "-I", "c"], "sub: -i and -I exclude each other"),
        (&["completion"], "completion: for which shell? bash or zsh"),
        (&["completion", "fish"], "completion \"fish\": there are bash and zsh"),
        (&["man", "pub"], "unexpected argument \"pub\""),
        (
            &["pub", "-t", "a", "-m", "b", "--max-fragment", "1000"],
            "--max-fragment \"1000\": not one of 512, 1024, 2048 and 4096",
        ),
        (&["sub"], "sub: which topic? (-t TOPIC, more than once for several)"),
        (&["sub", "-t", "a", "-m", "b"], "invalid option '-m' (mqtts sub --help)"),
        (&["sub", "-t", "a#"], "-t \"a#\": not a topic filter ('+' fills a level, '#' only stands last)"),
        (&["sub", "-t", "a", "-C", "0"], "-C \"0\": not a number from 1 to 18446744073709551615"),
        (&["inspect"], "inspect: which file? (mqtts inspect --help)"),
        (&["inspect", "--pem"], "invalid option '--pem'"),
        (&["lint", "--pem"], "invalid option '--pem' (mqtts lint --help)"),
        (&["lint"], "lint: which files? --cafile, --cert, --key (mqtts lint --help)"),
        (
            &["lint", "--cafile", "a", "--at", "2026-02-29"],
            "--at \"2026-02-29\": not a time such as 2026-11-22, 2026-11-22T14:23:55Z or Unix seconds",
        ),
    ];
    for (arguments, expected) in mistakes {
        assert_eq!(mqtts(arguments).failed(2), format!("mqtts: {expected}"), "{arguments:?}");
    }
}

#[test]
fn what_came_from_outside_cannot_break_the_line() {
    let line = mqtts(&["pub", "-t", "a\nstatus: fine\u{1b}[2J+", "-m", "b"]).failed(2);
    assert!(line.contains(r"a\nstatus: fine\u{1b}[2J+"), "{line}");
    let line = mqtts(&["pub", "-t", "a", "-f", "no\nsuch", "-m", "b"]).failed(2);
    assert_eq!(line, "mqtts: pub: -f and -m exclude each other");
    let line = mqtts(&["inspect", "no\nsuch"]).failed(1);
    assert_eq!(line, r"status: -0x3E00 PK - Read/write of file failed (no\nsuch: No such file or directory)");
}

#[test]
fn every_command_has_a_help_page_that_names_its_options() {
    let pages: [(&[&str], &[&str]); 6] = [
        (
            &["--help"],
            &["mqtts pub", "mqtts sub", "mqtts inspect", "mqtts lint", "27", "MQTT 5", "websockets"],
        ),
        (
            &["pub", "--help"],
            &[
                "-m, --message MESSAGE",
                "-f, --file FILE",
                "-r, ",
                "--cafile",
                "--session",
                "-W SECONDS",
                "\n  -h, --host HOST",
            ],
        ),
        (
            &["sub", "--help"],
            &[
                "-C COUNT",
                "-v, ",
                "--will-topic",
                "TLS_RSA_WITH_AES_256_CCM_8",
                "\n  -h, --host HOST",
                "MQTT 5",
                "--psk KEY",
            ],
        ),
        (&["inspect", "--help"], &["Name: RSA", "4096"]),
        (&["lint", "--help"], &["--cafile", "--cert", "--key", "--host", "--at"]),
        (&["completion", "--help"], &["bash", "zsh"]),
    ];
    for (arguments, words) in pages {
        let page = mqtts(arguments).printed();
        words.iter().for_each(|word| assert!(page.contains(word), "{word} is not in\n{page}"));
        assert!(page.lines().all(|line| line.len() <= 110), "{page}");
    }
    assert_eq!(mqtts(&["--version"]).printed(), format!("mqtts {}\n", env!("CARGO_PKG_VERSION")));
}

/// `cargo install` warns of every package in the manifest's profiles that the program does not need.
#[test]
fn an_installation_has_nothing_to_warn_of() {
    assert!(!include_str!("../../Cargo.toml").contains("[profile.dev.package"));
    assert!(include_str!("../../.cargo/config.toml").contains("[profile.dev.package]"));
}

//! The command line, and that of the process after a reset.

use std::ffi::OsString;

use firmware::board::ResetCause;
use host_board::options::HostOptions;

fn parse(line: &str) -> Result<Option<HostOptions>, String> {
    HostOptions::parse(line.split_whitespace().map(OsString::from)).map_err(|error| error.to_string())
}

#[test]
fn a_reset_keeps_every_option_but_what_has_happened() {
    let line = "--state x --http 8080 --name a.test --name b.test --outside --no-dhcp --no-dns --no-sntp --time 1000 --firmware two";
    let options = parse(line).unwrap().unwrap();
    assert_eq!(HostOptions::parse(options.arguments()).unwrap(), Some(options.clone()));
    let cut = parse(&format!("{line} --power-cut 7 --reset-cause watchdog")).unwrap().unwrap();
    assert_eq!((cut.power_cut, cut.reset), (7, ResetCause::Watchdog));
    assert_eq!(HostOptions::parse(cut.arguments()).unwrap(), Some(options));
}

#[test]
fn mistakes_are_named() {
    assert_eq!(parse("--help"), Ok(None));
    assert!(parse("").unwrap_err().contains("--state"));
    assert!(parse("--state x --http high").is_err());
    assert!(parse("--state x --reset-cause thunder").unwrap_err().contains("thunder"));
    assert!(parse("--state x --unknown").is_err());
}

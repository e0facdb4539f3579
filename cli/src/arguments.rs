//! The command line: which of the commands, and its options.
//!
//! The options of `pub` and `sub` are named as `mosquitto_pub` and `mosquitto_sub` name them where they have one. Every
//! mistake is told in one line that names the option and shows the value.

use std::{
    ffi::{OsStr, OsString},
    path::PathBuf,
};

use lexopt::{
    Arg::{Long, Value},
    Parser,
};

use crate::{
    completion,
    failure::Failure,
    help, manual,
    options::{
        self, Publish, Subscribe,
        table::{self, Action, Commands, Given, Group, Kind, Row},
    },
};

/// What `mqtts` is asked to do.
pub(crate) enum Command {
    /// Send messages.
    Publish(Box<Publish>),
    /// Print messages as they come.
    Subscribe(Box<Subscribe>),
    /// Describe files.
    Inspect(Vec<PathBuf>),
    /// Say what would fail on the wire.
    Lint(Lint),
    /// Print a text.
    Print(Page),
}

/// A text that is printed.
#[derive(Clone, Copy)]
pub(crate) enum Page {
    /// `mqtts --help`.
    Overview,
    /// `mqtts pub --help`.
    Publish,
    /// `mqtts sub --help`.
    Subscribe,
    /// `mqtts inspect --help`.
    Inspect,
    /// `mqtts lint --help`.
    Lint,
    /// `mqtts completion --help`.
    Completion,
    /// `mqtts --version`.
    Version,
    /// `mqtts man`.
    Manual,
    /// `mqtts completion bash`.
    Bash,
    /// `mqtts completion zsh`.
    Zsh,
}

impl Page {
    /// The text.
    pub(crate) fn text(self) -> String {
        match self {
            Self::Overview => help::overview(),
            Self::Publish => help::publish(),
            Self::Subscribe => help::subscribe(),
            Self::Inspect => help::INSPECT.to_owned(),
            Self::Lint => help::lint(),
            Self::Completion => help::COMPLETION.to_owned(),
            Self::Version => help::VERSION.to_owned(),
            Self::Manual => manual::page(),
            Self::Bash => completion::bash(),
            Self::Zsh => completion::zsh(),
        }
    }
}

/// The files and circumstances that `mqtts lint` judges.
#[derive(Default)]
pub(crate) struct Lint {
    /// `--cafile`.
    pub anchors: Option<PathBuf>,
    /// `--cert`.
    pub certificate: Option<PathBuf>,
    /// `--key`.
    pub key: Option<PathBuf>,
    /// `--host`: the name or address that the server's certificate has to carry.
    pub host: Option<String>,
    /// `--at` in Unix seconds; absent: now.
    pub at: Option<u64>,
}

/// The commands and what they do, in the order of the overview.
pub(crate) const COMMANDS: [(&str, &str); 6] = [
    ("pub", "publish messages"),
    ("sub", "print messages as they come"),
    ("inspect", "describe certificates and private keys"),
    ("lint", "say what would fail on the wire, and why, without connecting"),
    ("completion", "print the completion of this command line for bash or zsh"),
    ("man", "print the manual page"),
];

/// The options of `mqtts lint`.
pub(crate) const LINT: &[Row<Lint>] = &[
    row(&["--cafile"], "FILE", Kind::File, "the certificates that are to be trusted", |lint, given| {
        lint.anchors = Some(given.path());
        Ok(())
    }),
    row(
        &["--cert"],
        "FILE",
        Kind::File,
        "the certificate that is shown to the other side: a client's, or with --host a server's",
        |lint, given| {
            lint.certificate = Some(given.path());
            Ok(())
        },
    ),
    row(&["--key"], "FILE", Kind::File, "its private key", |lint, given| {
        lint.key = Some(given.path());
        Ok(())
    }),
    Row {
        names: &["-h", "--host"],
        action: Action::Value {
            name: "NAME",
            kind: Kind::Text,
            take: |lint, given| {
                lint.host = Some(given.text()?);
                Ok(())
            },
        },
        commands: Commands::All,
        group: Group::Files,
        help: "judge --cert as the certificate of the server of this name or address",
    },
    row(
        &["--at"],
        "TIME",
        Kind::Text,
        "judge validity at this time instead of now: 2026-11-22, 2026-11-22T14:23:55Z, or Unix seconds",
        |lint, given| {
            lint.at = Some(time(&given.text()?)?);
            Ok(())
        },
    ),
];

const fn row(
    names: &'static [&'static str],
    value: &'static str,
    kind: Kind,
    help: &'static str,
    take: fn(&mut Lint, &Given) -> Result<(), Failure>,
) -> Row<Lint> {
    Row {
        names,
        action: Action::Value { name: value, kind, take },
        commands: Commands::All,
        group: Group::Files,
        help,
    }
}

/// Reads the arguments, the program's own name first.
///
/// # Errors
/// [`Failure::Usage`] with one line about the first mistake.
pub(crate) fn parse(
    arguments: impl IntoIterator<Item = OsString, IntoIter: 'static>,
) -> Result<Command, Failure> {
    let mut parser = Parser::from_iter(arguments);
    match parser.next()? {
        Some(Long("help")) => Ok(Command::Print(Page::Overview)),
        Some(Long("version")) => Ok(Command::Print(Page::Version)),
        Some(Value(name)) => command(&name, &mut parser),
        Some(other) => Err(other.unexpected().into()),
        None => usage(format!("which command? {} (mqtts --help)", commands("or"))),
    }
}

fn command(name: &OsStr, parser: &mut Parser) -> Result<Command, Failure> {
    match name.to_str() {
        Some("pub") => options::publish(parser),
        Some("sub") => options::subscribe(parser),
        Some("inspect") => inspect(parser),
        Some("lint") => lint(parser),
        Some("completion") => completion(parser),
        Some("man") => alone(parser, Page::Manual),
        Some("help") => Ok(Command::Print(Page::Overview)),
        _ => usage(format!("{name:?}: no such command; there are {} (mqtts --help)", commands("and"))),
    }
}

/// The commands' names, with a word before the last one.
fn commands(word: &str) -> String {
    let names = COMMANDS.map(|(name, _)| name);
    match names.split_last() {
        Some((last, before)) => format!("{} {word} {last}", before.join(", ")),
        None => String::new(),
    }
}

fn inspect(parser: &mut Parser) -> Result<Command, Failure> {
    let mut files = Vec::new();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("help") => return Ok(Command::Print(Page::Inspect)),
            Value(file) => files.push(PathBuf::from(file)),
            other => return Err(other.unexpected().into()),
        }
    }
    if files.is_empty() {
        return usage("inspect: which file? (mqtts inspect --help)");
    }
    Ok(Command::Inspect(files))
}

fn lint(parser: &mut Parser) -> Result<Command, Failure> {
    let Some(lint) = table::read::<Lint>(parser, LINT, Commands::All, "lint")? else {
        return Ok(Command::Print(Page::Lint));
    };
    if lint.anchors.is_none() && lint.certificate.is_none() && lint.key.is_none() {
        return usage("lint: which files? --cafile, --cert, --key (mqtts lint --help)");
    }
    Ok(Command::Lint(lint))
}

fn completion(parser: &mut Parser) -> Result<Command, Failure> {
    match parser.next()? {
        Some(Long("help")) => Ok(Command::Print(Page::Completion)),
        Some(Value(shell)) => match shell.to_str() {
            Some("bash") => alone(parser, Page::Bash),
            Some("zsh") => alone(parser, Page::Zsh),
            _ => usage(format!("completion {shell:?}: there are bash and zsh")),
        },
        Some(other) => Err(other.unexpected().into()),
        None => usage("completion: for which shell? bash or zsh"),
    }
}

/// A page of a command without further arguments.
fn alone(parser: &mut Parser, page: Page) -> Result<Command, Failure> {
    match parser.next()? {
        None | Some(Long("help")) => Ok(Command::Print(page)),
        Some(other) => Err(other.unexpected().into()),
    }
}

/// The failure of a wrong command line, as any result.
pub(crate) fn usage<T>(text: impl Into<String>) -> Result<T, Failure> {
    Err(Failure::Usage(text.into()))
}

/// `2026-11-22T14:23:55Z`, `2026-11-22` (its first second) or Unix seconds; UTC.
fn time(value: &str) -> Result<u64, Failure> {
    value.parse().ok().or_else(|| calendar(value)).map_or_else(
        || {
            usage(format!(
                "--at {value:?}: not a time such as 2026-11-22, 2026-11-22T14:23:55Z or Unix seconds"
            ))
        },
        Ok,
    )
}

/// The Unix seconds of a date with or without a time of day, from 1970 to 9999.
fn calendar(value: &str) -> Option<u64> {
    let (date, clock) = value.split_once('T').unwrap_or((value, "00:00:00Z"));
    let [year, month, day] = fields(date, '-')?;
    let [hour, minute, second] = fields(clock.strip_suffix('Z')?, ':')?;
    let lengths = [31, if is_leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let before = usize::try_from(month.checked_sub(1)?).ok()?;
    let in_range = (1970..=9999).contains(&year) && (1..=*lengths.get(before)?).contains(&day);
    if !in_range || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let years: u64 = (1970..year).map(|year| if is_leap(year) { 366 } else { 365 }).sum();
    let months: u64 = lengths.iter().take(before).sum();
    let days = years.checked_add(months)?.checked_add(day.checked_sub(1)?)?;
    let seconds = [(24, hour), (60, minute), (60, second)];
    seconds.iter().try_fold(days, |sum, (unit, value)| sum.checked_mul(*unit)?.checked_add(*value))
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

/// Exactly three groups of digits.
fn fields(text: &str, separator: char) -> Option<[u64; 3]> {
    let mut parts = text.split(separator);
    let mut next =
        || parts.next().filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok();
    let fields = [next()?, next()?, next()?];
    parts.next().is_none().then_some(fields)
}

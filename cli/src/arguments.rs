//! Reads the command line: the command, and its options.
//!
//! Every mistake becomes one line that names the option and shows the value.

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
    failure::CommandFailure,
    help, manual,
    options::{
        self, PublishOptions, SubscribeOptions,
        table::{self, Action, Commands, Given, Group, OptionRow, ValueKind},
    },
};

/// What `mqtts` is asked to do.
pub(crate) enum Invocation {
    /// Send messages.
    Publish(Box<PublishOptions>),
    /// Print messages as they come.
    Subscribe(Box<SubscribeOptions>),
    /// Describe files.
    Inspect(Vec<PathBuf>),
    /// Report what would fail in a connection.
    Lint(LintArguments),
    /// Print a text.
    Print(HelpPage),
}

/// A text that is printed.
#[derive(Clone, Copy)]
pub(crate) enum HelpPage {
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

impl HelpPage {
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

/// The options of `mqtts lint`.
#[derive(Default)]
pub(crate) struct LintArguments {
    /// `--cafile`.
    pub anchors: Option<PathBuf>,
    /// `--cert`.
    pub certificate: Option<PathBuf>,
    /// `--key`.
    pub key: Option<PathBuf>,
    /// `--host`: the name or address that the server's certificate must have.
    pub host: Option<String>,
    /// `--at` in Unix seconds; absent: now.
    pub at: Option<u64>,
}

/// The commands and their descriptions, in the order of the overview.
pub(crate) const COMMANDS: [(&str, &str); 6] = [
    ("pub", "publish messages"),
    ("sub", "print messages as they come"),
    ("inspect", "describe certificates and private keys"),
    ("lint", "say what would fail on the wire, and why, without connecting"),
    ("completion", "print the completion of this command line for bash or zsh"),
    ("man", "print the manual page"),
];

/// The options of `mqtts lint`.
pub(crate) const LINT: &[OptionRow<LintArguments>] = &[
    row(&["--cafile"], "FILE", ValueKind::File, "the certificates that are to be trusted", |lint, given| {
        lint.anchors = Some(given.path());
        Ok(())
    }),
    row(
        &["--cert"],
        "FILE",
        ValueKind::File,
        "the certificate that is shown to the other side: a client's, or with --host a server's",
        |lint, given| {
            lint.certificate = Some(given.path());
            Ok(())
        },
    ),
    row(&["--key"], "FILE", ValueKind::File, "its private key", |lint, given| {
        lint.key = Some(given.path());
        Ok(())
    }),
    OptionRow {
        names: &["-h", "--host"],
        action: Action::Value {
            name: "NAME",
            kind: ValueKind::Text,
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
        ValueKind::Text,
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
    kind: ValueKind,
    help: &'static str,
    take: fn(&mut LintArguments, &Given) -> Result<(), CommandFailure>,
) -> OptionRow<LintArguments> {
    OptionRow {
        names,
        action: Action::Value { name: value, kind, take },
        commands: Commands::All,
        group: Group::Files,
        help,
    }
}

/// Reads the arguments. The first one is the program's name.
///
/// # Errors
/// [`CommandFailure::Usage`] with one line about the first mistake.
pub(crate) fn parse(
    arguments: impl IntoIterator<Item = OsString, IntoIter: 'static>,
) -> Result<Invocation, CommandFailure> {
    let mut parser = Parser::from_iter(arguments);
    match parser.next()? {
        Some(Long("help")) => Ok(Invocation::Print(HelpPage::Overview)),
        Some(Long("version")) => Ok(Invocation::Print(HelpPage::Version)),
        Some(Value(name)) => command(&name, &mut parser),
        Some(other) => Err(other.unexpected().into()),
        None => usage(format!("which command? {} (mqtts --help)", commands("or"))),
    }
}

fn command(name: &OsStr, parser: &mut Parser) -> Result<Invocation, CommandFailure> {
    match name.to_str() {
        Some("pub") => options::publish(parser),
        Some("sub") => options::subscribe(parser),
        Some("inspect") => inspect(parser),
        Some("lint") => lint(parser),
        Some("completion") => completion(parser),
        Some("man") => alone(parser, HelpPage::Manual),
        Some("help") => Ok(Invocation::Print(HelpPage::Overview)),
        _ => usage(format!("{name:?}: no such command; there are {} (mqtts --help)", commands("and"))),
    }
}

/// The commands' names, with `word` before the last one.
fn commands(word: &str) -> String {
    let names = COMMANDS.map(|(name, _)| name);
    match names.split_last() {
        Some((last, before)) => format!("{} {word} {last}", before.join(", ")),
        None => String::new(),
    }
}

fn inspect(parser: &mut Parser) -> Result<Invocation, CommandFailure> {
    let mut files = Vec::new();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("help") => return Ok(Invocation::Print(HelpPage::Inspect)),
            Value(file) => files.push(PathBuf::from(file)),
            other => return Err(other.unexpected().into()),
        }
    }
    if files.is_empty() {
        return usage("inspect: which file? (mqtts inspect --help)");
    }
    Ok(Invocation::Inspect(files))
}

fn lint(parser: &mut Parser) -> Result<Invocation, CommandFailure> {
    let Some(lint) = table::read::<LintArguments>(parser, LINT, Commands::All, "lint")? else {
        return Ok(Invocation::Print(HelpPage::Lint));
    };
    if lint.anchors.is_none() && lint.certificate.is_none() && lint.key.is_none() {
        return usage("lint: which files? --cafile, --cert, --key (mqtts lint --help)");
    }
    Ok(Invocation::Lint(lint))
}

fn completion(parser: &mut Parser) -> Result<Invocation, CommandFailure> {
    match parser.next()? {
        Some(Long("help")) => Ok(Invocation::Print(HelpPage::Completion)),
        Some(Value(shell)) => match shell.to_str() {
            Some("bash") => alone(parser, HelpPage::Bash),
            Some("zsh") => alone(parser, HelpPage::Zsh),
            _ => usage(format!("completion {shell:?}: there are bash and zsh")),
        },
        Some(other) => Err(other.unexpected().into()),
        None => usage("completion: for which shell? bash or zsh"),
    }
}

/// A help page; further arguments are refused.
fn alone(parser: &mut Parser, page: HelpPage) -> Result<Invocation, CommandFailure> {
    match parser.next()? {
        None | Some(Long("help")) => Ok(Invocation::Print(page)),
        Some(other) => Err(other.unexpected().into()),
    }
}

/// A usage failure, as any result type.
pub(crate) fn usage<T>(text: impl Into<String>) -> Result<T, CommandFailure> {
    Err(CommandFailure::Usage(text.into()))
}

/// `2026-11-22T14:23:55Z`, `2026-11-22` (its first second) or Unix seconds; UTC.
fn time(value: &str) -> Result<u64, CommandFailure> {
    value.parse().ok().or_else(|| calendar(value)).map_or_else(
        || {
            usage(format!(
                "--at {value:?}: not a time such as 2026-11-22, 2026-11-22T14:23:55Z or Unix seconds"
            ))
        },
        Ok,
    )
}

/// The Unix seconds of a date, with or without a time of day, from 1970 to 9999.
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

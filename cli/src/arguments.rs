//! The command line: which of the four commands, and its options.
//!
//! The options of `pub` and `sub` are named as `mosquitto_pub` and `mosquitto_sub` name them where they have one. Every
//! mistake is told in one line that names the option and shows the value.

use std::{
    ffi::{OsStr, OsString},
    fmt,
    ops::RangeInclusive,
    path::PathBuf,
    str::FromStr,
};

use lexopt::{
    Arg::{Long, Short, Value},
    Parser,
};

use crate::{
    failure::Failure,
    help,
    options::{self, Publish, Subscribe},
};

/// What `mqtts` is asked to do.
pub(crate) enum Command {
    /// Send one message.
    Publish(Box<Publish>),
    /// Print messages as they come.
    Subscribe(Box<Subscribe>),
    /// Describe files.
    Inspect(Vec<PathBuf>),
    /// Say what would fail on the wire.
    Lint(Lint),
    /// Print this text: a help page or the version.
    Print(&'static str),
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

/// Reads the arguments, the program's own name first.
///
/// # Errors
/// [`Failure::Usage`] with one line about the first mistake.
pub(crate) fn parse(
    arguments: impl IntoIterator<Item = OsString, IntoIter: 'static>,
) -> Result<Command, Failure> {
    let mut parser = Parser::from_iter(arguments);
    match parser.next()? {
        Some(Long("help")) => Ok(Command::Print(help::OVERVIEW)),
        Some(Long("version")) => Ok(Command::Print(help::VERSION)),
        Some(Value(name)) => command(&name, &mut parser),
        Some(other) => Err(other.unexpected().into()),
        None => usage("which command? pub, sub, inspect or lint (mqtts --help)"),
    }
}

fn command(name: &OsStr, parser: &mut Parser) -> Result<Command, Failure> {
    match name.to_str() {
        Some("pub") => options::publish(parser),
        Some("sub") => options::subscribe(parser),
        Some("inspect") => inspect(parser),
        Some("lint") => lint(parser),
        Some("help") => Ok(Command::Print(help::OVERVIEW)),
        _ => usage(format!("{name:?}: no such command; there are pub, sub, inspect and lint (mqtts --help)")),
    }
}

fn inspect(parser: &mut Parser) -> Result<Command, Failure> {
    let mut files = Vec::new();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("help") => return Ok(Command::Print(help::INSPECT)),
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
    let mut lint = Lint::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("help") => return Ok(Command::Print(help::LINT)),
            Long("cafile") => lint.anchors = Some(parser.value()?.into()),
            Long("cert") => lint.certificate = Some(parser.value()?.into()),
            Long("key") => lint.key = Some(parser.value()?.into()),
            Short('h') | Long("host") => lint.host = Some(text(parser, "--host")?),
            Long("at") => lint.at = Some(time(&text(parser, "--at")?)?),
            other => return Err(other.unexpected().into()),
        }
    }
    if lint.anchors.is_none() && lint.certificate.is_none() && lint.key.is_none() {
        return usage("lint: which files? --cafile, --cert, --key (mqtts lint --help)");
    }
    Ok(Command::Lint(lint))
}

/// The option's value as text.
pub(crate) fn text(parser: &mut Parser, option: &str) -> Result<String, Failure> {
    parser.value()?.into_string().or_else(|raw| usage(format!("{option} {raw:?}: not valid UTF-8")))
}

/// The option's value as a number within `range`.
pub(crate) fn number<T>(parser: &mut Parser, option: &str, range: RangeInclusive<T>) -> Result<T, Failure>
where
    T: FromStr + PartialOrd + fmt::Display,
{
    let value = text(parser, option)?;
    match value.parse() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => usage(format!("{option} {value:?}: not a number from {} to {}", range.start(), range.end())),
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

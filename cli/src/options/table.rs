//! One table of options for every command: the command line, the help pages, the manual page and both completions are read from it.

use std::{ffi::OsString, fmt, ops::RangeInclusive, path::PathBuf, str::FromStr};

use lexopt::{
    Arg::{Long, Short},
    Parser,
};

use crate::{arguments::usage, failure::CommandFailure};

/// An option of a command whose options are gathered in a `T`.
pub(crate) struct OptionRow<T: 'static> {
    /// As it is typed: one letter behind one dash, words behind two; the first name is the one that messages use.
    pub names: &'static [&'static str],
    /// What follows it and what becomes of it.
    pub action: Action<T>,
    /// Whose option it is.
    pub commands: Commands,
    /// The paragraph of the help page that it stands in.
    pub group: Group,
    /// One or two sentences without a final stop.
    pub help: &'static str,
}

/// What an option does.
pub(crate) enum Action<T> {
    /// It stands alone.
    Flag(fn(&mut T)),
    /// A value follows.
    Value {
        /// What the value is called on the help page.
        name: &'static str,
        /// What the value may be, for completion.
        kind: ValueKind,
        /// Takes the value.
        take: fn(&mut T, &Given) -> Result<(), CommandFailure>,
    },
    /// Mosquitto's clients know it and we do not; this is why, or what to do instead.
    Missing {
        /// Whether a value follows it there.
        name: &'static str,
        /// One sentence without a final stop.
        why: &'static str,
    },
}

/// What a value may be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ValueKind {
    /// Anything.
    Text,
    /// A file's name.
    File,
    /// A folder's name.
    Folder,
    /// One of these, separated by blanks.
    Words(&'static str),
    /// Names of cipher suites, joined by colons.
    Suites,
}

/// Commands that share a table.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Commands {
    /// `mqtts pub`.
    Publish,
    /// `mqtts sub`.
    Subscribe,
    /// Every command of the table.
    All,
}

/// A paragraph of a help page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    /// What is sent.
    Message,
    /// What is asked for.
    Subscription,
    /// How it is printed.
    Output,
    /// Where to, and as whom.
    Connection,
    /// The message that the server sends for us.
    Will,
    /// TLS.
    Tls,
    /// What the program tells.
    Reports,
    /// Of `mqtts lint`: files, and what they are held against.
    Files,
    /// What is missing on purpose.
    Missing,
}

/// The value that was given to an option.
pub(crate) struct Given {
    /// The option's first name.
    pub option: &'static str,
    value: OsString,
}

impl<T> OptionRow<T> {
    /// The name that messages use.
    pub(crate) fn name(&self) -> &'static str {
        self.names.first().copied().unwrap_or_default()
    }

    /// Whether `command` has this option.
    pub(crate) fn is_for(&self, command: Commands) -> bool {
        self.commands == Commands::All || self.commands == command
    }

    /// The name of the value that follows; empty for a flag.
    pub(crate) const fn value(&self) -> &'static str {
        match self.action {
            Action::Flag(_) => "",
            Action::Value { name, .. } | Action::Missing { name, .. } => name,
        }
    }

    /// Whether it is only there to be refused.
    pub(crate) const fn is_missing(&self) -> bool {
        matches!(self.action, Action::Missing { .. })
    }
}

impl Group {
    /// In the order of a help page.
    pub(crate) const ALL: [Self; 9] = [
        Self::Message,
        Self::Subscription,
        Self::Output,
        Self::Connection,
        Self::Will,
        Self::Tls,
        Self::Reports,
        Self::Files,
        Self::Missing,
    ];

    /// The paragraph's title.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Message => "The message",
            Self::Subscription => "The messages",
            Self::Output => "How they are printed",
            Self::Connection => "The server",
            Self::Will => "The will, which the server sends when it loses this client",
            Self::Tls => "TLS",
            Self::Reports => "Reports",
            Self::Files => "The files",
            Self::Missing => "Options of Mosquitto's clients that are missing on purpose",
        }
    }
}

impl Given {
    /// As text.
    pub(crate) fn text(&self) -> Result<String, CommandFailure> {
        match self.value.to_str() {
            Some(text) => Ok(text.to_owned()),
            None => usage(format!("{} {:?}: not valid UTF-8", self.option, self.value)),
        }
    }

    /// As it stands.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.value.as_encoded_bytes().to_vec()
    }

    /// As a file's name.
    pub(crate) fn path(&self) -> PathBuf {
        self.value.clone().into()
    }

    /// As a number within `range`.
    pub(crate) fn number<N>(&self, range: RangeInclusive<N>) -> Result<N, CommandFailure>
    where
        N: FromStr + PartialOrd + fmt::Display,
    {
        let value = self.text()?;
        match value.parse() {
            Ok(number) if range.contains(&number) => Ok(number),
            _ => usage(format!(
                "{} {value:?}: not a number from {} to {}",
                self.option,
                range.start(),
                range.end()
            )),
        }
    }
}

/// Reads all options of `command`, whose name is `word`; nothing if `--help` is among them.
///
/// # Errors
/// [`CommandFailure::Usage`] with one line about the first mistake.
pub(crate) fn read<T: Default>(
    parser: &mut Parser,
    rows: &'static [OptionRow<T>],
    command: Commands,
    word: &str,
) -> Result<Option<T>, CommandFailure> {
    let mut options = T::default();
    while let Some(argument) = parser.next()? {
        let name = match argument {
            Long("help") => return Ok(None),
            Long(name) => format!("--{name}"),
            Short(letter) => format!("-{letter}"),
            other => return Err(other.unexpected().into()),
        };
        let row = rows.iter().find(|row| row.is_for(command) && row.names.contains(&name.as_str()));
        let Some(row) = row else {
            return usage(format!("invalid option '{name}' (mqtts {word} --help)"));
        };
        match row.action {
            Action::Flag(set) => set(&mut options),
            Action::Value { take, .. } => {
                take(&mut options, &Given { option: row.name(), value: parser.value()? })?;
            }
            Action::Missing { why, .. } => {
                return usage(format!("{word}: {name} is missing on purpose: {why}"));
            }
        }
    }
    Ok(Some(options))
}

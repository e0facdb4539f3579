//! The table of options. The command line, help pages, manual page and both completions are made from it.

use std::{ffi::OsString, fmt, ops::RangeInclusive, path::PathBuf, str::FromStr};

use lexopt::{
    Arg::{Long, Short},
    Parser,
};

use crate::{arguments::usage, failure::CommandFailure};

/// An option. `T` collects the options of its command.
pub(crate) struct OptionRow<T: 'static> {
    /// The names as they are typed: one dash before a letter, two before a word. Messages use the first one.
    pub names: &'static [&'static str],
    /// Whether a value follows, and what the option does.
    pub action: Action<T>,
    /// Which commands have it.
    pub commands: Commands,
    /// The section of the help page.
    pub group: Group,
    /// One or two sentences without a final full stop.
    pub help: &'static str,
}

/// What an option does.
pub(crate) enum Action<T> {
    /// It has no value.
    Flag(fn(&mut T)),
    /// A value follows.
    Value {
        /// The value's name on the help page.
        name: &'static str,
        /// The kind of value, for completion.
        kind: ValueKind,
        /// Stores the value.
        take: fn(&mut T, &Given) -> Result<(), CommandFailure>,
    },
    /// Mosquitto's clients have it, this program does not. Says why, or what to do instead.
    Missing {
        /// The value's name, if it has a value there.
        name: &'static str,
        /// One sentence without a final full stop.
        why: &'static str,
    },
}

/// Kinds of values.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ValueKind {
    /// Anything.
    Text,
    /// A file's name.
    File,
    /// A folder's name.
    Folder,
    /// One of these words, separated by blanks.
    Words(&'static str),
    /// Names of cipher suites, joined by colons.
    Suites,
}

/// Which commands have an option.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Commands {
    /// `mqtts pub`.
    Publish,
    /// `mqtts sub`.
    Subscribe,
    /// Every command of the table.
    All,
}

/// A section of a help page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    /// What to send.
    Message,
    /// What to subscribe to.
    Subscription,
    /// How to print it.
    Output,
    /// Where to connect, and as whom.
    Connection,
    /// The will.
    Will,
    /// TLS.
    Tls,
    /// What the program prints about itself.
    Reports,
    /// For `mqtts lint`: the files, and what they are checked against.
    Files,
    /// What is deliberately missing.
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

    /// Whether it exists only to be refused with a reason.
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
    /// The value as text.
    pub(crate) fn text(&self) -> Result<String, CommandFailure> {
        match self.value.to_str() {
            Some(text) => Ok(text.to_owned()),
            None => usage(format!("{} {:?}: not valid UTF-8", self.option, self.value)),
        }
    }

    /// The value as bytes.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.value.as_encoded_bytes().to_vec()
    }

    /// The value as a file name.
    pub(crate) fn path(&self) -> PathBuf {
        self.value.clone().into()
    }

    /// The value as a number within `range`.
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

/// Reads all options of `command`, whose name is `word`. None if `--help` is among them.
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

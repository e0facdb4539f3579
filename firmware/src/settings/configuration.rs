//! The configuration file: lines of text with a version before and a checksum after them.
//!
//! ```text
//! # device configuration, version 1
//! network.dhcp = on
//! …
//! # checksum 0f1e2d3c4b5a6978
//! ```
//! The flash holds the same text with the secrets in it. A person's file may have been through editors and mail programs: a byte order
//! mark, other line ends, blanks at a line's end, empty lines, comments and a missing last line end are no damage. Nor is a checksum that is absent,
//! as in a file that was edited by hand; one that does not match is. Deliberately absent: certificates, and their key above
//! all (application note §1).

use core::fmt::{self, Write};

use accel::{Hash, HashAlgorithm, soft::Hasher};
use heapless::String;
use zeroize::Zeroize;

use super::{Field, Settings};
use crate::ascii::{cut_text, decimal, hexadecimal, write_hexadecimal};

/// The longest file, in bytes: every field at its longest, with its name, and room to grow.
pub const MAX_LENGTH: usize = 2048;

const HEAD: &str = "# device configuration, version ";
const VERSION: u32 = 1;
const CHECKSUM: &str = "# checksum ";
/// The length of the checksum in bytes, which is the beginning of a SHA-256.
const CHECKSUM_LENGTH: usize = 8;
/// A person's file has room for other line ends, blanks and comments, as far as an upload goes.
const MAX_UPLOAD: usize = 2 * MAX_LENGTH;
/// The byte order mark of UTF-8, which some editors put first.
const BYTE_ORDER_MARK: char = '\u{FEFF}';

/// A configuration file. Wiped when dropped, as the one in the flash has secrets in it.
#[derive(Clone, Default)]
pub struct Text(String<MAX_LENGTH>);

/// What goes into a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Secrets {
    /// Left out: the file that a person saves.
    LeftOut,
    /// Included: what the flash holds.
    Included,
}

/// Why a file was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// It does not begin as a configuration file does.
    NotAConfiguration,
    /// It is from a newer firmware.
    Newer,
    /// Its checksum does not match.
    Damaged,
    /// The line, counted from 1, is none that this firmware knows, or stands there twice, or its value is not allowed.
    Line(u16),
    /// The field does not fit the others.
    Contradiction(Field),
}

impl Text {
    /// An empty text, which is no configuration file.
    pub const fn new() -> Self {
        Self(String::new())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Drop for Text {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Writes the file.
pub fn save(settings: &Settings, secrets: Secrets) -> Text {
    let mut text = Text::default();
    // Cannot fail: MAX_LENGTH has room for every field at its longest (a test fills them).
    let _ = write_fields(settings, secrets, &mut text.0);
    let checksum = checksum(text.0.lines());
    let _ = text.0.write_str(CHECKSUM);
    let _ = write_hexadecimal(&checksum, &mut text.0);
    let _ = text.0.write_char('\n');
    text
}

/// Reads a file: what it does not name has its default. With [`Secrets::LeftOut`] it may not name a secret, and the secrets stay
/// those of `present`, but for a password of MQTT that was entered for another server ([`Settings::drop_foreign_password`]).
///
/// # Errors
/// The reason why nothing of it can be used.
pub fn load(text: &str, secrets: Secrets, present: &Settings) -> Result<Settings, Refusal> {
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    check_head(text)?;
    check_checksum(text, secrets)?;
    let mut settings = Settings::default();
    settings.mqtt.password.clone_from(&present.mqtt.password);
    settings.access.clone_from(&present.access);
    let mut seen = 0_u32;
    // At most MAX_UPLOAD lines: a text is no longer than that.
    for (number, line) in (1..).zip(text.lines()) {
        if is_empty(line) || line.starts_with('#') {
            continue;
        }
        let (field, value) = field(line, secrets).ok_or(Refusal::Line(number))?;
        let bit = 1_u32.wrapping_shl(u32::from(field as u8));
        if seen & bit != 0 || (field.is_secret() && secrets == Secrets::LeftOut) {
            return Err(Refusal::Line(number));
        }
        seen |= bit;
        settings.set(field, value).map_err(|_| Refusal::Line(number))?;
    }
    if secrets == Secrets::LeftOut {
        settings.drop_foreign_password(present);
    }
    settings.check().map_err(Refusal::Contradiction)?;
    Ok(settings)
}

fn write_fields(settings: &Settings, secrets: Secrets, out: &mut String<MAX_LENGTH>) -> fmt::Result {
    writeln!(out, "{HEAD}{VERSION}")?;
    for field in Field::ALL.iter().copied() {
        if field.is_secret() && secrets == Secrets::LeftOut {
            continue;
        }
        write!(out, "{} = ", field.name())?;
        settings.write(field, out)?;
        out.write_char('\n')?;
    }
    Ok(())
}

/// The first line that is neither empty nor a comment of somebody's.
fn check_head(text: &str) -> Result<(), Refusal> {
    let is_comment = |line: &str| line.starts_with('#') && !line.starts_with(HEAD);
    let first = text.lines().find(|line| !is_empty(line) && !is_comment(line));
    let version = first.and_then(|line| line.strip_prefix(HEAD)).ok_or(Refusal::NotAConfiguration)?;
    match decimal(version.trim_ascii_end().as_bytes()) {
        Some(VERSION) => Ok(()),
        Some(newer) if newer > VERSION => Err(Refusal::Newer),
        _ => Err(Refusal::Damaged),
    }
}

/// The checksum, if there is one: behind it stands nothing. In the flash there always is one.
fn check_checksum(text: &str, secrets: Secrets) -> Result<(), Refusal> {
    if text.len() > MAX_UPLOAD {
        return Err(Refusal::Damaged);
    }
    let is_checksum = |line: &&str| line.starts_with(CHECKSUM.trim_ascii_end());
    let Some(last) = text.lines().find(is_checksum) else {
        return if secrets == Secrets::LeftOut { Ok(()) } else { Err(Refusal::Damaged) };
    };
    let mut stated = [0; CHECKSUM_LENGTH];
    let digits = last.strip_prefix(CHECKSUM).map(str::trim_ascii_end).ok_or(Refusal::Damaged)?;
    hexadecimal(digits.as_bytes(), &mut stated).ok_or(Refusal::Damaged)?;
    let body = text.lines().take_while(|line| !is_checksum(line));
    let behind = text.lines().skip_while(|line| !is_checksum(line)).skip(1);
    let is_last = behind.clone().all(is_empty);
    if is_last && stated == checksum(body) { Ok(()) } else { Err(Refusal::Damaged) }
}

fn is_empty(line: &str) -> bool {
    line.trim_ascii().is_empty()
}

/// A line's field and value. A person's file may have more or fewer blanks than ours.
fn field(line: &str, secrets: Secrets) -> Option<(Field, &str)> {
    let (name, value) = match secrets {
        Secrets::Included => cut_text(line, " = ")?,
        Secrets::LeftOut => {
            let (name, value) = cut_text(line, "=")?;
            (name.trim_ascii(), value.trim_ascii())
        }
    };
    Some((Field::from_name(name)?, value))
}

/// The first eight bytes of the SHA-256 of the lines that are not empty, each without the blanks at its end and with LF behind it: against
/// damage, not against malice.
fn checksum<'l>(lines: impl Iterator<Item = &'l str>) -> [u8; CHECKSUM_LENGTH] {
    let digest = || -> Result<_, status::Error> {
        let mut state = Hasher.hash_start(HashAlgorithm::Sha256)?;
        for line in lines.filter(|line| !is_empty(line)) {
            Hasher.hash_update(&mut state, line.trim_ascii_end().as_bytes())?;
            Hasher.hash_update(&mut state, b"\n")?;
        }
        Hasher.hash_finish_in_place(&mut state)
    };
    digest().ok().and_then(|digest| digest.as_bytes().first_chunk().copied()).unwrap_or_default()
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAConfiguration => f.write_str("This is not a configuration file of this device."),
            Self::Newer => f.write_str("The file is from a newer firmware."),
            Self::Damaged => f.write_str(
                "The checksum in the last line does not match: the file is damaged, or was edited. After an edit remove that line.",
            ),
            Self::Line(line) => {
                write!(f, "Line {line} is not one that this firmware can use.")
            }
            Self::Contradiction(field) => {
                write!(f, "{} does not fit the other settings.", field.name())
            }
        }
    }
}

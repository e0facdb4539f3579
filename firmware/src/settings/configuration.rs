//! The configuration file: lines of text with a version before and a checksum after them.
//!
//! ```text
//! # device configuration, version 1
//! network.dhcp = on
//! …
//! # checksum 0f1e2d3c4b5a6978
//! ```
//! The flash holds the same text with the secrets in it. Deliberately absent: certificates, and their key above all
//! (application note §1).

use core::fmt::{self, Write};

use accel::{Hash, HashAlgorithm, soft::Hasher};
use heapless::String;
use zeroize::Zeroize;

use super::{Field, Settings};
use crate::{
    ascii::{cut_text, decimal, hexadecimal, write_hexadecimal},
    packed,
};

/// The longest file, in bytes: every field at its longest, with its name, and room to grow.
pub const MAX_LENGTH: usize = 2048;

const HEAD: &str = "# device configuration, version ";
const VERSION: u32 = 1;
const CHECKSUM: &str = "# checksum ";
/// The length of the checksum in bytes, which is the beginning of a SHA-256.
const CHECKSUM_LENGTH: usize = 8;
/// The length of the last line with its end.
const LAST_LINE: usize = CHECKSUM.len() + 2 * CHECKSUM_LENGTH + 1;

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
    /// Its end is missing, or its checksum does not match.
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
    let checksum = checksum(&text.0);
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
    let (body, last) = split(text)?;
    if last != checksum(body) {
        return Err(Refusal::Damaged);
    }
    let mut settings = Settings::default();
    settings.mqtt.password.clone_from(&present.mqtt.password);
    settings.access.clone_from(&present.access);
    let mut seen = 0_u32;
    // At most MAX_LENGTH lines: a text is no longer than that.
    for (number, line) in (1..).zip(body.lines()).skip(1) {
        let (field, value) = field(line).ok_or(Refusal::Line(number))?;
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

/// What the checksum is over, and the checksum. A file that a mail program gave other line ends is damaged, too.
fn split(text: &str) -> Result<(&str, [u8; CHECKSUM_LENGTH]), Refusal> {
    let version = text.strip_prefix(HEAD).ok_or(Refusal::NotAConfiguration)?;
    match cut_text(version, "\n").and_then(|(version, _)| decimal(version.as_bytes())) {
        Some(VERSION) => {}
        Some(newer) if newer > VERSION => return Err(Refusal::Newer),
        _ => return Err(Refusal::Damaged),
    }
    if text.len() > MAX_LENGTH {
        return Err(Refusal::Damaged);
    }
    let end = text.len().checked_sub(LAST_LINE).ok_or(Refusal::Damaged)?;
    let (body, last) = text.split_at_checked(end).ok_or(Refusal::Damaged)?;
    let mut checksum = [0; CHECKSUM_LENGTH];
    last.strip_prefix(CHECKSUM)
        .and_then(|last| last.strip_suffix("\n"))
        .and_then(|digits| hexadecimal(digits.as_bytes(), &mut checksum))
        .ok_or(Refusal::Damaged)?;
    Ok((body, checksum))
}

fn field(line: &str) -> Option<(Field, &str)> {
    let (name, value) = cut_text(line, " = ")?;
    Some((Field::from_name(name)?, value))
}

/// The first eight bytes of the text's SHA-256: against damage, not against malice.
fn checksum(text: &str) -> [u8; CHECKSUM_LENGTH] {
    let digest = Hasher.hash(HashAlgorithm::Sha256, &[text.as_bytes()]);
    digest.ok().and_then(|digest| digest.as_bytes().first_chunk().copied()).unwrap_or_default()
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAConfiguration => packed!("This is not a configuration file of this device.").fmt(f),
            Self::Newer => packed!("The file is from a newer firmware.").fmt(f),
            Self::Damaged => packed!("The file is damaged: its checksum does not match.").fmt(f),
            Self::Line(line) => {
                write!(f, "Line {line} {}", packed!("is not one that this firmware can use."))
            }
            Self::Contradiction(field) => {
                write!(f, "{} {}", field.name(), packed!("does not fit the other settings."))
            }
        }
    }
}

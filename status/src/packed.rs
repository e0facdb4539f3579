//! The texts of all codes in half their size, for devices that print them.
//!
//! This code packs the rows of the tables at compile time. A packed text is its number, low byte first, then a byte for each letter or word, then a
//! zero. Deliberately absent: an index, as a text is only searched for after a failure.

use core::fmt::{self, Write as _};

use crate::Error;

use packing::{FIRST_WORD, LETTER, SPELLED, TEXTS};

mod packing;

/// Writes `"<MODULE> - <text>"` of this exact number.
///
/// `Ok(false)` if no table has it: nothing is written.
///
/// # Errors
/// What the formatter answers.
pub(crate) fn write(error: Error, f: &mut fmt::Formatter<'_>) -> Result<bool, fmt::Error> {
    match text(error) {
        Some(text) => text.iter().try_for_each(|letter| write_letter(*letter, f)).map(|()| true),
        None => Ok(false),
    }
}

/// The packed text of this exact number, if a table has it.
pub(crate) fn text(error: Error) -> Option<&'static [u8]> {
    let number = error.number().get().to_le_bytes();
    let mut rest: &[u8] = &TEXTS;
    while let Some((found, after)) = rest.split_first_chunk() {
        let text = after.split(|letter| *letter == 0).next().unwrap_or_default();
        if *found == number {
            return Some(text);
        }
        rest = after.get(text.len().saturating_add(1)..).unwrap_or_default();
    }
    None
}

/// Writes a letter, or the word that stands for it.
fn write_letter(letter: u8, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Some(word) = letter.checked_sub(FIRST_WORD) else { return f.write_char(char::from(letter)) };
    let mut place = 0_u8;
    for letter in SPELLED {
        if place == word {
            f.write_char(char::from(letter & LETTER))?;
        }
        place = place.wrapping_add(u8::from(letter > LETTER));
    }
    Ok(())
}

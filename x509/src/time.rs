//! Calendar time, as certificates state it (RFC 5280 §4.1.2.5): UTC, to the second.

use core::fmt;

use status::{asn1, x509};

use crate::der::{DerReader, GENERALIZED_TIME, UTC_TIME};

/// A moment in UTC, from year 0 to 9999; ordered.
///
/// ```
/// use x509::Time;
///
/// let time = Time::from_unix(1_795_357_435);
/// assert_eq!((time.to_string(), time.to_unix()), ("2026-11-22 14:23:55".to_owned(), 1_795_357_435));
/// assert!(time < Time::from_unix(1_795_357_436));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct Time {
    /// Since 1 March of the year -400: nothing is negative, and a leap day is the last of its year.
    seconds: u64,
}

impl Time {
    /// The moment so many seconds after 1970-01-01 00:00:00 UTC, without leap seconds; the end of 9999 for anything later.
    #[must_use]
    pub const fn from_unix(seconds: u64) -> Self {
        let seconds = if seconds < LAST_SECOND { seconds } else { LAST_SECOND };
        Self { seconds: seconds.saturating_add(EPOCH) }
    }

    /// Seconds since 1970-01-01 00:00:00 UTC; 0 for anything earlier.
    #[must_use]
    pub const fn to_unix(self) -> u64 {
        self.seconds.saturating_sub(EPOCH)
    }

    /// Reads a UTCTime or a GeneralizedTime, with seconds, within the validity; the final Z may be missing, as Mbed TLS 2.28 has it.
    #[inline(never)]
    pub(crate) fn read(reader: &mut DerReader<'_>) -> Self {
        let length = match reader.peek() {
            Some(GENERALIZED_TIME) => UTC_DIGITS + 2,
            None | Some(UTC_TIME) => UTC_DIGITS,
            Some(_) => {
                reader.fail(asn1::UNEXPECTED_TAG);
                UTC_DIGITS
            }
        };
        let (_, text) = reader.element();
        Self::parse(text, length).unwrap_or_else(|| {
            reader.fail(x509::INVALID_DATE);
            Self { seconds: 0 }
        })
    }

    fn parse(text: &[u8], length: usize) -> Option<Self> {
        let (digits, b"" | b"Z") = text.split_at_checked(length)? else { return None };
        let mut fields = [0; 7];
        for (field, [tens, units]) in fields.iter_mut().rev().zip(digits.as_chunks().0.iter().rev()) {
            *field = digit(*tens)?.checked_mul(10)?.checked_add(digit(*units)?)?;
        }
        let [century, year, month, day, hour, minute, second] = fields;
        // RFC 5280 §4.1.2.5.1: two digits below 50 are of this century.
        let century = if length > UTC_DIGITS { century } else { if year < 50 { 20 } else { 19 } };
        let year = century.checked_mul(100)?.checked_add(year)?;
        let is_valid =
            (1..=month_length(year, month)).contains(&day) && hour < 24 && minute < 60 && second < 60;
        let in_day = hour.checked_mul(3600)?.checked_add(minute.checked_mul(60)?)?.checked_add(second)?;
        let seconds = u64::from(days(year, month, day)).checked_mul(DAY)?.checked_add(in_day.into())?;
        is_valid.then_some(Self { seconds })
    }
}

/// `2026-11-22 14:23:55`.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, in_day) = (self.seconds / DAY, self.seconds % DAY);
        let (year, month, day) = date(u32::try_from(days).unwrap_or_default());
        let (hour, minute, second) = (in_day / 3600, in_day / 60 % 60, in_day % 60);
        write!(f, "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
    }
}

/// The digits of a UTCTime.
const UTC_DIGITS: usize = 12;
/// Seconds in a day.
const DAY: u64 = 86_400;
/// Days in 400 years.
const CYCLE: u32 = 146_097;
/// 1970-01-01 00:00:00 as [`Time`] counts.
const EPOCH: u64 = (719_468 + CYCLE as u64) * DAY;
/// 9999-12-31 23:59:59, since 1970.
const LAST_SECOND: u64 = 253_402_300_799;

/// Days in a month; 0 for a month that does not exist.
const fn month_length(year: u32, month: u32) -> u32 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400) => 29,
        2 => 28,
        _ => 0,
    }
}

/// Days from 1 March of the year -400 to a date from year 0 to 9999. A year begins in March: 153 days for five months.
#[expect(clippy::arithmetic_side_effects, reason = "a year has four digits, month and day have two")]
const fn days(year: u32, month: u32, day: u32) -> u32 {
    let (years, months) = if month > 2 { (year + 400, month - 3) } else { (year + 399, month + 9) };
    years * 365 + years / 4 - years / 100 + years / 400 + (months * 153 + 2) / 5 + day - 1
}

/// Year, month and day of what [`days`] gave.
#[expect(clippy::arithmetic_side_effects, reason = "each line takes away what the one before has counted")]
const fn date(days: u32) -> (u32, u32, u32) {
    let (cycles, days) = (days / CYCLE, days % CYCLE);
    let years = (days - days / 1460 + days / 36_524 - days / 146_096) / 365;
    let days = days - (years * 365 + years / 4 - years / 100);
    let months = (days * 5 + 2) / 153;
    let day = days - (months * 153 + 2) / 5 + 1;
    let years = cycles * 400 + years;
    let (years, month) = if months < 10 { (years, months + 3) } else { (years + 1, months - 9) };
    (years.saturating_sub(400), month, day)
}

/// The value of a decimal digit.
fn digit(letter: u8) -> Option<u32> {
    char::from(letter).to_digit(10)
}

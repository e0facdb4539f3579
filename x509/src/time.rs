//! Calendar time, as certificates state it (RFC 5280 §4.1.2.5): UTC, to the second.

use core::fmt;

use status::{Error, asn1, x509};

use crate::der::{GENERALIZED_TIME, Reader, UTC_TIME, Within};

/// A moment in UTC, from year 0 to 9999; ordered.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct Time {
    // In the order of comparison.
    year: u16,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
}

impl Time {
    /// The moment so many seconds after 1970-01-01 00:00:00 UTC, without leap seconds; the end of 9999 for anything later.
    #[must_use]
    pub fn from_unix(seconds: u64) -> Self {
        let seconds = seconds.min(LAST_SECOND);
        let (mut days, in_day) = (seconds / DAY, seconds % DAY);
        // 400 years at a time, then single years: at most 400 turns.
        let mut year = (days / CYCLE).saturating_mul(400).saturating_add(1970);
        days %= CYCLE;
        while days >= year_length(year) {
            days = days.saturating_sub(year_length(year));
            year = year.saturating_add(1);
        }
        let mut month = 1;
        while days >= u64::from(month_length(year, month)) && month < 12 {
            days = days.saturating_sub(month_length(year, month).into());
            month = month.saturating_add(1);
        }
        Self {
            year: u16::try_from(year).unwrap_or(9999),
            month,
            day: small(days.saturating_add(1)),
            hour: small(in_day / 3600),
            minute: small(in_day / 60 % 60),
            second: small(in_day % 60),
        }
    }

    /// Seconds since 1970-01-01 00:00:00 UTC; 0 for anything earlier.
    #[must_use]
    pub fn to_unix(self) -> u64 {
        let year = u64::from(self.year);
        let Some(since) = year.checked_sub(1970) else { return 0 };
        // As above, in the other direction; every 400 years are the same.
        let days = (since / 400).saturating_mul(CYCLE);
        let mut days = (0..since % 400)
            .map(|offset| year_length(year.saturating_sub(offset).saturating_sub(1)))
            .fold(days, u64::saturating_add);
        for month in 1..self.month {
            days = days.saturating_add(month_length(year, month).into());
        }
        days.saturating_add(u64::from(self.day).saturating_sub(1))
            .saturating_mul(DAY)
            .saturating_add(u64::from(self.hour).saturating_mul(3600))
            .saturating_add(u64::from(self.minute).saturating_mul(60))
            .saturating_add(self.second.into())
    }

    /// Reads a UTCTime or a GeneralizedTime, with seconds; the final Z may be missing, as Mbed TLS 2.28 has it.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let year_digits = match reader.peek() {
            Some(UTC_TIME) => 2,
            Some(GENERALIZED_TIME) => 4,
            Some(_) => return Err(x509::INVALID_DATE.because(asn1::UNEXPECTED_TAG)),
            None => return Err(x509::INVALID_DATE.because(asn1::OUT_OF_DATA)),
        };
        let (_, text) = reader.element().within(x509::INVALID_DATE)?;
        Self::parse(text, year_digits).ok_or(x509::INVALID_DATE)
    }

    fn parse(text: &[u8], year_digits: usize) -> Option<Self> {
        let (year, rest) = text.split_at_checked(year_digits)?;
        let year = match (decimal(year)?, year_digits) {
            // RFC 5280 §4.1.2.5.1: two digits below 50 are of this century.
            (year @ 0..50, 2) => year.checked_add(2000)?,
            (year, 2) => year.checked_add(1900)?,
            (year, _) => year,
        };
        let (fields, rest) = rest.split_at_checked(10)?;
        let field = |index| {
            fields.chunks_exact(2).nth(index).and_then(decimal).and_then(|value| u8::try_from(value).ok())
        };
        let time = Self {
            year,
            month: field(0)?,
            day: field(1)?,
            hour: field(2)?,
            minute: field(3)?,
            second: field(4)?,
        };
        (matches!(rest, b"" | b"Z") && time.is_valid()).then_some(time)
    }

    fn is_valid(self) -> bool {
        let month_length = month_length(self.year.into(), self.month);
        (1..=month_length).contains(&self.day) && self.hour < 24 && self.minute < 60 && self.second < 60
    }
}

/// `2026-11-22 14:23:55`.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, month, day, hour, minute, second } = self;
        write!(f, "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
    }
}

/// Seconds in a day.
const DAY: u64 = 86_400;
/// Days in 400 years.
const CYCLE: u64 = 146_097;
/// 9999-12-31 23:59:59.
const LAST_SECOND: u64 = 253_402_300_799;

const fn is_leap(year: u64) -> bool {
    (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400)
}

const fn year_length(year: u64) -> u64 {
    if is_leap(year) { 366 } else { 365 }
}

/// Days in a month; 0 for a month that does not exist.
const fn month_length(year: u64, month: u8) -> u8 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 0,
    }
}

fn small(value: u64) -> u8 {
    u8::try_from(value).unwrap_or(u8::MAX)
}

/// The value of at most four decimal digits.
fn decimal(digits: &[u8]) -> Option<u16> {
    digits.iter().try_fold(0_u16, |sum, digit| {
        let digit = char::from(*digit).to_digit(10)?;
        sum.checked_mul(10)?.checked_add(u16::try_from(digit).ok()?)
    })
}

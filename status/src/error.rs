//! The error number and its text.

use core::{
    fmt::{self, Write as _},
    num::NonZeroU16,
};

use crate::{device, low_level, mqtt, neighbours, packed, ssl, x509};

/// A failure, as a number of the Mbed TLS 2.28 space (two bytes; `Option<Error>` is two bytes too).
///
/// ```
/// use status::{Error, asn1, x509};
///
/// let error = x509::INVALID_FORMAT.because(asn1::OUT_OF_DATA);
/// assert_eq!((error.code(), error.high()), (-0x21E0, Some(x509::INVALID_FORMAT)));
/// assert_eq!(format!("{error:?}"), "-0x21E0");
/// assert_eq!(Error::from_code(-0x21E0), Some(error));
/// assert_eq!(Error::from_code(-1), Error::from_code(-0x0001));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Error(NonZeroU16);

/// One row of a table.
///
/// ```
/// // What a page with all codes of a module is made of.
/// for row in status::ssl::ROWS {
///     assert!(row.text.len() > 3, "{:?} has a text", row.error);
/// }
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Row {
    /// The code.
    pub error: Error,
    /// The text that follows the module's name.
    pub text: &'static str,
}

impl Error {
    /// Makes the constant of a row. Only evaluated at compile time: a zero is a compile error there.
    pub(crate) const fn row(number: u16) -> Self {
        match NonZeroU16::new(number) {
            Some(number) => Self(number),
            None => Self(NonZeroU16::MIN),
        }
    }

    /// The number without its sign, such as 0x7780.
    #[must_use]
    pub const fn number(self) -> NonZeroU16 {
        self.0
    }

    /// The failure of this number, which is not looked up.
    #[must_use]
    pub const fn from_number(number: NonZeroU16) -> Self {
        Self(number)
    }

    /// The negative value that Mbed TLS returns for this failure, such as -0x7780.
    #[must_use]
    pub const fn code(self) -> i32 {
        (self.0.get() as i32).wrapping_neg()
    }

    /// The failure whose [`code`](Self::code) this is, so that a device can keep its status codes over a reset. None for a number
    /// of which a part stands in no table.
    #[must_use]
    pub fn from_code(code: i32) -> Option<Self> {
        let number = u16::try_from(code.checked_neg()?).ok()?;
        let error = Self(NonZeroU16::new(number)?);
        let is_known = |part: Option<Self>| part.is_none_or(|part| packed::text(part).is_some());
        (is_known(error.high()) && is_known(error.low())).then_some(error)
    }

    /// This high-level code with a low-level cause, summed as Mbed TLS 2.28 does.
    ///
    /// A code that already has a cause, or that is itself low-level, is returned as it is; so is one for which `cause` is
    /// not low-level. Nothing can overflow into another module's numbers.
    #[must_use]
    pub const fn because(self, cause: Self) -> Self {
        if self.0.get() & LOW != 0 || cause.0.get() & HIGH != 0 {
            return self;
        }
        Self(match NonZeroU16::new(self.0.get() | cause.0.get()) {
            Some(sum) => sum,
            None => self.0,
        })
    }

    /// The high-level part, if there is one.
    #[must_use]
    pub const fn high(self) -> Option<Self> {
        part(self.0.get() & HIGH)
    }

    /// The low-level part, if there is one.
    #[must_use]
    pub const fn low(self) -> Option<Self> {
        part(self.0.get() & LOW)
    }

    /// The module's name and the text of this exact number, if a table has it.
    #[must_use]
    pub fn find(self) -> Option<(&'static str, &'static str)> {
        TABLES.iter().find_map(|(module, rows)| {
            rows.iter().find(|row| row.error == self).map(|row| (*module, row.text))
        })
    }
}

/// `"<MODULE> - <text>"`, or `"<high> : <low>"` with a cause: what `mbedtls_strerror` prints.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Mbed TLS prints a fatal alert's text without ever looking for a cause.
        let high = self.high();
        if let Some(high) = high {
            text(high, f)?;
            if high == ssl::FATAL_ALERT_MESSAGE {
                return Ok(());
            }
        }
        match (high, self.low()) {
            (Some(_), Some(low)) => {
                f.write_str(" : ")?;
                text(low, f)
            }
            (None, Some(low)) => text(low, f),
            (_, None) => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("-0x")?;
        hexadecimal(*self, f)
    }
}

impl core::error::Error for Error {}

/// The seven bits of the low-level cause.
const LOW: u16 = 0x007F;
/// All other bits: our own range, the module, and the module's code.
const HIGH: u16 = !LOW;

const fn part(bits: u16) -> Option<Error> {
    match NonZeroU16::new(bits) {
        Some(bits) => Some(Error(bits)),
        None => None,
    }
}

fn text(error: Error, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if packed::write(error, f)? {
        return Ok(());
    }
    f.write_str("UNKNOWN ERROR CODE (")?;
    hexadecimal(error, f)?;
    f.write_str(")")
}

/// Four digits, without the formatting machinery.
fn hexadecimal(error: Error, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let number = u32::from(error.number().get());
    [12, 8, 4, 0].into_iter().try_for_each(|shift| {
        let digit = char::from_digit(number >> shift & 0xF, 16).unwrap_or_default();
        f.write_char(digit.to_ascii_uppercase())
    })
}

/// Every table with its module's name.
pub(crate) const TABLES: [(&str, &[Row]); 27] = [
    (ssl::MODULE, ssl::ROWS),
    (x509::MODULE, x509::ROWS),
    (neighbours::pem::MODULE, neighbours::pem::ROWS),
    (neighbours::pk::MODULE, neighbours::pk::ROWS),
    (neighbours::rsa::MODULE, neighbours::rsa::ROWS),
    (neighbours::ecp::MODULE, neighbours::ecp::ROWS),
    (neighbours::md::MODULE, neighbours::md::ROWS),
    (neighbours::cipher::MODULE, neighbours::cipher::ROWS),
    (low_level::error::MODULE, low_level::error::ROWS),
    (low_level::mpi::MODULE, low_level::mpi::ROWS),
    (low_level::oid::MODULE, low_level::oid::ROWS),
    (low_level::ccm::MODULE, low_level::ccm::ROWS),
    (low_level::gcm::MODULE, low_level::gcm::ROWS),
    (low_level::aes::MODULE, low_level::aes::ROWS),
    (low_level::base64::MODULE, low_level::base64::ROWS),
    (low_level::md5::MODULE, low_level::md5::ROWS),
    (low_level::sha1::MODULE, low_level::sha1::ROWS),
    (low_level::sha256::MODULE, low_level::sha256::ROWS),
    (low_level::sha512::MODULE, low_level::sha512::ROWS),
    (low_level::ctr_drbg::MODULE, low_level::ctr_drbg::ROWS),
    (low_level::hmac_drbg::MODULE, low_level::hmac_drbg::ROWS),
    (low_level::entropy::MODULE, low_level::entropy::ROWS),
    (low_level::net::MODULE, low_level::net::ROWS),
    (low_level::asn1::MODULE, low_level::asn1::ROWS),
    (low_level::platform::MODULE, low_level::platform::ROWS),
    (device::MODULE, device::ROWS),
    (mqtt::MODULE, mqtt::ROWS),
];

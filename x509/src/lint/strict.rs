//! A strict reading of a certificate: what other implementations refuse although this one, as Mbed TLS 2.28, reads it.
//!
//! The certificate is walked with this crate's own lenient reader, so that one fault does not hide the next, and each element is held
//! against the crate `der`, which knows one encoding for each value (X.690 §10, §11). What only the certificate's own rules say
//! (RFC 5280 §4.1, §4.2) is looked at in its place.
//!
//! Deliberately absent: what an encoding means. That a certificate has expired, or its key is short, is [`check`](super::check)'s.

use core::fmt;

use ::der::{
    Decode, DecodeValue, Error, ErrorKind, FixedTag, Header, SliceReader,
    asn1::{
        AnyRef, BitStringRef, GeneralizedTime, Ia5StringRef, IntRef, Null, PrintableStringRef, UtcTime,
        Utf8StringRef,
    },
};

use crate::der::{
    self, BIT_STRING, BMP_STRING, BOOLEAN, CONTEXT, DerReader, GENERALIZED_TIME, IA5_STRING, INTEGER, NULL,
    OBJECT_IDENTIFIER, OCTET_STRING, PRINTABLE_STRING, SEQUENCE, SET, UNIVERSAL_STRING, UTC_TIME,
    UTF8_STRING, explicit,
};
use crate::oid;

/// Where a certificate's encoding is not the one that the standards allow.
///
/// ```
/// use x509::lint;
///
/// // The length 3 takes one byte; here it has two. And there is more to a certificate than a number.
/// let mut found = Vec::new();
/// lint::strict(&[0x30, 0x81, 0x03, 0x02, 0x01, 0x05], |deviation| found.push(deviation.to_string()));
/// assert_eq!(found[0], "byte 0: a length that is not in its shortest form (X.690 §10.1)");
/// assert_eq!(found[1], "byte 3: a field is missing or of another type (RFC 5280 §4.1)");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Deviation {
    /// At which byte of the certificate the element begins.
    pub offset: usize,
    /// What it breaks.
    pub rule: Rule,
}

/// A rule of DER, or of certificates in it, that strict readers hold.
///
/// ```
/// use x509::lint::Rule;
///
/// assert_eq!(Rule::Boolean.to_string(), "a BOOLEAN that is neither 00 nor FF (X.690 §11.1)");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Rule {
    /// A certificate's fields are not where they have to be.
    Structure,
    /// A tag that no certificate has.
    Tag,
    /// A length that is not in its shortest form.
    Length,
    /// A BOOLEAN that is neither 00 nor FF.
    Boolean,
    /// An INTEGER that has no byte, or one more than it needs.
    Integer,
    /// A BIT STRING that says wrongly how many bits are unused, or sets them.
    BitString,
    /// A list of named bits that ends with a zero.
    NamedBits,
    /// A NULL with content.
    Null,
    /// An object identifier that is cut off or padded.
    ObjectIdentifier,
    /// A text with characters that its type does not have.
    Text,
    /// The elements of a SET OF are not in ascending order.
    SetOrder,
    /// The default value is written out.
    DefaultWritten,
    /// A serial number that is negative.
    NegativeSerial,
    /// A serial number that is zero.
    ZeroSerial,
    /// A serial number of more than 20 bytes.
    LongSerial,
    /// A time without seconds or without Z, or one that is none.
    Time,
    /// A time before 2050 that is no UTCTime.
    TimeType,
    /// An algorithm's parameters: NULL is missing for RSA, or there are some for ECDSA.
    Parameters,
    /// An RSA key with a negative number.
    NegativeKey,
    /// An extension for the second time.
    RepeatedExtension,
    /// An empty list of extensions.
    NoExtensions,
}

/// With the section that says so.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Structure => "a field is missing or of another type (RFC 5280 §4.1)",
            Self::Tag => "a tag that no certificate has (X.690 §8.1.2)",
            Self::Length => "a length that is not in its shortest form (X.690 §10.1)",
            Self::Boolean => "a BOOLEAN that is neither 00 nor FF (X.690 §11.1)",
            Self::Integer => "an INTEGER without a byte, or with one more than it needs (X.690 §8.3.2)",
            Self::BitString => "a BIT STRING whose unused bits are miscounted or set (X.690 §11.2.1)",
            Self::NamedBits => "a list of named bits that ends with a zero (X.690 §11.2.2)",
            Self::Null => "a NULL that is not empty (X.690 §8.8.2)",
            Self::ObjectIdentifier => "an object identifier that is cut off or padded (X.690 §8.19.2)",
            Self::Text => "a text with characters that its type does not have (X.690 §8.23)",
            Self::SetOrder => "a SET OF that is not in ascending order (X.690 §11.6)",
            Self::DefaultWritten => "a default value that is written out (X.690 §11.5)",
            Self::NegativeSerial => "a negative serial number (RFC 5280 §4.1.2.2)",
            Self::ZeroSerial => "the serial number 0 (RFC 5280 §4.1.2.2)",
            Self::LongSerial => "a serial number of more than 20 bytes (RFC 5280 §4.1.2.2)",
            Self::Time => "a time without seconds or Z, or that does not exist (RFC 5280 §4.1.2.5)",
            Self::TimeType => "a GeneralizedTime before 2050 (RFC 5280 §4.1.2.5)",
            Self::Parameters => {
                "parameters that the algorithm does not have, or lacks (RFC 3279 §2.2.1, RFC 5758 §3.2)"
            }
            Self::NegativeKey => "an RSA key with a negative number (RFC 8017 A.1.1)",
            Self::RepeatedExtension => "an extension for the second time (RFC 5280 §4.2)",
            Self::NoExtensions => "an empty list of extensions (RFC 5280 §4.1)",
        })
    }
}

/// `byte 15: a negative serial number (RFC 5280 §4.1.2.2)`.
impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {}: {}", self.offset, self.rule)
    }
}

/// Reads a certificate's DER strictly and reports each deviation: first those of the encoding from front to back, then those from the
/// rules for certificates. Nothing is reported of a certificate that every reader takes.
///
/// It ends whatever the bytes are: elements are followed 16 deep, and an extension is compared with those before it among the first 64.
pub fn strict(certificate: &[u8], report: impl FnMut(Deviation)) {
    let mut strict = Strict { start: certificate.as_ptr().addr(), is_cut_off: false, report };
    let mut rest = certificate;
    if let Some(whole) = next(&mut rest) {
        strict.element(&whole, MAX_DEPTH);
    }
    let fields = strict.certificate(certificate);
    if let Some(place) = fields.err().filter(|_| !strict.is_cut_off) {
        strict.say(place, Rule::Structure);
    }
}

struct Strict<R> {
    /// Where the certificate stands in memory: an offset is counted from there.
    start: usize,
    /// An element is longer than what it stands in, and that is said.
    is_cut_off: bool,
    report: R,
}

/// One element: its whole encoding, its tag, and its content.
struct Element<'a> {
    whole: &'a [u8],
    tag: u8,
    content: &'a [u8],
}

/// The first element of `rest`, which then is what follows it.
fn next<'a>(rest: &mut &'a [u8]) -> Option<Element<'a>> {
    let mut reader = DerReader::new(rest);
    let (tag, content) = reader.element();
    reader.finish().ok()?;
    let whole = der::until(rest, reader.rest());
    *rest = reader.rest();
    Some(Element { whole, tag, content })
}

/// The first element of `rest` if it has this tag.
fn optional<'a>(rest: &mut &'a [u8], tag: u8) -> Option<Element<'a>> {
    if rest.first() == Some(&tag) { next(rest) } else { None }
}

/// The first element of `rest`, which must have this tag; else the place.
fn take<'a>(rest: &mut &'a [u8], tag: u8) -> Result<Element<'a>, &'a [u8]> {
    let place = *rest;
    optional(rest, tag).ok_or(place)
}

/// Fails unless everything has been read.
const fn end(rest: &[u8]) -> Result<(), &[u8]> {
    if rest.is_empty() { Ok(()) } else { Err(rest) }
}

/// The encoding of each element, whatever it means.
impl<R: FnMut(Deviation)> Strict<R> {
    /// Reports what begins at this place.
    fn say(&mut self, place: &[u8], rule: Rule) {
        let offset = place.as_ptr().addr().wrapping_sub(self.start);
        (self.report)(Deviation { offset, rule });
    }

    fn elements(&mut self, bytes: &[u8], depth: usize) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let place = rest;
            let Some(element) = next(&mut rest) else {
                self.is_cut_off = true;
                return self.say(place, Rule::Structure);
            };
            self.element(&element, depth);
        }
    }

    fn element(&mut self, element: &Element<'_>, depth: usize) {
        let is_known =
            match SliceReader::new(element.whole).and_then(|mut reader| Header::decode(&mut reader)) {
                Ok(_) => true,
                // The crate `der` has no UniversalString.
                Err(_) if element.tag == UNIVERSAL_STRING => true,
                Err(error) => {
                    let is_length =
                        matches!(error.kind(), ErrorKind::Length { .. } | ErrorKind::IndefiniteLength);
                    self.say(element.whole, if is_length { Rule::Length } else { Rule::Tag });
                    is_length
                }
            };
        if !is_known {
            return;
        }
        if element.tag & CONSTRUCTED == 0 {
            if let Some(rule) = broken_rule(element) {
                self.say(element.whole, rule);
            }
        } else if let Some(depth) = depth.checked_sub(1) {
            self.elements(element.content, depth);
            if element.tag == SET {
                self.order(element.content);
            }
        }
    }

    fn order(&mut self, set: &[u8]) {
        let (mut rest, mut before): (_, &[u8]) = (set, &[]);
        while let Some(element) = next(&mut rest) {
            if before > element.whole {
                self.say(element.whole, Rule::SetOrder);
            }
            before = element.whole;
        }
    }
}

/// What a primitive element's content breaks.
fn broken_rule(element: &Element<'_>) -> Option<Rule> {
    let content = element.content;
    let (is_good, rule) = match element.tag {
        BOOLEAN => (is_read_as::<bool>(content), Rule::Boolean),
        INTEGER => (is_read_as::<IntRef<'_>>(content), Rule::Integer),
        BIT_STRING => (is_read_as::<BitStringRef<'_>>(content) && unused_bits(content) == 0, Rule::BitString),
        NULL => (is_read_as::<Null>(content), Rule::Null),
        OBJECT_IDENTIFIER => (is_object_identifier(content), Rule::ObjectIdentifier),
        UTF8_STRING => (is_read_as::<Utf8StringRef<'_>>(content), Rule::Text),
        PRINTABLE_STRING => (is_read_as::<PrintableStringRef<'_>>(content), Rule::Text),
        IA5_STRING => (is_read_as::<Ia5StringRef<'_>>(content), Rule::Text),
        BMP_STRING => (content.len().is_multiple_of(2), Rule::Text),
        UNIVERSAL_STRING => (content.len().is_multiple_of(4), Rule::Text),
        // The crate `der` has no times before 1970, which a UTCTime may tell.
        UTC_TIME => (is_read_as::<UtcTime>(content) || matches!(content, [b'5' | b'6', ..]), Rule::Time),
        GENERALIZED_TIME => (is_read_as::<GeneralizedTime>(content), Rule::Time),
        _ => return None,
    };
    (!is_good).then_some(rule)
}

fn is_read_as<'a, T: FixedTag + DecodeValue<'a, Error = Error> + 'a>(content: &'a [u8]) -> bool {
    AnyRef::new(T::TAG, content).and_then(AnyRef::decode_as::<T>).is_ok()
}

/// The bits that a BIT STRING does not use.
fn unused_bits(content: &[u8]) -> u8 {
    let mask = content.first().map_or(0, |&count| !u8::MAX.wrapping_shl(u32::from(count)));
    content.get(1..).and_then(<[u8]>::last).map_or(0, |last| last & mask)
}

/// Each number of it ends, and none begins with a zero. How large a number may be is nobody's rule, so that this is not left to `der`.
fn is_object_identifier(content: &[u8]) -> bool {
    let is_first = [0x80].iter().chain(content).map(|byte| byte & 0x80 == 0);
    let is_padded = is_first.skip(1).zip(content.iter().skip(1)).any(|(ends, &byte)| ends && byte == 0x80);
    content.last().is_some_and(|last| last & 0x80 == 0) && content.first() != Some(&0x80) && !is_padded
}

/// What the fields of a certificate ask for. A failure is the place of the field that is not there.
impl<R: FnMut(Deviation)> Strict<R> {
    /// RFC 5280 §4.1.
    fn certificate<'a>(&mut self, bytes: &'a [u8]) -> Result<(), &'a [u8]> {
        let mut rest = bytes;
        let certificate = take(&mut rest, SEQUENCE)?;
        end(rest)?;
        rest = certificate.content;
        let signed = take(&mut rest, SEQUENCE)?;
        self.tbs_certificate(signed.content)?;
        let algorithm = take(&mut rest, SEQUENCE)?;
        self.algorithm(&algorithm)?;
        take(&mut rest, BIT_STRING)?;
        end(rest)
    }

    fn tbs_certificate<'a>(&mut self, fields: &'a [u8]) -> Result<(), &'a [u8]> {
        let mut rest = fields;
        let version = optional(&mut rest, explicit(0));
        if let Some(version) = version.filter(|version| version.content == [INTEGER, 1, 0]) {
            self.say(version.whole, Rule::DefaultWritten);
        }
        let serial = take(&mut rest, INTEGER)?;
        self.serial(&serial);
        let algorithm = take(&mut rest, SEQUENCE)?;
        self.algorithm(&algorithm)?;
        take(&mut rest, SEQUENCE)?;
        let validity = take(&mut rest, SEQUENCE)?;
        let mut times = validity.content;
        while let Some(time) = next(&mut times) {
            self.time(&time);
        }
        take(&mut rest, SEQUENCE)?;
        let key = take(&mut rest, SEQUENCE)?;
        self.public_key(key.content)?;
        for unique_identifier in [1, 2] {
            optional(&mut rest, CONTEXT | unique_identifier);
        }
        if let Some(extensions) = optional(&mut rest, explicit(3)) {
            self.extensions(extensions.content)?;
        }
        end(rest)
    }

    /// RFC 5280 §4.1.2.2.
    fn serial(&mut self, serial: &Element<'_>) {
        if is_negative(serial.content) {
            self.say(serial.whole, Rule::NegativeSerial);
        }
        if der::trim(serial.content).is_empty() {
            self.say(serial.whole, Rule::ZeroSerial);
        }
        if serial.content.len() > MAX_SERIAL_LENGTH {
            self.say(serial.whole, Rule::LongSerial);
        }
    }

    /// RFC 3279 §2.2.1, RFC 4055 §5: NULL for RSA. RFC 5758 §3.2: nothing for ECDSA.
    fn algorithm<'a>(&mut self, algorithm: &Element<'a>) -> Result<(), &'a [u8]> {
        let mut rest = algorithm.content;
        let name = take(&mut rest, OBJECT_IDENTIFIER)?.content;
        let is_good = match name.strip_prefix(oid::PKCS1) {
            Some([1 | 4 | 5 | 11..=14]) => rest == [NULL, 0],
            _ => !name.starts_with(oid::ECDSA_WITH_SHA2) || rest.is_empty(),
        };
        if !is_good {
            self.say(algorithm.whole, Rule::Parameters);
        }
        Ok(())
    }

    /// RFC 5280 §4.1.2.5: through 2049 as UTCTime.
    fn time(&mut self, time: &Element<'_>) {
        let year = time.content.get(..4).unwrap_or_default();
        if time.tag == GENERALIZED_TIME && year < b"2050".as_slice() {
            self.say(time.whole, Rule::TimeType);
        }
    }

    /// RFC 5280 §4.1.2.7, RFC 8017 A.1.1.
    fn public_key<'a>(&mut self, fields: &'a [u8]) -> Result<(), &'a [u8]> {
        let mut rest = fields;
        let algorithm = take(&mut rest, SEQUENCE)?;
        self.algorithm(&algorithm)?;
        let key = take(&mut rest, BIT_STRING)?;
        end(rest)?;
        if !algorithm.content.get(2..).is_some_and(|name| name.starts_with(oid::RSA)) {
            return Ok(());
        }
        rest = key.content.split_first().map_or(key.content, |(_, bytes)| bytes);
        self.elements(rest, MAX_DEPTH);
        let mut numbers = take(&mut rest, SEQUENCE)?.content;
        while let Some(number) = next(&mut numbers) {
            if number.tag == INTEGER && is_negative(number.content) {
                self.say(number.whole, Rule::NegativeKey);
            }
        }
        Ok(())
    }

    /// RFC 5280 §4.2.
    fn extensions<'a>(&mut self, content: &'a [u8]) -> Result<(), &'a [u8]> {
        let mut rest = content;
        let list = take(&mut rest, SEQUENCE)?;
        end(rest)?;
        if list.content.is_empty() {
            self.say(list.whole, Rule::NoExtensions);
        }
        rest = list.content;
        let (mut names, mut count) = ([[].as_slice(); MAX_COMPARED], 0_usize);
        while !rest.is_empty() {
            let extension = take(&mut rest, SEQUENCE)?;
            let mut fields = extension.content;
            let name = take(&mut fields, OBJECT_IDENTIFIER)?.content;
            if names.iter().take(count).any(|before| *before == name) {
                self.say(extension.whole, Rule::RepeatedExtension);
            }
            if let Some(place) = names.get_mut(count) {
                (*place, count) = (name, count.saturating_add(1));
            }
            self.written_default(optional(&mut fields, BOOLEAN));
            let value = take(&mut fields, OCTET_STRING)?;
            end(fields)?;
            if name.starts_with(CERTIFICATE_EXTENSION) {
                self.extension(name, value.content);
            }
        }
        Ok(())
    }

    /// What stands in an extension that everybody reads.
    fn extension(&mut self, name: &[u8], value: &[u8]) {
        self.elements(value, MAX_DEPTH);
        let mut rest = value;
        match (name, next(&mut rest)) {
            (oid::KEY_USAGE, Some(bits)) if bits.tag == BIT_STRING && ends_with_zero(bits.content) => {
                self.say(bits.whole, Rule::NamedBits);
            }
            (oid::BASIC_CONSTRAINTS, Some(constraints)) => {
                rest = constraints.content;
                self.written_default(optional(&mut rest, BOOLEAN));
            }
            _ => {}
        }
    }

    /// A BOOLEAN that is FALSE by default.
    fn written_default(&mut self, boolean: Option<Element<'_>>) {
        if let Some(boolean) = boolean.filter(|boolean| boolean.content == [0]) {
            self.say(boolean.whole, Rule::DefaultWritten);
        }
    }
}

/// Whether an INTEGER is.
fn is_negative(content: &[u8]) -> bool {
    content.first().is_some_and(|first| first & 0x80 != 0)
}

/// Whether a BIT STRING's last bit is a zero, so that it could do without.
fn ends_with_zero(content: &[u8]) -> bool {
    let last_bit = content.first().map_or(0, |&unused| 1_u8.wrapping_shl(u32::from(unused)));
    content.get(1..).and_then(<[u8]>::last).is_some_and(|last| last & last_bit == 0)
}

/// Elements in elements; a certificate has 8.
const MAX_DEPTH: usize = 16;
/// Extensions are compared with the first so many of the list.
const MAX_COMPARED: usize = 64;
/// In bytes (RFC 5280 §4.1.2.2).
const MAX_SERIAL_LENGTH: usize = 20;
/// The bit of a tag that says that elements stand in it.
const CONSTRUCTED: u8 = 0x20;
/// 2.5.29
const CERTIFICATE_EXTENSION: &[u8] = &[0x55, 0x1D];

//! Distinguished names (RFC 5280 §4.1.2.4): reading, and comparing as Mbed TLS 2.28 does.

use accel::{Hash, HashAlgorithm, HashState};
use status::{Error, asn1, x509};

use crate::der::{
    BIT_STRING, BMP_STRING, DerReader, IA5_STRING, OBJECT_IDENTIFIER, PRINTABLE_STRING, SEQUENCE, SET,
    T61_STRING, UNIVERSAL_STRING, UTF8_STRING,
};
use crate::oid;

/// A distinguished name.
///
/// ```text
///   Name                      ::= SEQUENCE OF RelativeDistinguishedName
///   RelativeDistinguishedName ::= SET SIZE (1..MAX) OF AttributeTypeAndValue
/// ```
///
/// ```
/// fn show(certificate: &x509::Certificate<'_>) -> String {
///     format!("{} by {}", certificate.subject(), certificate.issuer())
/// }
/// # let _ = show;
/// ```
#[derive(Clone, Copy)]
pub struct Name<'a> {
    der: &'a [u8],
    content: &'a [u8],
}

impl<'a> Name<'a> {
    /// The DER of the whole Name, as a CertificateRequest lists it (RFC 5246 §7.4.4).
    #[must_use]
    pub const fn der(&self) -> &'a [u8] {
        self.der
    }

    /// The first common name, if there is one: its bytes in whatever character set the certificate has them.
    #[must_use]
    pub fn common_name(&self) -> Option<&'a [u8]> {
        self.common_names().next()
    }

    pub(crate) fn common_names(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.attributes()
            .filter(|attribute| attribute.oid == oid::COMMON_NAME)
            .map(|attribute| attribute.value)
    }

    /// The attributes in order.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = Attribute<'a>> + use<'a> {
        Attributes::new(self.content)
    }

    /// Reads a name that may not be empty: an issuer's (RFC 5280 §4.1.2.4).
    pub(crate) fn read(reader: &mut DerReader<'a>) -> Self {
        let name = Self::read_any(reader);
        if name.content.is_empty() {
            reader.fail(x509::INVALID_NAME.because(asn1::OUT_OF_DATA));
        }
        name
    }

    /// Reads a name that may be empty: a subject's (RFC 5280 §4.1.2.6).
    #[inline(never)]
    pub(crate) fn read_any(reader: &mut DerReader<'a>) -> Self {
        let before = reader.rest();
        let content = reader.field(x509::INVALID_FORMAT, |reader| reader.take(SEQUENCE));
        let mut attributes = Attributes::new(content);
        while attributes.next().is_some() {}
        if let Some(cause) = attributes.set.failure() {
            reader.fail(x509::INVALID_NAME.because(cause));
        }
        Self { der: reader.since(before), content }
    }

    /// Whether two names are equal, as [`Name::digest`] has it.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let (mut ours, mut theirs) = (self.attributes(), other.attributes());
        loop {
            match (ours.next(), theirs.next()) {
                (None, None) => return true,
                (Some(ours), Some(theirs)) if ours.is_same(&theirs) => {}
                _ => return false,
            }
        }
    }

    /// A digest that is the same for two names exactly when they are equal: attributes in the same order and sets, UTF8String and
    /// PrintableString compared without regard to ASCII case and to which of the two it is, all others byte for byte.
    #[inline(never)]
    pub(crate) fn digest<A: Hash>(&self, accel: &mut A) -> Result<NameDigest, Error> {
        // In the place where it is made: a copy is 200 bytes of stack.
        let mut started = accel.hash_start(HashAlgorithm::Sha256);
        let state = started.as_mut().map_err(|error| *error)?;
        self.attributes().try_for_each(|attribute| attribute.digest(accel, state))?;
        let finished = accel.hash_finish_in_place(state);
        let digest = finished.as_ref().map_err(|error| *error)?;
        Ok(NameDigest(digest.as_bytes().first_chunk().copied().unwrap_or_default()))
    }
}

/// See [`Name::digest`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct NameDigest([u8; 32]);

impl NameDigest {
    /// Of no name.
    pub(crate) const EMPTY: Self = Self([0; 32]);
}

/// How many bytes of a name are folded at a time.
const CHUNK: usize = 32;

/// One AttributeTypeAndValue.
#[derive(Clone, Copy)]
pub(crate) struct Attribute<'a> {
    pub(crate) oid: &'a [u8],
    pub(crate) tag: u8,
    pub(crate) value: &'a [u8],
    /// Whether the next attribute is in the same set.
    pub(crate) is_merged: bool,
}

impl<'a> Attribute<'a> {
    /// Whether case counts for nothing in its value.
    const fn folds(&self) -> bool {
        matches!(self.tag, UTF8_STRING | PRINTABLE_STRING)
    }

    /// Adds it to the digest of its name.
    #[inline(never)]
    fn digest<A: Hash>(&self, accel: &mut A, state: &mut HashState) -> Result<(), Error> {
        let kind = if self.folds() { UTF8_STRING } else { self.tag };
        accel.hash_update(state, &[kind, u8::from(self.is_merged)])?;
        for (bytes, folds) in [(self.oid, false), (self.value, self.folds())] {
            accel.hash_update(state, &bytes.len().to_be_bytes())?;
            for chunk in bytes.chunks(CHUNK) {
                let mut folded = [0; CHUNK];
                for (to, from) in folded.iter_mut().zip(chunk) {
                    *to = if folds { from.to_ascii_lowercase() } else { *from };
                }
                accel.hash_update(state, folded.get(..chunk.len()).unwrap_or_default())?;
            }
        }
        Ok(())
    }

    fn is_same(&self, other: &Self) -> bool {
        let is_same_value = if self.folds() && other.folds() {
            self.value.eq_ignore_ascii_case(other.value)
        } else {
            self.tag == other.tag && self.value == other.value
        };
        is_same_value && self.oid == other.oid && self.is_merged == other.is_merged
    }

    /// ```text
    ///   AttributeTypeAndValue ::= SEQUENCE { type OBJECT IDENTIFIER, value ANY DEFINED BY type }
    /// ```
    fn read(set: &mut DerReader<'a>) -> Self {
        let after = set.enter(SEQUENCE);
        let oid = set.take(OBJECT_IDENTIFIER);
        match set.peek() {
            None
            | Some(
                BMP_STRING | UTF8_STRING | T61_STRING | PRINTABLE_STRING | IA5_STRING | UNIVERSAL_STRING
                | BIT_STRING,
            ) => {}
            _ => set.fail(asn1::UNEXPECTED_TAG),
        }
        let (tag, value) = set.element();
        set.leave(after);
        Self { oid, tag, value, is_merged: !set.is_empty() }
    }
}

/// The attributes of all sets; ends before the first that cannot be read.
struct Attributes<'a> {
    set: DerReader<'a>,
    /// What follows that set.
    sets: &'a [u8],
}

impl<'a> Attributes<'a> {
    const fn new(content: &'a [u8]) -> Self {
        Self { set: DerReader::new(&[]), sets: content }
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Attribute<'a>;

    #[inline(never)]
    fn next(&mut self) -> Option<Attribute<'a>> {
        if self.set.is_empty() {
            if self.sets.is_empty() {
                return None;
            }
            self.set.skip_to(self.sets);
            self.sets = self.set.enter(SET);
        }
        let attribute = Attribute::read(&mut self.set);
        self.set.failure().is_none().then_some(attribute)
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test that goes wrong panics")]
mod tests {
    use accel::soft::Hasher;

    use super::{DerReader, Name, NameDigest};

    /// A name of one attribute per set, or of two in one set: tag and value each, all of one type.
    fn digest(sets: &[&[(u8, &[u8])]]) -> NameDigest {
        with_name(sets, |name| name.digest(&mut Hasher).unwrap())
    }

    fn with_name<T>(sets: &[&[(u8, &[u8])]], use_it: impl FnOnce(Name<'_>) -> T) -> T {
        let mut der = [0; 128];
        let mut length = 2;
        let mut put = |bytes: &[u8]| {
            for byte in bytes {
                der[length] = *byte;
                length += 1;
            }
        };
        for set in sets {
            let size: usize = set.iter().map(|(_, value)| value.len() + 9).sum();
            put(&[0x31, u8::try_from(size).unwrap()]);
            for (tag, value) in *set {
                let size = u8::try_from(value.len()).unwrap();
                put(&[0x30, size + 7, 0x06, 3, 0x55, 0x04, 0x03, *tag, size]);
                put(value);
            }
        }
        (der[0], der[1]) = (0x30, u8::try_from(length - 2).unwrap());
        use_it(Name::read_any(&mut DerReader::new(&der[..length])))
    }

    /// RFC 5280 §7.1, as far as Mbed TLS goes: no folding of spaces, and case only in two kinds of strings.
    #[test]
    fn names_are_equal_as_in_the_library() {
        const UTF8: u8 = 0x0C;
        const PRINTABLE: u8 = 0x13;
        const IA5: u8 = 0x16;
        let name = digest(&[&[(UTF8, b"Root Z")]]);
        assert!(name == digest(&[&[(UTF8, b"root z")]]));
        assert!(name == digest(&[&[(PRINTABLE, b"ROOT Z")]]));
        assert!(name != digest(&[&[(PRINTABLE, b"Root  Z")]]));
        assert!(name != digest(&[&[(UTF8, b"Root Y")]]));
        assert!(name != digest(&[&[(IA5, b"Root Z")]]));
        assert!(digest(&[&[(IA5, b"a")]]) != digest(&[&[(IA5, b"A")]]));
        // Only letters have a case.
        assert!(digest(&[&[(UTF8, b"[")]]) != digest(&[&[(UTF8, b"{")]]));
    }

    #[test]
    fn order_and_sets_matter() {
        let [a, b] = [b"a", b"b"].map(|value| (0x0C, value.as_slice()));
        assert!(digest(&[&[a], &[b]]) != digest(&[&[b], &[a]]));
        assert!(digest(&[&[a], &[b]]) != digest(&[&[a, b]]));
        assert!(digest(&[&[a], &[b]]) != digest(&[&[a]]));
        assert!(digest(&[]) != digest(&[&[a]]));
        // Nothing can be moved from one value to the next.
        assert!(digest(&[&[(0x0C, b"ab")], &[(0x0C, b"c")]]) != digest(&[&[(0x0C, b"a")], &[(0x0C, b"bc")]]));
    }

    /// Two ways to compare, one answer.
    #[test]
    #[expect(clippy::type_complexity, reason = "a list of names, each a list of sets of attributes")]
    fn names_are_the_same_exactly_when_their_digests_are() {
        const UTF8: u8 = 0x0C;
        let names: [&[&[(u8, &[u8])]]; 10] = [
            &[],
            &[&[(UTF8, b"a")]],
            &[&[(0x13, b"A")]],
            &[&[(0x16, b"a")]],
            &[&[(0x16, b"A")]],
            &[&[(UTF8, b"a"), (UTF8, b"b")]],
            &[&[(UTF8, b"A")], &[(0x13, b"b")]],
            &[&[(0x13, b"A")], &[(UTF8, b"B")]],
            &[&[(UTF8, b"b")], &[(UTF8, b"a")]],
            &[&[(UTF8, b"ab")]],
        ];
        for left in names {
            for right in names {
                let is_same = with_name(left, |left| with_name(right, |right| left.is_same(&right)));
                assert_eq!(is_same, digest(left) == digest(right));
            }
        }
    }

    /// More than is folded at a time.
    #[test]
    fn long_values_are_compared_to_their_end() {
        let mut long = [b'x'; 70];
        let name = digest(&[&[(0x0C, &long)]]);
        long[69] = b'X';
        assert!(name == digest(&[&[(0x0C, &long)]]));
        long[69] = b'y';
        assert!(name != digest(&[&[(0x0C, &long)]]));
    }
}

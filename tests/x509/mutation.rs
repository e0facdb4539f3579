//! Random damage to PEM files and to the DER inside them, from a seed.

use tests::{
    pki::{armour, strip_armour},
    random,
};

use crate::grammar;

/// The same seed gives the same damage.
pub(crate) struct Random {
    seed: u64,
    numbers: random::Random,
}

impl Random {
    /// With the seed of `X509_SEED`; without one always with the same, so that a test does not fail by chance.
    pub(crate) fn from_environment() -> Self {
        let seed = std::env::var("X509_SEED")
            .map_or(0x5EED_0509, |seed| seed.parse().expect("X509_SEED is a number"));
        Self { seed, numbers: random::Random(seed) }
    }

    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// How many mutations of each file.
    pub(crate) fn count(&self) -> usize {
        std::env::var("X509_MUTATIONS").map_or(60, |count| count.parse().expect("X509_MUTATIONS is a number"))
    }

    /// A number below `limit`; 0 for none.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.numbers.below(limit)
    }

    fn byte(&mut self) -> u8 {
        self.numbers.byte()
    }

    /// Damages a PEM file, or the DER of its first block with a label that ends so.
    pub(crate) fn mutate_pem(&mut self, pem: &[u8], label: &str) -> Vec<u8> {
        match (self.below(8), decode(pem, label)) {
            (4.., Some((label, der))) => armour(&label, &grammar::mutate(&der, self)).into_bytes(),
            (1.., Some((label, der))) => armour(&label, &self.mutate_der(&der)).into_bytes(),
            _ => self.mutate_text(pem),
        }
    }

    /// Damages DER: a byte, a bit, a length, a tag, or where it ends.
    pub(crate) fn mutate_der(&mut self, der: &[u8]) -> Vec<u8> {
        let mut der = der.to_vec();
        if der.is_empty() {
            return vec![self.byte()];
        }
        for _ in 0..=self.below(2) {
            let headers = headers(&der);
            let at = self.below(der.len());
            let header = headers.get(self.below(headers.len())).copied().unwrap_or(at);
            match self.below(9) {
                0 => der[at] = self.byte(),
                1 => der[at] ^= 1 << self.below(8),
                2 => der.truncate(at.max(1)),
                3 => der.insert(at, self.byte()),
                4 => drop(der.remove(at)),
                // A length, a tag, and what stands first in an element.
                5 => change(&mut der, header + 1, |length| length.wrapping_add(1)),
                6 => change(&mut der, header + 1, |length| length.wrapping_sub(1)),
                7 => der[header] = TAGS[self.below(TAGS.len())],
                _ => {
                    let byte = [0x00, 0x01, 0x7F, 0x80, 0xFF][self.below(5)];
                    change(&mut der, header + 2, |_| byte);
                }
            }
            if der.is_empty() {
                break;
            }
        }
        der
    }

    /// Damages a text, whatever it is.
    pub(crate) fn mutate_text(&mut self, text: &[u8]) -> Vec<u8> {
        let mut text = text.to_vec();
        for _ in 0..=self.below(2) {
            let at = self.below(text.len());
            let byte = b"\n\r \t=-+/A9z0!\0\x80\xFF"[self.below(16)];
            match self.below(5) {
                0 if !text.is_empty() => text[at] = byte,
                1 => text.insert(at, byte),
                2 if !text.is_empty() => drop(text.remove(at)),
                3 => text.truncate(at),
                _ => {
                    let end = at + self.below(80).min(text.len() - at);
                    let copy = text[at..end].to_vec();
                    let to = self.below(text.len());
                    text.splice(to..to, copy);
                }
            }
        }
        text
    }
}

/// Tags that are worth a try.
const TAGS: [u8; 18] = [
    0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0C, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1E, 0x30, 0x31, 0xA0, 0xA3,
    0x82,
];

fn change(der: &mut [u8], at: usize, change: impl Fn(u8) -> u8) {
    if let Some(byte) = der.get_mut(at) {
        *byte = change(*byte);
    }
}

/// The first block whose label ends so.
pub(crate) fn decode(pem: &[u8], label: &str) -> Option<(String, Vec<u8>)> {
    let text = std::str::from_utf8(pem).ok()?;
    let (_, rest) = text.split_once("-----BEGIN ")?;
    let (found, body) = rest.split_once("-----\n")?;
    if !found.ends_with(label) || !body.contains('-') {
        return None;
    }
    Some((found.to_owned(), strip_armour(found, text)?))
}

/// Where elements begin, found by walking into everything that looks constructed.
fn headers(der: &[u8]) -> Vec<usize> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(tag) = der.get(at) {
        found.push(at);
        let length = usize::from(der.get(at + 1).copied().unwrap_or(0));
        let (header, length) = match length {
            0x81 => (3, usize::from(der.get(at + 2).copied().unwrap_or(0))),
            0x82 => (4, der.get(at + 2..at + 4).map_or(0, |b| usize::from(b[0]) << 8 | usize::from(b[1]))),
            0x83.. => (2, 0),
            short => (2, short),
        };
        at += header;
        // Octet strings of extensions and bit strings of keys hold elements too.
        match tag {
            0x30 | 0x31 | 0xA0 | 0xA3 | 0x04 => {}
            0x03 if der.get(at..at + 2) == Some(&[0, 0x30]) => at += 1,
            _ => at += length,
        }
    }
    found
}

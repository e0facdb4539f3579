//! What the compiler does to the tables: see [`super`]. Nothing of this is linked but the two statics.

#![expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "only the compiler runs this, and stops with an error where anything is out of range"
)]

use crate::error::TABLES;

/// The byte that stands for the first word.
pub(super) const FIRST_WORD: u8 = 0x80;

/// The bits of a letter; the last letter of a word in [`SPELLED`] has the other one, too.
pub(super) const LETTER: u8 = 0x7F;

/// What stands in the tables most often. The longest come first, so that a text is packed with the longest that fits.
#[rustfmt::skip]
const WORDS: [&str; 127] = [
    "Bad input parameters to function", "Hardware acceleration function ", "hashing/encryption combination",
    "Unavailable feature, e.g. ", " hardware accelerator", "Connection refused, ", " handshake message",
    "Processing of the ", "ClientKeyExchange", "Memory allocation", " signaling that ", " can't be empty",
    "allocate memory", "entropy source", " + additional", " ciphersuites", " tag or value", " verification",
    "Authenticated", " certificate", " information", "Verification", " decryption", " parameters",
    "CRT/CRL/CSR", "Certificate", "DHM / ECDH ", "ServerHello", "accelerator", " arguments", " character",
    " contains ", " malformed", " structure", "Connection", "Signature ", "connection", "requested ",
    "unexpected", " identity", " protocol", " received", " requires", "algorithm", "available", "operation",
    "set, but ", "signature", "supported", "too large", "too small", " message", " version", "Internal",
    "expected", "our peer", "password", "rejected", " failed", " length", " packet", "ENTROPY", "Invalid",
    "because", "context", "example", "feature", "invalid", "private", "random ", "unknown", " (eg, ",
    " does ", " error", " when ", "BIGNUM", "CIPHER", "DEVICE", "Failed", "buffer", "client", "output",
    "server", "socket", " are ", " data", " from", " has ", " the ", " with", "Input", "_DRBG", "fatal",
    "input", "type ", "write", " and", " in ", " is ", " key", " of ", " or ", " to ", " was", "ASN1",
    "HMAC", "MQTT", "Read", "SHA-", "The ", "X509", "file", "for ", "not ", "only", " - ", " a ", " by",
    "AES", "An ", "ECP", "NET", "No ", "PEM", "RSA", "SSL", "an ",
];

/// The words one after the other.
pub(super) static SPELLED: [u8; SPELLED_LENGTH] = spelled();

const SPELLED_LENGTH: usize = {
    let (mut length, mut at) = (0, 0);
    while at < WORDS.len() {
        length += WORDS[at].len();
        at += 1;
    }
    length
};

const fn spelled() -> [u8; SPELLED_LENGTH] {
    let mut all = Growing { bytes: [0; SPELLED_LENGTH], length: 0 };
    let mut at = 0;
    while at < WORDS.len() {
        all.append(WORDS[at].as_bytes());
        all.bytes[all.length - 1] |= FIRST_WORD;
        at += 1;
    }
    all.bytes
}

/// The texts one after the other.
pub(super) static TEXTS: [u8; PACKED.length] = {
    let mut texts = [0; PACKED.length];
    texts.copy_from_slice(PACKED.bytes.split_at(PACKED.length).0);
    texts
};

const PACKED: Growing<0x2000> = {
    let mut all = Growing { bytes: [0; 0x2000], length: 0 };
    let mut table = 0;
    while table < TABLES.len() {
        let (module, rows) = TABLES[table];
        let mut row = 0;
        while row < rows.len() {
            all.append(&rows[row].error.number().get().to_le_bytes());
            all.pack(module.as_bytes());
            all.pack(b" - ");
            all.pack(rows[row].text.as_bytes());
            all.append(&[0]);
            row += 1;
        }
        table += 1;
    }
    all
};

/// What the compiler fills. It stops with an error where the capacity is too small, or a text is not ASCII.
struct Growing<const CAPACITY: usize> {
    bytes: [u8; CAPACITY],
    length: usize,
}

impl<const CAPACITY: usize> Growing<CAPACITY> {
    const fn append(&mut self, bytes: &[u8]) {
        let mut at = 0;
        while at < bytes.len() {
            self.bytes[self.length] = bytes[at];
            self.length += 1;
            at += 1;
        }
    }

    /// Words are only looked for where the text has none of a word's letters before, which is a fifth of the compiler's work.
    const fn pack(&mut self, mut text: &[u8]) {
        assert!(text.is_ascii());
        let mut starts = true;
        while let Some((letter, after)) = text.split_first() {
            let word = if starts || *letter == b' ' { find_word(text) } else { WORDS.len() };
            text = if word < WORDS.len() {
                self.append(&[FIRST_WORD + word as u8]);
                text.split_at(WORDS[word].len()).1
            } else {
                self.append(&[*letter]);
                after
            };
            starts = word < WORDS.len() || !letter.is_ascii_alphanumeric();
        }
    }
}

/// The place of the first word that the text begins with; the number of words if there is none.
const fn find_word(text: &[u8]) -> usize {
    let mut word = 0;
    while word < WORDS.len() && !(FIRST_LETTERS[word] == text[0] && starts_with(text, WORDS[word].as_bytes()))
    {
        word += 1;
    }
    word
}

const FIRST_LETTERS: [u8; 127] = {
    let mut letters = [0; 127];
    let mut word = 0;
    while word < WORDS.len() {
        letters[word] = WORDS[word].as_bytes()[0];
        word += 1;
    }
    letters
};

const fn starts_with(text: &[u8], start: &[u8]) -> bool {
    let mut at = 0;
    while at < start.len() {
        if at == text.len() || text[at] != start[at] {
            return false;
        }
        at += 1;
    }
    true
}

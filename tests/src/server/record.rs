//! The server's record layer: seals and opens with RustCrypto, and lets a test spoil anything on the way.

use super::crypto::{HashKind, Mode, Parameters, aead_open, aead_seal, cbc_decrypt, cbc_encrypt, hmac, prf};

/// An edit of bytes on their way out.
pub type Edit = Box<dyn Fn(&mut Vec<u8>)>;

/// One record to send.
pub struct Record {
    /// The content type.
    pub content_type: u8,
    /// The version in the header.
    pub version: [u8; 2],
    /// The plaintext.
    pub content: Vec<u8>,
    /// Whole blocks of padding more than needed; CBC only.
    pub extra_blocks: usize,
    /// Changes what is about to be encrypted: for CBC content, MAC and padding, else the content.
    pub inside: Option<Edit>,
    /// Changes the finished record, header included.
    pub outside: Option<Edit>,
}

impl Record {
    /// An honest record.
    pub fn new(content_type: u8, content: &[u8]) -> Self {
        let content = content.to_vec();
        Self { content_type, version: [3, 3], content, extra_blocks: 0, inside: None, outside: None }
    }

    /// Spoils the finished record.
    #[must_use]
    pub fn outside(self, edit: impl Fn(&mut Vec<u8>) + 'static) -> Self {
        Self { outside: Some(Box::new(edit)), ..self }
    }

    /// Spoils what is about to be encrypted.
    #[must_use]
    pub fn inside(self, edit: impl Fn(&mut Vec<u8>) + 'static) -> Self {
        Self { inside: Some(Box::new(edit)), ..self }
    }

    /// Sends it without any protection.
    pub fn plain(&self) -> Vec<u8> {
        self.finish(self.content.clone())
    }

    fn finish(&self, body: Vec<u8>) -> Vec<u8> {
        let mut record = header(self.content_type, self.version, body.len());
        record.extend(body);
        if let Some(edit) = &self.outside {
            edit(&mut record);
        }
        record
    }
}

/// The protection of one direction.
#[derive(Clone)]
pub struct State {
    /// The suite.
    pub suite: Parameters,
    /// Whether CBC records carry their MAC outside.
    pub encrypt_then_mac: bool,
    /// The MAC key.
    pub mac: Vec<u8>,
    /// The AES key.
    pub key: Vec<u8>,
    /// The implicit part of the nonce.
    pub salt: Vec<u8>,
    /// The next record's number.
    pub sequence: u64,
}

impl State {
    /// Both directions' states out of a master secret: the client's, then the server's.
    pub fn pair(
        suite: Parameters,
        encrypt_then_mac: bool,
        master: &[u8],
        client_random: &[u8],
        server_random: &[u8],
    ) -> [Self; 2] {
        let salt = if suite.mac_length == 0 { 4 } else { 0 };
        let length = 2 * (suite.mac_length + suite.key_length + salt);
        let seed = [server_random, client_random].concat();
        let block = prf(suite.prf, master, "key expansion", &seed, length);
        let mut rest = block.as_slice();
        let mut take = |length: usize| {
            let (taken, left) = rest.split_at(length);
            rest = left;
            taken.to_vec()
        };
        let macs = [take(suite.mac_length), take(suite.mac_length)];
        let keys = [take(suite.key_length), take(suite.key_length)];
        let salts = [take(salt), take(salt)];
        let side = |index: usize| Self {
            suite,
            encrypt_then_mac,
            mac: macs[index].clone(),
            key: keys[index].clone(),
            salt: salts[index].clone(),
            sequence: 0,
        };
        [side(0), side(1)]
    }

    /// Seals a record, whose header is the first thing in what is returned.
    pub fn seal(&mut self, record: &Record) -> Vec<u8> {
        let sequence = self.sequence;
        self.sequence = self.sequence.wrapping_add(1);
        let body = match (self.suite.mode, self.encrypt_then_mac) {
            (Mode::Cbc, true) => self.seal_encrypt_then_mac(sequence, record),
            (Mode::Cbc, false) => self.seal_mac_then_encrypt(sequence, record),
            _ => {
                let mut content = record.content.clone();
                if let Some(edit) = &record.inside {
                    edit(&mut content);
                }
                let explicit = sequence.to_be_bytes();
                let aad = additional(sequence, record.content_type, record.version, content.len());
                [explicit.to_vec(), aead_seal(self.suite, &self.key, &self.nonce(&explicit), &aad, &content)]
                    .concat()
            }
        };
        record.finish(body)
    }

    fn seal_mac_then_encrypt(&self, sequence: u64, record: &Record) -> Vec<u8> {
        let aad = additional(sequence, record.content_type, record.version, record.content.len());
        let mut content = record.content.clone();
        content.extend(hmac(self.mac_hash(), &self.mac, &[&aad, &record.content]));
        self.encrypt(sequence, record, content)
    }

    fn seal_encrypt_then_mac(&self, sequence: u64, record: &Record) -> Vec<u8> {
        let mut body = self.encrypt(sequence, record, record.content.clone());
        let aad = additional(sequence, record.content_type, record.version, body.len());
        body.extend(hmac(self.mac_hash(), &self.mac, &[&aad, &body]));
        body
    }

    fn encrypt(&self, sequence: u64, record: &Record, mut content: Vec<u8>) -> Vec<u8> {
        let padding = 15 - content.len() % 16 + 16 * record.extra_blocks;
        content.extend(vec![u8::try_from(padding).expect("at most 255 bytes of padding"); padding + 1]);
        if let Some(edit) = &record.inside {
            edit(&mut content);
        }
        // Not random, but different each time: who the server is does not matter here.
        let vector: [u8; 16] =
            hmac(HashKind::Sha256, &self.key, &[&sequence.to_be_bytes()])[..16].try_into().unwrap();
        cbc_encrypt(&self.key, &vector, &mut content);
        [vector.to_vec(), content].concat()
    }

    /// Opens what follows a header of the client.
    ///
    /// # Errors
    /// What was wrong.
    pub fn open(&mut self, content_type: u8, body: &[u8]) -> Result<Vec<u8>, String> {
        let sequence = self.sequence;
        self.sequence = self.sequence.wrapping_add(1);
        match (self.suite.mode, self.encrypt_then_mac) {
            (Mode::Cbc, true) => {
                let end = body.len().checked_sub(self.suite.mac_length).ok_or("shorter than a MAC")?;
                let (encrypted, mac) = body.split_at(end);
                let aad = additional(sequence, content_type, [3, 3], encrypted.len());
                if hmac(self.mac_hash(), &self.mac, &[&aad, encrypted]) != mac {
                    return Err("bad MAC of the ciphertext".into());
                }
                self.decrypt(encrypted)
            }
            (Mode::Cbc, false) => {
                let mut content = self.decrypt(body)?;
                let end = content.len().checked_sub(self.suite.mac_length).ok_or("shorter than a MAC")?;
                let mac = content.split_off(end);
                let aad = additional(sequence, content_type, [3, 3], content.len());
                if hmac(self.mac_hash(), &self.mac, &[&aad, &content]) == mac {
                    Ok(content)
                } else {
                    Err("bad MAC of the plaintext".into())
                }
            }
            _ => {
                let explicit = body.first_chunk::<8>().ok_or("no explicit nonce")?;
                // RFC 5288 §3 leaves the nonce to the sender; this client uses its sequence number.
                if *explicit != sequence.to_be_bytes() {
                    return Err("explicit nonce is not the sequence number".into());
                }
                let tag = if self.suite.mode == Mode::Ccm8 { 8 } else { 16 };
                let length = body.len().checked_sub(8 + tag).ok_or("shorter than a tag")?;
                let aad = additional(sequence, content_type, [3, 3], length);
                aead_open(self.suite, &self.key, &self.nonce(explicit), &aad, &body[8..])
                    .ok_or_else(|| "bad tag".into())
            }
        }
    }

    fn decrypt(&self, encrypted: &[u8]) -> Result<Vec<u8>, String> {
        let (vector, content) = encrypted.split_first_chunk::<16>().ok_or("no vector")?;
        if content.is_empty() || content.len() % 16 != 0 {
            return Err("no whole blocks".into());
        }
        let mut content = content.to_vec();
        cbc_decrypt(&self.key, vector, &mut content);
        let padding = *content.last().ok_or("no padding")?;
        let end = content.len().checked_sub(usize::from(padding) + 1).ok_or("too long a padding")?;
        if content[end..].iter().any(|byte| *byte != padding) {
            return Err("bad padding".into());
        }
        content.truncate(end);
        Ok(content)
    }

    fn nonce(&self, explicit: &[u8; 8]) -> [u8; 12] {
        [self.salt.as_slice(), explicit].concat().try_into().unwrap()
    }

    fn mac_hash(&self) -> HashKind {
        if self.suite.mac_length == 20 { HashKind::Sha1 } else { HashKind::Sha256 }
    }
}

/// A record's header.
pub fn header(content_type: u8, version: [u8; 2], length: usize) -> Vec<u8> {
    let [high, low] = u16::try_from(length).expect("a record's length has two bytes").to_be_bytes();
    vec![content_type, version[0], version[1], high, low]
}

fn additional(sequence: u64, content_type: u8, version: [u8; 2], length: usize) -> Vec<u8> {
    [sequence.to_be_bytes().to_vec(), header(content_type, version, length)].concat()
}

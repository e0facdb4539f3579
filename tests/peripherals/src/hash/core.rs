//! The mathematics of HASH: a message in progress, and the context that can be saved of it.

use super::{BLOCK_WORDS, HMAC, MD5, SHA1, SHA224};

/// A message in progress.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Core {
    pub(super) algorithm: u32,
    pub(super) chain: [u32; 8],
    /// Blocks processed.
    pub(super) blocks: u64,
    pub(super) fifo: [u32; BLOCK_WORDS],
    pub(super) filled: usize,
    /// The register DIN, which the next write pushes into the FIFO.
    pub(super) din: Option<u32>,
}

/// CSR0 to CSR37 in two halves.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Context(pub(super) [[u32; 19]; 2]);

impl Core {
    pub(super) fn new(algorithm: u32) -> Self {
        let chain = match algorithm {
            SHA1 | MD5 => [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0, 0, 0, 0],
            SHA224 => [
                0xC105_9ED8,
                0x367C_D507,
                0x3070_DD17,
                0xF70E_5939,
                0xFFC0_0B31,
                0x6858_1511,
                0x64F9_8FA7,
                0xBEFA_4FA4,
            ],
            _ => [
                0x6A09_E667,
                0xBB67_AE85,
                0x3C6E_F372,
                0xA54F_F53A,
                0x510E_527F,
                0x9B05_688C,
                0x1F83_D9AB,
                0x5BE0_CD19,
            ],
        };
        Self { algorithm, chain, ..Self::default() }
    }

    /// Processes the full FIFO.
    pub(super) fn compress(&mut self) {
        let mut block = [0; 64];
        for (to, word) in block.chunks_exact_mut(4).zip(self.fifo) {
            to.copy_from_slice(&word.to_be_bytes());
        }
        let [a, b, c, d, e, ..] = self.chain;
        match self.algorithm {
            MD5 => {
                let mut chain = [a, b, c, d];
                md5::block_api::compress(&mut chain, &[block]);
                self.chain[..4].copy_from_slice(&chain);
            }
            SHA1 => {
                let mut chain = [a, b, c, d, e];
                sha1::block_api::compress(&mut chain, &[block]);
                self.chain[..5].copy_from_slice(&chain);
            }
            HMAC => self.chain = self.chain.map(|word| !word.rotate_left(7)),
            _ => sha2::block_api::compress256(&mut self.chain, &[block]),
        }
        self.blocks += 1;
        self.filled = 0;
    }

    pub(super) fn pad(&mut self, word: u32) {
        self.fifo[self.filled] = word;
        self.filled += 1;
        if self.filled == BLOCK_WORDS {
            self.compress();
        }
    }

    /// Ends the message, of whose last word so many bits count.
    pub(super) fn digest(&mut self, valid: u32) -> [u32; 8] {
        let words = u64::try_from(self.filled).unwrap_or(0) + 16 * self.blocks;
        let bits = match self.din.take() {
            None => {
                self.pad(0x8000_0000);
                32 * words
            }
            Some(last) if valid == 32 => {
                self.pad(last);
                self.pad(0x8000_0000);
                32 * (words + 1)
            }
            Some(last) => {
                self.pad(last & !(u32::MAX >> valid) | 0x8000_0000 >> valid);
                32 * words + u64::from(valid)
            }
        };
        while self.filled != BLOCK_WORDS - 2 {
            self.pad(0);
        }
        let [a, b, c, d, e, f, g, h] =
            if self.algorithm == MD5 { bits.to_le_bytes() } else { bits.to_be_bytes() };
        self.pad(u32::from_be_bytes([a, b, c, d]));
        self.pad(u32::from_be_bytes([e, f, g, h]));
        let [a, b, c, d, e, f, g, h] = self.chain;
        match self.algorithm {
            MD5 => [a.swap_bytes(), b.swap_bytes(), c.swap_bytes(), d.swap_bytes(), 0, 0, 0, 0],
            SHA1 => [a, b, c, d, e, 0, 0, 0],
            SHA224 => [a, b, c, d, e, f, g, 0],
            _ => [a, b, c, d, e, f, g, h],
        }
    }

    /// The state as words: FIFO, DIN, counts, chain, and words that depend on all of them.
    pub(super) fn context(&self) -> Context {
        let mut words = [0_u32; 38];
        words[..16].copy_from_slice(&self.fifo);
        words[16] = self.din.unwrap_or(0);
        let filled = u32::try_from(self.filled).unwrap_or(0);
        words[17] = filled | u32::from(self.din.is_some()) << 8 | self.algorithm << 16;
        let [a, b, c, d, e, f, g, h] = self.blocks.to_be_bytes();
        words[18] = u32::from_be_bytes([a, b, c, d]);
        words[19] = u32::from_be_bytes([e, f, g, h]);
        words[20..28].copy_from_slice(&self.chain);
        let mut sum = 0x9E37_79B9_u32;
        for (at, word) in words.iter_mut().enumerate() {
            if at >= 28 {
                *word = sum;
            }
            sum = (sum ^ *word).rotate_left(5).wrapping_mul(0x85EB_CA6B);
        }
        let mut context = Context::default();
        for (half, words) in context.0.iter_mut().zip(words.chunks_exact(19)) {
            half.copy_from_slice(words);
        }
        context
    }

    pub(super) fn restored(algorithm: u32, context: &Context) -> Self {
        let mut core = Self { algorithm, ..Self::default() };
        for at in 0..16 {
            core.fifo[at] = context.word(at);
        }
        let counts = context.word(17);
        core.din = (counts >> 8 & 1 != 0).then_some(context.word(16));
        core.filled = usize::try_from(counts & 0xF).unwrap_or(0);
        core.blocks = u64::from(context.word(18)) << 32 | u64::from(context.word(19));
        for at in 0..8 {
            core.chain[at] = context.word(20 + at);
        }
        core
    }
}

impl Context {
    pub(super) fn word(&self, at: usize) -> u32 {
        self.0[at / 19][at % 19]
    }
}

//! Looks for pieces of secrets in memory, whatever the memory is a part of: also in padding and behind what is valid.

use core::{hint::black_box, mem::MaybeUninit};

/// Which secret a piece is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Secret {
    /// As RFC 5246 §7.4.7.1 has it, without its version.
    Premaster = 1,
    /// The premaster secret as a key of HMAC.
    PremasterKey,
    Master,
    /// The master secret as a key of HMAC.
    MasterKey,
    /// A MAC key or an AES key as it is in the key block.
    KeyBlock,
    /// Round keys as FIPS 197 has them.
    RoundKeys,
    /// A part of the client's private key, in either order of bytes.
    PrivateKey,
    /// An AES key as the accelerator keeps it.
    LoadedKey,
    /// A MAC key as the accelerator keeps it.
    LoadedMac,
}

impl Secret {
    pub const ALL: [Self; 9] = [
        Self::Premaster,
        Self::PremasterKey,
        Self::Master,
        Self::MasterKey,
        Self::KeyBlock,
        Self::RoundKeys,
        Self::PrivateKey,
        Self::LoadedKey,
        Self::LoadedMac,
    ];

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// Some of the secrets.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Found(u16);

impl Found {
    pub const fn of(secrets: &[Secret]) -> Self {
        let (mut bits, mut at) = (0, 0);
        while at < secrets.len() {
            bits |= secrets[at].bit();
            at += 1;
        }
        Self(bits)
    }

    pub const fn has(self, secret: Secret) -> bool {
        self.0 & secret.bit() != 0
    }

    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

/// Every eight bytes in a row of every secret, from each fourth byte on: a copy of eleven bytes, wherever it begins, is found.
pub struct Pieces {
    table: [(u64, u16); SIZE],
    count: usize,
}

/// A power of two, and several times as many as there are pieces.
const SIZE: usize = 8192;

impl Pieces {
    pub const fn new() -> Self {
        Self { table: [(0, 0); SIZE], count: 0 }
    }

    pub fn clear(&mut self) {
        self.table.fill((0, 0));
        self.count = 0;
    }

    /// Adds a secret. Pieces that could stand anywhere, such as zeros, are left out.
    pub fn add(&mut self, secret: Secret, bytes: &[u8]) {
        for piece in bytes.windows(8).step_by(4) {
            let piece = u64::from_le_bytes(piece.try_into().unwrap());
            if is_distinctive(piece) {
                self.insert(piece, secret.bit());
            }
        }
    }

    /// Adds a value of this type as it stands in memory.
    pub fn add_object<T>(&mut self, secret: Secret, object: &T) {
        let mut copy = [0; 1024];
        let copy = &mut copy[..size_of::<T>()];
        read(object as *const T as usize, copy);
        self.add(secret, copy);
    }

    /// What there is a piece of in so many bytes from `address` on.
    pub fn find(&self, address: usize, length: usize) -> Found {
        let (mut found, mut window) = (0, 0);
        for at in 0..length {
            window = window >> 8 | u64::from(byte(address + at)) << 56;
            if at >= 7 {
                found |= self.look_up(window);
            }
        }
        Found(found)
    }

    fn insert(&mut self, piece: u64, bit: u16) {
        self.count += 1;
        assert!(self.count < SIZE / 2, "the table is too small");
        let mut at = place(piece);
        while self.table[at].1 != 0 && self.table[at].0 != piece {
            at = (at + 1) % SIZE;
        }
        self.table[at].0 = piece;
        self.table[at].1 |= bit;
    }

    fn look_up(&self, piece: u64) -> u16 {
        let mut at = place(piece);
        loop {
            match self.table[at] {
                (_, 0) => return 0,
                (known, bits) if known == piece => return bits,
                _ => at = (at + 1) % SIZE,
            }
        }
    }
}

fn place(piece: u64) -> usize {
    (piece.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as usize % SIZE
}

/// At least five different bytes.
fn is_distinctive(piece: u64) -> bool {
    let bytes = piece.to_le_bytes();
    let first = |at: usize| !bytes[..at].contains(&bytes[at]);
    (0..8).filter(|at| first(*at)).count() >= 5
}

/// Whether so many bytes from `address` on are zero.
pub fn is_zero(address: usize, length: usize) -> bool {
    (address..address + length).all(|address| byte(address) == 0)
}

/// Copies memory.
pub fn read(address: usize, out: &mut [u8]) {
    for (to, address) in out.iter_mut().zip(address..) {
        *to = byte(address);
    }
}

/// Writes to memory that is nobody's.
pub fn plant<T>(place: &mut MaybeUninit<T>, offset: usize, bytes: &[u8]) {
    assert!(offset + bytes.len() <= size_of::<T>());
    let start = place.as_mut_ptr().cast::<u8>();
    for (at, byte) in bytes.iter().enumerate() {
        // SAFETY: inside of the place, which holds no value.
        unsafe { start.add(offset + at).write_volatile(*byte) }
    }
}

#[inline(always)]
fn byte(address: usize) -> u8 {
    // SAFETY: every caller has an object there that is alive, or a place that one was in. What has not been written is read all the
    // same, for that is what is looked for: the address has been made known, and the access cannot be left out.
    unsafe { (black_box(address) as *const u8).read_volatile() }
}

//! What a program takes of a microcontroller, from the section headers of its ELF file: of any architecture, without its tools.

use std::path::Path;

/// Bytes in memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Size {
    /// Vectors, code, constants, and the initial values of variables.
    pub flash: u64,
    /// Variables; not the stack, which has what is left.
    pub ram: u64,
}

/// The section occupies no space in the file.
const NOBITS: u32 = 8;
const WRITE: u32 = 1;
const ALLOC: u32 = 2;

impl Size {
    /// Of a file.
    ///
    /// # Errors
    /// When it cannot be read, or is no 32-bit little-endian ELF file.
    pub fn of(file: &Path) -> Result<Self, String> {
        let bytes = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
        Self::read(&bytes).ok_or_else(|| format!("{} is no ELF file of a microcontroller", file.display()))
    }

    fn read(elf: &[u8]) -> Option<Self> {
        if !elf.starts_with(b"\x7FELF\x01\x01") {
            return None;
        }
        let headers = usize::try_from(word(elf, 32)?).ok()?;
        let [length, count] =
            [46, 48].map(|at| elf.get(at..)?.first_chunk().map(|two| u16::from_le_bytes(*two)));
        let length = usize::from(length?);
        let mut size = Self::default();
        for number in 0..usize::from(count?) {
            let header = elf.get(headers.checked_add(number.checked_mul(length)?)?..)?;
            let (kind, flags, bytes) = (word(header, 4)?, word(header, 8)?, u64::from(word(header, 20)?));
            if flags & ALLOC != 0 && kind != NOBITS {
                size.flash = size.flash.saturating_add(bytes);
            }
            if flags & ALLOC != 0 && flags & WRITE != 0 {
                size.ram = size.ram.saturating_add(bytes);
            }
        }
        Some(size)
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|four| u32::from_le_bytes(*four))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_summed_by_their_flags() {
        let mut elf = vec![0; 52];
        elf[..6].copy_from_slice(b"\x7FELF\x01\x01");
        (elf[32], elf[46], elf[48]) = (52, 40, 4);
        // Code, variables with initial values, variables without, and what a debugger reads.
        for (kind, flags, length) in
            [(1, ALLOC, 100), (1, ALLOC | WRITE, 8), (NOBITS, ALLOC | WRITE, 50), (1, 0, 999)]
        {
            let mut header = [0; 40];
            for (at, value) in [(4, kind), (8, flags), (20, length)] {
                header[at..at + 4].copy_from_slice(&u32::to_le_bytes(value));
            }
            elf.extend(header);
        }
        assert_eq!(Size::read(&elf), Some(Size { flash: 108, ram: 58 }));
        assert_eq!(Size::read(&elf[..elf.len() - 20]), None);
        assert_eq!(Size::read(b"\x7FELF\x02\x01"), None);
    }
}

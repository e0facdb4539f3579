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
/// A chip of Espressif sees its RAM at two addresses, for code and for variables. This section, which has neither, is the place that the
/// code in RAM takes among the variables.
const CODE_IN_RAM: &[u8] = b".rwdata_dummy\0";

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
        let headers = word(elf, 32)?;
        let [length, count, names] = [half(elf, 46)?, half(elf, 48)?, half(elf, 50)?];
        let header = |number| from(elf, headers.checked_add(length.checked_mul(number)?)?);
        let names = from(elf, word(header(names)?, 16)?)?;
        let mut size = Self::default();
        for number in 0..count {
            let header = header(number)?;
            let [name, kind, flags, address] =
                [word(header, 0)?, word(header, 4)?, word(header, 8)?, word(header, 12)?];
            let bytes = u64::from(word(header, 20)?);
            // At the address 0 is what the linker has found no place for, such as tables for unwinding.
            if flags & ALLOC == 0 || address == 0 {
                continue;
            }
            if kind != NOBITS {
                size.flash = size.flash.saturating_add(bytes);
            }
            if flags & WRITE != 0 || from(names, name)?.starts_with(CODE_IN_RAM) {
                size.ram = size.ram.saturating_add(bytes);
            }
        }
        Some(size)
    }
}

fn from(bytes: &[u8], at: u32) -> Option<&[u8]> {
    bytes.get(usize::try_from(at).ok()?..)
}

fn half(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|two| u16::from_le_bytes(*two).into())
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
        let sections = [
            // Code, variables with initial values, variables without, what a debugger reads, and the stack.
            (1, 1, ALLOC, 100),
            (1, 1, ALLOC | WRITE, 8),
            (1, NOBITS, ALLOC | WRITE, 50),
            (1, 1, 0, 999),
            (1, NOBITS, ALLOC, 7_000),
            // The place of code in RAM, and the names.
            (7, NOBITS, ALLOC, 20),
            (1, 3, 0, 30),
        ];
        (elf[32], elf[46], elf[48], elf[50]) = (52, 40, 7, 6);
        for (name, kind, flags, length) in sections {
            let mut header = [0; 40];
            let names = 52 + 40 * 7;
            for (at, value) in
                [(0, name), (4, kind), (8, flags), (12, 0x2000_0000), (16, names), (20, length)]
            {
                header[at..at + 4].copy_from_slice(&u32::to_le_bytes(value));
            }
            elf.extend(header);
        }
        elf.extend(b"\0.text\0.rwdata_dummy\0");
        assert_eq!(Size::read(&elf), Some(Size { flash: 108, ram: 78 }));
        // The code's address.
        elf[52 + 12..][..4].fill(0);
        assert_eq!(Size::read(&elf), Some(Size { flash: 8, ram: 78 }));
        assert_eq!(Size::read(&elf[..300]), None);
        assert_eq!(Size::read(b"\x7FELF\x02\x01"), None);
    }
}

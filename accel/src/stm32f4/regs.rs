//! How a driver reaches the registers of its unit, and how long it waits for them.
//!
//! A board, an emulator or a model implements [`Regs`]; the drivers are the same for all and contain no address. A wait is a number of reads
//! of a status register, so that it ends with every clock and under every debugger.

/// The registers of one unit, by their offset in bytes from its base address.
///
/// On the microcontroller an access is one volatile load or store of 32 bits. The unit's clock has been enabled and its reset
/// released before.
///
/// ```
/// use accel::stm32f4::Regs;
///
/// /// A unit of a test: what is written can be read. On the chip these are volatile accesses to the unit's addresses.
/// struct Memory([u32; 256]);
///
/// impl Regs for Memory {
///     fn read(&mut self, offset: u32) -> u32 {
///         self.0[offset as usize / 4]
///     }
///
///     fn write(&mut self, offset: u32, value: u32) {
///         self.0[offset as usize / 4] = value;
///     }
/// }
///
/// let mut unit = Memory([0; 256]);
/// unit.write(0x10, 7);
/// assert_eq!(unit.read(0x10), 7);
/// ```
pub trait Regs {
    /// Reads a register. A read may change the unit: of a FIFO it takes a word away.
    fn read(&mut self, offset: u32) -> u32;

    /// Writes a register.
    fn write(&mut self, offset: u32, value: u32);
}

impl<R: Regs + ?Sized> Regs for &mut R {
    fn read(&mut self, offset: u32) -> u32 {
        (**self).read(offset)
    }

    fn write(&mut self, offset: u32, value: u32) {
        (**self).write(offset, value);
    }
}

/// So often the status of CRYP is read until a block or a phase has ended. The longest, AES-256 in GCM, takes less than 40
/// cycles of the unit's clock (RM0090 §23.3: 14, 16 or 18 for AES, and GHASH beside it), and a poll takes four and more.
pub(super) const CRYP_POLLS: u32 = 4000;
/// So often the status of HASH is read until a block or a digest is done. The longest, two blocks of SHA-1 at the end of a
/// message, takes 164 cycles (RM0090 §25.3: 66 for SHA-1, 50 for MD5 and SHA-2, 16 to load a block), and a poll four and more.
pub(super) const HASH_POLLS: u32 = 4000;
/// So often the status of the RNG is read until a word is there: one every 40 periods of a clock of 48 MHz (RM0090 §24.3),
/// which are 140 cycles of a processor at 168 MHz; a clock below HCLK/16 is a clock error, and still answers in time.
pub(super) const RNG_POLLS: u32 = 10_000;

/// Reads the register at `offset` until it is as wanted, and returns its value; nothing when it never is.
pub(super) fn wait(
    regs: &mut impl Regs,
    offset: u32,
    polls: u32,
    wanted: impl Fn(u32) -> bool,
) -> Option<u32> {
    (0..polls).map(|_| regs.read(offset)).find(|value| wanted(*value))
}

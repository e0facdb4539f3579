//! How long slow things take.

/// A firmware that waits for the flash or the PHY polls them, and each poll costs the emulator as much as a hundred other
/// instructions; so tests have a board on which slow things are fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// 1 ms for the erase of a sector, 2 Âµs for a word, 2 Âµs for an access to the PHY, 20 ms for its negotiation.
    Short,
    /// As the data sheets say: 250 ms to 1 s for an erase and 16 Âµs for a word (DS9405 table 48, parallelism x32, typical), 64
    /// clocks of MDC for an access to the PHY, 1.5 s for its negotiation.
    Datasheet,
}

//! DATATYPE: how a word is turned on its way between a data register and the core (RM0090 §23.3.3, §25.3.2).

/// Turns a word; doing so twice gives it back.
pub(crate) const fn swap(word: u32, datatype: u32) -> u32 {
    match datatype & 3 {
        0 => word,
        1 => word.rotate_left(16),
        2 => word.swap_bytes(),
        _ => word.reverse_bits(),
    }
}

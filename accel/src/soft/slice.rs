//! What a job and its operations agree on: how much is done in a slice, what an operation answers, and how lent memory is divided.
//!
//! `job` knows RSA and ECDSA; these know this file, and not `job`.

use core::mem;

/// Limb products in one slice: at three instructions each, less than 200 000 instructions on a Cortex-M4.
pub(crate) const SLICE: usize = 60_000;

/// What an operation costs besides its products, in limb products: finding its numbers, and the ends of the kernel's loops.
pub(crate) const OVERHEAD: usize = 270;

/// What an operation of a job answers.
pub(crate) enum Advance {
    /// There is more to do; this cost so many limb products.
    More(usize),
    /// The result can be written.
    Done,
}

/// Takes the first `count` limbs, or what there is.
#[inline(never)]
pub(crate) fn take<'w>(rest: &mut &'w mut [u32], count: usize) -> &'w mut [u32] {
    take_inlined(rest, count)
}

/// [`take`] where an operation is so short that the call would be felt.
#[inline(always)]
pub(crate) fn take_inlined<'w>(rest: &mut &'w mut [u32], count: usize) -> &'w mut [u32] {
    let all = mem::take(rest);
    let count = count.min(all.len());
    let Some((head, tail)) = all.split_at_mut_checked(count) else { return &mut [] };
    *rest = tail;
    head
}

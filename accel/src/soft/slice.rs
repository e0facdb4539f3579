//! What a job shares with RSA and ECDSA: how much work a slice has, what one operation answers, and how lent memory is split.
//!
//! `job` depends on `rsa` and `ecdsa`, and all three depend on this file, so that there is no circle.

use core::mem;

/// Limb products in one slice: at three instructions each, less than 200 000 instructions on a Cortex-M4.
pub(crate) const SLICE: usize = 60_000;

/// What an operation costs besides its products, in limb products: to split the memory, and to begin and end the kernel's loops.
pub(crate) const OVERHEAD: usize = 270;

/// What one operation of a job answers.
pub(crate) enum Advance {
    /// There is more to do; this cost so many limb products.
    More(usize),
    /// The result is there, and can be written.
    Done,
}

/// Takes the first `count` limbs, or all if there are fewer.
#[inline(never)]
pub(crate) fn take<'w>(rest: &mut &'w mut [u32], count: usize) -> &'w mut [u32] {
    take_inlined(rest, count)
}

/// [`take`], inlined: for operations that are so short that a call would count.
#[inline(always)]
pub(crate) fn take_inlined<'w>(rest: &mut &'w mut [u32], count: usize) -> &'w mut [u32] {
    let all = mem::take(rest);
    let count = count.min(all.len());
    let Some((head, tail)) = all.split_at_mut_checked(count) else { return &mut [] };
    *rest = tail;
    head
}

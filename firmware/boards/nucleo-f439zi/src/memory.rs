//! Memory that the compiler knows nothing of, and so all unsafe code of this board: backup SRAM, a note that no start clears,
//! the linker's hash and the painted stack.
#![allow(unsafe_code)]

use core::{
    cell::UnsafeCell,
    mem::MaybeUninit,
    ptr::{addr_of, read_volatile, write_volatile},
};

use embassy_stm32::pac;
use firmware::board::Backup;

/// Backup SRAM (RM0090 §5.1.2): 4 KB that keep their content through every reset.
pub(crate) struct BackupSram(());

const BACKUP_SRAM: *mut u8 = 0x4002_4000 as *mut u8;
const BACKUP_SRAM_LENGTH: usize = 4096;

impl BackupSram {
    /// Switches its clock on and lifts its write protection.
    pub(crate) fn start() -> Self {
        pac::RCC.apb1enr().modify(|enable| enable.set_pwren(true));
        pac::PWR.cr1().modify(|control| control.set_dbp(true));
        pac::RCC.ahb1enr().modify(|enable| enable.set_bkpsramen(true));
        Self(())
    }
}

impl Backup for BackupSram {
    fn capacity(&self) -> usize {
        BACKUP_SRAM_LENGTH
    }

    fn read(&mut self, offset: usize, out: &mut [u8]) {
        for (index, byte) in (offset..BACKUP_SRAM_LENGTH).zip(out) {
            // SAFETY: within backup SRAM, whose clock `start` switched on; only this value's owner touches it.
            *byte = unsafe { read_volatile(BACKUP_SRAM.add(index)) };
        }
    }

    fn write(&mut self, offset: usize, bytes: &[u8]) {
        for (index, byte) in (offset..BACKUP_SRAM_LENGTH).zip(bytes) {
            // SAFETY: as in `read`.
            unsafe { write_volatile(BACKUP_SRAM.add(index), *byte) };
        }
    }
}

/// What ended a program.
#[derive(Clone, Copy)]
pub(crate) struct Fault {
    /// A hard fault rather than a panic.
    pub(crate) hard: bool,
    /// The panic's line, or the program counter of the hard fault.
    pub(crate) address: u32,
    /// The hash of the panic's file name, or the link register of the hard fault.
    pub(crate) detail: u32,
}

/// The note: a mark, the three values, and their sum, which memory that just got power does not have.
struct Note(UnsafeCell<MaybeUninit<[u32; 5]>>);

// SAFETY: written by the handlers of a panic and a hard fault, which nothing interrupts and after which nothing runs, and read
// once at the start.
unsafe impl Sync for Note {}

#[unsafe(link_section = ".uninit.note")]
static NOTE: Note = Note(UnsafeCell::new(MaybeUninit::uninit()));

const MARK: u32 = 0x0B5E_55ED;

/// Leaves a note for the next start.
pub(crate) fn leave_fault(fault: Fault) {
    let hard = u32::from(fault.hard);
    let sum = MARK ^ hard ^ fault.address ^ fault.detail;
    // SAFETY: see `Note`; any words are valid ones.
    unsafe { write_volatile(NOTE.0.get().cast(), [MARK, hard, fault.address, fault.detail, sum]) };
}

/// Reads the note, if one was left, and wipes it out.
pub(crate) fn take_fault() -> Option<Fault> {
    let note = NOTE.0.get().cast::<[u32; 5]>();
    // SAFETY: see `Note`. What the memory holds was not put there by this program's run, so it is read as a device is: volatile.
    let [mark, hard, address, detail, sum] = unsafe { read_volatile(note) };
    // SAFETY: as above.
    unsafe { write_volatile(note, [0; 5]) };
    let valid = mark == MARK && sum == mark ^ hard ^ address ^ detail;
    valid.then_some(Fault { hard: hard != 0, address, detail })
}

/// The first eight bytes of the linker's hash over the program (`memory.x` places the note that has it).
pub(crate) fn build_id() -> [u8; 8] {
    /// The head of an ELF note with the name `GNU`.
    const HEAD: usize = 16;
    unsafe extern "C" {
        #[link_name = "__build_id"]
        static NOTE: [u8; HEAD + 20];
    }
    // SAFETY: the linker puts a note of this length there.
    let [.., a, b, c, d, e, f, g, h, _, _, _, _, _, _, _, _, _, _, _, _] = unsafe { NOTE };
    [a, b, c, d, e, f, g, h]
}

/// How many bytes of the stack have been used at most, and how many there are.
pub(crate) fn stack() -> (usize, usize) {
    unsafe extern "C" {
        #[link_name = "_stack_end"]
        static END: u32;
        #[link_name = "_stack_start"]
        static START: u32;
    }
    let (mut lowest, highest) = (addr_of!(END), addr_of!(START));
    let length = (highest as usize).saturating_sub(lowest as usize);
    // SAFETY: between the two symbols of `memory.x` is the stack, painted before the program began; nobody writes to what is
    // below the stack pointer in between.
    while lowest < highest && unsafe { read_volatile(lowest) } == cortex_m_rt::STACK_PAINT_VALUE {
        lowest = lowest.wrapping_add(1);
    }
    ((highest as usize).saturating_sub(lowest as usize), length)
}

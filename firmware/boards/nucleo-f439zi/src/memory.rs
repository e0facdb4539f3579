//! Memory that the compiler knows nothing of, and so all unsafe code of this board: the registers of the accelerator's units,
//! backup SRAM, a note that no start clears, the linker's hash and the painted stack.
#![allow(unsafe_code)]

use core::{
    cell::UnsafeCell,
    mem::MaybeUninit,
    ptr::{addr_of, read_volatile, write_volatile},
};

use accel::stm32f4::Regs;
use embassy_stm32::pac;
use firmware::board::Backup;

/// The registers of the unit at `BASE`.
pub(crate) struct Registers<const BASE: usize>(());

/// The cryptographic processor (RM0090 §23).
pub(crate) type CrypRegisters = Registers<0x5006_0000>;
/// The hash processor (RM0090 §25).
pub(crate) type HashRegisters = Registers<0x5006_0400>;
/// The random number generator (RM0090 §24).
pub(crate) type RngRegisters = Registers<0x5006_0800>;

/// Switches the three units on, out of a reset. HASH and RNG share an interrupt, which stays off: both are polled.
pub(crate) fn units() -> (CrypRegisters, HashRegisters, RngRegisters) {
    pac::RCC.ahb2enr().modify(|enable| {
        enable.set_crypen(true);
        enable.set_hashen(true);
        enable.set_rngen(true);
    });
    let reset = |state| {
        pac::RCC.ahb2rstr().modify(|reset| {
            reset.set_cryprst(state);
            reset.set_hsahrst(state); // So spelled there.
            reset.set_rngrst(state);
        });
    };
    reset(true);
    reset(false);
    (Registers(()), Registers(()), Registers(()))
}

impl<const BASE: usize> Registers<BASE> {
    /// A register's place: within the unit's kilobyte, whatever the offset is.
    fn place(offset: u32) -> *mut u32 {
        (BASE | (offset & 0x3FC) as usize) as *mut u32
    }
}

impl<const BASE: usize> Regs for Registers<BASE> {
    fn read(&mut self, offset: u32) -> u32 {
        // SAFETY: a register of a unit that is switched on and that nobody else has, or a reserved place in its range, which
        // reads as zero.
        unsafe { read_volatile(Self::place(offset)) }
    }

    fn write(&mut self, offset: u32, value: u32) {
        // SAFETY: as in `read`; none of the three units reaches memory by itself.
        unsafe { write_volatile(Self::place(offset), value) };
    }
}

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
pub(crate) struct ProgramFault {
    /// A hard fault rather than a panic.
    pub(crate) hard: bool,
    /// Where it happened, from the inside out: what on the stack looks like return addresses; zeros where there are no more.
    pub(crate) way: CodeAddresses,
}

/// Code addresses.
pub(crate) type CodeAddresses = [u32; 8];

/// The note: a mark, the values, and the sum of all, which memory that just got power does not have.
struct Note(UnsafeCell<MaybeUninit<[u32; NOTE_LENGTH]>>);

const NOTE_LENGTH: usize = 2 + 8 + 1;

// SAFETY: written by the handlers of a panic and a hard fault, which nothing interrupts and after which nothing runs, and read
// once at the start.
unsafe impl Sync for Note {}

#[unsafe(link_section = ".uninit.note")]
static NOTE: Note = Note(UnsafeCell::new(MaybeUninit::uninit()));

const MARK: u32 = 0x0B5E_55ED;

/// Leaves a note for the next start.
pub(crate) fn leave_fault(fault: ProgramFault) {
    let [a, b, c, d, e, f, g, h] = fault.way;
    let hard = u32::from(fault.hard);
    let note = [MARK, hard, a, b, c, d, e, f, g, h, sum(hard, fault.way)];
    // SAFETY: see `Note`; any words are valid ones.
    unsafe { write_volatile(NOTE.0.get().cast(), note) };
}

/// Reads the note, if one was left, and wipes it out.
pub(crate) fn take_fault() -> Option<ProgramFault> {
    let note = NOTE.0.get().cast::<[u32; NOTE_LENGTH]>();
    // SAFETY: see `Note`. What the memory holds was not put there by this program's run, so it is read as a device is: volatile.
    let [mark, hard, way @ .., check] = unsafe { read_volatile(note) };
    // SAFETY: as above.
    unsafe { write_volatile(note, [0; NOTE_LENGTH]) };
    (mark == MARK && check == sum(hard, way)).then_some(ProgramFault { hard: hard != 0, way })
}

fn sum(hard: u32, way: CodeAddresses) -> u32 {
    way.iter().fold(MARK.wrapping_add(hard), |sum, address| sum.rotate_left(1) ^ address)
}

/// What on the stack, from here up, looks like a return address: an odd number in the program.
pub(crate) fn way() -> CodeAddresses {
    let mut way = [0; 8];
    let (mut place, top) = (cortex_m::register::msp::read() as *const u32, addr_of!(STACK_START));
    let mut free = way.iter_mut();
    while place < top {
        // SAFETY: between the stack pointer and the stack's beginning.
        let word = unsafe { read_volatile(place) };
        if word & 1 == 1 && (addr_of!(TEXT_START) as u32..addr_of!(TEXT_END) as u32).contains(&word) {
            let Some(free) = free.next() else { break };
            *free = word & !1;
        }
        place = place.wrapping_add(1);
    }
    way
}

unsafe extern "C" {
    #[link_name = "_stack_end"]
    static STACK_END: u32;
    #[link_name = "_stack_start"]
    static STACK_START: u32;
    #[link_name = "__stext"]
    static TEXT_START: u32;
    #[link_name = "__etext"]
    static TEXT_END: u32;
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
    let (mut lowest, highest) = (addr_of!(STACK_END), addr_of!(STACK_START));
    let length = (highest as usize).saturating_sub(lowest as usize);
    // SAFETY: between the two symbols of `memory.x` is the stack, painted before the program began; nobody writes to what is
    // below the stack pointer in between.
    while lowest < highest && unsafe { read_volatile(lowest) } == cortex_m_rt::STACK_PAINT_VALUE {
        lowest = lowest.wrapping_add(1);
    }
    ((highest as usize).saturating_sub(lowest as usize), length)
}

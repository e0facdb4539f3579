//! The two flash ranges of the device, in bank 2 (RM0090 §3.4): the program is in bank 1, and runs on while bank 2 is written or
//! erased.
//!
//! embassy-stm32's asynchronous driver waits for the interrupt at the end of each operation, so that the network and the menu
//! go on during the one or two seconds that a sector takes. A read of bank 2 would stall the processor as long; therefore
//! both ranges stand behind one mutex, and a read waits as well.

use embassy_stm32::{
    Peri,
    flash::{Async, Error, Flash, WRITE_SIZE},
    pac,
    peripherals::{FLASH, PA12},
};
use embassy_sync::{blocking_mutex::raw::NoopRawMutex, mutex::Mutex};
use embedded_storage_async::nor_flash::{ErrorType, NorFlash, ReadNorFlash};
use static_cell::StaticCell;

use crate::Interrupts;

/// The certificates' range: sectors 12 to 15.
pub(crate) type Certificates = Range<0x10_0000, 0x1_0000, 0x4000>;
/// The settings' range: sectors 17 and 18.
pub(crate) type Settings = Range<0x12_0000, 0x4_0000, 0x2_0000>;

type Driver = Mutex<NoopRawMutex, Flash<'static, Async>>;

/// `LENGTH` bytes from `START`, counted from the flash's beginning, in sectors of `SECTOR` bytes.
pub(crate) struct Range<const START: u32, const LENGTH: u32, const SECTOR: u32> {
    driver: &'static Driver,
}

/// The ranges of the settings and of the certificates.
///
/// Chips before revision 3 read bank 2 wrongly while PA12 is in use (ES0206 §2.2.14), and the driver refuses to read there
/// unless the pin is held low. Nothing else uses it here, so it is held on every revision.
pub(crate) fn start(flash: Peri<'static, FLASH>, _unused: Peri<'static, PA12>) -> (Settings, Certificates) {
    static DRIVER: StaticCell<Driver> = StaticCell::new();
    pac::GPIOA.odr().modify(|level| level.set_odr(12, pac::gpio::vals::Odr::LOW));
    pac::GPIOA.pupdr().modify(|pull| pull.set_pupdr(12, pac::gpio::vals::Pupdr::PULL_DOWN));
    pac::GPIOA.moder().modify(|mode| mode.set_moder(12, pac::gpio::vals::Moder::OUTPUT));
    let driver = DRIVER.init(Mutex::new(Flash::new(flash, Interrupts)));
    (Range { driver }, Range { driver })
}

impl<const START: u32, const LENGTH: u32, const SECTOR: u32> Range<START, LENGTH, SECTOR> {
    /// Where in the flash `length` bytes at `offset` of the range are.
    fn place(offset: u32, length: usize) -> Result<u32, Error> {
        let length = u32::try_from(length).map_err(|_| Error::Size)?;
        match offset.checked_add(length) {
            Some(end) if end <= LENGTH => Ok(START.wrapping_add(offset)),
            _ => Err(Error::Size),
        }
    }
}

impl<const START: u32, const LENGTH: u32, const SECTOR: u32> ErrorType for Range<START, LENGTH, SECTOR> {
    type Error = Error;
}

impl<const START: u32, const LENGTH: u32, const SECTOR: u32> ReadNorFlash for Range<START, LENGTH, SECTOR> {
    const READ_SIZE: usize = 1;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Error> {
        let place = Self::place(offset, bytes.len())?;
        self.driver.lock().await.blocking_read(place, bytes)
    }

    fn capacity(&self) -> usize {
        LENGTH as usize
    }
}

impl<const START: u32, const LENGTH: u32, const SECTOR: u32> NorFlash for Range<START, LENGTH, SECTOR> {
    const WRITE_SIZE: usize = WRITE_SIZE;
    const ERASE_SIZE: usize = SECTOR as usize;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), Error> {
        let length = to.checked_sub(from).ok_or(Error::Size)?;
        let start = Self::place(from, length as usize)?;
        self.driver.lock().await.erase(start, start.wrapping_add(length)).await
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Error> {
        let place = Self::place(offset, bytes.len())?;
        self.driver.lock().await.write(place, bytes).await
    }
}

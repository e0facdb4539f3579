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

type Driver = Mutex<NoopRawMutex, Flash<'static, Async>>;

/// What is erased at once, in bytes. Of a longer sector only so much is used: so both ranges are of one type, and the code of the
/// maps in them is there once.
const PAGE: u32 = 0x4000;

/// A range of pages, each at the beginning of a sector of its own.
pub(crate) struct FlashRange {
    driver: &'static Driver,
    /// Where the first sector is, counted in bytes from the flash's beginning.
    start: u32,
    /// How many bytes the sectors have.
    sector: u32,
    /// How many pages there are.
    pages: u32,
}

/// The ranges of the settings and of the certificates.
///
/// Chips before revision 3 read bank 2 wrongly while PA12 is in use (ES0206 §2.2.14), and the driver refuses to read there
/// unless the pin is held low. Nothing else uses it here, so it is held on every revision.
pub(crate) fn start(flash: Peri<'static, FLASH>, _unused: Peri<'static, PA12>) -> (FlashRange, FlashRange) {
    static DRIVER: StaticCell<Driver> = StaticCell::new();
    pac::GPIOA.odr().modify(|level| level.set_odr(12, pac::gpio::vals::Odr::LOW));
    pac::GPIOA.pupdr().modify(|pull| pull.set_pupdr(12, pac::gpio::vals::Pupdr::PULL_DOWN));
    pac::GPIOA.moder().modify(|mode| mode.set_moder(12, pac::gpio::vals::Moder::OUTPUT));
    let driver = DRIVER.init(Mutex::new(Flash::new(flash, Interrupts)));
    // Sectors 17 and 18, and sectors 12 to 15.
    let settings = FlashRange { driver, start: 0x12_0000, sector: 0x2_0000, pages: 2 };
    (settings, FlashRange { driver, start: 0x10_0000, sector: PAGE, pages: 4 })
}

impl FlashRange {
    /// Where in the flash the page is that `offset` of the range is in, and what is behind that place in it, in bytes.
    fn place(&self, offset: u32) -> Result<(u32, usize), Error> {
        let (page, within) = (offset / PAGE, offset % PAGE);
        if page >= self.pages {
            return Err(Error::Size);
        }
        // Three sectors at most: it fits.
        let place = self.start.wrapping_add(page.wrapping_mul(self.sector)).wrapping_add(within);
        Ok((place, PAGE.wrapping_sub(within) as usize))
    }

    /// Where in the flash so many bytes at `offset` of the range are: in one page, which is all that a map asks for.
    fn within_page(&self, offset: u32, length: usize) -> Result<u32, Error> {
        self.place(offset).and_then(|(place, left)| if length <= left { Ok(place) } else { Err(Error::Size) })
    }
}

impl ErrorType for FlashRange {
    type Error = Error;
}

impl ReadNorFlash for FlashRange {
    const READ_SIZE: usize = 1;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Error> {
        let place = self.within_page(offset, bytes.len())?;
        self.driver.lock().await.blocking_read(place, bytes)
    }

    fn capacity(&self) -> usize {
        self.pages.wrapping_mul(PAGE) as usize
    }
}

impl NorFlash for FlashRange {
    const WRITE_SIZE: usize = WRITE_SIZE;
    const ERASE_SIZE: usize = PAGE as usize;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), Error> {
        for page in (from..to).step_by(PAGE as usize) {
            let (sector, _) = self.place(page)?;
            self.driver.lock().await.erase(sector, sector.wrapping_add(self.sector)).await?;
        }
        Ok(())
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Error> {
        let place = self.within_page(offset, bytes.len())?;
        self.driver.lock().await.write(place, bytes).await
    }
}

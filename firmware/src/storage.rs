//! The flash range of the settings: a power-safe map of `sequential-storage`.
//!
//! What is stored here under a [`Key`] replaces the earlier value when the write is complete, and never before. Old values stay
//! readable in the flash until their page is erased in turn: what must not stay has a store of its own
//! ([`crate::certificates`]).

use core::ops::Range;

use embedded_storage_async::nor_flash::{NorFlash, ReadNorFlash};
use sequential_storage::{
    cache::{Cache, CacheImpl},
    map::{MapConfig, MapStorage},
};
use status::{Error, device::STORAGE_FAILED};
use zeroize::Zeroize;

use crate::settings::configuration::{self, Text};

/// What is stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Key {
    /// The settings, as a configuration file with the secrets in it.
    Settings = 0,
}

/// The longest value, in bytes.
pub const MAX_VALUE_LENGTH: usize = configuration::MAX_LENGTH;
/// What the map needs around a value: its key and alignment to a flash word.
const OVERHEAD: usize = 40;

/// The store.
pub struct Storage<F> {
    flash: F,
    buffer: [u8; MAX_VALUE_LENGTH + OVERHEAD],
    /// A text on its way into the flash: here, and not once in each task that may write one.
    text: Text,
}

impl<F: NorFlash> Storage<F> {
    /// A store in all of `flash`.
    pub const fn new(flash: F) -> Self {
        Self { flash, buffer: [0; MAX_VALUE_LENGTH + OVERHEAD], text: Text::new() }
    }

    /// The flash, as it is.
    pub const fn flash(&self) -> &F {
        &self.flash
    }

    /// Reads the value of `key` into `out` and tells its length; `None` where nothing was ever stored.
    ///
    /// # Errors
    /// `device::STORAGE_FAILED` (-0x8300) when the flash cannot be read or the value is longer than `out`.
    pub async fn read(&mut self, key: Key, out: &mut [u8]) -> Result<Option<usize>, Error> {
        let end = capacity(&self.flash)?;
        let mut map = map_in(&mut self.flash, 0..end)?;
        let read = map.fetch_item::<&[u8]>(&mut self.buffer, &(key as u8)).await;
        let length = match read {
            Ok(Some(value)) => {
                let to = out.get_mut(..value.len()).ok_or(STORAGE_FAILED)?;
                to.copy_from_slice(value);
                Ok(Some(value.len()))
            }
            Ok(None) => Ok(None),
            Err(_) => Err(STORAGE_FAILED),
        };
        self.buffer.zeroize();
        length
    }

    /// Stores a value in place of the earlier one.
    ///
    /// # Errors
    /// `device::STORAGE_FAILED` (-0x8300) when the flash cannot be written or the value is too long; the earlier value stays.
    pub async fn write(&mut self, key: Key, value: &[u8]) -> Result<(), Error> {
        if value.len() > MAX_VALUE_LENGTH {
            return Err(STORAGE_FAILED);
        }
        let end = capacity(&self.flash)?;
        let mut map = map_in(&mut self.flash, 0..end)?;
        let written = map.store_item(&mut self.buffer, &(key as u8), &value).await;
        self.buffer.zeroize();
        written.map_err(|_| STORAGE_FAILED)
    }

    /// Stores a text in place of the earlier value. What is there already is not written again: the flash wears out.
    ///
    /// # Errors
    /// As [`Storage::write`].
    pub async fn write_text(&mut self, key: Key, text: impl FnOnce() -> Text) -> Result<(), Error> {
        self.text = text();
        let end = capacity(&self.flash)?;
        let mut map = map_in(&mut self.flash, 0..end)?;
        let text = self.text.as_str().as_bytes();
        let present = map.fetch_item::<&[u8]>(&mut self.buffer, &(key as u8)).await;
        let written = match present {
            Ok(Some(present)) if present == text => Ok(()),
            // What cannot be read is written anew.
            _ => map.store_item(&mut self.buffer, &(key as u8), &text).await,
        };
        self.buffer.zeroize();
        // The old text is wiped as it is dropped.
        self.text = Text::new();
        written.map_err(|_| STORAGE_FAILED)
    }

    /// Erases everything, old values included.
    ///
    /// # Errors
    /// `device::STORAGE_FAILED` (-0x8300) when the flash cannot be erased.
    pub async fn erase_all(&mut self) -> Result<(), Error> {
        let end = capacity(&self.flash)?;
        self.flash.erase(0, end).await.map_err(|_| STORAGE_FAILED)
    }
}

/// The map in a range of a flash, in bytes from its beginning.
pub(crate) fn map_in<F: NorFlash>(
    flash: &mut F,
    range: Range<u32>,
) -> Result<MapStorage<u8, &mut F, impl CacheImpl<u8>>, Error> {
    let config = MapConfig::try_new(range).map_err(|_| STORAGE_FAILED)?;
    Ok(MapStorage::new(flash, config, Cache::new_uncached()))
}

/// The length of a flash in bytes.
pub(crate) fn capacity<F: ReadNorFlash>(flash: &F) -> Result<u32, Error> {
    u32::try_from(flash.capacity()).map_err(|_| STORAGE_FAILED)
}

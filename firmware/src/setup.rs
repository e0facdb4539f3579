//! Settings, certificates and private key: reads them from the flash, stores changes, and tells the tasks that depend on them.

use core::cell::{Cell, RefCell};

use embassy_sync::{
    blocking_mutex::raw::NoopRawMutex,
    mutex::Mutex,
    watch::{Receiver, Watch},
};
use embedded_storage_async::nor_flash::NorFlash;
use status::{Error, device::SETTINGS_INVALID};
use zeroize::Zeroize;

use crate::{
    backup::{self, Slot},
    board::Board,
    certificates::{Certificates, File},
    clock::Clock,
    retained::{self, Retained},
    settings::{
        Field, Network, Settings,
        configuration::{self, Secrets},
    },
    storage::{Earlier, Key, MAX_VALUE_LENGTH, Storage},
};

/// How many tasks may wait for a change at once.
const WATCHERS: usize = 4;

/// What was stored before the start.
pub struct Stored {
    settings: Settings,
    has_unknown_settings: bool,
    retained: Retained,
}

impl Stored {
    /// Reads it. Settings that are damaged or from a newer firmware count as none, and `note` is told their code.
    pub async fn read<F: NorFlash>(
        storage: &mut Storage<F>,
        mac_address: [u8; 6],
        note: &mut dyn FnMut(Error),
    ) -> Self {
        let settings = read_settings(storage).await;
        let has_unknown_settings = settings.is_err();
        let settings = settings.unwrap_or_else(|error| {
            note(error);
            Settings::default()
        });
        let mut saved = [0; retained::SAVED];
        let length = storage.read(Key::Retained, &mut saved).await.ok().flatten().unwrap_or(0);
        let saved = saved.get(..length).unwrap_or_default();
        let retained = Retained::load(saved, &settings.mqtt, mac_address);
        Self { settings, has_unknown_settings, retained }
    }
}

/// Settings, certificates and private key.
pub struct Setup<B: Board> {
    /// The settings in force.
    pub settings: RefCell<Settings>,
    /// What is stored could not be read: who knows which secrets it has.
    has_unknown_settings: Cell<bool>,
    /// The certificates and the private key.
    pub certificates: Mutex<NoopRawMutex, Certificates<B::CertificateFlash>>,
    /// How often the certificates or the key have changed since boot.
    certificate_changes: Cell<u32>,
    /// What is stored of the settings.
    pub storage: Mutex<NoopRawMutex, Storage<B::SettingsFlash>>,
    /// Retained messages of earlier names, which are to be cleared at the broker.
    pub retained: RefCell<Retained>,
    /// Counts changes of settings and certificates.
    changed: Watch<NoopRawMutex, u32, WATCHERS>,
    mac_address: [u8; 6],
}

impl<B: Board> Setup<B> {
    /// What is stored, with the stores that it was read from: moved here last, as they are large, and an `async fn` that takes
    /// them has them in its memory twice.
    pub fn new(
        stored: Stored,
        storage: Storage<B::SettingsFlash>,
        certificates: Certificates<B::CertificateFlash>,
        mac_address: [u8; 6],
    ) -> Self {
        let Stored { settings, has_unknown_settings, retained } = stored;
        Self {
            settings: RefCell::new(settings),
            has_unknown_settings: Cell::new(has_unknown_settings),
            certificates: Mutex::new(certificates),
            certificate_changes: Cell::new(0),
            storage: Mutex::new(storage),
            retained: RefCell::new(retained),
            changed: Watch::new_with(0),
            mac_address,
        }
    }

    /// Checks and stores new settings, puts them in force, and tells the tasks that depend on them. No byte of a secret that has
    /// changed stays in the flash, and the settings that are there already write nothing.
    ///
    /// # Errors
    /// [`Refused::Field`] for settings that contradict each other, [`Refused::Storage`] when the flash fails; the old settings stay.
    pub async fn store_settings(&self, new: &Settings) -> Result<(), Refused> {
        new.check().map_err(Refused::Field)?;
        let mut storage = self.storage.lock().await;
        let has_end = self.has_unknown_settings.get() || self.settings.borrow().has_secret_that_ends(new);
        let earlier = if has_end { Earlier::IsErased } else { Earlier::MayStay };
        // First what is to be cleared under the new names: what these say themselves is left out at the start.
        let mut retained = self.retained.borrow().clone();
        retained.note(&self.settings.borrow().mqtt, &new.mqtt, self.mac_address);
        if retained != *self.retained.borrow() {
            let saved = storage.write(Key::Retained, &retained.save(), Earlier::MayStay).await;
            saved.map_err(Refused::Storage)?;
        }
        let text = || configuration::save(new, Secrets::Included);
        storage.write_text(Key::Settings, text, earlier).await.map_err(Refused::Storage)?;
        self.has_unknown_settings.set(false);
        *self.retained.borrow_mut() = retained;
        self.settings.borrow_mut().clone_from(new);
        self.touch();
        Ok(())
    }

    /// These messages are cleared at the broker, and need no longer be remembered.
    ///
    /// # Errors
    /// `device::STORAGE_FAILED` (-0x8300): they are remembered, and cleared once more.
    pub async fn forget_retained(&self, cleared: &Retained) -> Result<(), Error> {
        let mut storage = self.storage.lock().await;
        // Other ones may have come meanwhile.
        if *self.retained.borrow() != *cleared {
            return Ok(());
        }
        storage.write(Key::Retained, &[], Earlier::MayStay).await?;
        *self.retained.borrow_mut() = Retained::default();
        Ok(())
    }

    /// Replaces a certificate or the key, and tells the tasks that depend on it. The same file again changes nothing.
    /// With the CA certificate that a server was verified by the password for that server goes, too.
    ///
    /// # Errors
    /// As [`Certificates::replace`]: the earlier file stays.
    pub async fn replace_certificate(&self, file: File, pem: &[u8]) -> Result<(), Error> {
        let is_another = self.certificates.lock().await.replaces_another(file, pem).await?;
        if is_another && file == File::CaCertificate {
            self.drop_password_of_verified().await?;
        }
        if self.certificates.lock().await.replace(file, pem).await? {
            self.touch_certificates();
        }
        Ok(())
    }

    /// Erases a certificate or the key, and tells the tasks that depend on it.
    ///
    /// # Errors
    /// As [`Certificates::erase`]: the file stays.
    pub async fn erase_certificate(&self, file: File) -> Result<(), Error> {
        if file == File::CaCertificate {
            self.drop_password_of_verified().await?;
        }
        self.certificates.lock().await.erase(file).await?;
        self.touch_certificates();
        Ok(())
    }

    /// Before the CA certificate goes: the password of MQTT goes with it when its server is verified by it, as by the next one
    /// another server could be.
    async fn drop_password_of_verified(&self) -> Result<(), Error> {
        if !self.certificates.lock().await.has(File::CaCertificate).await? {
            return Ok(());
        }
        let mut settings = self.settings.borrow().clone();
        let mqtt = &mut settings.mqtt;
        if !(mqtt.tls && mqtt.verify_server_certificate) || mqtt.password.is_empty() {
            return Ok(());
        }
        mqtt.password.zeroize();
        self.store_settings(&settings).await.map_err(|refused| match refused {
            Refused::Storage(error) => error,
            // Without a password the settings are no less right.
            Refused::Field(_) => SETTINGS_INVALID,
        })
    }

    /// The factory reset of the IP settings, which erases the certificates, too (application note §1), and with them the password
    /// of MQTT for a server that is verified, and what is known of the time: the way out for a clock that a server has set far ahead.
    ///
    /// # Errors
    /// [`Refused::Storage`] when the flash fails; it can be repeated.
    pub async fn reset_network(&self, clock: &Clock, backup: &RefCell<B::Backup>) -> Result<(), Refused> {
        self.drop_password_of_verified().await.map_err(Refused::Storage)?;
        self.certificates.lock().await.erase_all().await.map_err(Refused::Storage)?;
        self.touch_certificates();
        // With the certificates goes what a wrong time could make good again.
        backup::erase(&mut *backup.borrow_mut(), Slot::Time);
        let forgotten = self.storage.lock().await.write(Key::Time, &[], Earlier::MayStay).await;
        forgotten.map_err(Refused::Storage)?;
        clock.forget();
        let mut settings = self.settings.borrow().clone();
        settings.network = Network::default();
        self.store_settings(&settings).await
    }

    /// How often the certificates or the key have changed since boot.
    pub const fn certificate_changes(&self) -> u32 {
        self.certificate_changes.get()
    }

    /// Changes of settings and certificates from now on, for one task.
    pub fn changes(&self) -> Changes<'_> {
        Changes(self.changed.receiver())
    }

    fn touch_certificates(&self) {
        self.certificate_changes.set(self.certificate_changes.get().wrapping_add(1));
        self.touch();
    }

    /// Tells the tasks that depend on settings or certificates.
    fn touch(&self) {
        self.changed.sender().send_modify(|count| *count = Some(count.unwrap_or(0).wrapping_add(1)));
    }
}

/// What one task sees of the changes of settings and certificates.
pub struct Changes<'a>(Option<Receiver<'a, NoopRawMutex, u32, WATCHERS>>);

impl Changes<'_> {
    /// Waits until `is_due` says so, which is asked now and after each change.
    pub async fn until(&mut self, is_due: impl Fn() -> bool) {
        while !is_due() {
            match &mut self.0 {
                Some(receiver) => drop(receiver.changed().await),
                // More tasks than watchers: a mistake in this crate, which costs this task the news.
                None => core::future::pending().await,
            }
        }
    }
}

/// Why settings were not stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// This field does not fit the others.
    Field(Field),
    /// The flash failed.
    Storage(Error),
}

/// The stored settings, or the default where nothing was ever stored.
async fn read_settings<F: NorFlash>(storage: &mut Storage<F>) -> Result<Settings, Error> {
    let mut text = [0; MAX_VALUE_LENGTH];
    let length = storage.read(Key::Settings, &mut text).await?;
    let settings = match length.and_then(|length| text.get(..length)) {
        None => Ok(Settings::default()),
        Some(text) => {
            match core::str::from_utf8(text)
                .map(|text| configuration::load(text, Secrets::Included, &Settings::default()))
            {
                Ok(Ok(settings)) => Ok(settings),
                _ => Err(SETTINGS_INVALID),
            }
        }
    };
    text.zeroize();
    settings
}

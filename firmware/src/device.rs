//! What the device's tasks share.
//!
//! A `RefCell` here is borrowed between two awaits and never across one; what needs flash stands behind an asynchronous mutex.

use core::cell::{Cell, RefCell};

use embassy_sync::{blocking_mutex::raw::NoopRawMutex, mutex::Mutex, watch::Watch};
use embedded_storage_async::nor_flash::NorFlash;
use status::{Error, Status, device::SETTINGS_INVALID};
use zeroize::Zeroize;

use crate::{
    board::{Board, Facts, Parts, ResetCause},
    certificates::{Certificates, File},
    clock::Clock,
    settings::{
        Field, Network, Settings,
        configuration::{self, Secrets},
    },
    status_codes::StatusCodes,
    storage::{Key, MAX_VALUE_LENGTH, Storage},
};

/// How many tasks may wait for a change of the settings at once.
const WATCHERS: usize = 6;

/// Everything shared.
pub struct Device<B: Board> {
    /// Cryptography: borrow it for one call.
    pub accel: RefCell<B::Accel>,
    /// The settings in force.
    pub settings: RefCell<Settings>,
    /// Counts changes of settings and certificates: whoever depends on them waits here and begins anew.
    pub changed: Watch<NoopRawMutex, u32, WATCHERS>,
    /// The certificates and the private key.
    pub certificates: Mutex<NoopRawMutex, Certificates<B::CertificateFlash>>,
    /// What is stored of the settings.
    pub storage: Mutex<NoopRawMutex, Storage<B::SettingsFlash>>,
    /// The time.
    pub clock: Clock,
    /// The last two failures.
    pub status_codes: RefCell<StatusCodes>,
    /// How the connection to the broker stands.
    pub connection: Cell<Connection>,
    /// Inputs and outputs.
    pub pins: RefCell<B::Pins>,
    /// The outputs as they are switched, output 0 in bit 0.
    pub outputs: Watch<NoopRawMutex, u8, WATCHERS>,
    /// The debounced inputs, input 0 in bit 0.
    pub inputs: Watch<NoopRawMutex, u8, WATCHERS>,
    /// Memory that survives a reset.
    pub backup: RefCell<B::Backup>,
    /// The watchdog and the reset.
    pub system: RefCell<B::System>,
    /// What the board knows about itself.
    pub facts: Facts,
}

/// How the connection to the broker stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Connection {
    /// Where it is.
    pub state: ConnectionState,
    /// The cipher suite of the present TLS connection.
    pub suite: Option<tls12::Suite>,
    /// Whether the present TLS connection resumed a session.
    pub resumed: bool,
    /// How long its handshake took, in milliseconds.
    pub handshake_time: u32,
}

/// Where the connection is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConnectionState {
    /// MQTT is switched off.
    Disabled,
    /// There is no network.
    WaitingForNetwork,
    /// MQTTS waits for the clock to be set.
    WaitingForTime,
    /// Looking the host up, connecting, shaking hands.
    Connecting,
    /// The broker has accepted the device.
    Connected,
    /// The connection failed; the next attempt follows after a pause.
    WaitingToRetry,
}

impl<B: Board> Device<B> {
    /// Takes the board's parts and reads what is stored.
    ///
    /// Settings that are damaged or from a newer firmware count as none, and a store that cannot be read as empty: either leaves its
    /// code among the status codes, as do what the board says of its start and of its units.
    pub async fn start(parts: Parts<B>) -> Self {
        let mut status_codes = StatusCodes::default();
        let mut note = |error| status_codes.push(Status::new(error), None);
        let mut storage = Storage::new(parts.settings_flash);
        let settings = read_settings(&mut storage).await.unwrap_or_else(|error| {
            note(error);
            Settings::default()
        });
        let mut certificates = Certificates::new(parts.certificate_flash);
        if let Err(error) = certificates.start(parts.facts.firmware).await {
            note(error);
        }
        for error in parts.facts.failed_units.into_iter().flatten() {
            note(error);
        }
        match parts.facts.reset {
            ResetCause::Watchdog => note(status::device::WATCHDOG_RESET),
            ResetCause::Panic => note(status::device::PANIC_RESET),
            ResetCause::PowerOn | ResetCause::Pin | ResetCause::Software => {}
        }
        Self {
            accel: RefCell::new(parts.accel),
            settings: RefCell::new(settings),
            changed: Watch::new_with(0),
            certificates: Mutex::new(certificates),
            storage: Mutex::new(storage),
            clock: Clock::default(),
            status_codes: RefCell::new(status_codes),
            connection: Cell::new(Connection {
                state: ConnectionState::Disabled,
                suite: None,
                resumed: false,
                handshake_time: 0,
            }),
            pins: RefCell::new(parts.pins),
            outputs: Watch::new_with(0),
            inputs: Watch::new_with(0),
            backup: RefCell::new(parts.backup),
            system: RefCell::new(parts.system),
            facts: parts.facts,
        }
    }

    /// Checks and stores new settings, puts them in force, and tells whoever depends on them.
    ///
    /// # Errors
    /// [`Refused::Field`] for settings that contradict each other, [`Refused::Storage`] when the flash fails; the old settings stay.
    pub async fn store_settings(&self, new: &Settings) -> Result<(), Refused> {
        new.check().map_err(Refused::Field)?;
        let text = configuration::save(new, Secrets::Included);
        let written = self.storage.lock().await.write(Key::Settings, text.as_str().as_bytes()).await;
        written.map_err(Refused::Storage)?;
        self.settings.borrow_mut().clone_from(new);
        self.touch();
        Ok(())
    }

    /// Puts a certificate or the key in the place of the earlier one, and tells whoever depends on it.
    ///
    /// # Errors
    /// As [`Certificates::replace`]: the earlier file stays.
    pub async fn replace_certificate(&self, file: File, pem: &[u8]) -> Result<(), Error> {
        self.certificates.lock().await.replace(file, pem).await?;
        self.touch();
        Ok(())
    }

    /// Erases a certificate or the key, and tells whoever depends on it.
    ///
    /// # Errors
    /// As [`Certificates::erase`]: the file stays.
    pub async fn erase_certificate(&self, file: File) -> Result<(), Error> {
        self.certificates.lock().await.erase(file).await?;
        self.touch();
        Ok(())
    }

    /// The factory reset of the IP settings, which erases the certificates, too (application note §1).
    ///
    /// # Errors
    /// [`Refused::Storage`] when the flash fails; it can be repeated.
    pub async fn reset_network(&self) -> Result<(), Refused> {
        self.certificates.lock().await.erase_all().await.map_err(Refused::Storage)?;
        let mut settings = self.settings.borrow().clone();
        settings.network = Network::default();
        self.store_settings(&settings).await
    }

    /// Tells whoever depends on settings or certificates that they have changed.
    fn touch(&self) {
        self.changed.sender().send_modify(|count| *count = Some(count.unwrap_or(0).wrapping_add(1)));
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

//! What the device's tasks share.
//!
//! A `RefCell` here is borrowed between two awaits and never across one; what needs flash stands behind an asynchronous mutex.

use core::cell::{Cell, RefCell};

use embassy_sync::{
    blocking_mutex::raw::NoopRawMutex,
    mutex::Mutex,
    watch::{Receiver, Watch},
};
use embassy_time::Instant;
use embedded_storage_async::nor_flash::NorFlash;
use status::{Error, Status, device::SETTINGS_INVALID};
use zeroize::Zeroize;

use crate::{
    backup::{self, Slot},
    board::{Backup, Board, Facts, Parts, ResetCause, System},
    certificates::{Certificates, File},
    clock::{self, Clock},
    retained::{self, Retained},
    settings::{
        Field, Network, Settings,
        configuration::{self, Secrets},
    },
    status_codes::StatusCodes,
    storage::{Earlier, Key, MAX_VALUE_LENGTH, Storage},
    supervisor::Progress,
};

/// How many tasks may wait for a change of the settings at once.
pub(crate) const WATCHERS: usize = 6;

/// Everything shared.
pub struct Device<B: Board> {
    /// Cryptography: borrow it for one call.
    pub accel: RefCell<B::Accel>,
    /// The settings in force.
    pub settings: RefCell<Settings>,
    /// What is stored could not be read: who knows which secrets it has.
    has_unknown_settings: Cell<bool>,
    /// Counts changes of settings and certificates: whoever depends on them waits here and begins anew.
    pub changed: Watch<NoopRawMutex, u32, WATCHERS>,
    /// The certificates and the private key.
    pub certificates: Mutex<NoopRawMutex, Certificates<B::CertificateFlash>>,
    /// What is stored of the settings.
    pub storage: Mutex<NoopRawMutex, Storage<B::SettingsFlash>>,
    /// Retained messages of earlier names, which are to be cleared at the broker.
    pub retained: RefCell<Retained>,
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
    /// Which tasks are making progress.
    pub progress: Progress,
    /// How often the certificates or the key have changed since boot.
    pub certificate_changes: Cell<u32>,
    /// How many connections the menu's server has, which would be lost with the device's address.
    pub served: Cell<u8>,
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
    /// Looking up the host's address.
    LookingUp,
    /// Opening the TCP connection.
    Connecting,
    /// Shaking hands for TLS.
    Handshake,
    /// Waiting until the broker accepts the device (CONNACK).
    WaitingForBroker,
    /// The broker has accepted the device.
    Connected,
    /// The connection failed; the next attempt follows after a pause.
    WaitingToRetry,
}

impl ConnectionState {
    /// Its name for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::WaitingForNetwork => "waiting_for_network",
            Self::WaitingForTime => "waiting_for_time",
            Self::LookingUp => "looking_up",
            Self::Connecting => "connecting",
            Self::Handshake => "handshake",
            Self::WaitingForBroker => "waiting_for_broker",
            Self::Connected => "connected",
            Self::WaitingToRetry => "waiting_to_retry",
        }
    }
}

impl<B: Board> Device<B> {
    /// Takes the board's parts and reads what is stored.
    ///
    /// Settings that are damaged or from a newer firmware count as none, and a store that cannot be read as empty: either leaves its
    /// code among the status codes, as do what the board says of its start and of its units.
    pub async fn start(parts: Parts<B>) -> Self {
        let mut backup = parts.backup;
        let mut status_codes = restore_status_codes(&mut backup);
        let mut note = |error| status_codes.push(Status::new(error), None);
        let mut storage = Storage::new(parts.settings_flash);
        if parts.is_to_forget
            && let Err(error) = storage.erase_all().await
        {
            note(error);
        }
        if parts.is_to_forget {
            backup::erase(&mut backup, Slot::Time);
        }
        let settings = read_settings(&mut storage).await;
        let has_unknown_settings = Cell::new(settings.is_err());
        let settings = settings.unwrap_or_else(|error| {
            note(error);
            Settings::default()
        });
        let mut saved = [0; retained::SAVED];
        let length = storage.read(Key::Retained, &mut saved).await.ok().flatten().unwrap_or(0);
        let saved = saved.get(..length).unwrap_or_default();
        let retained = Retained::load(saved, &settings.mqtt, parts.facts.mac_address);
        let clock = clock::start(&mut backup, &mut storage).await;
        let mut certificates = Certificates::new(parts.certificate_flash);
        let mut started = certificates.start(parts.facts.firmware).await;
        if parts.is_to_forget && started.is_ok() {
            started = certificates.erase_all().await;
        }
        if let Err(error) = started {
            note(error);
        }
        for error in parts.facts.failed_units.into_iter().flatten() {
            note(error);
        }
        match parts.facts.reset {
            ResetCause::Watchdog => note(status::device::WATCHDOG_RESET),
            ResetCause::Panic => note(status::device::PANIC_RESET),
            ResetCause::Fault => note(status::device::FAULT_RESET),
            ResetCause::PowerOn | ResetCause::Pin | ResetCause::Software => {}
        }
        backup::write(&mut backup, Slot::StatusCodes, &status_codes.save());
        Self {
            accel: RefCell::new(parts.accel),
            settings: RefCell::new(settings),
            has_unknown_settings,
            changed: Watch::new_with(0),
            certificates: Mutex::new(certificates),
            storage: Mutex::new(storage),
            retained: RefCell::new(retained),
            clock,
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
            backup: RefCell::new(backup),
            progress: Progress::started_at(Instant::now().as_millis()),
            certificate_changes: Cell::new(0),
            served: Cell::new(0),
            system: RefCell::new(parts.system),
            facts: parts.facts,
        }
    }

    /// Checks and stores new settings, puts them in force, and tells whoever depends on them. No byte of a secret that has
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
        retained.note(&self.settings.borrow().mqtt, &new.mqtt, self.facts.mac_address);
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
    pub async fn forget_retained(&self, cleared: &Retained) {
        let mut storage = self.storage.lock().await;
        // Other ones may have come meanwhile.
        if *self.retained.borrow() != *cleared {
            return;
        }
        match storage.write(Key::Retained, &[], Earlier::MayStay).await {
            Ok(()) => *self.retained.borrow_mut() = Retained::default(),
            // They are cleared once more.
            Err(error) => self.note(Status::new(error)),
        }
    }

    /// Puts a certificate or the key in the place of the earlier one, and tells whoever depends on it; the same one again changes nothing.
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

    /// Erases a certificate or the key, and tells whoever depends on it.
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
    /// of MQTT for a server that is verified. It also forgets the time: the way out for a clock that a server has set far ahead.
    ///
    /// # Errors
    /// [`Refused::Storage`] when the flash fails; it can be repeated.
    pub async fn reset_network(&self) -> Result<(), Refused> {
        self.drop_password_of_verified().await.map_err(Refused::Storage)?;
        self.certificates.lock().await.erase_all().await.map_err(Refused::Storage)?;
        self.touch_certificates();
        // With the certificates goes what a wrong time could make good again.
        backup::erase(&mut *self.backup.borrow_mut(), Slot::Time);
        let forgotten = self.storage.lock().await.write(Key::Time, &[], Earlier::MayStay).await;
        forgotten.map_err(Refused::Storage)?;
        self.clock.forget();
        let mut settings = self.settings.borrow().clone();
        settings.network = Network::default();
        self.store_settings(&settings).await
    }

    /// Says how the connection to the broker stands now.
    pub fn set_connection(&self, connection: Connection) {
        if self.connection.replace(connection) == connection {
            return;
        }
        self.system.borrow_mut().show(&connection);
        if connection.state == ConnectionState::Connected {
            self.status_codes.borrow_mut().settle();
            self.save_status_codes();
        }
    }

    /// Notes a failure among the status codes, also for the time after a reset.
    pub fn note(&self, status: Status) {
        self.status_codes.borrow_mut().push(status, self.clock.now());
        self.save_status_codes();
    }

    fn save_status_codes(&self) {
        let saved = self.status_codes.borrow().save();
        backup::write(&mut *self.backup.borrow_mut(), Slot::StatusCodes, &saved);
    }

    /// Changes of settings and certificates from now on, for one task.
    pub fn changes(&self) -> Changes<'_> {
        Changes(self.changed.receiver())
    }

    fn touch_certificates(&self) {
        self.certificate_changes.set(self.certificate_changes.get().wrapping_add(1));
        self.touch();
    }

    /// Tells whoever depends on settings or certificates that they have changed.
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

/// What the status codes were before a reset.
fn restore_status_codes<B: Backup>(backup: &mut B) -> StatusCodes {
    let mut saved = [0; StatusCodes::SAVED_LENGTH];
    backup::read(backup, Slot::StatusCodes, &mut saved).map(StatusCodes::restore).unwrap_or_default()
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

//! All that a device owns. It is made once at the start, and each task gets a handle of what it needs.
//!
//! A `RefCell` here is borrowed between two awaits and never across one. What needs flash has an asynchronous mutex.

use core::cell::{Cell, RefCell};

use embassy_time::Instant;
use status::Status;

use crate::{
    backup::{self, Slot},
    board::{Board, Facts, Parts, ResetCause},
    certificates::Certificates,
    clock::{self, Clock},
    connection,
    connection_state::{Connection, ConnectionState},
    journal::{self, Journal},
    network,
    ports::Ports,
    setup::{Setup, Stored},
    status_codes::StatusCodes,
    storage::Storage,
    supervisor::Progress,
    web,
};

/// All that a device has.
pub struct Device<B: Board> {
    setup: Setup<B>,
    clock: Clock,
    /// Cryptography: borrowed for one call.
    accel: RefCell<B::Accel>,
    ports: Ports<B::Pins>,
    status_codes: RefCell<StatusCodes>,
    connection: Cell<Connection>,
    /// Memory that survives a reset.
    backup: RefCell<B::Backup>,
    /// The watchdog and the reset.
    system: RefCell<B::System>,
    progress: Progress,
    /// How many connections the menu's server has, which would be lost with the device's address.
    served: Cell<u8>,
    facts: Facts,
}

impl<B: Board> Device<B> {
    /// Takes the board's parts and reads what is stored.
    ///
    /// Settings that are damaged or from a newer firmware count as none, and a store that cannot be read as empty: either leaves its
    /// code among the status codes, as do what the board says of its start and of its units.
    pub async fn start(parts: Parts<B>) -> Self {
        let facts = parts.facts;
        let mut backup = parts.backup;
        let mut status_codes = journal::restore(&mut backup);
        let mut note = |error| status_codes.push(Status::new(error), None);
        let mut storage = Storage::new(parts.settings_flash);
        if parts.is_to_forget {
            if let Err(error) = storage.erase_all().await {
                note(error);
            }
            backup::erase(&mut backup, Slot::Time);
        }
        let stored = Stored::read(&mut storage, facts.mac_address, &mut note).await;
        let clock = clock::start(&mut backup, &mut storage).await;
        let mut certificates = Certificates::new(parts.certificate_flash);
        let mut started = certificates.start(facts.firmware).await;
        if parts.is_to_forget && started.is_ok() {
            started = certificates.erase_all().await;
        }
        if let Err(error) = started {
            note(error);
        }
        for error in facts.failed_units.into_iter().flatten() {
            note(error);
        }
        match facts.reset {
            ResetCause::Watchdog => note(status::device::WATCHDOG_RESET),
            ResetCause::Panic => note(status::device::PANIC_RESET),
            ResetCause::Fault => note(status::device::FAULT_RESET),
            ResetCause::PowerOn | ResetCause::Pin | ResetCause::Software => {}
        }
        journal::save(&status_codes, &mut backup);
        Self {
            setup: Setup::new(stored, storage, certificates, facts.mac_address),
            clock,
            accel: RefCell::new(parts.accel),
            ports: Ports::new(parts.pins),
            status_codes: RefCell::new(status_codes),
            connection: Cell::new(Connection::without_tls(ConnectionState::Disabled)),
            backup: RefCell::new(backup),
            system: RefCell::new(parts.system),
            progress: Progress::started_at(Instant::now().as_millis()),
            served: Cell::new(0),
            facts,
        }
    }

    /// What keeps the network's address needs.
    pub const fn network(&self) -> network::Handle<'_, B> {
        network::Handle {
            setup: &self.setup,
            mac_address: self.facts.mac_address,
            served: &self.served,
            progress: &self.progress,
        }
    }

    /// What sets the clock needs.
    pub const fn clock(&self) -> clock::Handle<'_, B> {
        clock::Handle {
            clock: &self.clock,
            setup: &self.setup,
            accel: &self.accel,
            backup: &self.backup,
            journal: self.journal(),
            progress: &self.progress,
        }
    }

    /// What keeps the connection to the broker needs.
    pub const fn connection(&self) -> connection::Handle<'_, B> {
        connection::Handle {
            setup: &self.setup,
            clock: &self.clock,
            accel: &self.accel,
            ports: &self.ports,
            backup: &self.backup,
            journal: self.journal(),
            progress: &self.progress,
            facts: &self.facts,
        }
    }

    /// What the menu needs.
    pub const fn web(&self) -> web::Handle<'_, B> {
        web::Handle {
            setup: &self.setup,
            clock: &self.clock,
            accel: &self.accel,
            ports: &self.ports,
            backup: &self.backup,
            journal: self.journal(),
            served: &self.served,
            facts: &self.facts,
        }
    }

    /// Inputs and outputs.
    pub const fn ports(&self) -> &Ports<B::Pins> {
        &self.ports
    }

    /// Which tasks make progress.
    pub const fn progress(&self) -> &Progress {
        &self.progress
    }

    /// The watchdog and the reset.
    pub const fn system(&self) -> &RefCell<B::System> {
        &self.system
    }

    const fn journal(&self) -> Journal<'_, B> {
        Journal {
            status_codes: &self.status_codes,
            connection: &self.connection,
            backup: &self.backup,
            system: &self.system,
            clock: &self.clock,
        }
    }
}

//! The last failures and the state of the connection. Tasks note them here, and the backup memory keeps the failures over a reset.

use core::cell::{Cell, RefCell};

use status::Status;

use crate::{
    backup::{self, Slot},
    board::{Backup, Board, System},
    clock::Clock,
    connection_state::{Connection, ConnectionState},
    status_codes::StatusCodes,
};

/// Where the tasks note how the device fares.
pub struct Journal<'d, B: Board> {
    pub(crate) status_codes: &'d RefCell<StatusCodes>,
    pub(crate) connection: &'d Cell<Connection>,
    pub(crate) backup: &'d RefCell<B::Backup>,
    pub(crate) system: &'d RefCell<B::System>,
    pub(crate) clock: &'d Clock,
}

impl<B: Board> Clone for Journal<'_, B> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<B: Board> Copy for Journal<'_, B> {}

impl<B: Board> Journal<'_, B> {
    /// The last two failures.
    #[must_use]
    pub fn status_codes(&self) -> StatusCodes {
        *self.status_codes.borrow()
    }

    /// How the connection to the broker stands.
    #[must_use]
    pub const fn connection(&self) -> Connection {
        self.connection.get()
    }

    /// Says how the connection to the broker stands now.
    pub fn set_connection(&self, connection: Connection) {
        if self.connection.replace(connection) == connection {
            return;
        }
        self.system.borrow_mut().show(&connection);
        if connection.state == ConnectionState::Connected {
            self.status_codes.borrow_mut().settle();
            self.save();
        }
    }

    /// Notes a failure among the status codes, also for the time after a reset.
    pub fn note(&self, status: Status) {
        self.status_codes.borrow_mut().push(status, self.clock.now());
        self.save();
    }

    fn save(&self) {
        save(&self.status_codes.borrow(), &mut *self.backup.borrow_mut());
    }
}

/// The failures of before a reset.
pub fn restore<P: Backup>(backup: &mut P) -> StatusCodes {
    let mut saved = [0; StatusCodes::SAVED_LENGTH];
    backup::read(backup, Slot::StatusCodes, &mut saved).map(StatusCodes::restore).unwrap_or_default()
}

/// Keeps the failures for the time after a reset.
pub fn save<P: Backup>(status_codes: &StatusCodes, backup: &mut P) {
    backup::write(backup, Slot::StatusCodes, &status_codes.save());
}

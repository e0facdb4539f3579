//! What the device's tasks share.
//!
//! A `RefCell` here is borrowed between two awaits and never across one; what needs flash stands behind an asynchronous mutex.

use core::cell::{Cell, RefCell};

use embassy_sync::{blocking_mutex::raw::NoopRawMutex, mutex::Mutex, watch::Watch};

use crate::{
    board::{Board, Facts, Parts},
    certificates::Certificates,
    clock::Clock,
    settings::Settings,
    status_codes::StatusCodes,
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
    /// The flash of the settings.
    pub settings_flash: Mutex<NoopRawMutex, B::SettingsFlash>,
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
    pub async fn start(parts: Parts<B>) -> Self {
        Self {
            accel: RefCell::new(parts.accel),
            settings: RefCell::new(Settings::default()),
            changed: Watch::new_with(0),
            certificates: Mutex::new(Certificates::new(parts.certificate_flash)),
            settings_flash: Mutex::new(parts.settings_flash),
            clock: Clock::default(),
            status_codes: RefCell::new(StatusCodes::default()),
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
}

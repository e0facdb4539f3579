//! The connection to the broker, over TLS or plain. It is made again after each failure, with a pause that grows.
//!
//! ```text
//!   run ── per configuration ── serve ── mqtts::Client: TLS, MQTT, both sessions, the pauses
//!                                  │          ▲
//!                                talk ── Way: clock, look-up, socket
//!                                  └──── Conversation: what is said, what is heard
//! ```
//! The backup memory keeps the TLS session and the state of the MQTT session over a reset. A change of MQTT's settings or of the
//! certificates ends the connection with DISCONNECT and forgets both. Without a saved MQTT session, as after a power cut, the first
//! connection has a clean session, and the JSON state says so. The client also begins a clean session if it cannot hold the old
//! one any longer, or if several connections with it were short: so no kept state locks the device out.

pub mod conversation;
mod credentials;
pub mod patience;
pub mod report;
mod talk;
mod way;

use core::{
    cell::RefCell,
    future::{Future, pending},
    pin::{Pin, pin},
};

use embassy_futures::select::{Either, select};
use embassy_net::Stack;
use mqtts::{Client, Security};
use status::{Error, Status};
use tls12::{Config, Identity, MaxFragmentLength, Verification};
use zeroize::Zeroize;

use crate::{
    backup::{self, Slot},
    board::{Board, Facts},
    clock::Clock,
    connection_state::{Connection, ConnectionState},
    journal::Journal,
    names::Names,
    ports::Ports,
    settings::Mqtt,
    setup::Setup,
    supervisor::{Progress, Task},
};
use credentials::Credentials;

/// The longest packet that is gathered from pieces: commands are short.
const SPILL: usize = 512;
/// Unacknowledged messages: a state, the availability, and received identifiers.
const IN_FLIGHT: usize = 1536;
/// What `Client::save` needs at most: 12 bytes more than the in-flight buffer.
const SAVED: usize = IN_FLIGHT + 16;
/// As much of a socket as one segment each way needs, and a second one to keep going.
const SOCKET: usize = 2048;

/// The buffers: about 27 KB.
pub struct Memory {
    client: mqtts::Memory<SPILL, IN_FLIGHT>,
    credentials: credentials::Storage,
    socket: way::Memory,
}

impl Memory {
    /// All zero.
    pub const fn new() -> Self {
        Self {
            client: mqtts::Memory::new(),
            credentials: credentials::Storage::new(),
            socket: way::Memory::new(),
        }
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

/// What the connection to the broker needs of the device.
pub struct Handle<'d, B: Board> {
    pub(crate) setup: &'d Setup<B>,
    pub(crate) clock: &'d Clock,
    pub(crate) accel: &'d RefCell<B::Accel>,
    pub(crate) ports: &'d Ports<B::Pins>,
    pub(crate) backup: &'d RefCell<B::Backup>,
    pub(crate) journal: Journal<'d, B>,
    pub(crate) progress: &'d Progress,
    pub(crate) facts: &'d Facts,
}

/// What a connection is made for; another one ends it.
struct Plan {
    settings: Mqtt,
    certificate_changes: u32,
    names: Names,
}

impl Plan {
    fn new<B: Board>(device: &Handle<'_, B>) -> Self {
        let settings = device.setup.settings.borrow().mqtt.clone();
        let names = Names::new(&settings, device.facts.mac_address);
        Self { settings, certificate_changes: device.setup.certificate_changes(), names }
    }

    fn is_outdated<B: Board>(&self, device: &Handle<'_, B>) -> bool {
        self.certificate_changes != device.setup.certificate_changes()
            || self.settings != device.setup.settings.borrow().mqtt
    }
}

/// Keeps the device connected. Never ends.
pub async fn run<B: Board>(device: &Handle<'_, B>, stack: Stack<'_>, memory: &mut Memory) {
    loop {
        let plan = Plan::new(device);
        if !(plan.settings.enabled && plan.settings.tls) {
            backup::erase(&mut *device.backup.borrow_mut(), Slot::TlsSession);
        }
        if plan.settings.enabled {
            serve(device, stack, &plan, memory).await;
        } else {
            set_state(device, ConnectionState::Disabled);
            outdated(device, &plan).await;
        }
        // What was agreed on with a broker under other settings counts no more.
        backup::erase(&mut *device.backup.borrow_mut(), Slot::TlsSession);
        backup::erase(&mut *device.backup.borrow_mut(), Slot::MqttSession);
    }
}

/// Keeps the device connected until the plan is outdated.
async fn serve<B: Board>(device: &Handle<'_, B>, stack: Stack<'_>, plan: &Plan, memory: &mut Memory) {
    let verify = plan.settings.verify_server_certificate;
    let mut credentials = Credentials::none();
    if plan.settings.tls {
        match Credentials::read(device, verify, &mut memory.credentials, memory.client.lend().rx).await {
            Ok(read) => credentials = read,
            Err(error) => return fail(device, plan, error).await,
        }
    }
    let config = config(&credentials, verify);
    let security = match plan.settings.tls {
        true => Security::Tls { host: &plan.settings.host, config: &config },
        false => Security::Plain,
    };
    let availability = plan.names.topic("availability");
    let settings = mqtts::Settings {
        mqtt: conversation::options(&plan.settings, &plan.names, &availability),
        ..mqtts::Settings::new(security, &plan.names.client_id)
    };
    // Not taken apart: it would stand in memory twice.
    let mut client = Client::new(settings, memory.client.lend());
    match &mut client {
        Ok(client) => {
            restore(device, client);
            let talk = talk::Talk { device, plan, has_identity: config.identity.is_some() };
            talk.run(stack, client, &mut memory.socket).await;
        }
        Err(error) => fail(device, plan, error.error()).await,
    }
}

/// Nothing comes of this plan: only other settings help, or other files.
async fn fail<B: Board>(device: &Handle<'_, B>, plan: &Plan, error: Error) {
    device.journal.note(Status::new(error));
    set_state(device, ConnectionState::WaitingToRetry);
    outdated(device, plan).await;
}

fn config<'b>(credentials: &'b Credentials<'b>, verify: bool) -> Config<'b> {
    let identity = credentials.chain.zip(credentials.key.as_ref());
    Config {
        anchors: credentials.anchors,
        identity: identity.map(|(chain, key)| Identity { chain, key }),
        verification: if verify { Verification::Required } else { Verification::None },
        max_fragment_length: Some(MaxFragmentLength::Bytes4096),
        ..Config::default()
    }
}

/// Waits for `future`, which is true, or until the plan is outdated.
async fn unless_outdated<B: Board>(
    device: &Handle<'_, B>,
    plan: &Plan,
    future: Pin<&mut dyn Future<Output = ()>>,
) -> bool {
    let mut changes = device.setup.changes();
    let mut is_done = false;
    let either = async {
        let outdated = changes.until(|| plan.is_outdated(device));
        is_done = matches!(select(future, outdated).await, Either::First(()));
    };
    device.progress.during(Task::Connection, pin!(either)).await;
    is_done
}

/// Waits until the plan is outdated.
async fn outdated<B: Board>(device: &Handle<'_, B>, plan: &Plan) {
    unless_outdated(device, plan, pin!(pending())).await;
}

/// Takes up both sessions of before a reset. Without that of MQTT the first connection has a clean one.
fn restore<B: Board>(device: &Handle<'_, B>, client: &mut Client<'_>) {
    let mut saved = [0; tls12::Connection::GOOD_SESSION];
    let backup = &mut *device.backup.borrow_mut();
    if let Some(session) = backup::read(backup, Slot::TlsSession, &mut saved) {
        client.offer(session);
    }
    let session = backup::read(backup, Slot::MqttSession, &mut saved);
    if session.is_none_or(|session| client.restore(session).is_err()) {
        client.begin_anew();
    }
    saved.zeroize();
}

/// Keeps the state of the MQTT session for the time after a reset.
fn persist<B: Board>(device: &Handle<'_, B>, client: &Client<'_>) {
    let mut backup = device.backup.borrow_mut();
    let mut saved = [0; SAVED];
    match client.mqtt().save(&mut saved) {
        Ok(length) => {
            backup::write(&mut *backup, Slot::MqttSession, saved.get(..length).unwrap_or_default());
        }
        Err(_) => backup::erase(&mut *backup, Slot::MqttSession),
    }
}

fn set_state<B: Board>(device: &Handle<'_, B>, state: ConnectionState) {
    device.journal.set_connection(Connection::without_tls(state));
}

//! The connection to the broker: kept up for ever, over TLS or without, with a pause after each failure that grows.
//!
//! ```text
//!   run ── per configuration ── attempt ── look up, connect ── talk: socket ◄► Transport ◄► Conversation
//!                                  │
//!                             back-off, status codes, TLS session and MQTT session kept for the next one
//! ```
//! The TLS session and the state of the MQTT session survive a reset in the backup memory. Any change of MQTT's settings or of
//! the certificates ends the connection with a goodbye and forgets both. Where no state of the MQTT session is known, as after a
//! power cut, the first connection has a clean session, and the JSON state says so. So has one after a session that the client
//! could not hold any longer, or with which one connection after the other was short: nothing that is kept locks the device out.

mod attempt;
pub mod back_off;
pub mod conversation;
mod credentials;
pub mod names;
pub mod report;
pub mod retained;
mod talk;
mod transport;

use core::{
    future::{Future, pending},
    pin::{Pin, pin},
};

use accel::Rng;
use embassy_futures::select::{Either, select};
use embassy_net::Stack;
use embassy_time::{Duration, Instant, Timer, with_timeout};
use mqtt::Client;
use status::{Cause, Status, device::CLOCK_NOT_SET, net, ssl};
use zeroize::Zeroize;

use crate::{
    backup::{self, Slot},
    board::Board,
    device::{Connection, ConnectionState, Device},
    settings::Mqtt,
    supervisor::Task,
};
use attempt::Why;
use back_off::{BackOff, Patience};
use names::Names;

/// The longest packet that is gathered from pieces: commands are short.
const SPILL: usize = 512;
/// Unacknowledged messages: a state, the availability, and received identifiers.
const IN_FLIGHT: usize = 1536;
/// What `Client::save` needs at most: 12 bytes more than the in-flight buffer.
const SAVED: usize = IN_FLIGHT + 16;
/// As much of a socket as one segment each way needs, and a second one to keep going.
const SOCKET: usize = 2048;

/// A TLS session with its ticket.
const SESSION: usize = tls12::Connection::GOOD_SESSION;

/// The buffers: about 28 KB.
pub struct Memory {
    link: Link,
    spill: [u8; SPILL],
    in_flight: [u8; IN_FLIGHT],
}

/// What one network connection after the other works in.
struct Link {
    rx: [u8; tls12::Connection::SMALL_RX],
    tx: [u8; tls12::Connection::GOOD_TX],
    session: [u8; SESSION],
    /// The session of the connection before; wiped when it dies.
    offered: [u8; SESSION],
    offered_length: usize,
    credentials: credentials::Storage,
    socket_rx: [u8; SOCKET],
    socket_tx: [u8; SOCKET],
}

impl Memory {
    /// All zero.
    pub const fn new() -> Self {
        Self {
            link: Link {
                rx: [0; tls12::Connection::SMALL_RX],
                tx: [0; tls12::Connection::GOOD_TX],
                session: [0; SESSION],
                offered: [0; SESSION],
                offered_length: 0,
                credentials: credentials::Storage::new(),
                socket_rx: [0; SOCKET],
                socket_tx: [0; SOCKET],
            },
            spill: [0; SPILL],
            in_flight: [0; IN_FLIGHT],
        }
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

/// What a connection is made for; another one ends it.
struct Plan {
    settings: Mqtt,
    certificate_changes: u32,
    names: Names,
}

impl Plan {
    fn new<B: Board>(device: &Device<B>) -> Self {
        let settings = device.settings.borrow().mqtt.clone();
        let names = Names::new(&settings, device.facts.mac_address);
        Self { settings, certificate_changes: device.certificate_changes.get(), names }
    }

    fn is_outdated<B: Board>(&self, device: &Device<B>) -> bool {
        self.certificate_changes != device.certificate_changes.get()
            || self.settings != device.settings.borrow().mqtt
    }
}

/// Keeps the device connected. Never ends.
pub async fn run<B: Board>(device: &Device<B>, stack: Stack<'_>, memory: &mut Memory) {
    let link = &mut memory.link;
    link.offered_length = backup::read(&mut *device.backup.borrow_mut(), Slot::TlsSession, &mut link.offered)
        .map_or(0, |session| session.len());
    loop {
        let plan = Plan::new(device);
        if !(plan.settings.enabled && plan.settings.tls) {
            forget_tls(device, &mut memory.link);
        }
        if plan.settings.enabled {
            serve(device, stack, &plan, memory).await;
        } else {
            set_state(device, ConnectionState::Disabled);
            outdated(device, &plan).await;
        }
        // What was agreed on with a broker under other settings counts no more.
        forget_tls(device, &mut memory.link);
        backup::erase(&mut *device.backup.borrow_mut(), Slot::MqttSession);
    }
}

fn forget_tls<B: Board>(device: &Device<B>, link: &mut Link) {
    link.offered.zeroize();
    link.offered_length = 0;
    backup::erase(&mut *device.backup.borrow_mut(), Slot::TlsSession);
}

/// Connects again and again until the plan is outdated.
async fn serve<B: Board>(device: &Device<B>, stack: Stack<'_>, plan: &Plan, memory: &mut Memory) {
    let Memory { link, spill, in_flight } = memory;
    let availability = plan.names.topic("availability");
    let options = conversation::options(&plan.settings, &plan.names, &availability);
    let mut client = match Client::new(options, spill, in_flight) {
        Ok(client) => client,
        Err(error) => {
            // Only other settings help.
            device.note(Status::new(error));
            set_state(device, ConnectionState::WaitingToRetry);
            return outdated(device, plan).await;
        }
    };
    if !restore(device, &mut client) {
        // The clean session is one connection long, and the next one is to last.
        client.begin_anew();
    }
    let mut course =
        Course { back_off: BackOff::default(), grace: Instant::MIN, patience: Patience::default() };
    while keep_connecting(device, stack, plan, link, &mut client, &mut course).await {}
}

/// What one connection leaves for the next.
struct Course {
    back_off: BackOff,
    /// Until when a broker that cannot be reached is only being restarted.
    grace: Instant,
    patience: Patience,
}

/// Connects once more; tells whether the plan still holds.
async fn keep_connecting<B: Board>(
    device: &Device<B>,
    stack: Stack<'_>,
    plan: &Plan,
    link: &mut Link,
    client: &mut Client<'_>,
    course: &mut Course,
) -> bool {
    if !unless_outdated(device, plan, pin!(gate(device, stack, plan))).await {
        return false;
    }
    let ended = attempt::attempt(device, stack, plan, link, client).await;
    if course.patience.is_over(ended.lasted, client.has_clean_session()) {
        client.begin_anew();
    }
    persist(device, client);
    match ended.why {
        Why::Outdated => return false,
        Why::Lost => {}
        Why::Failed(status) if is_forgiven(&status) && Instant::now() < course.grace => {}
        Why::Failed(status) => device.note(status),
    }
    if ended.lasted > Duration::MIN {
        course.grace = Instant::now().saturating_add(GRACE);
    }
    set_state(device, ConnectionState::WaitingToRetry);
    let pause = course.back_off.pause(ended.lasted, dice(device));
    unless_outdated(device, plan, pin!(Timer::after(pause))).await
}

/// Waits for what a connection needs: the network, and for TLS the time.
async fn gate<B: Board>(device: &Device<B>, stack: Stack<'_>, plan: &Plan) {
    while !(stack.is_link_up() && stack.is_config_up()) {
        set_state(device, ConnectionState::WaitingForNetwork);
        stack.wait_link_up().await;
        stack.wait_config_up().await;
    }
    if plan.settings.tls && device.clock.now().is_none() {
        set_state(device, ConnectionState::WaitingForTime);
        if with_timeout(CLOCK_TIME, device.clock.wait_until_set()).await.is_err() {
            let mut status = Status::new(CLOCK_NOT_SET);
            if device.clock.is_misled() {
                status.cause = Cause::TimeIsPast;
            }
            device.note(status);
            device.clock.wait_until_set().await;
        }
    }
}

/// Waits for `future`, which is true, or until the plan is outdated.
async fn unless_outdated<B: Board>(
    device: &Device<B>,
    plan: &Plan,
    future: Pin<&mut dyn Future<Output = ()>>,
) -> bool {
    let mut changes = device.changes();
    let mut is_done = false;
    let either = async {
        let outdated = changes.until(|| plan.is_outdated(device));
        is_done = matches!(select(future, outdated).await, Either::First(()));
    };
    device.progress.during(Task::Connection, pin!(either)).await;
    is_done
}

/// Waits until the plan is outdated.
async fn outdated<B: Board>(device: &Device<B>, plan: &Plan) {
    unless_outdated(device, plan, pin!(pending())).await;
}

/// Whether this is how a broker fails that is only being restarted: it refuses, or closes before it has said anything.
fn is_forgiven(status: &Status) -> bool {
    [net::CONNECT_FAILED, net::CONN_RESET, ssl::CONN_EOF].contains(&status.error) && status.alert.is_none()
}

/// Takes up the MQTT session of before a reset; tells whether there was one.
fn restore<B: Board>(device: &Device<B>, client: &mut Client<'_>) -> bool {
    let mut saved = [0; SAVED];
    let saved = backup::read(&mut *device.backup.borrow_mut(), Slot::MqttSession, &mut saved);
    saved.is_some_and(|saved| client.restore(saved).is_ok())
}

/// Keeps the state of the MQTT session for the time after a reset.
fn persist<B: Board>(device: &Device<B>, client: &Client<'_>) {
    let mut backup = device.backup.borrow_mut();
    let mut saved = [0; SAVED];
    match client.save(&mut saved) {
        Ok(length) => {
            backup::write(&mut *backup, Slot::MqttSession, saved.get(..length).unwrap_or_default());
        }
        Err(_) => backup::erase(&mut *backup, Slot::MqttSession),
    }
}

fn set_state<B: Board>(device: &Device<B>, state: ConnectionState) {
    device.set_connection(Connection { state, suite: None, resumed: false, handshake_time: 0 });
}

/// Random, or where the accelerator fails at least not the same at every moment.
fn dice<B: Board>(device: &Device<B>) -> u16 {
    let mut bytes = [0; 2];
    match device.accel.borrow_mut().fill(&mut bytes) {
        Ok(()) => u16::from_be_bytes(bytes),
        Err(_) => u16::try_from(Instant::now().as_ticks() & 0xFFFF).unwrap_or_default(),
    }
}

/// For so long the clock may be unset before that is a failure.
const CLOCK_TIME: Duration = Duration::from_secs(30);
/// For so long after a connection was lost it is no failure that the broker cannot be reached.
const GRACE: Duration = Duration::from_secs(60);

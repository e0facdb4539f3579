//! The device's clock: SNTP sets it (RFC 4330), and MQTTS waits for it ("MQTTS is activated only after a correctly adjusted
//! clock!", application note §1).
//!
//! A server that does not answer is asked again after a pause that doubles (§10: never under 15 seconds); one that has answered is
//! asked again after an hour. Between two answers the processor's timer counts.
//!
//! SNTP is not authenticated, and a clock that is set back makes expired certificates valid again. Therefore:
//! - the clock is never set to a time before the firmware's build ([`BUILT`]), nor before a time that was known: the backup memory keeps
//!   that over resets, once a minute, and the flash over power cuts, once a day;
//! - one answer moves the clock by at most [`BOUND`]. Further, as at the first setting after a start, it moves only if a second
//!   answer agrees: from another address of the server, or, if it has one address, to another question some seconds later;
//! - a time that is further ahead than [`FAR`] is used, but kept as known only after a server's certificate was verified at it: so whoever
//!   sets the clock to a distant future cannot lock the device out. Right answers set it back.
//!
//! The factory reset erases the certificates and forgets the known time; only the build remains. Deliberately absent: correcting
//! the frequency, and a choice between servers.

use core::{
    cell::{Cell, RefCell},
    net::Ipv4Addr,
    pin::pin,
};

use accel::Rng;
use embassy_futures::{
    join::join,
    select::{Either, select},
};
use embassy_net::{
    IpEndpoint, Stack,
    udp::{PacketMetadata, UdpSocket},
};
use embassy_sync::{blocking_mutex::raw::NoopRawMutex, signal::Signal};
use embassy_time::{Duration, Instant, Timer, with_timeout};
use embedded_storage_async::nor_flash::NorFlash;
pub use mqtts::sntp;
use status::Status;

use crate::{
    backup::{self, Slot},
    board::{Backup, Board},
    journal::Journal,
    network,
    setup::Setup,
    storage::{Earlier, Key, Storage},
    supervisor::{Progress, Task},
};

/// When this firmware was built, in seconds since 1970-01-01 00:00:00 UTC: the time of `SOURCE_DATE_EPOCH`, or else of the last commit, less
/// a day, as the clock of whoever built it may be wrong. The same sources have the same one.
pub const BUILT: u64 = seconds(env!("FIRMWARE_BUILT").as_bytes());

/// By how many seconds one answer may move the clock.
pub const BOUND: u64 = 1000;

/// A time so many seconds ahead of what is known has to be vouched for before it is kept: 400 days, longer than most devices are off or
/// builds are in force.
pub const FAR: u64 = 400 * 24 * 3600;

/// By how many milliseconds two answers may differ that agree: the time on the way is in them.
const AGREEMENT: u64 = 10_000;

/// Seconds since 1970 in terms of the time since boot, and what the clock never goes behind.
pub struct Clock {
    /// Milliseconds since 1970-01-01 00:00:00 UTC at boot.
    boot: Cell<Option<u64>>,
    /// The latest time that was known, in milliseconds since then.
    known: Cell<u64>,
    /// The time that is in the flash, in seconds since then.
    stored: Cell<u64>,
    /// What was known is forgotten: the server is to be asked anew.
    is_forgotten: Cell<bool>,
    /// A server tells a time that cannot be.
    is_misled: Cell<bool>,
    /// The time is far ahead of what is known, and nobody has vouched for it.
    is_far: Cell<bool>,
    /// Wakes the one task that waits at the gate.
    opened: Signal<NoopRawMutex, ()>,
}

/// What the clock does with an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It is set.
    Set,
    /// It is not set: so far off is only right what a second answer says, too.
    Doubtful,
    /// It is not set: that time is past, by what is known.
    Past,
}

/// A time that a server has told: what it was at boot by that, in milliseconds since 1970-01-01 00:00:00 UTC.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Told(u64);

impl Told {
    /// It is `milliseconds` since 1970-01-01 00:00:00 UTC now; `None` where the device has been running for longer than that.
    #[must_use]
    pub fn now(milliseconds: u64) -> Option<Self> {
        milliseconds.checked_sub(Instant::now().as_millis()).map(Self)
    }

    fn milliseconds(self) -> u64 {
        self.0.saturating_add(Instant::now().as_millis())
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new(BUILT)
    }
}

impl Clock {
    /// A clock that is not set, and knows that it is later than `known`, in seconds since 1970-01-01 00:00:00 UTC.
    #[must_use]
    pub const fn new(known: u64) -> Self {
        Self {
            boot: Cell::new(None),
            known: Cell::new(known.saturating_mul(1000)),
            stored: Cell::new(0),
            is_forgotten: Cell::new(false),
            is_misled: Cell::new(false),
            is_far: Cell::new(false),
            opened: Signal::new(),
        }
    }

    /// Sets the clock by one answer, if that does.
    pub fn offer(&self, told: Told) -> Verdict {
        let time = told.milliseconds();
        let bound = BOUND.saturating_mul(1000);
        let verdict = if time.saturating_add(bound) < self.known.get() {
            Verdict::Past
        } else if time.abs_diff(self.present().unwrap_or(self.known.get())) > bound {
            Verdict::Doubtful
        } else {
            self.set(told);
            Verdict::Set
        };
        self.is_misled.set(verdict == Verdict::Past);
        verdict
    }

    /// Sets the clock by the second of two answers, if they agree.
    pub fn confirm(&self, first: Told, second: Told) -> Verdict {
        match self.offer(second) {
            Verdict::Doubtful if first.0.abs_diff(second.0) <= AGREEMENT => {
                self.set(second);
                Verdict::Set
            }
            verdict => verdict,
        }
    }

    /// The time in seconds since 1970-01-01 00:00:00 UTC; `None` before it was set. Never less than what is known, which is what it was
    /// before, but for a time that nobody has vouched for ([`FAR`]): a clock that is to go back stands still.
    pub fn now(&self) -> Option<u64> {
        let now = self.present()?.max(self.known.get());
        if !self.is_far.get() {
            self.known.set(now);
        }
        Some(now / 1000)
    }

    /// A server's certificate was verified at this time: it may be kept, however far ahead it is.
    pub fn vouch(&self) {
        self.is_far.set(false);
        let _ = self.now();
    }

    /// Whether a server has told a time that is past by what is known: before the firmware's build, or before a time that was known.
    pub fn is_misled(&self) -> bool {
        self.is_misled.get()
    }

    /// Waits until the clock is set. For one task at a time.
    pub async fn wait_until_set(&self) {
        while self.boot.get().is_none() {
            self.opened.wait().await;
        }
    }

    /// Forgets the time and everything that was known of it but for the firmware's build, and has the server asked anew.
    pub fn forget(&self) {
        self.boot.set(None);
        self.known.set(BUILT.saturating_mul(1000));
        self.stored.set(0);
        self.is_far.set(false);
        self.is_forgotten.set(true);
    }

    fn set(&self, told: Told) {
        let Told(boot) = told;
        self.is_far.set(told.milliseconds() > self.known.get().saturating_add(FAR.saturating_mul(1000)));
        self.boot.set(Some(boot));
        self.opened.signal(());
    }

    /// By the last answer, in milliseconds.
    fn present(&self) -> Option<u64> {
        Some(self.boot.get()?.saturating_add(Instant::now().as_millis()))
    }
}

/// The clock of a device that starts: it is later than the build, and than what backup memory and flash know. What cannot be read is
/// not known.
pub async fn start<P: Backup, F: NorFlash>(backup: &mut P, storage: &mut Storage<F>) -> Clock {
    let mut bytes = [0; size_of::<u64>()];
    let mut known = BUILT;
    if backup::read(backup, Slot::Time, &mut bytes).is_some() {
        known = known.max(u64::from_be_bytes(bytes));
    }
    let mut stored = 0;
    if let Ok(Some(8)) = storage.read(Key::Time, &mut bytes).await {
        stored = u64::from_be_bytes(bytes);
    }
    let clock = Clock::new(known.max(stored));
    clock.stored.set(stored);
    clock
}

/// What sets the clock needs of the device.
pub struct Handle<'d, B: Board> {
    pub(crate) clock: &'d Clock,
    pub(crate) setup: &'d Setup<B>,
    pub(crate) accel: &'d RefCell<B::Accel>,
    pub(crate) backup: &'d RefCell<B::Backup>,
    pub(crate) journal: Journal<'d, B>,
    pub(crate) progress: &'d Progress,
}

/// Keeps the clock right, and what is known of the time. Never ends.
pub async fn run<B: Board>(device: &Handle<'_, B>, stack: Stack<'_>) {
    let both = async {
        join(adjust(device, stack), remember(device)).await;
    };
    device.progress.during(Task::Clock, pin!(both)).await;
}

/// Asks the server again and again.
async fn adjust<B: Board>(device: &Handle<'_, B>, stack: Stack<'_>) {
    let mut changes = device.setup.changes();
    let mut pause = FIRST_PAUSE;
    loop {
        let server = device.setup.settings.borrow().time.sntp_server.clone();
        device.clock.is_forgotten.set(false);
        let work = async {
            let wait = match refresh(device, stack, &server).await {
                Ok(()) => {
                    pause = FIRST_PAUSE;
                    keep(device).await;
                    AFTER_SUCCESS
                }
                Err(at_least) => {
                    let wait = pause.max(at_least);
                    pause = wait.checked_mul(2).unwrap_or(wait).min(LONGEST_PAUSE);
                    wait
                }
            };
            Timer::after(wait).await;
        };
        let other_server = changes.until(|| {
            device.clock.is_forgotten.get() || device.setup.settings.borrow().time.sntp_server != server
        });
        if let Either::Second(()) = select(work, other_server).await {
            pause = FIRST_PAUSE;
        }
    }
}

async fn remember<B: Board>(device: &Handle<'_, B>) {
    loop {
        Timer::after(KEEPING).await;
        keep(device).await;
    }
}

/// Keeps the time for the next start: in the backup memory, and, where a day has passed, in the flash.
async fn keep<B: Board>(device: &Handle<'_, B>) {
    let clock = &device.clock;
    let Some(now) = clock.now().filter(|_| !clock.is_far.get()) else { return };
    backup::write(&mut *device.backup.borrow_mut(), Slot::Time, &now.to_be_bytes());
    if now < clock.stored.get().saturating_add(DAY) {
        return;
    }
    // Whether or not that works: a flash that has failed is not tried each minute.
    clock.stored.set(now);
    let written =
        device.setup.storage.lock().await.write(Key::Time, &now.to_be_bytes(), Earlier::MayStay).await;
    if let Err(error) = written {
        device.journal.note(Status::new(error));
    }
}

/// Sets the clock by the server's answers; when there are none that count, tells how long at least to leave the server alone.
async fn refresh<B: Board>(device: &Handle<'_, B>, stack: Stack<'_>, server: &str) -> Result<(), Duration> {
    if server.is_empty() {
        return Err(LONGEST_PAUSE);
    }
    stack.wait_config_up().await;
    let (first, from) = ask(device, stack, server, None).await?;
    let mut verdict = device.clock.offer(first);
    if verdict == Verdict::Doubtful {
        // RFC 5905 §13.1: questions in a burst are two seconds apart.
        Timer::after(BURST).await;
        let (second, _) = ask(device, stack, server, Some(from)).await?;
        verdict = device.clock.confirm(first, second);
    }
    if verdict == Verdict::Set { Ok(()) } else { Err(Duration::MIN) }
}

/// Asks a server for the time: the first of its addresses that answers, `last` only where there is no other.
async fn ask<B: Board>(
    device: &Handle<'_, B>,
    stack: Stack<'_>,
    server: &str,
    last: Option<Ipv4Addr>,
) -> Result<(Told, Ipv4Addr), Duration> {
    let mut addresses = network::resolve(device.accel, stack, server).await.map_err(|_| Duration::MIN)?;
    // The one that was asked before comes last.
    addresses.sort_unstable_by_key(|address| Some(*address) == last);
    let mut at_least = Duration::MIN;
    for address in addresses {
        let mut nonce = [0; 8];
        device.accel.borrow_mut().fill(&mut nonce).map_err(|_| Duration::MIN)?;
        let port = network::random_port(device.accel).map_err(|_| Duration::MIN)?;
        match with_timeout(ANSWER_TIME, exchange(stack, port, address, nonce)).await {
            Ok(Ok(milliseconds)) => {
                if let Some(told) = Told::now(milliseconds) {
                    return Ok((told, address));
                }
            }
            Ok(Err(Some(sntp::Refusal::KissOfDeath(_)))) => at_least = LONGEST_PAUSE,
            Ok(Err(_)) | Err(_) => {}
        }
    }
    Err(at_least)
}

/// The server's time in milliseconds since 1970-01-01 00:00:00 UTC; why it refuses, if it says anything at all.
async fn exchange(
    stack: Stack<'_>,
    port: u16,
    server: Ipv4Addr,
    nonce: [u8; 8],
) -> Result<u64, Option<sntp::Refusal>> {
    let (mut rx_meta, mut tx_meta) = ([PacketMetadata::EMPTY; 2], [PacketMetadata::EMPTY; 1]);
    let (mut rx, mut tx) = ([0; 2 * sntp::LENGTH], [0; sntp::LENGTH]);
    let mut socket = UdpSocket::new(stack, &mut rx_meta, &mut rx, &mut tx_meta, &mut tx);
    socket.bind(port).map_err(|_| None)?;
    let server = IpEndpoint::new(server.into(), sntp::PORT);
    let asked = Instant::now();
    socket.send_to(&sntp::request(nonce), server).await.map_err(|_| None)?;
    loop {
        let mut packet = [0; sntp::LENGTH];
        // A packet that is too long has been dropped.
        let Ok((length, from)) = socket.recv_from(&mut packet).await else { continue };
        match sntp::answer(packet.get(..length).unwrap_or_default(), nonce) {
            Err(sntp::Refusal::Foreign) => {}
            _ if from.endpoint != server => {}
            // Half of the time on the way belongs to the answer.
            Ok(milliseconds) => return Ok(milliseconds.saturating_add(asked.elapsed().as_millis() / 2)),
            Err(refusal) => return Err(Some(refusal)),
        }
    }
}

const ANSWER_TIME: Duration = Duration::from_secs(5);
/// RFC 4330 §10.
const FIRST_PAUSE: Duration = Duration::from_secs(15);
const LONGEST_PAUSE: Duration = Duration::from_secs(15 * 60);
const AFTER_SUCCESS: Duration = Duration::from_secs(60 * 60);
const BURST: Duration = Duration::from_secs(2);
/// How often the time is kept in the backup memory.
const KEEPING: Duration = Duration::from_secs(60);
/// How often it is kept in the flash, in seconds.
const DAY: u64 = 24 * 60 * 60;

/// A decimal number, read by the compiler.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "only the compiler runs this, and stops where it overflows"
)]
const fn seconds(mut digits: &[u8]) -> u64 {
    let mut seconds = 0;
    while let [digit, rest @ ..] = digits {
        assert!(digit.is_ascii_digit());
        seconds = seconds * 10 + (*digit - b'0') as u64;
        digits = rest;
    }
    seconds
}

//! The device's clock: set by SNTP (RFC 4330), and the gate that MQTTS waits at ("MQTTS is activated only after a correctly adjusted
//! clock!", application note §1).
//!
//! A server that does not answer is asked again after a pause that doubles (§10: never under 15 seconds), and one that has answered
//! once an hour. The time between is the processor's own. Deliberately absent: disciplining its frequency, and a choice between servers.

pub mod sntp;

use core::{cell::Cell, net::Ipv4Addr, pin::pin};

use accel::Rng;
use embassy_futures::select::{Either, select};
use embassy_net::{
    IpEndpoint, Stack,
    udp::{PacketMetadata, UdpSocket},
};
use embassy_sync::{blocking_mutex::raw::NoopRawMutex, signal::Signal};
use embassy_time::{Duration, Instant, Timer, with_timeout};

use crate::{board::Board, device::Device, network, supervisor::Task};

/// Seconds since 1970 in terms of the time since boot.
#[derive(Default)]
pub struct Clock {
    /// Milliseconds since 1970-01-01 00:00:00 UTC at boot.
    boot: Cell<Option<u64>>,
    /// Wakes the one task that waits at the gate.
    opened: Signal<NoopRawMutex, ()>,
}

impl Clock {
    /// Sets the clock: it is `milliseconds` since 1970-01-01 00:00:00 UTC now.
    pub fn set(&self, milliseconds: u64) {
        self.boot.set(milliseconds.checked_sub(Instant::now().as_millis()));
        self.opened.signal(());
    }

    /// The time in seconds since 1970-01-01 00:00:00 UTC; `None` before it was set.
    pub fn now(&self) -> Option<u64> {
        let boot = self.boot.get()?;
        Some(boot.saturating_add(Instant::now().as_millis()) / 1000)
    }

    /// Waits until the clock is set. For one task at a time.
    pub async fn wait_until_set(&self) {
        while self.now().is_none() {
            self.opened.wait().await;
        }
    }
}

/// Keeps the clock right. Never ends.
pub async fn run<B: Board>(device: &Device<B>, stack: Stack<'_>) {
    let mut changes = device.changes();
    let mut pause = FIRST_PAUSE;
    loop {
        let server = device.settings.borrow().time.sntp_server.clone();
        let turn = async {
            let work = async {
                let wait = match refresh(device, stack, &server).await {
                    Ok(()) => {
                        pause = FIRST_PAUSE;
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
            let other_server = changes.until(|| device.settings.borrow().time.sntp_server != server);
            if let Either::Second(()) = select(work, other_server).await {
                pause = FIRST_PAUSE;
            }
        };
        device.progress.during(Task::Clock, pin!(turn)).await;
    }
}

/// Sets the clock by the server's answer; when there is none that counts, tells how long at least to leave the server alone.
async fn refresh<B: Board>(device: &Device<B>, stack: Stack<'_>, server: &str) -> Result<(), Duration> {
    if server.is_empty() {
        return Err(LONGEST_PAUSE);
    }
    stack.wait_config_up().await;
    let mut nonce = [0; 8];
    device.accel.borrow_mut().fill(&mut nonce).map_err(|_| Duration::MIN)?;
    match ask(stack, server, nonce).await {
        Ok(milliseconds) => {
            device.clock.set(milliseconds);
            Ok(())
        }
        Err(Some(sntp::Refusal::KissOfDeath(_))) => Err(LONGEST_PAUSE),
        Err(_) => Err(Duration::MIN),
    }
}

/// Asks a server for the time in milliseconds since 1970-01-01 00:00:00 UTC; why it refuses, if it says anything at all.
async fn ask(stack: Stack<'_>, server: &str, nonce: [u8; 8]) -> Result<u64, Option<sntp::Refusal>> {
    let address = network::resolve(stack, server).await.map_err(|_| None)?;
    with_timeout(ANSWER_TIME, exchange(stack, address, nonce)).await.unwrap_or(Err(None))
}

async fn exchange(stack: Stack<'_>, server: Ipv4Addr, nonce: [u8; 8]) -> Result<u64, Option<sntp::Refusal>> {
    let (mut rx_meta, mut tx_meta) = ([PacketMetadata::EMPTY; 2], [PacketMetadata::EMPTY; 1]);
    let (mut rx, mut tx) = ([0; 2 * sntp::LENGTH], [0; sntp::LENGTH]);
    let mut socket = UdpSocket::new(stack, &mut rx_meta, &mut rx, &mut tx_meta, &mut tx);
    // The socket picks a port of its own.
    socket.bind(0).map_err(|_| None)?;
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

//! What is logged over RTT: the start, the network, the connection to the broker, and once a minute how much of the stack was ever used.
//!
//! `cargo run --release` shows it; without a debugger nobody waits for it.

use embassy_net::Stack;
use embassy_time::{Duration, Ticker};
use firmware::{
    board::{Facts, ResetCause},
    connection_state::Connection,
};

use crate::memory::{self, ProgramFault};

/// The start.
pub(crate) fn boot(facts: &Facts, fault: Option<ProgramFault>) {
    let reset = match facts.reset {
        ResetCause::PowerOn => "power on",
        ResetCause::Pin => "reset pin",
        ResetCause::Software => "software",
        ResetCause::Watchdog => "watchdog",
        ResetCause::Panic => "panic",
        ResetCause::Fault => "hard fault",
    };
    defmt::info!("{=str}, firmware {=str}, start after: {=str}", facts.name, facts.firmware, reset);
    if let Some(ProgramFault { hard, way }) = fault {
        let what = if hard { "a hard fault" } else { "a panic" };
        defmt::warn!("the last run ended with {=str} at {:#010x}", what, way);
    }
}

/// The connection to the broker.
pub(crate) fn connection(connection: &Connection) {
    let suite = connection.suite.map_or("", |suite| suite.name());
    let resumed = if connection.resumed { ", resumed" } else { "" };
    defmt::info!("broker: {=str} {=str}{=str}", connection.state.name(), suite, resumed);
}

/// The network and the stack.
///
/// It looks every second instead of waiting for the network: embassy-net keeps one task's waker for its state, and two tasks that
/// wait for it wake each other without a pause. The device's task is the one that waits.
#[embassy_executor::task]
pub(crate) async fn run(network: Stack<'static>) -> ! {
    let mut second = Ticker::every(Duration::from_secs(1));
    let mut up = false;
    loop {
        for _ in 0..60 {
            second.next().await;
            if network.is_config_up() != up {
                up = !up;
                match network.config_v4() {
                    Some(config) => defmt::info!("network up: {=[u8; 4]}", config.address.address().octets()),
                    None => defmt::info!("network down"),
                }
            }
        }
        let (used, length) = memory::stack();
        defmt::info!("stack: {=usize} of {=usize} bytes used at most", used, length);
    }
}

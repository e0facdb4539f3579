//! What is logged over RTT: the start, the network, and once a minute how much of the stack was ever used.
//!
//! `cargo run --release` shows it; without a debugger nobody waits for it.

use embassy_futures::select::{Either, select};
use embassy_net::Stack;
use embassy_time::{Duration, Ticker};
use firmware::board::{Facts, ResetCause};

use crate::memory::{self, Fault};

/// The start.
pub(crate) fn boot(facts: &Facts, fault: Option<Fault>) {
    let reset = match facts.reset {
        ResetCause::PowerOn => "power on",
        ResetCause::Pin => "reset pin",
        ResetCause::Software => "software",
        ResetCause::Watchdog => "watchdog",
        ResetCause::Panic => "panic",
    };
    defmt::info!("{=str}, firmware {=str}, start after: {=str}", facts.name, facts.firmware, reset);
    if let Some(Fault { hard, way }) = fault {
        let what = if hard { "a hard fault" } else { "a panic" };
        defmt::warn!("the last run ended with {=str} at {:#010x}", what, way);
    }
}

/// The network and the stack.
#[embassy_executor::task]
pub(crate) async fn run(network: Stack<'static>) -> ! {
    let mut minute = Ticker::every(Duration::from_secs(60));
    let mut up = false;
    loop {
        let change = async {
            match up {
                false => network.wait_config_up().await,
                true => network.wait_config_down().await,
            }
        };
        match select(change, minute.next()).await {
            Either::First(()) => {
                up = network.is_config_up();
                match network.config_v4() {
                    Some(config) => defmt::info!("network up: {=[u8; 4]}", config.address.address().octets()),
                    None => defmt::info!("network down"),
                }
            }
            Either::Second(()) => {
                let (used, length) = memory::stack();
                defmt::info!("stack: {=usize} of {=usize} bytes used at most", used, length);
            }
        }
    }
}

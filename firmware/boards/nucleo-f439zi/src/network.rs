//! Ethernet: RMII to the LAN8742A at address 0, and the network above it.

use embassy_net::{Config, Runner, Stack, StackResources};
use embassy_stm32::{
    Peri,
    eth::{Ethernet, GenericPhy, PacketQueue, Sma},
    peripherals::{ETH, ETH_SMA, PA1, PA2, PA7, PB13, PC1, PC4, PC5, PG11, PG13},
};
use firmware::network::Bounded;
use static_cell::{ConstStaticCell, StaticCell};

use crate::Interrupts;

/// How many sockets the device uses at once: the menu's and its listeners', the broker's, SNTP's, DHCP's and DNS's.
const SOCKETS: usize = 12;

type Driver = Bounded<Ethernet<'static, ETH, GenericPhy<Sma<'static, ETH_SMA>>>>;

/// What Ethernet is made of.
pub(crate) struct EthernetParts {
    pub(crate) eth: Peri<'static, ETH>,
    pub(crate) sma: Peri<'static, ETH_SMA>,
    pub(crate) reference_clock: Peri<'static, PA1>,
    pub(crate) mdio: Peri<'static, PA2>,
    pub(crate) mdc: Peri<'static, PC1>,
    pub(crate) carrier_sense: Peri<'static, PA7>,
    pub(crate) receive: (Peri<'static, PC4>, Peri<'static, PC5>),
    pub(crate) transmit: (Peri<'static, PG13>, Peri<'static, PB13>),
    pub(crate) transmit_enable: Peri<'static, PG11>,
}

// In SRAM, where Ethernet's DMA reaches it.
static PACKETS: ConstStaticCell<PacketQueue<3, 6>> = ConstStaticCell::new(PacketQueue::new());
static RESOURCES: StaticCell<StackResources<SOCKETS>> = StaticCell::new();

/// Starts the network without an address, which the device sets. `seed` chooses ports and sequence numbers.
///
/// Hangs, so that the watchdog bites, where the transceiver gives no clock: nothing works on such a board.
pub(crate) fn start(
    parts: EthernetParts,
    mac_address: [u8; 6],
    seed: u64,
) -> (Stack<'static>, Runner<'static, Driver>) {
    let phy = GenericPhy::new(Sma::new(parts.sma, parts.mdio, parts.mdc), 0);
    let driver = Ethernet::new_with_phy(
        PACKETS.take(),
        parts.eth,
        Interrupts,
        parts.reference_clock,
        parts.carrier_sense,
        parts.receive.0,
        parts.receive.1,
        parts.transmit.0,
        parts.transmit.1,
        parts.transmit_enable,
        mac_address,
        phy,
    );
    embassy_net::new(Bounded::new(driver), Config::default(), RESOURCES.init_with(StackResources::new), seed)
}

/// The network's work.
#[embassy_executor::task]
pub(crate) async fn run(mut runner: Runner<'static, Driver>) -> ! {
    runner.run().await
}

//! A lamp at a broker: a NUCLEO-F439ZI publishes its uptime every ten seconds, and its blue LED is what `kitchen/lamp` says.
//!
//! `.cargo/config.toml` names the broker and the file with its CA. `cargo run --release` flashes it and shows what it logs.
#![no_std]
#![no_main]

use embassy_futures::select::{Either::*, select};
use embassy_net::{Runner, StackResources};
use embassy_stm32::eth::{self, Ethernet, GenericPhy, PacketQueue, Sma};
use embassy_stm32::gpio::{Level, Output, Speed};
use embassy_stm32::peripherals::{ETH, ETH_SMA, RNG};
use embassy_stm32::rng::{self, Rng};
use embassy_stm32::{Config, bind_interrupts, rcc::*, time::Hertz};
use embassy_time::{Duration, Instant, Ticker};
use mqtts::accel::{entropy_fn, soft::Soft};
use mqtts::asynchronous::Session;
use mqtts::embassy::{Clock, Tcp};
use mqtts::mqtt::{Event, Message, QoS, Subscription};
use mqtts::{Client, Memory, Security, Settings, tls12, x509::Bundle};
use static_cell::ConstStaticCell;
use {defmt_rtt as _, panic_probe as _};

const HOST: &str = env!("BROKER_HOST");
const LAMP: &[Subscription] = &[Subscription { filter: "kitchen/lamp", qos: QoS::AtLeastOnce }];

type Driver = Ethernet<'static, ETH, GenericPhy<Sma<'static, ETH_SMA>>>;

bind_interrupts!(struct Interrupts {
    ETH => eth::InterruptHandler;
    HASH_RNG => rng::InterruptHandler<RNG>;
});

static PACKETS: ConstStaticCell<PacketQueue<4, 4>> = ConstStaticCell::new(PacketQueue::new());
static RESOURCES: ConstStaticCell<StackResources<5>> = ConstStaticCell::new(StackResources::new());
static MEMORY: ConstStaticCell<Memory<256, 1024>> = ConstStaticCell::new(Memory::new());

#[embassy_executor::task]
async fn network(mut runner: Runner<'static, Driver>) -> ! {
    runner.run().await
}

#[embassy_executor::main]
async fn main(spawner: embassy_executor::Spawner) {
    let p = embassy_stm32::init(clocks());
    let mut lamp = Output::new(p.PB7, Level::Low, Speed::Low);
    let mut random = Rng::new(p.RNG, Interrupts);
    let seed = random.next_u64();
    let mut accel = Soft::new(entropy_fn(|out| Ok(random.fill_bytes(out))));
    #[rustfmt::skip]
    let ethernet = Ethernet::new(PACKETS.take(), p.ETH, Interrupts, p.PA1, p.PA7, p.PC4, p.PC5, p.PG13, p.PB13,
        p.PG11, [2, 0, 0, 0, 0, 1], p.ETH_SMA, p.PA2, p.PC1);
    let dhcp = embassy_net::Config::dhcpv4(Default::default());
    let (stack, runner) = embassy_net::new(ethernet, dhcp, RESOURCES.take(), seed);
    spawner.spawn(network(runner).unwrap());

    let mut storage = [0; 4096];
    let anchors = Bundle::from_pem(include_bytes!(env!("CA_FILE")), &mut storage).unwrap();
    let config = tls12::Config { anchors: Some(anchors), ..Default::default() };
    let settings = Settings::new(Security::Tls { host: HOST, config: &config }, "kitchen");
    let settings = Settings { subscriptions: LAMP, ..settings };
    let mut client = Client::new(settings, MEMORY.take().lend()).unwrap();

    let clock = Clock::from_sntp(stack, "pool.ntp.org", &mut accel).await;
    let (mut rx, mut tx) = ([0; 2048], [0; 2048]);
    let tcp = Tcp::new(stack, HOST, env!("BROKER_PORT").parse().unwrap(), &mut rx, &mut tx);
    let mut session = Session::new(&mut client, &mut accel, tcp, clock);
    let mut tick = Ticker::every(Duration::from_secs(10));
    loop {
        match select(session.next(), tick.next()).await {
            First(Ok(Some(Event::Message(it)))) => lamp.set_level((it.message.payload == b"on").into()),
            First(Ok(_)) => {}
            First(Err(status)) => {
                defmt::warn!("the connection has ended: {=i32:#x}", status.error.code())
            }
            Second(()) => {
                let uptime = Instant::now().as_secs().to_be_bytes();
                let _ = session.publish(&Message::new("kitchen/uptime", &uptime, QoS::AtLeastOnce));
            }
        }
    }
}

/// 168 MHz from the 8 MHz of the ST-LINK, and 48 MHz for the random number generator.
fn clocks() -> Config {
    let mut config = Config::default();
    let rcc = &mut config.rcc;
    rcc.hse = Some(Hse { freq: Hertz(8_000_000), mode: HseMode::Bypass });
    let (divp, divq) = (Some(PllPDiv::DIV2), Some(PllQDiv::DIV7));
    rcc.pll = Some(Pll { prediv: PllPreDiv::DIV4, mul: PllMul::MUL168, divp, divq, divr: None });
    (rcc.pll_src, rcc.sys) = (PllSource::HSE, Sysclk::PLL1_P);
    (rcc.apb1_pre, rcc.apb2_pre) = (APBPrescaler::DIV4, APBPrescaler::DIV2);
    rcc.mux.clk48sel = mux::Clk48sel::PLL1_Q;
    config
}

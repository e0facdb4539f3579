//! A lamp at a broker: a W5500-EVB-Pico publishes its uptime every ten seconds, and its LED is what `kitchen/lamp` says.
//!
//! `.cargo/config.toml` names the broker and the file with its CA. `cargo run --release` flashes it and shows what it logs.
#![no_std]
#![no_main]

use embassy_futures::select::{Either::*, select};
use embassy_net::StackResources;
use embassy_net_wiznet::{Device, Runner, State, chip::W5500};
use embassy_rp::clocks::RoscRng;
use embassy_rp::gpio::{Input, Level, Output, Pull};
use embassy_rp::peripherals::{DMA_CH0, DMA_CH1, SPI0};
use embassy_rp::spi::{self, Spi};
use embassy_rp::{bind_interrupts, dma};
use embassy_time::{Delay, Duration, Instant, Ticker};
use embedded_hal_bus::spi::ExclusiveDevice;
use mqtts::accel::{entropy_fn, soft::Soft};
use mqtts::asynchronous::Session;
use mqtts::embassy::{Clock, Tcp};
use mqtts::mqtt::{Event, Message, QoS, Subscription};
use mqtts::{Client, Memory, Security, Settings, tls12, x509::Bundle};
use static_cell::ConstStaticCell;
use {defmt_rtt as _, panic_probe as _};

const HOST: &str = env!("BROKER_HOST");
const LAMP: &[Subscription] = &[Subscription { filter: "kitchen/lamp", qos: QoS::AtLeastOnce }];

type Bus = ExclusiveDevice<Spi<'static, SPI0, spi::Async>, Output<'static>, Delay>;

bind_interrupts!(struct Interrupts {
    DMA_IRQ_0 => dma::InterruptHandler<DMA_CH0>, dma::InterruptHandler<DMA_CH1>;
});

static FRAMES: ConstStaticCell<State<4, 4>> = ConstStaticCell::new(State::new());
static RESOURCES: ConstStaticCell<StackResources<5>> = ConstStaticCell::new(StackResources::new());
static MEMORY: ConstStaticCell<Memory<256, 1024>> = ConstStaticCell::new(Memory::new());

#[embassy_executor::task]
async fn ethernet(runner: Runner<'static, W5500, Bus, Input<'static>, Output<'static>>) -> ! {
    runner.run().await
}

#[embassy_executor::task]
async fn network(mut runner: embassy_net::Runner<'static, Device<'static>>) -> ! {
    runner.run().await
}

#[embassy_executor::main]
async fn main(spawner: embassy_executor::Spawner) {
    let p = embassy_rp::init(Default::default());
    let mut lamp = Output::new(p.PIN_25, Level::Low);
    let seed = RoscRng.next_u64();
    // Weak: the RP2040 has no generator of random numbers, only the bit of a ring oscillator, which its data sheet (§2.17.5) does not
    // hold good enough for security. Of 512 such bits one byte is made here, and SHA-256 is over all of them; yet nobody vouches for
    // the oscillator in heat, cold or a foreign field. A product takes the RP2350, or a secure element, in its place.
    let byte = || (0..64).fold(0, |byte: u8, _| byte.rotate_left(1) ^ RoscRng::next_u8());
    let mut accel = Soft::new(entropy_fn(|out| Ok(out.fill_with(byte))));
    let mut speed = spi::Config::default();
    // The W5500 is good for 33.3 MHz.
    speed.frequency = 33_000_000;
    let spi = Spi::new(p.SPI0, p.PIN_18, p.PIN_19, p.PIN_16, p.DMA_CH0, p.DMA_CH1, Interrupts, speed);
    let bus = ExclusiveDevice::new(spi, Output::new(p.PIN_17, Level::High), Delay).unwrap();
    let (wake, reset) = (Input::new(p.PIN_21, Pull::Up), Output::new(p.PIN_20, Level::High));
    // Every board in a network has another address.
    let (device, runner) =
        embassy_net_wiznet::new([2, 0, 0, 0, 0, 1], FRAMES.take(), bus, wake, reset).await.unwrap();
    spawner.spawn(ethernet(runner).unwrap());
    let dhcp = embassy_net::Config::dhcpv4(Default::default());
    let (stack, runner) = embassy_net::new(device, dhcp, RESOURCES.take(), seed);
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
            First(Err(status)) => defmt::warn!("the connection has ended: {=i32:#x}", status.error.code()),
            Second(()) => {
                let uptime = Instant::now().as_secs().to_be_bytes();
                let _ = session.publish(&Message::new("kitchen/uptime", &uptime, QoS::AtLeastOnce));
            }
        }
    }
}

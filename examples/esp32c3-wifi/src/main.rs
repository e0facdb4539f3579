//! A lamp at a broker: an ESP32-C3 publishes its uptime every ten seconds, and an LED at GPIO 10 is what `kitchen/lamp` says.
//!
//! `.cargo/config.toml` names the Wi-Fi network, the broker and the file with its CA. `cargo run --release` flashes it and shows what it
//! prints.
#![no_std]
#![no_main]

use embassy_futures::select::{Either::*, select};
use embassy_net::{Runner, StackResources};
use embassy_time::{Duration, Instant, Ticker, Timer};
use esp_backtrace as _;
use esp_hal::gpio::{Level, Output, OutputConfig};
use esp_hal::interrupt::software::SoftwareInterruptControl;
use esp_hal::{ram, rng::Trng, timer::timg::TimerGroup};
use esp_radio::wifi::{Config, ControllerConfig, Interface, WifiController, sta::StationConfig};
use mqtts::accel::{entropy_fn, soft::Soft};
use mqtts::asynchronous::Session;
use mqtts::embassy::{Clock, Tcp};
use mqtts::mqtt::{Event, Message, QoS, Subscription};
use mqtts::{Client, Memory, Security, Settings, tls12, x509::Bundle};
use static_cell::ConstStaticCell;

const HOST: &str = env!("BROKER_HOST");
const LAMP: &[Subscription] = &[Subscription { filter: "kitchen/lamp", qos: QoS::AtLeastOnce }];

esp_bootloader_esp_idf::esp_app_desc!();

static RESOURCES: ConstStaticCell<StackResources<5>> = ConstStaticCell::new(StackResources::new());
static MEMORY: ConstStaticCell<Memory<256, 1024>> = ConstStaticCell::new(Memory::new());

#[embassy_executor::task]
async fn radio(mut controller: WifiController<'static>) -> ! {
    loop {
        match controller.connect_async().await {
            Ok(_) => drop(controller.wait_for_disconnect_async().await),
            Err(_) => Timer::after(Duration::from_secs(5)).await,
        }
    }
}

#[embassy_executor::task]
async fn network(mut runner: Runner<'static, Interface<'static>>) -> ! {
    runner.run().await
}

#[esp_rtos::main]
async fn main(spawner: embassy_executor::Spawner) {
    let p = esp_hal::init(esp_hal::Config::default());
    esp_alloc::heap_allocator!(#[ram(reclaimed)] size: 64 * 1024);
    esp_alloc::heap_allocator!(size: 36 * 1024);
    let interrupts = SoftwareInterruptControl::new(p.SW_INTERRUPT);
    esp_rtos::start(TimerGroup::new(p.TIMG0).timer0, interrupts.software_interrupt0);
    let mut lamp = Output::new(p.GPIO10, Level::Low, OutputConfig::default());

    let station = StationConfig::default().with_ssid(env!("WIFI_NAME"));
    let station = Config::Station(station.with_password(env!("WIFI_PASSWORD").into()));
    let settings = ControllerConfig::default().with_initial_config(station);
    let (controller, interfaces) = esp_radio::wifi::new(p.WIFI, settings).unwrap();
    spawner.spawn(radio(controller).unwrap());
    // The chip's numbers are random only while the radio is on: the task `radio` owns the controller and never ends.
    let random = Trng::try_new().unwrap();
    let seed = u64::from(random.random()) << 32 | u64::from(random.random());
    let dhcp = embassy_net::Config::dhcpv4(Default::default());
    let (stack, runner) = embassy_net::new(interfaces.station, dhcp, RESOURCES.take(), seed);
    spawner.spawn(network(runner).unwrap());

    let mut accel = Soft::new(entropy_fn(|out| Ok(random.read(out))));
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
            First(Err(status)) => esp_println::println!("the connection has ended: {status}"),
            Second(()) => {
                let uptime = Instant::now().as_secs().to_be_bytes();
                let _ = session.publish(&Message::new("kitchen/uptime", &uptime, QoS::AtLeastOnce));
            }
        }
    }
}

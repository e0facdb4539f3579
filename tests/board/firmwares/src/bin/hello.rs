//! The smallest firmware that uses every model of the virtual board through drivers that are not ours: embassy-stm32's for
//! the clocks, the pins, the timer, the flash, the watchdog and Ethernet, and embassy-net above them.
//!
//! It exists so that a model is tried without the product. What it leaves out: CRYP, HASH and RNG, which `validation` uses.
//!
//! On TCP port 7 it answers one line of words each time:
//! - `hello`: `world`
//! - `write A B`: erases the 16 KB sector of bank 2 at 0x0810_0000 and programs the words A and B at its beginning
//! - `read`: these two words
//! - `flags`: the reset flags of RCC_CSR as they were at boot, and what backup SRAM held then
//! - `keep A`: puts a word into backup SRAM
//! - `reset`: a system reset; `starve`: never feeds the watchdog again
//! - `button`: PC13's level. LD2 (PB7) follows the button, LD1 (PB0) blinks once a second.
#![no_std]
#![no_main]

use core::{fmt::Write as _, panic::PanicInfo};

use embassy_executor::Spawner;
use embassy_net::{Config as NetConfig, Ipv4Address, Stack, StackResources, tcp::TcpSocket, udp};
use embassy_stm32::{
    bind_interrupts,
    eth::{self, Ethernet, GenericPhy, PacketQueue, Sma},
    flash::{Blocking, Flash},
    gpio::{Input, Level, Output, Pull, Speed},
    pac,
    peripherals::{ETH, ETH_SMA, IWDG},
    wdg::IndependentWatchdog,
};
use embassy_time::{Duration, Timer};
use firmwares::clocks;
use static_cell::{ConstStaticCell, StaticCell};

bind_interrupts!(struct Irqs {
    ETH => eth::InterruptHandler;
});

type Device = Ethernet<'static, ETH, GenericPhy<Sma<'static, ETH_SMA>>>;

const STORE: u32 = 0x10_0000;
const SECTOR: u32 = 16 * 1024;
const BACKUP_SRAM: *mut u32 = 0x4002_4000 as *mut u32;

static PACKETS: ConstStaticCell<PacketQueue<4, 8>> = ConstStaticCell::new(PacketQueue::new());
static RESOURCES: ConstStaticCell<StackResources<4>> = ConstStaticCell::new(StackResources::new());
static BUFFERS: ConstStaticCell<[[u8; 512]; 2]> = ConstStaticCell::new([[0; 512]; 2]);
static BUTTON: StaticCell<Input<'static>> = StaticCell::new();

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let flags = pac::RCC.csr().read().0;
    pac::RCC.csr().modify(|csr| csr.set_rmvf(true));
    let p = embassy_stm32::init(clocks());
    pac::RCC.apb1enr().modify(|enable| enable.set_pwren(true));
    pac::PWR.cr1().modify(|control| control.set_dbp(true));
    pac::RCC.ahb1enr().modify(|enable| enable.set_bkpsramen(true));
    // SAFETY: backup SRAM is clocked and writable, and nothing else uses it.
    let kept = unsafe { BACKUP_SRAM.read_volatile() };

    let ethernet = Ethernet::new(
        PACKETS.take(),
        p.ETH,
        Irqs,
        p.PA1,
        p.PA7,
        p.PC4,
        p.PC5,
        p.PG13,
        p.PB13,
        p.PG11,
        [0x02, 0, 0, 0, 0, 1],
        p.ETH_SMA,
        p.PA2,
        p.PC1,
    );
    let (stack, runner) =
        embassy_net::new(ethernet, NetConfig::dhcpv4(Default::default()), RESOURCES.take(), 0x5EED);
    spawner.spawn(network(runner).unwrap());
    let button = BUTTON.init(Input::new(p.PC13, Pull::Down));
    spawner.spawn(blink(Output::new(p.PB0, Level::Low, Speed::Low)).unwrap());
    spawner.spawn(follow(button, Output::new(p.PB7, Level::Low, Speed::Low)).unwrap());
    spawner.spawn(greet(stack).unwrap());

    let mut watchdog = IndependentWatchdog::new(p.IWDG, 2_000_000);
    watchdog.unleash();
    serve(stack, Flash::new_blocking(p.FLASH), watchdog, button, flags, kept).await
}

#[embassy_executor::task]
async fn network(mut runner: embassy_net::Runner<'static, Device>) -> ! {
    runner.run().await
}

#[embassy_executor::task]
async fn blink(mut led: Output<'static>) {
    loop {
        led.toggle();
        Timer::after(Duration::from_millis(500)).await;
    }
}

#[embassy_executor::task]
async fn follow(button: &'static Input<'static>, mut led: Output<'static>) {
    loop {
        led.set_level(button.get_level());
        Timer::after(Duration::from_millis(10)).await;
    }
}

/// Sends one datagram to port 9 of the gateway once the network is up, and again every ten seconds.
#[embassy_executor::task]
async fn greet(stack: Stack<'static>) {
    let (mut rx_meta, mut tx_meta) = ([udp::PacketMetadata::EMPTY; 1], [udp::PacketMetadata::EMPTY; 1]);
    let (mut rx, mut tx) = ([0; 64], [0; 64]);
    stack.wait_config_up().await;
    let mut socket = udp::UdpSocket::new(stack, &mut rx_meta, &mut rx, &mut tx_meta, &mut tx);
    if socket.bind(9).is_err() {
        return;
    }
    loop {
        let gateway = stack.config_v4().and_then(|config| config.gateway).unwrap_or(Ipv4Address::BROADCAST);
        let _ = socket.send_to(b"hello", (gateway, 9)).await;
        Timer::after(Duration::from_secs(10)).await;
    }
}

async fn serve(
    stack: Stack<'static>,
    mut flash: Flash<'static, Blocking>,
    mut watchdog: IndependentWatchdog<'static, IWDG>,
    button: &'static Input<'static>,
    flags: u32,
    kept: u32,
) -> ! {
    let [rx, tx] = BUFFERS.take();
    let mut starve = false;
    loop {
        let mut socket = TcpSocket::new(stack, rx, tx);
        socket.set_timeout(Some(Duration::from_secs(10)));
        let mut feed = async || {
            if !starve {
                watchdog.pet();
            }
        };
        let accepted = loop {
            match embassy_time::with_timeout(Duration::from_millis(500), socket.accept(7)).await {
                Ok(accepted) => break accepted,
                Err(_) => feed().await,
            }
        };
        feed().await;
        if accepted.is_err() {
            continue;
        }
        let mut line = [0; 64];
        let length = socket.read(&mut line).await.unwrap_or(0);
        let words = core::str::from_utf8(line.get(..length).unwrap_or_default()).unwrap_or_default();
        let mut words = words.split_whitespace();
        let mut answer = Text { bytes: [0; 64], length: 0 };
        match words.next() {
            Some("hello") => drop(answer.write_str("world")),
            Some("write") => {
                let mut word =
                    || words.next().and_then(|word| u32::from_str_radix(word, 16).ok()).unwrap_or(0);
                let mut bytes = [0; 8];
                bytes[..4].copy_from_slice(&word().to_le_bytes());
                bytes[4..].copy_from_slice(&word().to_le_bytes());
                let erased = flash.blocking_erase(STORE, STORE + SECTOR);
                let written = flash.blocking_write(STORE, &bytes);
                let _ = write!(answer, "{} {}", erased.is_ok(), written.is_ok());
            }
            Some("read") => {
                let mut bytes = [0; 8];
                let _ = flash.blocking_read(STORE, &mut bytes);
                let [a, b, c, d, e, f, g, h] = bytes;
                let (first, second) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
                let _ = write!(answer, "{first:08x} {second:08x}");
            }
            Some("flags") => drop(write!(answer, "{flags:08x} {kept:08x}")),
            Some("keep") => {
                let word = words.next().and_then(|word| u32::from_str_radix(word, 16).ok()).unwrap_or(0);
                // SAFETY: as above.
                unsafe { BACKUP_SRAM.write_volatile(word) };
                let _ = answer.write_str("kept");
            }
            Some("button") => drop(answer.write_str(if button.is_high() { "high" } else { "low" })),
            Some("reset") => cortex_m::peripheral::SCB::sys_reset(),
            Some("starve") => starve = true,
            _ => drop(answer.write_str("?")),
        }
        let _ = socket.write(answer.bytes.get(..answer.length).unwrap_or_default()).await;
        let _ = socket.flush().await;
        socket.close();
        let _ = embassy_time::with_timeout(Duration::from_millis(200), socket.flush()).await;
    }
}

/// A short text without a heap.
struct Text {
    bytes: [u8; 64],
    length: usize,
}

impl core::fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        let end = self.length + text.len();
        self.bytes.get_mut(self.length..end).ok_or(core::fmt::Error)?.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    cortex_m::peripheral::SCB::sys_reset()
}

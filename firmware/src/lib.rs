//! The device of the application note, without a chip.
//!
//! What a chip has stands behind [`board::Board`]; a board makes its [`board::Parts`] and an `embassy_net` stack and gives both
//! to [`run`], which never returns. Everything else is here, and the same on every board.
//!
//! ```text
//!            ┌── network      DHCP or fixed address, link
//!            ├── clock        SNTP, and the gate that MQTTS waits at
//!   run ─────┼── connection   TLS + MQTT, back-off, resumption, status codes ──► broker
//!            ├── ports        inputs and outputs
//!            ├── web          the menu and the requests that set the device up ◄── browser
//!            └── supervisor   feeds the watchdog while all of these make progress
//!                  │
//!                Device: owns settings, certificates, clock, status codes, ports; each task gets a handle of what it needs
//! ```
//!
//! One thread, cooperative: shared state is borrowed between two awaits and never across one. No heap; the large buffers are in
//! [`Memory`], which a board keeps in a static.
#![no_std]
#![forbid(unsafe_code)]

pub mod ascii;
pub mod backup;
pub mod board;
pub mod certificates;
pub mod clock;
pub mod connection;
pub mod connection_state;
pub mod device;
pub mod failure;
pub mod journal;
pub mod json;
pub mod names;
pub mod network;
pub mod ports;
pub mod retained;
pub mod settings;
pub mod setup;
pub mod status_codes;
pub mod storage;
pub mod supervisor;
pub mod template;
pub mod texts;
pub mod web;
pub mod window;

use core::pin::pin;

use embassy_futures::join::{join, join3};
use embassy_net::Stack;

use board::{Board, Parts};
use device::Device;
use supervisor::Task;

/// The device's large buffers, about 59 KB: for a static, since no stack should hold them.
pub struct Memory {
    /// What a connection to the broker works in.
    pub connection: connection::Memory,
    /// What the requests of the menu work in.
    pub web: web::Memory,
}

impl Memory {
    /// All zero.
    pub const fn new() -> Self {
        Self { connection: connection::Memory::new(), web: web::Memory::new() }
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

/// The device: never returns.
///
/// `stack` is the board's network, whose driver the board runs itself; its address is set here. `memory` must not be used
/// by anybody else.
pub async fn run<B: Board>(parts: Parts<B>, stack: Stack<'_>, memory: &mut Memory) -> ! {
    let device = Device::start(parts).await;
    let (connection, clock, network) = (device.connection(), device.clock(), device.network());
    let engine = join3(
        connection::run(&connection, stack, &mut memory.connection),
        clock::run(&clock, stack),
        ports::run(device.ports(), device.progress()),
    );
    let web = pin!(web::run(device.web(), stack, &mut memory.web));
    let around = join3(
        network::run(&network, stack),
        device.progress().during(Task::Web, web),
        supervisor::run(device.progress(), device.system()),
    );
    join(engine, around).await;
    // None of the six ever ends.
    core::future::pending().await
}

//! MQTT over TLS as a task of FreeRTOS: sockets that block, and a C program around it.
//!
//! `cargo build --release --target thumbv7em-none-eabihf` makes `liblwip_sockets.a`, which is linked with `shim.c` to the firmware;
//! `xTaskCreate(mqtt_task, "mqtt", 2048, NULL, 2, NULL)` starts it. The task publishes its uptime every ten seconds, and
//! `board_set_lamp` is called with what `kitchen/lamp` says.
#![no_std]

use core::ffi::{c_char, c_int, c_void};

use mqtts::accel::{entropy_fn, soft::Soft};
use mqtts::blocking::{Network, Session};
use mqtts::mqtt::{Event, Message, QoS, Subscription};
use mqtts::status::{Error, entropy, net};
use mqtts::{Client, Memory, Security, Settings, tls12, x509::Bundle};
use static_cell::ConstStaticCell;

const HOST: &str = env!("BROKER_HOST");
const LAMP: &[Subscription] = &[Subscription { filter: "kitchen/lamp", qos: QoS::AtLeastOnce }];

static MEMORY: ConstStaticCell<Memory<256, 1024>> = ConstStaticCell::new(Memory::new());

// `shim.c`.
unsafe extern "C" {
    fn net_connect(host: *const c_char, port: *const c_char) -> c_int;
    fn net_read(socket: c_int, buffer: *mut u8, length: usize, milliseconds: u32) -> c_int;
    fn net_write(socket: c_int, bytes: *const u8, length: usize) -> c_int;
    fn net_close(socket: c_int);
    safe fn board_milliseconds() -> u64;
    safe fn board_unix_time() -> u64;
    safe fn board_sleep(milliseconds: u32);
    fn board_entropy(out: *mut u8, length: usize) -> bool;
    safe fn board_set_lamp(on: bool);
    safe fn board_log(code: i32);
}

/// The socket, or a negative number.
struct Socket(c_int);

impl Network for Socket {
    fn connect(&mut self) -> Result<(), Error> {
        let (host, port) = (concat!(env!("BROKER_HOST"), "\0"), concat!(env!("BROKER_PORT"), "\0"));
        // SAFETY: both end with a zero.
        self.0 = unsafe { net_connect(host.as_ptr().cast(), port.as_ptr().cast()) };
        if self.0 < 0 { Err(net::CONNECT_FAILED) } else { Ok(()) }
    }

    fn disconnect(&mut self) {
        // SAFETY: it is open, or a negative number, which is nobody's.
        unsafe { net_close(core::mem::replace(&mut self.0, -1)) }
    }

    fn read(&mut self, buffer: &mut [u8], patience: u64) -> Result<Option<usize>, Error> {
        let patience = patience.min(60_000) as u32;
        // SAFETY: the buffer is so long.
        match unsafe { net_read(self.0, buffer.as_mut_ptr(), buffer.len(), patience) } {
            -1 => Ok(None),
            received => usize::try_from(received).map(Some).map_err(|_| net::RECV_FAILED),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        // SAFETY: there are so many bytes.
        usize::try_from(unsafe { net_write(self.0, bytes.as_ptr(), bytes.len()) })
            .map_err(|_| net::SEND_FAILED)
    }

    fn now(&self) -> u64 {
        board_milliseconds()
    }

    fn unix_time(&self) -> u64 {
        board_unix_time()
    }

    fn sleep(&mut self, milliseconds: u64) {
        board_sleep(milliseconds.min(60_000) as u32);
    }
}

/// The task; it is started once, and never returns.
#[unsafe(no_mangle)]
pub extern "C" fn mqtt_task(_: *mut c_void) {
    let mut accel = Soft::new(entropy_fn(|out| {
        // SAFETY: there is so much room.
        let is_filled = unsafe { board_entropy(out.as_mut_ptr(), out.len()) };
        if is_filled { Ok(()) } else { Err(entropy::SOURCE_FAILED) }
    }));
    let mut storage = [0; 4096];
    let anchors = Bundle::from_pem(include_bytes!(env!("CA_FILE")), &mut storage).unwrap();
    let config = tls12::Config { anchors: Some(anchors), ..Default::default() };
    let settings = Settings::new(Security::Tls { host: HOST, config: &config }, "kitchen");
    let settings = Settings { subscriptions: LAMP, ..settings };
    let mut client = Client::new(settings, MEMORY.take().lend()).unwrap();
    let mut socket = Socket(-1);
    let mut session = Session::new(&mut client, &mut accel, &mut socket);
    let mut due = 0;
    loop {
        match session.next(500) {
            Ok(Some(Event::Message(it))) => board_set_lamp(it.message.payload == b"on"),
            Ok(_) => {}
            Err(status) => board_log(status.error.code()),
        }
        if board_milliseconds() >= due {
            due = board_milliseconds() + 10_000;
            let uptime = board_milliseconds().to_be_bytes();
            let _ = session.publish(&Message::new("kitchen/uptime", &uptime, QoS::AtLeastOnce));
        }
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

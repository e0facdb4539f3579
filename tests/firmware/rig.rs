//! A whole device, but for its web server, on a network inside the test: `embassy_net` at one end of a cable, the gateway at the
//! other, and behind it a real Mosquitto on loopback.
//!
//! Everything runs in the test's thread. A [`World`] outlives its devices, as flash and backup memory do: running a second
//! device in the same world is a reset.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    fs,
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    pin::pin,
    process,
    rc::Rc,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::{Duration, Instant},
};

use accel::soft::Soft;
use embassy_futures::{
    join::{join3, join4},
    select::{Either, select},
};
use embassy_net::StackResources;
use embassy_net_driver::{Capabilities, Driver, HardwareAddress, LinkState, RxToken, TxToken};
use embassy_time::Timer;
use embedded_storage_async::nor_flash::{ErrorType, NorFlash, ReadNorFlash};
use firmware::{
    board::{self, Board, Facts, Parts, ResetCause},
    certificates::File,
    clock, connection,
    connection_state::ConnectionState,
    device::Device,
    network, ports,
    settings::Settings,
    supervisor::{self, Task},
    web::Handle,
};
use gateway::Gateway;
use mqtt::{Client, Event, Message, Options, QoS, Subscription};
use tests::entropy::OperatingSystem;
use xtask::{
    mosquitto::{Broker, Listener},
    pki::Pki,
};

use crate::flash::Flash;

pub(crate) const MAC: [u8; 6] = [0x02, 0, 0, 0, 0, 0x15];
/// The name that DNS knows the PC by, and that the broker's certificate has.
pub(crate) const HOST: &str = "localhost";
/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);

static PKI: LazyLock<Pki> = LazyLock::new(|| {
    let pki = Pki::create(&folder("pki")).unwrap();
    pki.client(2048).unwrap();
    pki
});

pub(crate) fn pki() -> &'static Pki {
    &PKI
}

pub(crate) fn folder(name: &str) -> PathBuf {
    let folder =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("firmware-{}", process::id())).join(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// What a device leaves behind, and the rest of the world.
pub(crate) struct World {
    pub(crate) gateway: RefCell<Gateway>,
    pub(crate) broker: RefCell<Broker>,
    pub(crate) wires: Wires,
    pub(crate) backup: Memory,
    pub(crate) fed: Rc<Cell<u32>>,
    pub(crate) reset: Cell<ResetCause>,
    pub(crate) is_to_forget: Cell<bool>,
    pub(crate) plugged: Cell<bool>,
    /// Every frame that a device has sent.
    pub(crate) sent: RefCell<Vec<Vec<u8>>>,
    flashes: [SharedFlash; 2],
    begun: Instant,
}

impl World {
    pub(crate) fn new(name: &str) -> Self {
        Self::with(name, gateway::Config::default())
    }

    /// A world in another network.
    pub(crate) fn with(name: &str, config: gateway::Config) -> Self {
        let listeners = [Listener::Plain, Listener::Tls, Listener::Mutual];
        let config = gateway::Config { names: vec![HOST.to_owned()], ..config };
        Self {
            gateway: RefCell::new(Gateway::new(config).unwrap()),
            broker: RefCell::new(Broker::start(&folder(name), pki(), &listeners).unwrap()),
            wires: Wires::default(),
            backup: Memory(Rc::new(RefCell::new(vec![0xA5; 4096]))),
            fed: Rc::default(),
            reset: Cell::new(ResetCause::PowerOn),
            is_to_forget: Cell::new(false),
            plugged: Cell::new(true),
            sent: RefCell::default(),
            flashes: [SharedFlash::new(2), SharedFlash::new(4)],
            begun: Instant::now(),
        }
    }

    /// Whether these bytes stand anywhere in one of the flash ranges.
    pub(crate) fn flash_contains(&self, bytes: &[u8]) -> bool {
        self.flashes.iter().any(|flash| flash.0.borrow().contains(bytes))
    }

    /// How many words were written and pages erased in the flash range of the settings.
    pub(crate) fn operations(&self) -> usize {
        self.flashes[0].0.borrow().operations
    }

    pub(crate) fn port(&self, listener: Listener) -> u16 {
        self.broker.borrow().port(listener)
    }

    /// Runs a device until `script` ends.
    pub(crate) fn run<T>(&self, script: impl AsyncFnOnce(&Handle<'_, Rig>) -> T) -> T {
        let port = Port::default();
        let wire = port.0.clone();
        let mut memory = Box::new(connection::Memory::new());
        let mut resources = Box::new(StackResources::<8>::new());
        let seed = u64::from_be_bytes(tests_seed());
        let (stack, mut runner) = embassy_net::new(
            network::Bounded::new(port),
            embassy_net::Config::default(),
            &mut resources,
            seed,
        );
        let parts = self.parts();
        let whole = async {
            let device = Device::start(parts).await;
            let web = std::pin::pin!(std::future::pending::<()>());
            let (network, clock, connection) = (device.network(), device.clock(), device.connection());
            let tasks = join4(
                network::run(&network, stack),
                clock::run(&clock, stack),
                connection::run(&connection, stack, &mut memory),
                join3(
                    ports::run(device.ports(), device.progress()),
                    supervisor::run(device.progress(), device.system()),
                    device.progress().during(Task::Web, web),
                ),
            );
            match select(script(&device.web()), tasks).await {
                Either::First(result) => result,
                Either::Second(_) => panic!("a task has ended"),
            }
        };
        // The network comes first: after a pause of the machine what has arrived counts, and not the time that is over.
        let mut all = pin!(select(runner.run(), whole));
        let woken = Arc::new(Woken(AtomicBool::new(true)));
        let waker = Waker::from(woken.clone());
        loop {
            if let Poll::Ready(Either::Second(result)) = all.as_mut().poll(&mut Context::from_waker(&waker)) {
                return result;
            }
            self.carry(&wire);
            if !woken.0.swap(false, Ordering::SeqCst) {
                self.gateway.borrow_mut().wait(Duration::from_millis(1));
            }
        }
    }

    fn parts(&self) -> Parts<Rig> {
        let [settings_flash, certificate_flash] = self.flashes.clone();
        Parts {
            accel: Soft::new(OperatingSystem),
            settings_flash,
            certificate_flash,
            pins: self.wires.clone(),
            backup: self.backup.clone(),
            system: System(self.fed.clone()),
            facts: Facts {
                name: "RIG",
                mac_address: MAC,
                firmware: "test",
                reset: self.reset.get(),
                failed_units: [None; 4],
            },
            is_to_forget: self.is_to_forget.get(),
        }
    }

    fn carry(&self, wire: &Rc<RefCell<Wire>>) {
        let mut wire = wire.borrow_mut();
        let sent = std::mem::take(&mut wire.sent);
        let sent = if self.plugged.get() { sent } else { Vec::new() };
        self.sent.borrow_mut().extend(sent.iter().cloned());
        let mut received = Vec::new();
        self.gateway.borrow_mut().step(self.begun.elapsed(), &sent, &mut received);
        if self.plugged.get() && !received.is_empty() {
            wire.received.extend(received);
            if let Some(waker) = wire.waker.take() {
                waker.wake();
            }
        }
    }
}

fn tests_seed() -> [u8; 8] {
    let mut seed = [0; 8];
    getrandom::fill(&mut seed).unwrap();
    seed
}

/// Settings for a broker port, with TLS or without.
pub(crate) fn settings(port: u16, tls: bool) -> Settings {
    let mut settings = Settings::default();
    settings.time.sntp_server = "10.0.2.2".try_into().unwrap();
    settings.mqtt.enabled = true;
    settings.mqtt.tls = tls;
    settings.mqtt.host = HOST.try_into().unwrap();
    settings.mqtt.port = port;
    settings.mqtt.topic_prefix = "house/cellar".try_into().unwrap();
    settings
}

/// A file of the test's certificates and keys.
pub(crate) fn pem(file: File) -> Vec<u8> {
    let path = match file {
        File::CaCertificate => pki().certificate("ca"),
        File::ClientCertificate => pki().certificate("client-2048"),
        File::PrivateKey => pki().key("client-2048"),
    };
    fs::read(path).unwrap()
}

/// A CA certificate that the broker knows nothing of.
pub(crate) fn other_ca() -> Vec<u8> {
    static OTHER: LazyLock<PathBuf> = LazyLock::new(|| {
        let other = Pki::create(&folder("other-pki")).unwrap();
        other.certificate("ca")
    });
    fs::read(&*OTHER).unwrap()
}

/// Waits until there is something.
pub(crate) async fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "{what} did not happen");
        Timer::after_millis(5).await;
    }
}

/// Waits until the device has come so far.
pub(crate) async fn until_state(device: &Handle<'_, Rig>, state: ConnectionState) {
    until(&format!("{state:?}"), || (device.journal.connection().state == state).then_some(())).await;
}

/// The board.
pub(crate) struct Rig;

impl Board for Rig {
    type Accel = Soft<OperatingSystem>;
    type SettingsFlash = SharedFlash;
    type CertificateFlash = SharedFlash;
    type Pins = Wires;
    type Backup = Memory;
    type System = System;
}

/// Two inputs and three outputs.
#[derive(Clone, Default)]
pub(crate) struct Wires {
    pub(crate) inputs: Rc<Cell<u8>>,
    pub(crate) outputs: Rc<Cell<u8>>,
}

impl board::Pins for Wires {
    const INPUTS: usize = 2;
    const OUTPUTS: usize = 3;

    fn inputs(&mut self) -> u8 {
        self.inputs.get()
    }

    fn set_outputs(&mut self, outputs: u8) {
        self.outputs.set(outputs);
    }
}

/// Backup memory.
#[derive(Clone)]
pub(crate) struct Memory(pub(crate) Rc<RefCell<Vec<u8>>>);

impl board::Backup for Memory {
    fn capacity(&self) -> usize {
        self.0.borrow().len()
    }

    fn read(&mut self, offset: usize, out: &mut [u8]) {
        let bytes = self.0.borrow();
        out.iter_mut().zip(bytes.iter().skip(offset)).for_each(|(to, from)| *to = *from);
    }

    fn write(&mut self, offset: usize, new: &[u8]) {
        let mut bytes = self.0.borrow_mut();
        bytes.iter_mut().skip(offset).zip(new).for_each(|(to, from)| *to = *from);
    }
}

/// The watchdog's food is counted.
pub(crate) struct System(Rc<Cell<u32>>);

impl board::System for System {
    fn feed_watchdog(&mut self) {
        self.0.set(self.0.get() + 1);
    }

    fn reset(&mut self) -> ! {
        panic!("the device resets itself");
    }
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// The device's end of the cable.
#[derive(Default)]
struct Port(Rc<RefCell<Wire>>);

#[derive(Default)]
struct Wire {
    received: VecDeque<Vec<u8>>,
    sent: Vec<Vec<u8>>,
    waker: Option<Waker>,
}

impl Driver for Port {
    type RxToken<'a> = Received;
    type TxToken<'a> = Sending;

    fn receive(&mut self, context: &mut Context<'_>) -> Option<(Received, Sending)> {
        let mut wire = self.0.borrow_mut();
        let frame = wire.received.pop_front();
        if frame.is_none() {
            wire.waker = Some(context.waker().clone());
        }
        frame.map(|frame| (Received(frame), Sending(self.0.clone())))
    }

    fn transmit(&mut self, _context: &mut Context<'_>) -> Option<Sending> {
        Some(Sending(self.0.clone()))
    }

    fn link_state(&mut self, _context: &mut Context<'_>) -> LinkState {
        LinkState::Up
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.max_transmission_unit = 1514;
        capabilities
    }

    fn hardware_address(&self) -> HardwareAddress {
        HardwareAddress::Ethernet(MAC)
    }
}

struct Received(Vec<u8>);

impl RxToken for Received {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(mut self, f: F) -> R {
        f(&mut self.0)
    }
}

struct Sending(Rc<RefCell<Wire>>);

impl TxToken for Sending {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, f: F) -> R {
        let mut frame = vec![0; length];
        let result = f(&mut frame);
        self.0.borrow_mut().sent.push(frame);
        result
    }
}

/// Another client of the broker, which never blocks the test for long.
pub(crate) struct Peer {
    client: Client<'static>,
    stream: TcpStream,
    unread: Vec<u8>,
    is_accepted: bool,
    /// What it has received: topic, payload, retained.
    pub(crate) messages: Vec<(String, Vec<u8>, bool)>,
}

impl Peer {
    /// Connects to the plain port, and subscribes to everything.
    pub(crate) fn new(world: &World) -> Self {
        Self::watching(world, "peer")
    }

    /// The same under another name.
    pub(crate) fn watching(world: &World, client_id: &'static str) -> Self {
        let mut peer = Self::connect(world, client_id, true);
        let all = [Subscription { filter: "#", qos: QoS::ExactlyOnce }];
        peer.say(|client, out| client.subscribe(&all, 0, out).unwrap().0);
        peer
    }

    /// Connects under another client's name, who is thrown out.
    pub(crate) fn named(world: &World, client_id: &'static str) -> Self {
        Self::connect(world, client_id, false)
    }

    fn connect(world: &World, client_id: &'static str, clean_session: bool) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", world.port(Listener::Plain))).unwrap();
        stream.set_nonblocking(true).unwrap();
        stream.set_nodelay(true).unwrap();
        // Its clock stands: it never says PINGREQ, and the broker is not to wait for one.
        let options = Options { client_id, clean_session, keep_alive: 0, ..Options::default() };
        let client = Client::new(options, vec![0; 16_384].leak(), vec![0; 16_384].leak()).unwrap();
        let mut peer = Self { client, stream, unread: Vec::new(), is_accepted: false, messages: Vec::new() };
        peer.say(|client, out| client.connect(0, out).unwrap());
        peer.wait("CONNACK", |peer| peer.is_accepted.then_some(()));
        peer
    }

    /// Publishes a message.
    pub(crate) fn publish(&mut self, topic: &str, payload: &str, retain: bool) {
        let message = Message { topic, payload: payload.as_bytes(), qos: QoS::AtLeastOnce, retain };
        self.say(|client, out| client.publish(&message, 0, out).unwrap().written);
    }

    /// Publishes a message of QoS 2, as soon as the broker's window for it is open (`max_inflight_messages`, 20).
    pub(crate) fn command(&mut self, topic: &str, payload: &str) {
        let message = Message { topic, payload: payload.as_bytes(), qos: QoS::ExactlyOnce, retain: false };
        self.wait("the window", |peer| (peer.client.undelivered().count() < 20).then_some(()));
        self.client.queue(&message).unwrap();
    }

    /// Waits until the broker has everything.
    pub(crate) async fn delivered(&mut self) {
        until("the delivery", || {
            self.pump();
            self.client.undelivered().next().is_none().then_some(())
        })
        .await;
    }

    fn say(&mut self, write: impl FnOnce(&mut Client<'static>, &mut [u8]) -> usize) {
        let mut out = [0; 4096];
        let length = write(&mut self.client, &mut out);
        self.stream.write_all(&out[..length]).unwrap();
    }

    /// Takes in what there is.
    pub(crate) fn pump(&mut self) {
        let mut buffer = [0; 4096];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => panic!("the broker has closed the peer's connection"),
                Ok(length) => self.unread.extend(&buffer[..length]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => panic!("{error}"),
            }
        }
        let mut at = 0;
        loop {
            let (used, event) = self.client.receive(&self.unread[at..], 0).unwrap();
            match event {
                Some(Event::Connected { .. }) => self.is_accepted = true,
                Some(Event::Message(received)) => {
                    assert!(received.is_whole());
                    let Message { topic, payload, retain, .. } = received.message;
                    self.messages.push((topic.to_owned(), payload.to_vec(), retain));
                }
                _ => {}
            }
            at += used;
            if used == 0 {
                break;
            }
        }
        self.unread.drain(..at);
        self.say(|client, out| client.poll(0, out).unwrap());
    }

    fn wait<T>(&mut self, what: &str, mut found: impl FnMut(&mut Self) -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            self.pump();
            if let Some(found) = found(self) {
                return found;
            }
            assert!(begun.elapsed() < PATIENCE, "{what} did not happen");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Waits for a message of the topic whose payload is as wanted, counted from now on or from earlier if not yet taken.
    pub(crate) async fn message(&mut self, topic: &str, is_wanted: impl Fn(&[u8]) -> bool) -> Vec<u8> {
        let what = format!("a message of {topic}");
        until(&what, || {
            self.pump();
            let place =
                self.messages.iter().position(|(name, payload, _)| name == topic && is_wanted(payload))?;
            // What came before it is past.
            self.messages.drain(..=place).next_back().map(|(_, payload, _)| payload)
        })
        .await
    }
}

/// A flash that outlives its device.
#[derive(Clone)]
pub(crate) struct SharedFlash(Rc<RefCell<Flash>>);

impl SharedFlash {
    fn new(pages: usize) -> Self {
        Self(Rc::new(RefCell::new(Flash::new(pages))))
    }
}

impl ErrorType for SharedFlash {
    type Error = <Flash as ErrorType>::Error;
}

// A test's flash never waits, so that its borrow never meets another one.
#[allow(clippy::await_holding_refcell_ref, reason = "the future is always ready")]
impl ReadNorFlash for SharedFlash {
    const READ_SIZE: usize = Flash::READ_SIZE;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.0.borrow_mut().read(offset, bytes).await
    }

    fn capacity(&self) -> usize {
        self.0.borrow().capacity()
    }
}

#[allow(clippy::await_holding_refcell_ref, reason = "the future is always ready")]
impl NorFlash for SharedFlash {
    const WRITE_SIZE: usize = Flash::WRITE_SIZE;
    const ERASE_SIZE: usize = Flash::ERASE_SIZE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), Self::Error> {
        self.0.borrow_mut().erase(from, to).await
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Self::Error> {
        self.0.borrow_mut().write(offset, bytes).await
    }
}

//! The network cable: frames between `embassy_net`, which runs in the executor, and the gateway, which runs in a thread.

use std::{
    io, mem,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use embassy_futures::join::join3;
use embassy_net_driver::LinkState;
use embassy_net_driver_channel::{Device, RxRunner, State, StateRunner, TxRunner, driver::HardwareAddress};
use embassy_sync::{blocking_mutex::raw::CriticalSectionRawMutex, channel::Channel, signal::Signal};
use firmware::network::Bounded;
use gateway::{Config, Counters, Gateway, Services, Waker};

use crate::say;

/// The longest frame, in bytes.
pub const MTU: usize = 1514;
/// Frames between the stack and the cable.
const QUEUE: usize = 8;
/// Frames from the gateway that wait for the executor; what is more is lost, as on a real cable.
const WAITING: usize = 256;
/// How long the gateway waits at most, whatever it waits for.
const IDLE: Duration = Duration::from_millis(500);

/// The device's end, for `embassy_net::new`.
pub type Driver = Bounded<Device<'static, MTU>>;

static TO_DEVICE: Channel<CriticalSectionRawMutex, Vec<u8>, WAITING> = Channel::new();
static LINK: Signal<CriticalSectionRawMutex, bool> = Signal::new();

/// What others may do with the cable and the gateway.
#[derive(Clone)]
pub struct Cable(Arc<CableQueues>);

struct CableQueues {
    from_device: Mutex<Vec<Vec<u8>>>,
    services: Mutex<Services>,
    counters: Mutex<Counters>,
    plugged: AtomicBool,
    waker: Waker,
}

impl Cable {
    /// Starts the gateway in a thread; returns the port of 127.0.0.1 that leads to the device's port 80, too.
    ///
    /// # Errors
    /// When the port is taken.
    pub fn start(config: Config) -> io::Result<(Self, u16)> {
        let gateway = Gateway::new(config)?;
        let http = gateway.forwards().next().map_or(0, |forward| forward.pc_port);
        let cable = Self(Arc::new(CableQueues {
            from_device: Mutex::default(),
            services: Mutex::new(gateway.services()),
            counters: Mutex::default(),
            plugged: AtomicBool::new(true),
            waker: gateway.waker(),
        }));
        let shared = Arc::clone(&cable.0);
        thread::Builder::new().name("gateway".to_owned()).spawn(move || serve(gateway, &shared))?;
        Ok((cable, http))
    }

    /// The stack's driver, and the future that carries its frames.
    pub fn connect(&self, mac_address: [u8; 6]) -> (Driver, impl Future<Output = ()> + use<>) {
        let state = Box::leak(Box::new(State::<MTU, QUEUE, QUEUE>::new()));
        let (runner, device) = embassy_net_driver_channel::new(state, HardwareAddress::Ethernet(mac_address));
        let (link, rx, tx) = runner.split();
        // Before the stack looks: a link that comes up later has it ask for an address once more.
        link.set_link_state(LinkState::Up);
        let cable = self.clone();
        (Bounded::new(device), async move {
            join3(send(cable, tx), receive(rx), watch(link)).await;
        })
    }

    /// Plugs the cable in, or pulls it out.
    pub fn plug(&self, plugged: bool) {
        self.0.plugged.store(plugged, Ordering::SeqCst);
        LINK.signal(plugged);
    }

    /// Switches the gateway's services.
    pub fn switch(&self, change: impl FnOnce(&mut Services)) {
        change(&mut lock(&self.0.services));
        self.0.waker.wake();
    }

    /// What the gateway has counted.
    pub fn counters(&self) -> Counters {
        *lock(&self.0.counters)
    }
}

/// The gateway's thread.
fn serve(mut gateway: Gateway, shared: &CableQueues) {
    let begun = Instant::now();
    let mut leases = 0;
    loop {
        gateway.set_services(*lock(&shared.services));
        let mut from_device = mem::take(&mut *lock(&shared.from_device));
        let plugged = shared.plugged.load(Ordering::SeqCst);
        if !plugged {
            from_device.clear();
        }
        let mut to_device = Vec::new();
        let due = gateway.step(begun.elapsed(), &from_device, &mut to_device);
        for frame in to_device.into_iter().filter(|_| plugged) {
            // Lost when the device is far behind.
            let _ = TO_DEVICE.try_send(frame);
        }
        let counters = gateway.counters();
        if counters.leases > leases {
            leases = counters.leases;
            say("lease 10.0.2.15");
        }
        *lock(&shared.counters) = counters;
        gateway.wait(due.map_or(IDLE, |due| due.saturating_sub(begun.elapsed()).min(IDLE)));
    }
}

async fn send(cable: Cable, mut tx: TxRunner<'static, MTU>) {
    loop {
        let frame = tx.tx_buf().await.to_vec();
        tx.tx_done();
        lock(&cable.0.from_device).push(frame);
        cable.0.waker.wake();
    }
}

async fn receive(mut rx: RxRunner<'static, MTU>) {
    loop {
        let frame = TO_DEVICE.receive().await;
        let buffer = rx.rx_buf().await;
        if let Some(room) = buffer.get_mut(..frame.len()) {
            room.copy_from_slice(&frame);
            rx.rx_done(frame.len());
        }
    }
}

async fn watch(link: StateRunner<'static>) {
    loop {
        link.set_link_state(if LINK.wait().await { LinkState::Up } else { LinkState::Down });
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

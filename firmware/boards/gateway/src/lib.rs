//! The PC's side of the device's Ethernet cable: frames in, frames out, without root and without a TAP device.
//!
//! ```text
//!                         ┌ ARP, ICMP echo         smoltcp
//!   device ── frames ──── ┼ DHCP, DNS, SNTP        one file each
//!                         └ TCP ── nat ──────────── 127.0.0.1 ── broker, browser
//! ```
//!
//! A TCP connection is terminated here and carried on as another one on loopback, in both directions: what the device opens to
//! the gateway's address, or to a name that stands for it, reaches the same port of 127.0.0.1; what a program on the PC opens to a
//! forwarded port reaches the device. So nothing of the PC's network configuration is touched, and nobody else can get in.
//!
//! Time is an argument, so that a device whose time is virtual can be served; sockets of the PC never block. Deliberately
//! absent: IPv6, IP fragments, UDP beyond DNS and SNTP, and more than one device.

mod cable;
mod config;
mod dhcp;
mod dns;
mod nat;
mod services;
mod sntp;

use std::{io, sync::Arc, time::Duration};

use smoltcp::{
    iface::{self, Interface, PollIngressSingleResult, SocketSet},
    time::Instant,
    wire::{EthernetAddress, HardwareAddress, IpCidr},
};

pub use config::{Config, Forward, Services, Time};
pub use dhcp::Lease;

use cable::{Admission, GatewayCable};
use nat::Nat;

/// The gateway of one device.
pub struct Gateway {
    config: Config,
    cable: GatewayCable,
    interface: Interface,
    sockets: SocketSet<'static>,
    services: services::Running,
    nat: Nat,
    counters: Counters,
}

/// What has happened so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    /// Frames that the device sent.
    pub frames_in: u64,
    /// Frames that the device was sent.
    pub frames_out: u64,
    /// Frames that are nobody's business here: malformed, or to an address beyond what is served.
    pub frames_ignored: u64,
    /// DHCP leases confirmed, renewals among them.
    pub leases: u64,
    /// DNS answers with an address.
    pub names_found: u64,
    /// DNS answers without one.
    pub names_refused: u64,
    /// SNTP answers.
    pub times_told: u64,
    /// Connections that the device has opened and somebody on the PC has accepted.
    pub opened_by_device: u64,
    /// Connections that the PC has opened and the device has accepted.
    pub opened_by_pc: u64,
    /// Connections that nobody accepted, on either side.
    pub refused: u64,
    /// Connections that ended by a reset, from either side.
    pub reset: u64,
    /// Bytes from the device to the PC, on TCP.
    pub bytes_from_device: u64,
    /// Bytes from the PC to the device, on TCP.
    pub bytes_to_device: u64,
}

/// Ends a [`Gateway::wait`] from another thread.
#[derive(Clone)]
pub struct Waker(Arc<mio::Waker>);

impl Waker {
    /// Ends the present wait, or the next one if there is none.
    pub fn wake(&self) {
        // It cannot fail but for a full pipe, and then the wait ends anyway.
        let _ = self.0.wake();
    }
}

impl Gateway {
    /// Starts to listen on the forwarded ports.
    ///
    /// # Errors
    /// When one of them is taken, or the system gives no sockets.
    pub fn new(config: Config) -> io::Result<Self> {
        let mut cable = GatewayCable::default();
        let hardware = HardwareAddress::Ethernet(EthernetAddress(config.mac_address));
        let settings = iface::Config::new(hardware);
        let mut interface = Interface::new(settings, &mut cable, Instant::ZERO);
        interface.update_ip_addrs(|addresses| {
            // A new interface has room for one address at least.
            let _ = addresses.push(IpCidr::new(config.address.into(), config.prefix_length));
        });
        // DNS and SNTP are served, and connections refused, under every address.
        interface.set_any_ip(true);
        let mut sockets = SocketSet::new(Vec::new());
        let services = services::Running::start(&mut sockets)?;
        let nat = Nat::start(&config)?;
        Ok(Self { config, cable, interface, sockets, services, nat, counters: Counters::default() })
    }

    /// Takes what the device sent, does what can be done at `now`, and adds what the device shall receive to `frames_out`.
    ///
    /// `now` is the device's time since any moment in the past, and never goes back. Returns the time, on the same scale, at which
    /// the next step is due; a socket of the PC may have something earlier than that, so call it every few milliseconds or
    /// use [`Gateway::wait`] between two steps. A frame that is not passed on is a frame lost on the wire: nothing else needs
    /// to be done for a cable that is pulled.
    pub fn step(
        &mut self,
        now: Duration,
        frames_in: impl IntoIterator<Item: AsRef<[u8]>>,
        frames_out: &mut impl Extend<Vec<u8>>,
    ) -> Option<Duration> {
        let at = Instant::from_micros(i64::try_from(now.as_micros()).unwrap_or(i64::MAX));
        for frame in frames_in {
            self.take(at, frame.as_ref());
        }
        self.services.serve(now, &mut self.config, &mut self.sockets, &mut self.counters);
        self.nat.pump(now, &self.config, &mut self.interface, &mut self.sockets, &mut self.counters);
        self.interface.poll(at, &mut self.cable, &mut self.sockets);
        self.nat.sweep(now, &mut self.sockets);
        self.counters.frames_out = self.counters.frames_out.saturating_add(self.cable.waiting());
        frames_out.extend(self.cable.sent());
        let due = self.interface.poll_at(at, &self.sockets)?;
        Some(Duration::from_micros(u64::try_from(due.total_micros()).unwrap_or(0)).max(now))
    }

    /// One frame of the device.
    fn take(&mut self, at: Instant, frame: &[u8]) {
        self.counters.frames_in = self.counters.frames_in.saturating_add(1);
        match cable::admit(frame, &self.config) {
            Admission::Ignore => {
                self.counters.frames_ignored = self.counters.frames_ignored.saturating_add(1);
                return;
            }
            Admission::Pass => {}
            Admission::Open(opening) => {
                self.nat.expect(opening, &self.config, &mut self.sockets, &mut self.counters);
            }
        }
        self.cable.receive(frame);
        let ingress = self.interface.poll_ingress_single(at, &mut self.cable, &mut self.sockets);
        debug_assert!(!matches!(ingress, PollIngressSingleResult::None));
        self.nat.settle(&mut self.sockets);
    }

    /// Waits until a socket of the PC is ready, a [`Waker`] is used, or the time is over.
    pub fn wait(&mut self, at_most: Duration) {
        self.nat.wait(at_most);
    }

    /// What ends a wait from another thread.
    pub fn waker(&self) -> Waker {
        Waker(self.nat.waker())
    }

    /// Sets the time that SNTP tells.
    pub fn set_time(&mut self, time: Time) {
        self.config.time = time;
    }

    /// Switches services on and off. What is off stays silent.
    pub fn set_services(&mut self, services: Services) {
        self.config.services = services;
    }

    /// Which services are on.
    pub fn services(&self) -> Services {
        self.config.services
    }

    /// The ports that are listened on, with those that the system chose.
    pub fn forwards(&self) -> impl Iterator<Item = Forward> {
        self.nat.forwards()
    }

    /// Who holds the lease.
    pub fn lease(&self) -> Option<&Lease> {
        self.services.lease()
    }

    /// How many TCP connections there are.
    pub fn connections(&self) -> usize {
        self.nat.connections()
    }

    /// What has happened so far.
    pub fn counters(&self) -> Counters {
        self.counters
    }
}

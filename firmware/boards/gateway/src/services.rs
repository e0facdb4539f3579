//! The services on UDP: sockets, and who answers what they receive.

use std::{
    io,
    net::Ipv4Addr,
    sync::mpsc::{Receiver, TryRecvError, sync_channel},
    thread,
    time::Duration,
};

use smoltcp::{
    iface::{SocketHandle, SocketSet},
    socket::udp,
    wire::IpEndpoint,
};

use crate::{
    Config, Counters, Lease, dhcp,
    dns::{self, DnsQuery, Found},
    sntp,
};

/// How many datagrams, and how many bytes of them, may wait in a socket.
const DATAGRAMS: usize = 16;
const BYTES: usize = 16 * 1024;
/// How many names may be with the PC's resolver at once; what is more is dropped, and asked for again.
const LOOK_UPS: usize = 8;

/// The services' sockets and memory.
pub(crate) struct Running {
    dhcp: SocketHandle,
    dns: SocketHandle,
    sntp: SocketHandle,
    lease: Option<Lease>,
    look_ups: Vec<LookUp>,
}

/// A name that is with the PC's resolver.
struct LookUp {
    query: DnsQuery,
    asker: udp::UdpMetadata,
    result: Receiver<Option<Ipv4Addr>>,
}

impl Running {
    /// Opens the sockets.
    pub(crate) fn start(sockets: &mut SocketSet<'static>) -> io::Result<Self> {
        Ok(Self {
            dhcp: open(sockets, dhcp::SERVER_PORT)?,
            dns: open(sockets, dns::PORT)?,
            sntp: open(sockets, sntp::PORT)?,
            lease: None,
            look_ups: Vec::new(),
        })
    }

    /// Who holds the lease.
    pub(crate) fn lease(&self) -> Option<&Lease> {
        self.lease.as_ref()
    }

    /// Answers what has arrived.
    pub(crate) fn serve(
        &mut self,
        now: Duration,
        config: &mut Config,
        sockets: &mut SocketSet<'static>,
        counters: &mut Counters,
    ) {
        self.serve_dhcp(now, config, sockets.get_mut(self.dhcp), counters);
        self.serve_dns(config, sockets.get_mut(self.dns), counters);
        let socket = sockets.get_mut::<udp::Socket<'_>>(self.sntp);
        while let Some((request, asker)) = receive(socket) {
            if let Some(answer) = sntp::answer(&request, config.time, now).filter(|_| config.services.sntp) {
                count(&mut counters.times_told, reply(socket, &answer, asker));
            }
        }
    }

    fn serve_dhcp(
        &mut self,
        now: Duration,
        config: &Config,
        socket: &mut udp::Socket<'_>,
        counters: &mut Counters,
    ) {
        while let Some((message, _)) = receive(socket) {
            if !config.services.dhcp {
                continue;
            }
            let Some(answer) = dhcp::answer(&message, config, now, &mut self.lease) else { continue };
            let to = udp::UdpMetadata {
                endpoint: IpEndpoint::new(answer.to.into(), dhcp::CLIENT_PORT),
                local_address: Some(config.address.into()),
                meta: smoltcp::phy::PacketMeta::default(),
            };
            let sent = reply(socket, &answer.message, to);
            count(&mut counters.leases, sent && answer.confirms);
        }
    }

    fn serve_dns(&mut self, config: &Config, socket: &mut udp::Socket<'_>, counters: &mut Counters) {
        while let Some((message, asker)) = receive(socket) {
            let Some(query) = DnsQuery::parse(&message).filter(|_| config.services.dns) else { continue };
            match query.look_up(config) {
                Found::Address(address) => {
                    let mut addresses = config.dead_addresses.clone();
                    addresses.push(address);
                    tell(socket, &query, &addresses, asker, counters);
                }
                Found::Nothing => tell(socket, &query, &[], asker, counters),
                Found::Unknown => self.look_up(query, asker),
            }
        }
        self.look_ups.retain(|look_up| match look_up.result.try_recv() {
            Err(TryRecvError::Empty) => true,
            found => {
                tell(socket, &look_up.query, found.ok().flatten().as_slice(), look_up.asker, counters);
                false
            }
        });
    }

    /// Gives a name to the PC's resolver, in a thread of its own: it may take seconds.
    fn look_up(&mut self, query: DnsQuery, asker: udp::UdpMetadata) {
        if self.look_ups.len() >= LOOK_UPS {
            return;
        }
        let name = query.name.clone();
        let (result, receiver) = sync_channel(1);
        thread::spawn(move || {
            // Nobody may be waiting any more.
            let _ = result.send(dns::ask_resolver(&name));
        });
        self.look_ups.push(LookUp { query, asker, result: receiver });
    }
}

/// Answers a query.
fn tell(
    socket: &mut udp::Socket<'_>,
    query: &DnsQuery,
    found: &[Ipv4Addr],
    asker: udp::UdpMetadata,
    counters: &mut Counters,
) {
    let sent = reply(socket, &query.answer(found), asker);
    let counter = if found.is_empty() { &mut counters.names_refused } else { &mut counters.names_found };
    count(counter, sent);
}

/// Opens a socket on a port of every address.
fn open(sockets: &mut SocketSet<'static>, port: u16) -> io::Result<SocketHandle> {
    let buffer = || udp::PacketBuffer::new(vec![udp::PacketMetadata::EMPTY; DATAGRAMS], vec![0; BYTES]);
    let mut socket = udp::Socket::new(buffer(), buffer());
    socket.bind(port).map_err(|error| io::Error::other(format!("UDP port {port}: {error}")))?;
    Ok(sockets.add(socket))
}

/// Takes a datagram, with its sender and the address that it was sent to.
fn receive(socket: &mut udp::Socket<'_>) -> Option<(Vec<u8>, udp::UdpMetadata)> {
    let (datagram, from) = socket.recv().ok()?;
    Some((datagram.to_vec(), from))
}

/// Sends a datagram; whether there was room for it.
fn reply(socket: &mut udp::Socket<'_>, message: &[u8], to: udp::UdpMetadata) -> bool {
    socket.send_slice(message, to).is_ok()
}

fn count(counter: &mut u64, happened: bool) {
    *counter = counter.saturating_add(u64::from(happened));
}

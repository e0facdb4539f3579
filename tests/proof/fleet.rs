//! A thousand clients over TLS at one Mosquitto: all connections are cut at once, and then the broker is killed and started again.
//!
//! After the cut each client comes back once, at a moment of its own within the back-off's spread, and resumes its session by ticket. After
//! the restart the broker has forgotten its ticket keys, and every handshake is a full one. What that costs the broker is measured, and what
//! a larger fleet costs is computed from it.

use std::{
    fmt::Write as _,
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use mqtts::{
    BackOff, Client, Memory, Security, Settings,
    mqtt::Event,
    pc,
    status::net,
    tls12::{Config, Want},
};

use crate::{
    brokers::mosquitto,
    client::named,
    proxy::{cut_all, start_cuttable},
};

/// How many clients.
const CLIENTS: usize = 1_000;
/// The pauses of the library's default, but for a connection that is good after a second instead of half a minute.
const BACK_OFF: BackOff = BackOff { first: 1_000, longest: 120_000, stable: 1_000, spread: 8_000 };
/// Nothing here takes longer.
const PATIENCE: Duration = Duration::from_secs(300);

/// A client on a socket that never waits.
struct Device {
    client: Client<'static>,
    socket: Option<TcpStream>,
    is_connected: bool,
    /// Since the last upheaval: when it came back, the pauses before its attempts, whether it resumed, in milliseconds.
    back: Option<u64>,
    pauses: Vec<u64>,
    resumed: bool,
}

struct Fleet {
    devices: Vec<Device>,
    accel: pc::Accelerator,
    port: u16,
    start: Instant,
}

impl Fleet {
    fn new(clients: usize, port: u16, back_off: BackOff, resumes: bool) -> Self {
        let mut config = Config {
            anchors: Some(pc::anchors(crate::pki().certificate("ca")).unwrap()),
            ..Config::default()
        };
        config.session_tickets = resumes;
        let config: &'static Config<'static> = Box::leak(Box::new(config));
        let devices = (0..clients).map(|number| {
            let security = Security::Tls { host: "127.0.0.1", config };
            let settings = Settings { security, back_off, ..named(&format!("device-{number}")) };
            let memory = Box::leak(Box::new(Memory::<256, 256>::new()));
            let client = Client::new(settings, memory.lend()).unwrap();
            Device { client, socket: None, is_connected: false, back: None, pauses: vec![], resumed: false }
        });
        Self { devices: devices.collect(), accel: pc::accelerator(), port, start: Instant::now() }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap()
    }

    /// Moves all of them until each is connected.
    fn come_back(&mut self) {
        let begun = Instant::now();
        while !self.devices.iter().all(|device| device.is_connected) {
            assert!(begun.elapsed() < PATIENCE, "not all are back");
            self.turn();
        }
    }

    /// Moves all of them for so long.
    fn rest(&mut self, time: Duration) {
        let begun = Instant::now();
        while begun.elapsed() < time {
            self.turn();
        }
    }

    /// An upheaval begins: what is noted of the last one is forgotten.
    fn forget(&mut self) {
        for device in &mut self.devices {
            (device.is_connected, device.back) = (false, None);
            device.pauses.clear();
        }
    }

    fn turn(&mut self) {
        let mut has_moved = false;
        for number in 0..self.devices.len() {
            let now = self.now();
            has_moved |= self.devices[number].turn(&mut self.accel, self.port, now);
        }
        if !has_moved {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Device {
    /// One step; whether anything has moved.
    fn turn(&mut self, accel: &mut pc::Accelerator, port: u16, now: u64) -> bool {
        if let Some(at) = self.client.retry_at() {
            if at > now {
                return false;
            }
            match TcpStream::connect(("127.0.0.1", port)) {
                Ok(socket) => {
                    socket.set_nonblocking(true).unwrap();
                    socket.set_nodelay(true).unwrap();
                    self.socket = Some(socket);
                    self.client.connected(unix_time());
                }
                Err(_) => self.end(Some(net::CONNECT_FAILED), accel, now),
            }
            return true;
        }
        let polled = self.client.poll(accel, now);
        let Some(socket) = &mut self.socket else { return false };
        if !self.client.send_bytes().is_empty() {
            match socket.write(self.client.send_bytes()) {
                Ok(sent) => self.client.sent(sent),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
                Err(_) => self.end(Some(net::CONN_RESET), accel, now),
            }
            return true;
        }
        let Ok(want) = polled else {
            self.end(None, accel, now);
            return true;
        };
        if want.contains(Want::READ) {
            if let Ok(Some(Event::Connected { .. })) = self.client.event(now) {
                (self.is_connected, self.back) = (true, Some(now));
                self.resumed = self.client.tls().is_some_and(|tls| tls.resumed());
            }
            return true;
        }
        if want.contains(Want::RECV) && !want.contains(Want::BUSY) {
            match socket.read(self.client.recv_space()) {
                Ok(0) => self.client.recv_closed(),
                Ok(received) => self.client.received(received),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
                Err(_) => self.end(Some(net::CONN_RESET), accel, now),
            }
        }
        true
    }

    fn end(&mut self, reason: Option<mqtts::status::Error>, accel: &mut pc::Accelerator, now: u64) {
        self.socket = None;
        self.is_connected = false;
        self.client.ended(reason, accel, now);
        self.pauses.push(self.client.retry_at().unwrap_or(now).saturating_sub(now));
    }
}

/// What became of an upheaval.
struct Return {
    /// After how many milliseconds the last one was back, and the median.
    last: u64,
    median: u64,
    resumed: usize,
    attempts: usize,
    /// The processor's time that it cost the broker, in hundredths of a second.
    cost: u64,
}

fn report(fleet: &Fleet, begun: u64, cost: u64) -> Return {
    let mut times: Vec<u64> =
        fleet.devices.iter().map(|device| device.back.unwrap().saturating_sub(begun)).collect();
    times.sort_unstable();
    Return {
        last: *times.last().unwrap(),
        median: times[times.len() / 2],
        resumed: fleet.devices.iter().filter(|device| device.resumed).count(),
        attempts: fleet.devices.iter().map(|device| device.pauses.len()).sum(),
        cost,
    }
}

/// What is wrong with a return after a cut.
fn faults(fleet: &Fleet) -> Vec<String> {
    let mut faults = Vec::new();
    let devices = &fleet.devices;
    let resumed = devices.iter().filter(|device| device.resumed).count();
    if resumed < devices.len() {
        faults.push(format!("resumed: {resumed} of {}", devices.len()));
    }
    let firsts: Vec<u64> = devices.iter().filter_map(|device| device.pauses.first().copied()).collect();
    let longest = firsts.iter().max().copied().unwrap_or_default();
    if longest > u64::from(BACK_OFF.spread) {
        faults.push(format!("spread: a pause of {longest} ms"));
    }
    // Chance gives each eighth of the time an eighth of the clients.
    let eighth = u64::from(BACK_OFF.spread) / 8;
    let crowd = (0..8).map(|part| firsts.iter().filter(|pause| **pause / eighth == part).count()).max();
    if crowd.unwrap_or_default() > firsts.len() / 4 {
        faults.push(format!("spread: {} of {} at once", crowd.unwrap_or_default(), firsts.len()));
    }
    faults
}

/// A fleet is connected, and cut.
fn cut(clients: usize, broker: u16, back_off: BackOff, resumes: bool) -> (Fleet, u64) {
    let (port, streams) = start_cuttable(broker);
    let mut fleet = Fleet::new(clients, port, back_off, resumes);
    fleet.come_back();
    fleet.rest(Duration::from_millis(u64::from(back_off.stable) + 500));
    fleet.forget();
    let begun = fleet.now();
    cut_all(&streams);
    fleet.come_back();
    (fleet, begun)
}

#[test]
#[ignore = "takes minutes and 8192 sockets: `cargo xtask proof fleet`"]
fn a_fleet_comes_back() {
    let mut broker = mosquitto("").unwrap();
    let tls = broker.tls.unwrap();
    let (control, _) = cut(40, tls, BackOff { spread: 0, ..BACK_OFF }, false);
    let found = faults(&control);
    println!("control: {found:?}");
    for fault in ["resumed", "spread"] {
        assert!(found.iter().any(|text| text.starts_with(fault)), "the control was not found: {fault}");
    }
    drop(control);
    println!("control found: a fleet without tickets that comes back all at once");

    let (port, streams) = start_cuttable(tls);
    let mut fleet = Fleet::new(CLIENTS, port, BACK_OFF, true);
    let before = broker.processor_time();
    fleet.come_back();
    let first = report(&fleet, 0, broker.processor_time() - before);
    fleet.rest(Duration::from_millis(1_500));

    fleet.forget();
    let (begun, before) = (fleet.now(), broker.processor_time());
    cut_all(&streams);
    fleet.come_back();
    let cut = report(&fleet, begun, broker.processor_time() - before);
    assert_eq!(faults(&fleet), Vec::<String>::new());
    assert_eq!(cut.attempts, CLIENTS, "each comes back with its first attempt");
    fleet.rest(Duration::from_millis(1_500));

    fleet.forget();
    let begun = fleet.now();
    broker.kill();
    fleet.rest(Duration::from_secs(2));
    broker.start_again().unwrap();
    let before = broker.processor_time();
    fleet.come_back();
    let restart = report(&fleet, begun, broker.processor_time() - before);
    assert_eq!(restart.resumed, 0, "the broker has new keys");
    let longest = fleet.devices.iter().flat_map(|device| &device.pauses).max().copied().unwrap_or_default();
    assert!(longest <= u64::from(BACK_OFF.longest));

    println!(
        "counted: {CLIENTS} clients; after the cut {} resumed, the last back after {} ms; after the restart the last after {} ms, with {} attempts",
        cut.resumed, cut.last, restart.last, restart.attempts
    );
    crate::write_table("FLEET_TABLE", &document(&first, &cut, &restart));
}

fn document(first: &Return, cut: &Return, restart: &Return) -> String {
    let mut text = format!(
        "# A fleet\n\n\
         Written by `cargo xtask proof fleet`: {CLIENTS} clients of `mqtts` over TLS (2048-bit RSA, a chain of two) at one Mosquitto on one machine, behind a\n\
         proxy that cuts all connections at once; then the broker is killed, is away for two seconds, and has new ticket keys. The pauses are those of\n\
         `BackOff::default()`: the first attempt at a random moment within 8 seconds, then 1, 2, 4 … 120 seconds, each shortened by up to a half; but a\n\
         connection is good after one second instead of thirty.\n\n\
         | | resumed | attempts to come back | half are back after | the last after | the broker's processor | for one client |\n|---|--:|--:|--:|--:|--:|--:|\n"
    );
    for (name, upheaval) in
        [("all for the first time", first), ("after a cut", cut), ("after a restart of the broker", restart)]
    {
        let _ = writeln!(
            text,
            "| {name} | {} | {} | {:.1} s | {:.1} s | {:.2} s | {:.2} ms |",
            upheaval.resumed,
            upheaval.attempts,
            upheaval.median as f64 / 1e3,
            upheaval.last as f64 / 1e3,
            upheaval.cost as f64 / 1e2,
            each(upheaval),
        );
    }
    text.push_str(
        "\nThe clients and the proxy run on the same two cores as the broker, so that the times are the machine's; the broker's processor time is its own.\n\n\
         ## A hundred thousand, on paper\n\n\
         A broker is busy for the clients' number times what one costs; within the spread it must be done, or handshakes wait in line. From the figures above,\n\
         with a core of this machine:\n\n\
         | 100 000 clients | the broker is busy for | cores, spread over 8 s | cores, spread over 60 s | cores, spread over 300 s |\n|---|--:|--:|--:|--:|\n",
    );
    for (name, upheaval) in [("after a cut: resumed", cut), ("after a restart: full handshakes", restart)] {
        let busy = each(upheaval) * 100.0;
        let cores = |spread: f64| (busy / spread).ceil();
        let _ =
            writeln!(text, "| {name} | {busy:.0} s | {} | {} | {} |", cores(8.0), cores(60.0), cores(300.0));
    }
    text.push_str(
        "\nMosquitto uses one core. So a fleet of that size sets `BackOff::spread` to a minute or more, and keeps the broker's ticket keys over its restarts where the\n\
         broker can do that, or stands behind several.\n",
    );
    text
}

/// What one client costs, in milliseconds.
fn each(upheaval: &Return) -> f64 {
    upheaval.cost as f64 * 10.0 / CLIENTS as f64
}

fn unix_time() -> u64 {
    std::time::UNIX_EPOCH.elapsed().unwrap().as_secs()
}

//! A broker of a few lines behind TLS or without it, which answers what the client says and does what a test tells it.

use std::{collections::VecDeque, num::NonZeroU16};

use mqtts::mqtt::{ConnAck, Message, Packet, Publish, QoS, SubAck};
use mqtts::{Client, Settings, accel::Accel, status::Status, tls12::Want};
use tests::{
    link::{Cutter, Pieces},
    server::{Script, Server},
};

/// What carries the broker's bytes.
pub(crate) enum Carrier {
    Tls(Box<Server>),
    Plain { from: Vec<u8>, to: VecDeque<u8>, ended: bool },
}

/// The broker, and the wire to it.
pub(crate) struct Broker {
    pub(crate) carrier: Carrier,
    cutter: Cutter,
    /// How many bytes of what came have been looked at.
    read: usize,
    /// The names of the packets that came.
    pub(crate) packets: Vec<String>,
    /// Whether CONNACK says that there is a session.
    pub(crate) session_present: bool,
    /// Whether messages are acknowledged.
    pub(crate) acknowledges: bool,
    /// Whether everything is taken and nothing is looked at.
    pub(crate) is_deaf: bool,
    /// What is said in place of the answer to the first packet of this name.
    pub(crate) instead: Option<(&'static str, Vec<u8>)>,
}

impl Broker {
    pub(crate) fn tls(script: Script, pieces: Pieces) -> Self {
        Self::new(Carrier::Tls(Box::new(Server::new(script))), pieces)
    }

    pub(crate) fn plain(pieces: Pieces) -> Self {
        Self::new(Carrier::Plain { from: Vec::new(), to: VecDeque::new(), ended: false }, pieces)
    }

    fn new(carrier: Carrier, pieces: Pieces) -> Self {
        Self {
            carrier,
            cutter: Cutter::new(pieces),
            read: 0,
            packets: Vec::new(),
            session_present: false,
            acknowledges: true,
            is_deaf: false,
            instead: None,
        }
    }

    /// Sends a packet to the client.
    pub(crate) fn say(&mut self, packet: &Packet<'_>) {
        let mut out = vec![0; 4096];
        let length = packet.encode(&mut out).unwrap();
        self.say_bytes(&out[..length]);
    }

    /// Sends bytes that need not be a packet.
    pub(crate) fn say_bytes(&mut self, bytes: &[u8]) {
        match &mut self.carrier {
            // In records that fit a small window.
            Carrier::Tls(server) => bytes.chunks(1_000).for_each(|record| server.send(record)),
            Carrier::Plain { to, .. } => to.extend(bytes),
        }
    }

    /// The stream ends without a word.
    pub(crate) fn hang_up(&mut self) {
        match &mut self.carrier {
            Carrier::Tls(server) => server.push(tests::server::Item::End),
            Carrier::Plain { ended, .. } => *ended = true,
        }
    }

    pub(crate) fn receive(&mut self, bytes: &[u8]) {
        if self.is_deaf {
            return;
        }
        let data = match &mut self.carrier {
            Carrier::Tls(server) => {
                server.receive(bytes);
                server.data.clone()
            }
            Carrier::Plain { from, .. } => {
                from.extend(bytes);
                from.clone()
            }
        };
        while let Some((packet, used)) = Packet::decode(&data[self.read..]).unwrap() {
            self.read += used;
            self.packets.push(name(&packet).to_owned());
            match self.instead.take_if(|(awaited, _)| *awaited == name(&packet)) {
                Some((_, bytes)) => self.say_bytes(&bytes),
                None => self.answer(&packet),
            }
        }
    }

    fn answer(&mut self, packet: &Packet<'_>) {
        match packet {
            Packet::Connect(_) => {
                self.say(&Packet::ConnAck(ConnAck { session_present: self.session_present, return_code: 0 }));
            }
            Packet::Subscribe(subscribe) => {
                let codes: Vec<u8> = subscribe.subscriptions.iter().map(|it| it.qos.number()).collect();
                let results = mqtts::mqtt::Results::new(&codes).unwrap();
                self.say(&Packet::SubAck(SubAck { identifier: subscribe.identifier, results }));
            }
            Packet::Publish(Publish { message, identifier: Some(identifier), .. }) if self.acknowledges => {
                match message.qos {
                    QoS::ExactlyOnce => self.say(&Packet::PubRec(*identifier)),
                    _ => self.say(&Packet::PubAck(*identifier)),
                }
            }
            Packet::PubRel(identifier) => self.say(&Packet::PubComp(*identifier)),
            Packet::PingReq => self.say(&Packet::PingResp),
            _ => {}
        }
    }

    pub(crate) fn take(&mut self, most: usize) -> Vec<u8> {
        let most = self.cutter.piece(most);
        match &mut self.carrier {
            Carrier::Tls(server) => server.take_output(most),
            Carrier::Plain { to, .. } => {
                let length = most.min(to.len());
                to.drain(..length).collect()
            }
        }
    }

    /// Whether there is something to take, or the end.
    pub(crate) fn has_something(&self) -> bool {
        self.has_ended()
            || match &self.carrier {
                Carrier::Tls(server) => !server.is_silent(),
                Carrier::Plain { to, .. } => !to.is_empty(),
            }
    }

    pub(crate) fn has_ended(&self) -> bool {
        match &self.carrier {
            Carrier::Tls(server) => server.ended && server.is_silent(),
            Carrier::Plain { to, ended, .. } => *ended && to.is_empty(),
        }
    }
}

fn name(packet: &Packet<'_>) -> &'static str {
    match packet {
        Packet::Connect(_) => "Connect",
        Packet::Publish(_) => "Publish",
        Packet::PubAck(_) => "PubAck",
        Packet::PubRec(_) => "PubRec",
        Packet::PubRel(_) => "PubRel",
        Packet::PubComp(_) => "PubComp",
        Packet::Subscribe(_) => "Subscribe",
        Packet::Unsubscribe(_) => "Unsubscribe",
        Packet::PingReq => "PingReq",
        Packet::Disconnect => "Disconnect",
        _ => "a server's packet",
    }
}

/// Moves bytes until nothing moves any more; what happened goes to `happened`. As `Want` promises, so the ports lend.
pub(crate) fn run<A: Accel>(
    client: &mut Client<'_>,
    broker: &mut Broker,
    accel: &mut A,
    now: u64,
    happened: &mut Vec<String>,
) -> Result<Want, Status> {
    for _ in 0..1_000_000 {
        let polled = client.poll(accel, now);
        if !client.send_bytes().is_empty() {
            let length = broker.cutter.piece(client.send_bytes().len());
            let bytes = client.send_bytes()[..length].to_vec();
            client.sent(length);
            broker.receive(&bytes);
            continue;
        }
        let want = polled?;
        if want.contains(Want::READ) {
            if let Some(event) = client.event(now)? {
                happened.push(format!("{event:?}"));
            }
        } else if want.contains(Want::BUSY) {
        } else if want.contains(Want::CLOSED) {
            return Ok(want);
        } else if want.contains(Want::RECV) {
            let room = client.recv_space().len();
            let bytes = broker.take(room);
            if bytes.is_empty() {
                if !broker.has_ended() {
                    return Ok(want);
                }
                client.recv_closed();
            } else {
                client.recv_space()[..bytes.len()].copy_from_slice(&bytes);
                client.received(bytes.len());
            }
        } else {
            return Ok(want);
        }
    }
    panic!("no end to it");
}

/// Memory that is never given back: tests are short.
pub(crate) fn client(settings: Settings<'static>) -> Client<'static> {
    let memory = Box::leak(Box::new(mqtts::Memory::<1024, 4096>::new()));
    Client::new(settings, memory.lend()).unwrap()
}

pub(crate) fn message(topic: &'static str, payload: &'static [u8], qos: QoS) -> Message<'static> {
    Message { topic, payload, qos, retain: false }
}

pub(crate) fn identifier(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).unwrap()
}

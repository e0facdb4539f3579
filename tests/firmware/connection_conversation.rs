//! What is said at the broker, whatever room there is to say it in.

use accel::soft::Soft;
use firmware::{
    connection::{
        conversation::{Command, Conversation, Heard, options},
        report::Report,
    },
    names::Names,
    settings::Mqtt,
};
use mqtt::{ConnAck, Message, Packet, Publish, QoS};
use mqtts::{Buffers, Client, Security, Settings, tls12::Want};
use serde_json::Value;
use tests::{entropy::InsecureSeeded, random::Random};

use crate::connection_report::{longest, names, report};

/// A broker that has heard something.
#[derive(Default)]
struct Broker {
    heard: Vec<u8>,
    /// Topic, payload, quality of service, retained.
    published: Vec<(String, Vec<u8>, QoS, bool)>,
    filters: Vec<(String, QoS)>,
    /// The identifier of the SUBSCRIBE packet, which is not answered.
    subscribed: u16,
    connects: usize,
    will: Option<(String, Vec<u8>, bool)>,
    disconnects: usize,
    /// Answers QoS 2 as QoS 1.
    pub_ack_only: bool,
}

impl Broker {
    /// Takes the device's bytes, and answers.
    fn hear(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.heard.extend(bytes);
        let mut answers = Vec::new();
        while let Some((packet, used)) = Packet::decode(&self.heard).unwrap() {
            let mut answer = [0; 64];
            let reply = match packet {
                Packet::Connect(connect) => {
                    self.connects += 1;
                    let will = connect.will.unwrap();
                    self.will = Some((will.topic.to_owned(), will.payload.to_vec(), will.retain));
                    Some(Packet::ConnAck(ConnAck { session_present: false, return_code: 0 }))
                }
                Packet::Subscribe(subscribe) => {
                    self.subscribed = subscribe.identifier.get();
                    for wanted in subscribe.subscriptions.iter() {
                        self.filters.push((wanted.filter.to_owned(), wanted.qos));
                    }
                    None
                }
                Packet::Publish(Publish { message, identifier, .. }) => {
                    let Message { topic, payload, qos, retain } = message;
                    self.published.push((topic.to_owned(), payload.to_vec(), qos, retain));
                    match qos {
                        QoS::AtMostOnce => None,
                        QoS::ExactlyOnce if !self.pub_ack_only => identifier.map(Packet::PubRec),
                        _ => identifier.map(Packet::PubAck),
                    }
                }
                Packet::PubRel(identifier) => Some(Packet::PubComp(identifier)),
                Packet::PingReq => Some(Packet::PingResp),
                Packet::Disconnect => {
                    self.disconnects += 1;
                    None
                }
                other => panic!("no packet of a client: {:?}", other.encode(&mut answer)),
            };
            if let Some(reply) = reply {
                let length = reply.encode(&mut answer).unwrap();
                answers.extend(&answer[..length]);
            }
            self.heard.drain(..used);
        }
        answers
    }

    fn payloads(&self, topic: &str) -> Vec<&[u8]> {
        self.published
            .iter()
            .filter(|(name, ..)| name == topic)
            .map(|(_, payload, ..)| payload.as_slice())
            .collect()
    }
}

fn settings(quality_of_service: u8) -> Mqtt {
    let mut settings = Mqtt::default();
    settings.quality_of_service = quality_of_service;
    settings.topic_prefix = "house".try_into().unwrap();
    settings
}

/// A device and its settings.
struct Device {
    settings: Mqtt,
    names: Names,
    /// How much room there is for what is sent.
    room: usize,
}

/// A device at its broker.
struct Talk<'c, 'b> {
    conversation: Conversation<'c>,
    client: &'c mut Client<'b>,
    accel: Soft<InsecureSeeded>,
    /// How many bytes the wire takes at once.
    wire: Box<dyn FnMut() -> usize>,
}

impl Device {
    fn new(quality_of_service: u8) -> Self {
        Self { settings: settings(quality_of_service), names: names("", "house"), room: 4000 }
    }

    fn talk(&mut self, script: impl FnOnce(&mut Talk<'_, '_>)) {
        self.talk_twice(script, |_| {});
    }

    /// Two connections of one client.
    fn talk_twice(&mut self, first: impl FnOnce(&mut Talk<'_, '_>), second: impl FnOnce(&mut Talk<'_, '_>)) {
        let Self { settings, names, room } = self;
        let availability = names.topic("availability");
        let mqtt = options(settings, names, &availability);
        let (mut rx, mut tx) = (vec![0; 1024], vec![0; *room]);
        let (mut spill, mut in_flight) = (vec![0; 512], vec![0; 1536]);
        let buffers = Buffers {
            rx: &mut rx,
            tx: &mut tx,
            session: &mut [],
            spill: &mut spill,
            in_flight: &mut in_flight,
        };
        let of_client = Settings { mqtt, ..Settings::new(Security::Plain, &names.client_id) };
        let mut client = Client::new(of_client, buffers).unwrap();
        let accel = || Soft::new(InsecureSeeded::new(1));
        let wire = || Box::new(|| usize::MAX);
        client.connected(0);
        let conversation = Conversation::new(names, settings);
        first(&mut Talk { conversation, client: &mut client, accel: accel(), wire: wire() });
        client.ended(None, &mut accel(), 0);
        client.connected(0);
        let conversation = Conversation::new(names, settings);
        second(&mut Talk { conversation, client: &mut client, accel: accel(), wire: wire() });
    }
}

impl Talk<'_, '_> {
    /// What the device says, if anything is due; and all that the client says by itself.
    fn say(&mut self, report: &Report, now: u64) -> bool {
        self.client.poll(&mut self.accel, now).unwrap();
        let is_said = self.conversation.say(self.client, report, &mut self.accel, now).unwrap();
        self.client.poll(&mut self.accel, now).unwrap();
        is_said
    }

    /// What the wire takes of it.
    fn sent(&mut self) -> Vec<u8> {
        let bytes = self.client.send_bytes();
        let bytes = bytes[..bytes.len().min((self.wire)())].to_vec();
        self.client.sent(bytes.len());
        bytes
    }

    fn listen(&mut self, bytes: &[u8], now: u64) -> Vec<Heard> {
        let mut heard = Vec::new();
        for bytes in bytes.chunks(512) {
            self.client.recv_space()[..bytes.len()].copy_from_slice(bytes);
            self.client.received(bytes.len());
            while self.client.poll(&mut self.accel, now).unwrap().contains(Want::READ) {
                if let Some(event) = self.client.event(now).unwrap() {
                    heard.push(self.conversation.hear(&event));
                } else {
                    heard.push(Heard::Nothing);
                }
            }
        }
        heard
    }
}

/// Lets both talk until neither has more to say.
fn settle(talk: &mut Talk<'_, '_>, broker: &mut Broker, report: &Report, now: u64) -> Vec<Heard> {
    let mut heard = Vec::new();
    let (mut silent, mut turns) = (0, 0);
    while silent < 40 {
        turns += 1;
        assert!(turns < 10_000, "they never end");
        let is_said = talk.say(report, now);
        let sent = talk.sent();
        silent = if is_said || !sent.is_empty() { 0 } else { silent + 1 };
        heard.extend(talk.listen(&broker.hear(&sent), now));
    }
    heard
}

fn message(topic: &str, payload: &[u8], retain: bool) -> Vec<u8> {
    let message = Message { topic, payload, qos: QoS::AtMostOnce, retain };
    let mut out = vec![0; 1024];
    let packet = Packet::Publish(Publish { duplicate: false, message, identifier: None });
    let length = packet.encode(&mut out).unwrap();
    out.truncate(length);
    out
}

#[test]
fn the_device_introduces_itself_in_any_room() {
    let mut random = Random(17);
    for round in 0..60 {
        let level = round % 3;
        let report = if round % 2 == 0 { report() } else { longest() };
        let mut device = Device::new(level);
        // A state has to fit in one piece.
        device.room = 1200 + random.below(2900);
        let mut wire = Random(random.number());
        device.talk(|talk| {
            let mut broker = Broker::default();
            // Every now and then the wire takes hardly anything.
            talk.wire = Box::new(move || if wire.one_in(4) { wire.below(60) } else { wire.below(4000) });
            let heard = settle(talk, &mut broker, &report, 0);
            assert!(heard.contains(&Heard::Connected));
            assert_eq!(broker.connects, 1);
            assert_eq!(broker.will, Some(("house/availability".to_owned(), b"offline".to_vec(), true)));
            let qos = QoS::from_number(level).unwrap();
            let filters = [
                ("house/output/+/set".to_owned(), qos),
                ("homeassistant/status".to_owned(), QoS::AtMostOnce),
            ];
            assert_eq!(broker.filters, filters);
            assert_eq!(broker.payloads("house/availability"), [b"online"]);
            let [discovery] = broker.payloads("homeassistant/device/netcontrol-020000000015/config")[..]
            else {
                panic!("one discovery message: {:?}", broker.published)
            };
            let discovery: Value = serde_json::from_slice(discovery).unwrap();
            let ports = report.output_count + report.input_count;
            assert_eq!(discovery["components"].as_object().unwrap().len(), ports + 2);
            let [state] = broker.payloads("house/state")[..] else {
                panic!("one state: {:?}", broker.published)
            };
            let _: Value = serde_json::from_slice(state).unwrap();
            assert!(broker.published.iter().all(|(.., retain)| *retain));
        });
    }
}

#[test]
fn without_home_assistant_nothing_is_said_to_it() {
    let mut device = Device::new(1);
    device.settings.home_assistant = false;
    device.talk(|talk| {
        let mut broker = Broker::default();
        settle(talk, &mut broker, &report(), 0);
        assert_eq!(broker.filters.len(), 1);
        assert!(broker.published.iter().all(|(topic, ..)| topic.starts_with("house/")));
    });
}

#[test]
fn a_change_is_said_at_once_and_nothing_twice() {
    for level in 0..3 {
        Device::new(level).talk(|talk| {
            let mut broker = Broker::default();
            settle(talk, &mut broker, &report(), 0);
            settle(talk, &mut broker, &report(), 59_999);
            assert_eq!(broker.payloads("house/state").len(), 1);
            let changed = Report { inputs: 0b11, ..report() };
            settle(talk, &mut broker, &changed, 59_999);
            assert_eq!(broker.payloads("house/state").len(), 2);
            // Once a minute, for the uptime.
            settle(talk, &mut broker, &changed, 59_999 + 60_000);
            assert_eq!(broker.payloads("house/state").len(), 3);
        });
    }
}

/// States that nobody has acknowledged do not pile up.
#[test]
fn what_changes_meanwhile_is_in_the_next_state() {
    Device::new(1).talk(|talk| {
        let mut broker = Broker::default();
        settle(talk, &mut broker, &report(), 0);
        let mut unheard = Vec::new();
        for outputs in 2..20 {
            talk.say(&Report { outputs, ..report() }, 1);
            unheard.extend(talk.sent());
        }
        // Nothing is due before the acknowledgement comes, or the keep-alive time is over.
        assert_eq!((talk.conversation.deadline(), talk.client.next_deadline()), (None, Some(45_000)));
        let answers = broker.hear(&unheard);
        assert_eq!(broker.payloads("house/state").len(), 2);
        talk.listen(&answers, 1);
        settle(talk, &mut broker, &Report { outputs: 5, ..report() }, 1);
        let states = broker.payloads("house/state");
        let last: Value = serde_json::from_slice(states[2]).unwrap();
        assert_eq!((states.len(), &last["outputs"]), (3, &serde_json::json!(["ON", "OFF", "ON"])));
    });
}

#[test]
fn commands_are_heard_and_nothing_else() {
    Device::new(0).talk(|talk| {
        let mut broker = Broker::default();
        settle(talk, &mut broker, &report(), 0);
        let on = Heard::Command(Command { output: 1, on: true });
        assert_eq!(talk.listen(&message("house/output/2/set", b"ON", false), 1), [on]);
        let off = Heard::Command(Command { output: 7, on: false });
        assert_eq!(talk.listen(&message("house/output/8/set", b"OFF", false), 1), [off]);
        for (topic, payload, retain) in [
            ("house/output/2/set", b"ON".as_slice(), true),
            ("house/output/2/set", b"on", false),
            ("house/output/2/set", b"", false),
            ("house/output/9/set", b"ON", false),
            ("homeassistant/status", b"offline", false),
        ] {
            assert_eq!(talk.listen(&message(topic, payload, retain), 1), [Heard::Nothing], "{topic}");
        }
        assert_eq!(broker.published.len(), 3);
    });
}

#[test]
fn home_assistant_is_told_again_when_it_has_restarted() {
    Device::new(1).talk(|talk| {
        let mut broker = Broker::default();
        settle(talk, &mut broker, &report(), 0);
        broker.published.clear();
        talk.listen(&message("homeassistant/status", b"online", false), 1);
        settle(talk, &mut broker, &report(), 0);
        let topics: Vec<&str> = broker.published.iter().map(|(topic, ..)| topic.as_str()).collect();
        let expected =
            ["house/availability", "homeassistant/device/netcontrol-020000000015/config", "house/state"];
        assert_eq!(topics, expected);
    });
}

#[test]
fn a_refused_subscription_is_a_failure_that_the_connection_survives() {
    Device::new(1).talk(|talk| {
        let mut broker = Broker::default();
        settle(talk, &mut broker, &report(), 0);
        let [high, low] = broker.subscribed.to_be_bytes();
        let heard = talk.listen(&[0x90, 4, high, low, 0x80, 0], 1);
        assert_eq!(heard, [Heard::Refused(status::mqtt::SUBSCRIPTION_REFUSED)]);
    });
}

/// RabbitMQ answers QoS 2 with PUBACK: the message is delivered, the conversation goes on, and one note says so.
#[test]
fn a_broker_that_does_not_keep_quality_of_service_2_is_noted_once() {
    for level in 1..=2 {
        Device::new(level).talk(|talk| {
            let mut broker = Broker { pub_ack_only: true, ..Broker::default() };
            let mut heard = settle(talk, &mut broker, &report(), 0);
            for outputs in 2..6 {
                let changed = Report { outputs, ..report() };
                heard.extend(settle(talk, &mut broker, &changed, 0));
            }
            assert_eq!(broker.payloads("house/state").len(), 5);
            let notes: Vec<_> = heard.iter().filter(|heard| matches!(heard, Heard::Refused(_))).collect();
            let expected = [&Heard::Refused(status::mqtt::ACKNOWLEDGED_BY_PUBACK)];
            assert_eq!(notes, if level == 2 { expected.as_slice() } else { &[] });
        });
    }
}

/// A broker that opens identifiers with gaps between them until no range is left: the connection ends with a code, and the next one
/// begins with a clean session.
#[test]
fn a_session_that_overflows_begins_anew() {
    let is_clean = |talk: &Talk<'_, '_>| talk.client.mqtt().has_clean_session();
    Device::new(2).talk_twice(
        |talk| {
            let mut broker = Broker::default();
            settle(talk, &mut broker, &report(), 0);
            assert!(!is_clean(talk));
            let failed = (1..u16::MAX).step_by(2).find_map(|identifier| {
                let [high, low] = identifier.to_be_bytes();
                let bytes = [0x34, 5, 0, 1, b'a', high, low];
                talk.client.recv_space()[..bytes.len()].copy_from_slice(&bytes);
                talk.client.received(bytes.len());
                talk.client.poll(&mut talk.accel, 0).unwrap();
                let result = talk.client.event(0).map(|_| ());
                let _ = talk.client.poll(&mut talk.accel, 0);
                talk.client.sent(usize::MAX);
                Some((identifier, result.err()?))
            });
            let (identifier, status) = failed.unwrap();
            assert_eq!(status.error, status::mqtt::SESSION_OVERFLOW);
            assert!(identifier > 400, "{identifier}");
        },
        |talk| {
            let mut broker = Broker::default();
            let heard = settle(talk, &mut broker, &report(), 0);
            assert!(heard.contains(&Heard::Connected) && is_clean(talk));
            assert_eq!(broker.payloads("house/state").len(), 1);
        },
    );
}

#[test]
fn the_goodbye_is_offline_and_disconnect() {
    for level in 0..3 {
        Device::new(level).talk(|talk| {
            let mut broker = Broker::default();
            settle(talk, &mut broker, &report(), 0);
            talk.conversation.leave(talk.client, &mut talk.accel, 0).unwrap();
            talk.client.disconnect();
            talk.client.poll(&mut talk.accel, 0).unwrap();
            broker.hear(&talk.sent());
            assert_eq!(broker.payloads("house/availability").last().unwrap(), b"offline");
            assert_eq!(broker.disconnects, 1);
        });
    }
}

#[test]
fn a_password_without_a_user_name_is_not_sent() {
    let mut mqtt = settings(1);
    mqtt.password = "secret".try_into().unwrap();
    let names = names("", "");
    assert!(options(&mqtt, &names, "a").password.is_none());
    mqtt.user_name = "me".try_into().unwrap();
    let options = options(&mqtt, &names, "a");
    assert_eq!((options.user_name, options.password), (Some("me"), Some(b"secret".as_slice())));
}

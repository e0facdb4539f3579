//! What is said at the broker, whatever room there is to say it in.

use firmware::{
    connection::{
        conversation::{Command, Conversation, Heard, options},
        names::Names,
        report::Report,
    },
    settings::Mqtt,
};
use mqtt::{Client, ConnAck, Message, Packet, Publish, QoS};
use serde_json::Value;
use tests::random::Random;

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

/// Everything that a conversation borrows.
struct Device {
    settings: Mqtt,
    names: Names,
    availability: String,
    spill: Vec<u8>,
    in_flight: Vec<u8>,
}

impl Device {
    fn new(quality_of_service: u8) -> Self {
        let names = names("", "house");
        let availability = names.topic("availability").as_str().to_owned();
        Self {
            settings: settings(quality_of_service),
            names,
            availability,
            spill: vec![0; 512],
            in_flight: vec![0; 1536],
        }
    }

    fn talk(&mut self, script: impl FnOnce(&mut Conversation<'_, '_>)) {
        let Self { settings, names, availability, spill, in_flight } = self;
        let mut client = Client::new(options(settings, names, availability), spill, in_flight).unwrap();
        script(&mut Conversation::new(&mut client, names, settings));
    }

    /// Several connections of one client.
    fn talk_twice(
        &mut self,
        first: impl FnOnce(&mut Conversation<'_, '_>),
        second: impl FnOnce(&mut Conversation<'_, '_>),
    ) {
        let Self { settings, names, availability, spill, in_flight } = self;
        let mut client = Client::new(options(settings, names, availability), spill, in_flight).unwrap();
        first(&mut Conversation::new(&mut client, names, settings));
        second(&mut Conversation::new(&mut client, names, settings));
    }
}

/// Lets both talk until neither has more to say; `room` says how much space each turn has.
fn settle(
    conversation: &mut Conversation<'_, '_>,
    broker: &mut Broker,
    report: &Report,
    now: u64,
    mut room: impl FnMut() -> usize,
) -> Vec<Heard> {
    let mut heard = Vec::new();
    let (mut silent, mut turns) = (0, 0);
    while silent < 40 {
        turns += 1;
        assert!(turns < 1000, "they never end");
        let mut out = vec![0; room()];
        let written = conversation.write(report, now, &mut out).unwrap();
        let answers = broker.hear(&out[..written]);
        silent = if written == 0 { silent + 1 } else { 0 };
        heard.extend(listen(conversation, &answers, now));
    }
    heard
}

fn listen(conversation: &mut Conversation<'_, '_>, bytes: &[u8], now: u64) -> Vec<Heard> {
    let mut heard = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let (used, event) = conversation.read(&bytes[at..], now).unwrap();
        assert!(used > 0);
        at += used;
        heard.push(event);
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
        device.talk(|conversation| {
            let mut broker = Broker::default();
            // A state has to fit in one piece; every now and then there is hardly any room.
            let room = || if random.one_in(4) { random.below(60) } else { 1200 + random.below(2900) };
            let heard = settle(conversation, &mut broker, &report, 0, room);
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
    device.talk(|conversation| {
        let mut broker = Broker::default();
        settle(conversation, &mut broker, &report(), 0, || 4000);
        assert_eq!(broker.filters.len(), 1);
        assert!(broker.published.iter().all(|(topic, ..)| topic.starts_with("house/")));
    });
}

#[test]
fn a_change_is_said_at_once_and_nothing_twice() {
    for level in 0..3 {
        Device::new(level).talk(|conversation| {
            let mut broker = Broker::default();
            settle(conversation, &mut broker, &report(), 0, || 4000);
            settle(conversation, &mut broker, &report(), 59_999, || 4000);
            assert_eq!(broker.payloads("house/state").len(), 1);
            let changed = Report { inputs: 0b11, ..report() };
            settle(conversation, &mut broker, &changed, 59_999, || 4000);
            assert_eq!(broker.payloads("house/state").len(), 2);
            // Once a minute, for the uptime.
            settle(conversation, &mut broker, &changed, 59_999 + 60_000, || 4000);
            assert_eq!(broker.payloads("house/state").len(), 3);
        });
    }
}

/// States that nobody has acknowledged do not pile up.
#[test]
fn what_changes_meanwhile_is_in_the_next_state() {
    Device::new(1).talk(|conversation| {
        let mut broker = Broker::default();
        settle(conversation, &mut broker, &report(), 0, || 4000);
        let mut unheard = Vec::new();
        for outputs in 2..20 {
            let mut out = vec![0; 4000];
            let written = conversation.write(&Report { outputs, ..report() }, 1, &mut out).unwrap();
            unheard.extend_from_slice(&out[..written]);
        }
        // Nothing is due before the acknowledgement comes, or the keep-alive time is over.
        assert_eq!(conversation.deadline(), Some(45_000));
        let answers = broker.hear(&unheard);
        assert_eq!(broker.payloads("house/state").len(), 2);
        listen(conversation, &answers, 1);
        settle(conversation, &mut broker, &Report { outputs: 5, ..report() }, 1, || 4000);
        let states = broker.payloads("house/state");
        let last: Value = serde_json::from_slice(states[2]).unwrap();
        assert_eq!((states.len(), &last["outputs"]), (3, &serde_json::json!(["ON", "OFF", "ON"])));
    });
}

#[test]
fn commands_are_heard_and_nothing_else() {
    Device::new(0).talk(|conversation| {
        let mut broker = Broker::default();
        settle(conversation, &mut broker, &report(), 0, || 4000);
        let on = Heard::Command(Command { output: 1, on: true });
        assert_eq!(listen(conversation, &message("house/output/2/set", b"ON", false), 1), [on]);
        let off = Heard::Command(Command { output: 7, on: false });
        assert_eq!(listen(conversation, &message("house/output/8/set", b"OFF", false), 1), [off]);
        for (topic, payload, retain) in [
            ("house/output/2/set", b"ON".as_slice(), true),
            ("house/output/2/set", b"on", false),
            ("house/output/2/set", b"", false),
            ("house/output/9/set", b"ON", false),
            ("homeassistant/status", b"offline", false),
        ] {
            assert_eq!(
                listen(conversation, &message(topic, payload, retain), 1),
                [Heard::Nothing],
                "{topic}"
            );
        }
        assert_eq!(broker.published.len(), 3);
    });
}

#[test]
fn home_assistant_is_told_again_when_it_has_restarted() {
    Device::new(1).talk(|conversation| {
        let mut broker = Broker::default();
        settle(conversation, &mut broker, &report(), 0, || 4000);
        broker.published.clear();
        listen(conversation, &message("homeassistant/status", b"online", false), 1);
        settle(conversation, &mut broker, &report(), 0, || 4000);
        let topics: Vec<&str> = broker.published.iter().map(|(topic, ..)| topic.as_str()).collect();
        let expected =
            ["house/availability", "homeassistant/device/netcontrol-020000000015/config", "house/state"];
        assert_eq!(topics, expected);
    });
}

#[test]
fn a_refused_subscription_is_a_failure_that_the_connection_survives() {
    Device::new(1).talk(|conversation| {
        let mut broker = Broker::default();
        settle(conversation, &mut broker, &report(), 0, || 4000);
        let [high, low] = broker.subscribed.to_be_bytes();
        let heard = listen(conversation, &[0x90, 4, high, low, 0x80, 0], 1);
        assert_eq!(heard, [Heard::Refused(status::mqtt::SUBSCRIPTION_REFUSED)]);
    });
}

/// RabbitMQ answers QoS 2 with PUBACK: the message is delivered, the conversation goes on, and one note says so.
#[test]
fn a_broker_that_does_not_keep_quality_of_service_2_is_noted_once() {
    for level in 1..=2 {
        Device::new(level).talk(|conversation| {
            let mut broker = Broker { pub_ack_only: true, ..Broker::default() };
            let mut heard = settle(conversation, &mut broker, &report(), 0, || 4000);
            for outputs in 2..6 {
                let changed = Report { outputs, ..report() };
                heard.extend(settle(conversation, &mut broker, &changed, 0, || 4000));
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
    let is_clean = |conversation: &Conversation<'_, '_>| conversation.client().has_clean_session();
    Device::new(2).talk_twice(
        |conversation| {
            let mut broker = Broker::default();
            settle(conversation, &mut broker, &report(), 0, || 4000);
            assert!(!is_clean(conversation));
            let failed = (1..u16::MAX).step_by(2).find_map(|identifier| {
                let [high, low] = identifier.to_be_bytes();
                let result = conversation.read(&[0x34, 5, 0, 1, b'a', high, low], 0);
                let _ = conversation.client().has_output()
                    && conversation.write(&report(), 0, &mut [0; 99]).is_ok();
                Some((identifier, result.err()?))
            });
            let (identifier, error) = failed.unwrap();
            assert_eq!(error, status::mqtt::SESSION_OVERFLOW);
            assert!(identifier > 400, "{identifier}");
        },
        |conversation| {
            let mut broker = Broker::default();
            let heard = settle(conversation, &mut broker, &report(), 0, || 4000);
            assert!(heard.contains(&Heard::Connected) && is_clean(conversation));
            assert_eq!(broker.payloads("house/state").len(), 1);
        },
    );
}

#[test]
fn the_goodbye_is_offline_and_disconnect() {
    for level in 0..3 {
        Device::new(level).talk(|conversation| {
            let mut broker = Broker::default();
            settle(conversation, &mut broker, &report(), 0, || 4000);
            let mut out = [0; 200];
            let written = conversation.leave(0, &mut out).unwrap();
            broker.hear(&out[..written]);
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

//! A hostile broker: what it says in place of an answer or of its own accord, the end that this has, and the way back.
//!
//! Each script runs over TLS and without it, whole and byte by byte. Whatever a broker has said, the client then comes to a good one, where
//! everything is delivered that was not: nothing that a broker says locks a client out.

use mqtts::mqtt::{Options, QoS, Subscription};
use mqtts::status::{
    Error,
    mqtt::{
        CONNECTION_CLOSED, KEEP_ALIVE_TIMEOUT, MALFORMED_PACKET, REFUSED_IDENTIFIER, REFUSED_NOT_AUTHORIZED,
        REFUSED_PROTOCOL_VERSION, REFUSED_SERVER_UNAVAILABLE, REFUSED_UNKNOWN, REFUSED_USER_NAME_OR_PASSWORD,
        SESSION_OVERFLOW, UNEXPECTED_PACKET,
    },
    ssl,
};
use mqtts::{Client, Security, Settings, accel::soft::Soft};
use tests::{
    entropy::InsecureSeeded, hex::hex, link::Pieces, random::Random, server::Script as Tls, throwaway::NOW,
};

use crate::{
    broker::{Broker, client, message, run},
    client::security,
};

/// When the broker says it: in place of the answer to the first packet of this name, or of its own accord when all is said.
type Moment = &'static str;

const OF_ITS_OWN: Moment = "";

/// How it ends.
#[derive(Clone, Copy)]
enum End {
    /// The connection lives on.
    Lives,
    /// It ends with this code.
    With(Error),
    /// The same, once the broker has hung up behind it.
    HungUp,
    /// The same, once the broker has said nothing more for minutes.
    Silent,
}

use End::{HungUp, Lives, Silent, With};

const MALFORMED: End = With(MALFORMED_PACKET);
const UNEXPECTED: End = With(UNEXPECTED_PACKET);

/// What is said when, and how it ends.
struct Script {
    moment: Moment,
    says: Vec<u8>,
    end: End,
    name: String,
}

/// Scripts whose packets fit in a line.
#[rustfmt::skip]
const LINES: &[(Moment, &str, End, &str)] = &[
    // MQTT 3.1.1 §3.2: CONNACK is the first packet, and has two bytes.
    ("Connect", "", Silent, "no CONNACK"),
    ("Connect", "", HungUp, "an end instead of CONNACK"),
    ("Connect", "20", HungUp, "one byte of CONNACK"),
    ("Connect", "2002", HungUp, "two bytes of CONNACK"),
    ("Connect", "200200", HungUp, "three bytes of CONNACK"),
    ("Connect", "200200", Silent, "three bytes of CONNACK, and no more"),
    ("Connect", "20020001", With(REFUSED_PROTOCOL_VERSION), "refused: version"),
    ("Connect", "20020002", With(REFUSED_IDENTIFIER), "refused: identifier"),
    ("Connect", "20020003", With(REFUSED_SERVER_UNAVAILABLE), "refused: unavailable"),
    ("Connect", "20020004", With(REFUSED_USER_NAME_OR_PASSWORD), "refused: password"),
    ("Connect", "20020005", With(REFUSED_NOT_AUTHORIZED), "refused: not authorized"),
    ("Connect", "20020006", With(REFUSED_UNKNOWN), "refused: 6"),
    ("Connect", "20020080", With(REFUSED_UNKNOWN), "refused: 128, as MQTT 5"),
    ("Connect", "200200ff", With(REFUSED_UNKNOWN), "refused: 255"),
    ("Connect", "20020005 20020000", With(REFUSED_NOT_AUTHORIZED), "refused, then accepted"),
    ("Connect", "20020105", MALFORMED, "refused with a session"),
    ("Connect", "20020200", MALFORMED, "CONNACK with a reserved flag"),
    ("Connect", "2002fe00", MALFORMED, "CONNACK with every reserved flag"),
    ("Connect", "21020000", MALFORMED, "CONNACK with a flag in its header"),
    ("Connect", "2000", MALFORMED, "an empty CONNACK"),
    ("Connect", "200100", MALFORMED, "a CONNACK of one byte"),
    ("Connect", "2003000000", MALFORMED, "the CONNACK of MQTT 5"),
    ("Connect", "20020000 20020000", UNEXPECTED, "CONNACK twice"),
    ("Connect", "20020000 20020005", UNEXPECTED, "accepted, then refused"),
    ("Connect", "30050001616200", UNEXPECTED, "PUBLISH before CONNACK"),
    ("Connect", "40020001", UNEXPECTED, "PUBACK before CONNACK"),
    ("Connect", "50020001", UNEXPECTED, "PUBREC before CONNACK"),
    ("Connect", "62020001", UNEXPECTED, "PUBREL before CONNACK"),
    ("Connect", "70020001", UNEXPECTED, "PUBCOMP before CONNACK"),
    ("Connect", "9003000100", UNEXPECTED, "SUBACK before CONNACK"),
    ("Connect", "b0020001", UNEXPECTED, "UNSUBACK before CONNACK"),
    ("Connect", "d000", UNEXPECTED, "PINGRESP before CONNACK"),
    ("Connect", "c000", UNEXPECTED, "PINGREQ before CONNACK"),
    ("Connect", "e000", UNEXPECTED, "DISCONNECT before CONNACK"),
    ("Connect", "100c00044d5154540402003c0000", UNEXPECTED, "CONNECT: a client listens there"),
    ("Connect", "485454502f312e31203430300d0a0d0a", MALFORMED, "a web server's answer"),
    ("Connect", "5353482d322e302d780d0a", MALFORMED, "an SSH server's greeting"),
    ("Connect", "323230206d61696c0d0a", Silent, "a mail server's greeting: a PUBLISH that does not go on"),
    ("Connect", "15030100020228", MALFORMED, "an alert of TLS where there is no TLS, or of another layer"),
    ("Connect", "0000", MALFORMED, "the reserved packet 0"),
    ("Connect", "f000", MALFORMED, "the reserved packet 15"),
    ("Connect", "20ffffffff01", MALFORMED, "a length of five bytes"),
    ("Connect", "2080808080", MALFORMED, "a length without an end"),
    ("Connect", "20ffffff7f", MALFORMED, "a CONNACK of 256 MB"),
    // §3.9
    ("Subscribe", "", Silent, "no SUBACK"),
    ("Subscribe", "", HungUp, "an end instead of SUBACK"),
    ("Subscribe", "9004 0003 80 80", Lives, "both filters refused"),
    ("Subscribe", "9004 0003 00 00", Lives, "both filters granted at 0"),
    ("Subscribe", "9004 0003 02 02", Lives, "more granted than was asked for"),
    ("Subscribe", "9004 0003 03 00", MALFORMED, "QoS 3 granted"),
    ("Subscribe", "9004 0003 7f 00", MALFORMED, "an unknown result"),
    ("Subscribe", "9004 0003 87 00", MALFORMED, "a reason of MQTT 5"),
    ("Subscribe", "9003 0003 00", MALFORMED, "a result too few"),
    ("Subscribe", "9005 0003 00 00 00", MALFORMED, "a result too many"),
    ("Subscribe", "9002 0003", MALFORMED, "no result"),
    ("Subscribe", "9004 0000 00 00", MALFORMED, "SUBACK of identifier 0"),
    ("Subscribe", "9004 0063 00 00", Lives, "SUBACK of another SUBSCRIBE"),
    ("Subscribe", "9004 0003 00 00 9004 0003 00 00", Lives, "SUBACK twice"),
    ("Subscribe", "9104 0003 00 00", MALFORMED, "SUBACK with a flag"),
    ("Subscribe", "b002 0003", Lives, "UNSUBACK of the SUBSCRIBE"),
    ("Subscribe", "4002 0003", Lives, "PUBACK of the SUBSCRIBE"),
    ("Subscribe", "5002 0003", Lives, "PUBREC of the SUBSCRIBE"),
    // §3.4 to §3.7, to a message of QoS 1 (identifier 1) and one of QoS 2 (identifier 2)
    ("Publish", "", Lives, "no PUBACK, for ever"),
    ("Publish", "", HungUp, "an end instead of PUBACK"),
    ("Publish", "40020001 40020001 40020001", Lives, "PUBACK three times"),
    ("Publish", "40020002", Lives, "PUBACK of the message of QoS 2"),
    ("Publish", "40020063", Lives, "PUBACK of another message"),
    ("Publish", "50020001", Lives, "PUBREC of the message of QoS 1"),
    ("Publish", "70020001", Lives, "PUBCOMP of the message of QoS 1"),
    ("Publish", "62020001", Lives, "PUBREL of our own message"),
    ("Publish", "40020000", MALFORMED, "PUBACK of identifier 0"),
    ("Publish", "400101", MALFORMED, "PUBACK of one byte"),
    ("Publish", "4003000100", MALFORMED, "the PUBACK of MQTT 5"),
    ("Publish", "41020001", MALFORMED, "PUBACK with a flag"),
    ("PubRel", "", Lives, "no PUBCOMP, for ever"),
    ("PubRel", "", HungUp, "an end instead of PUBCOMP"),
    ("PubRel", "50020002", Lives, "PUBREC instead of PUBCOMP"),
    ("PubRel", "40020002", Lives, "PUBACK instead of PUBCOMP"),
    ("PubRel", "62020002", Lives, "PUBREL instead of PUBCOMP"),
    ("PubRel", "70020002 70020002", Lives, "PUBCOMP twice"),
    ("PubRel", "70020000", MALFORMED, "PUBCOMP of identifier 0"),
    ("PubRel", "72020002", MALFORMED, "PUBCOMP with the flags of PUBREL"),
    // §3.12
    ("PingReq", "", Silent, "no PINGRESP"),
    ("PingReq", "c000", UNEXPECTED, "PINGREQ instead of PINGRESP"),
    ("PingReq", "d00100", MALFORMED, "a PINGRESP with a byte"),
    ("PingReq", "d100", MALFORMED, "PINGRESP with a flag"),
    ("PingReq", "d000 d000 d000", Lives, "PINGRESP three times"),
    // §3.3, of its own accord
    (OF_ITS_OWN, "", HungUp, "an end"),
    (OF_ITS_OWN, "d000", Lives, "PINGRESP to nothing"),
    (OF_ITS_OWN, "3003 0001 61", Lives, "a message without payload"),
    (OF_ITS_OWN, "3004 0001 61 62", Lives, "a message that nobody subscribed to"),
    (OF_ITS_OWN, "3106 0001 61 626364", Lives, "a retained one"),
    (OF_ITS_OWN, "3007 0005 2453595378", Lives, "a topic of the server's own"),
    (OF_ITS_OWN, "3806 0001 61 626364", MALFORMED, "DUP at QoS 0"),
    (OF_ITS_OWN, "3605 0001 61 0001", MALFORMED, "QoS 3"),
    (OF_ITS_OWN, "3602 0001", MALFORMED, "QoS 3, too short"),
    (OF_ITS_OWN, "3000", MALFORMED, "an empty PUBLISH"),
    (OF_ITS_OWN, "300100", MALFORMED, "half a topic's length"),
    (OF_ITS_OWN, "3003 0000 61", MALFORMED, "an empty topic"),
    (OF_ITS_OWN, "3004 0009 6162", MALFORMED, "a topic beyond the packet"),
    (OF_ITS_OWN, "3203 0001 61", MALFORMED, "QoS 1 without an identifier"),
    (OF_ITS_OWN, "3204 0001 61 00", MALFORMED, "QoS 1 with half an identifier"),
    (OF_ITS_OWN, "3205 0001 61 0000", MALFORMED, "QoS 1 with the identifier 0"),
    (OF_ITS_OWN, "3405 0001 61 0000", MALFORMED, "QoS 2 with the identifier 0"),
    (OF_ITS_OWN, "3003 0001 2b", MALFORMED, "a topic with +"),
    (OF_ITS_OWN, "3003 0001 23", MALFORMED, "a topic with #"),
    (OF_ITS_OWN, "3003 0001 00", MALFORMED, "a topic with U+0000"),
    (OF_ITS_OWN, "3003 0001 ff", MALFORMED, "a topic that is no UTF-8"),
    (OF_ITS_OWN, "3004 0002 c080", MALFORMED, "a topic with an over-long form"),
    (OF_ITS_OWN, "3005 0003 eda080", MALFORMED, "a topic with a surrogate"),
    (OF_ITS_OWN, "3006 0004 f4908080", MALFORMED, "a topic beyond Unicode"),
    (OF_ITS_OWN, "3005 0003 efbbbf", Lives, "a topic that is a byte order mark"),
    (OF_ITS_OWN, "3005 0003 efbfbf", Lives, "a topic that is no character"),
    (OF_ITS_OWN, "3205 0001 61 0007 3205 0001 61 0007", Lives, "QoS 1 twice"),
    (OF_ITS_OWN, "3205 0001 61 0007 3a05 0001 61 0007", Lives, "QoS 1 again"),
    (OF_ITS_OWN, "3405 0001 61 0007 3c05 0001 61 0007", Lives, "QoS 2 again"),
    (OF_ITS_OWN, "3405 0001 61 0007 3405 0001 62 0007", Lives, "another message by the same identifier"),
    (OF_ITS_OWN, "3405 0001 61 0007 62020007 62020007", Lives, "PUBREL twice"),
    (OF_ITS_OWN, "3405 0001 61 0007 3205 0001 61 0007", Lives, "QoS 1 by the identifier of QoS 2"),
    (OF_ITS_OWN, "6202ffff", Lives, "PUBREL of nothing"),
    (OF_ITS_OWN, "60020007", MALFORMED, "PUBREL without its flags"),
    (OF_ITS_OWN, "62020000", MALFORMED, "PUBREL of identifier 0"),
    (OF_ITS_OWN, "4002ffff 5002ffff 7002ffff", Lives, "acknowledgements of nothing"),
    (OF_ITS_OWN, "9003000900 b0020009", Lives, "answers to nothing"),
    (OF_ITS_OWN, "b003000900", MALFORMED, "the UNSUBACK of MQTT 5"),
    (OF_ITS_OWN, "20020000", UNEXPECTED, "CONNACK again"),
    (OF_ITS_OWN, "820600010001 6100", UNEXPECTED, "SUBSCRIBE"),
    (OF_ITS_OWN, "a20500010001 61", UNEXPECTED, "UNSUBSCRIBE"),
    (OF_ITS_OWN, "c000", UNEXPECTED, "PINGREQ"),
    (OF_ITS_OWN, "e000", UNEXPECTED, "DISCONNECT"),
    (OF_ITS_OWN, "e00100", MALFORMED, "the DISCONNECT of MQTT 5"),
    (OF_ITS_OWN, "f000", MALFORMED, "AUTH of MQTT 5"),
    (OF_ITS_OWN, "0000", MALFORMED, "the reserved packet 0"),
    (OF_ITS_OWN, "30ffffffff7f", MALFORMED, "a length of five bytes"),
    (OF_ITS_OWN, "30ffffff7f 0001 61", Silent, "256 MB announced, and not sent"),
    (OF_ITS_OWN, "30ffffff7f 0001 61", HungUp, "256 MB announced, and an end"),
    (OF_ITS_OWN, "30ffffff7f ffff 61", HungUp, "the longest topic announced, and an end"),
    (OF_ITS_OWN, "32ffff03 0001 61", HungUp, "an end before the identifier"),
];

/// Scripts that are longer than a line.
fn long_ones() -> Vec<Script> {
    let mut scripts = Vec::new();
    let mut add = |name: &str, end, says: Vec<u8>| {
        scripts.push(Script { moment: OF_ITS_OWN, says, end, name: name.to_owned() });
    };
    let publish =
        |first: u8, identifier: u16| [&[first, 6, 0, 1, b'a'][..], &identifier.to_be_bytes(), b"x"].concat();
    add("ten thousand answers to no ping", Lives, [0xD0, 0].repeat(10_000));
    add("ten thousand acknowledgements of nothing", Lives, [0x40, 2, 0xFF, 0xFF].repeat(10_000));
    add("two thousand releases of nothing", Lives, [0x62, 2, 0xFF, 0xFF].repeat(2_000));
    add("two thousand messages of QoS 0", Lives, [0x30, 4, 0, 1, b'a', b'x'].repeat(2_000));
    add("two thousand of QoS 1", Lives, (1..=2_000).flat_map(|number| publish(0x32, number)).collect());
    add(
        "two thousand of QoS 2, none released",
        Lives,
        (1..=2_000).flat_map(|number| publish(0x34, number)).collect(),
    );
    add("the same message of QoS 2, two thousand times", Lives, publish(0x3C, 9).repeat(2_000));
    add(
        "more gaps between open identifiers than fit",
        With(SESSION_OVERFLOW),
        (1..=4_000).flat_map(|number| publish(0x34, number * 3)).collect(),
    );
    let large = |first, topic: usize, payload: usize, identifier: &[u8]| {
        let mut body = u16::try_from(topic).unwrap().to_be_bytes().to_vec();
        body.extend(vec![b'a'; topic]);
        body.extend(identifier);
        body.extend(vec![b'x'; payload]);
        let mut packet = vec![first];
        let mut rest = body.len();
        while rest > 0x7F {
            packet.push(u8::try_from(rest & 0x7F).unwrap() | 0x80);
            rest >>= 7;
        }
        packet.push(u8::try_from(rest).unwrap());
        packet.extend(body);
        packet
    };
    add("a payload of 300 KB", Lives, large(0x30, 1, 300_000, &[]));
    add("a payload of 300 KB, QoS 2", Lives, large(0x34, 1, 300_000, &[0, 9]));
    add("the longest topic", Lives, large(0x30, 65_535, 1, &[]));
    add("the longest topic, QoS 1", Lives, large(0x32, 65_535, 1, &[0, 9]));
    add("the longest topic, QoS 2", Lives, large(0x34, 65_535, 1, &[0, 9]));
    add("half a payload of 300 KB, and an end", HungUp, large(0x30, 1, 300_000, &[])[..150_000].to_vec());
    add("half a payload of 300 KB, and no more", Silent, large(0x30, 1, 300_000, &[])[..150_000].to_vec());
    scripts
}

fn scripts() -> Vec<Script> {
    let lines = LINES.iter().map(|(moment, says, end, name)| Script {
        moment,
        says: hex(says),
        end: *end,
        name: (*name).to_owned(),
    });
    lines.chain(long_ones()).collect()
}

/// What subscribes at each connection without a session.
const SUBSCRIPTIONS: &[Subscription<'static>] = &[
    Subscription { filter: "kitchen/#", qos: QoS::AtLeastOnce },
    Subscription { filter: "hall", qos: QoS::AtMostOnce },
];

fn settings(security: Security<'static>) -> Settings<'static> {
    let settings = Settings::new(security, "kitchen");
    let mqtt = Options { clean_session: false, ..settings.mqtt };
    Settings { mqtt, subscriptions: SUBSCRIPTIONS, ..settings }
}

type Accelerator = Soft<InsecureSeeded>;

/// A client's life of two connections.
struct Life {
    client: Client<'static>,
    accel: Accelerator,
    happened: Vec<String>,
    now: u64,
}

impl Life {
    /// A client with a message of each quality that waits for its first connection.
    fn new(security: Security<'static>) -> Self {
        let mut life = Self {
            client: client(settings(security)),
            accel: Soft::new(InsecureSeeded::new(1)),
            happened: Vec::new(),
            now: 0,
        };
        for qos in [QoS::AtLeastOnce, QoS::ExactlyOnce] {
            life.publish(qos);
        }
        life
    }

    fn publish(&mut self, qos: QoS) {
        let lamp = message("kitchen/lamp", b"on", qos);
        self.client.publish(&lamp, &mut self.accel, self.now).unwrap();
    }

    /// Until nothing moves any more, or the connection fails.
    fn go_on(&mut self, broker: &mut Broker) -> Result<(), Error> {
        let Self { client, accel, happened, now } = self;
        run(client, broker, accel, *now, happened).map(|_| ()).map_err(|status| status.error)
    }

    /// The same over five minutes, in which the client says what it says when nothing happens.
    fn wait(&mut self, broker: &mut Broker) -> Result<(), Error> {
        let end = self.now + 300_000;
        while self.now < end {
            self.now = self.client.next_deadline().unwrap_or(end).clamp(self.now + 1, end);
            self.go_on(broker)?;
        }
        Ok(())
    }

    /// The connection to the hostile broker: how it ended, if it has.
    fn suffer(&mut self, script: &Script, mut broker: Broker) -> Option<Error> {
        if script.moment != OF_ITS_OWN {
            broker.instead = Some((script.moment, script.says.clone()));
        }
        self.client.connected(NOW);
        let mut result = self.go_on(&mut broker);
        if script.moment == OF_ITS_OWN && result.is_ok() {
            broker.say_bytes(&script.says);
            result = self.go_on(&mut broker);
        }
        if matches!(script.end, HungUp) {
            broker.hang_up();
            result = result.and_then(|()| self.go_on(&mut broker));
        }
        let is_of_ping = script.moment == "PingReq";
        if matches!(script.end, Silent) || is_of_ping {
            broker.is_deaf = !is_of_ping;
            result = result.and_then(|()| self.wait(&mut broker));
        }
        assert!(broker.instead.is_none(), "{}: it was never its turn", script.name);
        let told = self.client.ended(None, &mut self.accel, self.now).map(|status| status.error);
        if let Err(error) = result {
            assert_eq!(told, Some(error), "{}: the end is told as it was seen", script.name);
        }
        result.err()
    }

    /// The connection to a good broker: everything is delivered, and what is said anew, too.
    fn recover(&mut self, name: &str, mut broker: Broker) {
        self.now = self.client.retry_at().unwrap();
        self.happened.clear();
        self.client.connected(NOW);
        self.go_on(&mut broker).unwrap_or_else(|error| panic!("{name}: locked out by {error}"));
        assert!(self.client.is_connected(), "{name}: not connected again");
        assert_eq!(self.client.mqtt().undelivered().count(), 0, "{name}: not delivered");
        self.publish(QoS::ExactlyOnce);
        self.go_on(&mut broker).unwrap();
        assert_eq!(self.client.mqtt().undelivered().count(), 0, "{name}: not delivered afterwards");
        assert_eq!(broker.packets[0], "Connect", "{name}");
        assert!(broker.packets.contains(&"Subscribe".to_owned()), "{name}: not subscribed");
        assert!(self.happened.iter().any(|event| event.starts_with("Subscribed")), "{name}");
    }
}

fn check(script: &Script, security: Security<'static>, broker: impl Fn() -> Broker) {
    let mut life = Life::new(security);
    let end = life.suffer(script, broker());
    let is_right = match (script.end, end) {
        (Lives, None) => true,
        (With(expected), Some(error)) => expected == error,
        (HungUp, Some(error)) => [CONNECTION_CLOSED, ssl::CONN_EOF].contains(&error),
        (Silent, Some(error)) => error == KEEP_ALIVE_TIMEOUT,
        _ => false,
    };
    assert!(is_right, "{}: {end:?}", script.name);
    life.recover(&script.name, broker());
}

#[test]
fn no_broker_locks_a_client_out() {
    let scripts = scripts();
    assert!(scripts.len() >= 100);
    for script in &scripts {
        check(script, Security::Plain, || Broker::plain(Pieces::Whole));
        if script.says.len() < 1_000 {
            check(script, Security::Plain, || Broker::plain(Pieces::Bytes));
        }
    }
}

/// The same over TLS.
#[test]
fn no_broker_locks_a_client_out_over_tls() {
    for script in scripts() {
        check(&script, security(), || Broker::tls(Tls::default(), Pieces::Whole));
    }
}

/// What nobody thought of: any bytes instead of any answer.
#[test]
fn no_garbage_locks_a_client_out() {
    let moments = ["Connect", "Subscribe", "Publish", "PubRel", OF_ITS_OWN];
    for seed in 0..2_000 {
        let mut random = Random(seed);
        let moment = moments[random.below(moments.len())];
        let says = (0..1 + random.below(60)).map(|_| u8::try_from(random.below(256)).unwrap()).collect();
        let script = Script { moment, says, end: Lives, name: format!("garbage {seed}") };
        let mut life = Life::new(Security::Plain);
        life.suffer(&script, Broker::plain(Pieces::Whole));
        life.recover(&script.name, Broker::plain(Pieces::Whole));
    }
}

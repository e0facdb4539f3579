//! SUBSCRIBE, SUBACK and UNSUBSCRIBE (MQTT 3.1.1 §3.8 to §3.10).
//!
//! A list of filters is either the application's slice or the bytes of a packet. Both yield the same items, so one type serves reading and
//! writing and needs no memory. A packet's bytes are checked once, when it is decoded.

use core::num::NonZeroU16;

use status::{
    Error,
    mqtt::{BAD_INPUT_DATA, MALFORMED_PACKET, SUBSCRIPTION_REFUSED},
};

use crate::{header::PacketType, publish::QoS, reader::PacketReader, topic, writer::PacketWriter};

const FAILURE: u8 = 0x80;

/// One topic filter and the highest quality of service that the client wants for it.
///
/// ```
/// use mqtt::{QoS, Subscription};
///
/// let list = [
///     Subscription { filter: "kitchen/#", qos: QoS::AtLeastOnce },
///     Subscription { filter: "+/lamp", qos: QoS::AtMostOnce },
/// ];
/// assert!(list.iter().all(|subscription| mqtt::topic::matches(subscription.filter, "kitchen/lamp")));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Subscription<'a> {
    /// The topic filter, which may have wildcards.
    pub filter: &'a str,
    /// The highest quality of service.
    pub qos: QoS,
}

/// A SUBSCRIBE packet.
///
/// ```
/// use mqtt::{Packet, QoS, Subscribe};
///
/// let bytes = b"\x82\x0e\0\x07\0\x09kitchen/#\x01";
/// let (packet, length) = Packet::decode(bytes)?.unwrap();
/// let Packet::Subscribe(Subscribe { identifier, subscriptions }) = packet else { panic!() };
/// assert_eq!((identifier.get(), length), (7, 16));
/// assert!(subscriptions.iter().all(|one| (one.filter, one.qos) == ("kitchen/#", QoS::AtLeastOnce)));
/// # Ok::<(), status::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Subscribe<'a> {
    /// The packet identifier.
    pub identifier: NonZeroU16,
    /// At least one subscription ([MQTT-3.8.3-3]).
    pub subscriptions: Subscriptions<'a>,
}

impl<'a> Subscribe<'a> {
    pub(crate) fn decode(body: &'a [u8]) -> Result<Self, Error> {
        let mut reader = PacketReader::new(body);
        let (identifier, wire) = (reader.identifier(), reader.rest());
        while !reader.is_empty() {
            read_subscription(&mut reader);
        }
        reader.check()?;
        if wire.is_empty() {
            return Err(MALFORMED_PACKET);
        }
        Ok(Self { identifier, subscriptions: Subscriptions(List::Wire(wire)) })
    }

    pub(crate) fn encode(&self, writer: &mut PacketWriter<'_>) {
        let filters = || self.subscriptions.iter().map(|subscription| subscription.filter);
        let length =
            filters().fold(2_usize, |sum, filter| sum.saturating_add(3).saturating_add(filter.len()));
        writer.check(check_filters(filters()));
        writer.header(PacketType::Subscribe, 0b0010, length);
        writer.identifier(self.identifier);
        for subscription in self.subscriptions.iter() {
            writer.string(subscription.filter);
            writer.byte(subscription.qos.number());
        }
    }
}

/// The subscriptions of a SUBSCRIBE packet.
///
/// ```
/// use mqtt::{QoS, Subscription, Subscriptions};
///
/// let list = [Subscription { filter: "a/+", qos: QoS::AtMostOnce }];
/// assert_eq!(Subscriptions::new(&list).iter().count(), 1);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Subscriptions<'a>(List<'a, Subscription<'a>>);

impl<'a> Subscriptions<'a> {
    /// A list to send.
    #[must_use]
    pub const fn new(list: &'a [Subscription<'a>]) -> Self {
        Self(List::Slice(list))
    }

    /// The subscriptions in their order.
    pub fn iter(&self) -> impl Iterator<Item = Subscription<'a>> + use<'a> {
        self.0.iter(read_subscription)
    }
}

impl PartialEq for Subscriptions<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Subscriptions<'_> {}

/// An UNSUBSCRIBE packet.
///
/// ```
/// use core::num::NonZeroU16;
/// use mqtt::{Filters, Packet, Unsubscribe};
///
/// let filters = Filters::new(&["kitchen/#"]);
/// let mut out = [0; 32];
/// let length = Packet::Unsubscribe(Unsubscribe { identifier: NonZeroU16::MIN, filters }).encode(&mut out)?;
/// assert_eq!(&out[..length], b"\xa2\x0d\0\x01\0\x09kitchen/#");
/// # Ok::<(), status::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unsubscribe<'a> {
    /// The packet identifier.
    pub identifier: NonZeroU16,
    /// At least one topic filter ([MQTT-3.10.3-2]).
    pub filters: Filters<'a>,
}

impl<'a> Unsubscribe<'a> {
    pub(crate) fn decode(body: &'a [u8]) -> Result<Self, Error> {
        let mut reader = PacketReader::new(body);
        let (identifier, wire) = (reader.identifier(), reader.rest());
        while !reader.is_empty() {
            read_filter(&mut reader);
        }
        reader.check()?;
        if wire.is_empty() {
            return Err(MALFORMED_PACKET);
        }
        Ok(Self { identifier, filters: Filters(List::Wire(wire)) })
    }

    pub(crate) fn encode(&self, writer: &mut PacketWriter<'_>) {
        let filters = || self.filters.iter();
        let length =
            filters().fold(2_usize, |sum, filter| sum.saturating_add(2).saturating_add(filter.len()));
        writer.check(check_filters(filters()));
        writer.header(PacketType::Unsubscribe, 0b0010, length);
        writer.identifier(self.identifier);
        filters().for_each(|filter| writer.string(filter));
    }
}

/// Checks that there is at least one, and that all of them are topic filters ([MQTT-3.8.3-3], [MQTT-3.10.3-2]).
fn check_filters<'a>(mut filters: impl Iterator<Item = &'a str>) -> Result<(), Error> {
    topic::check_filter(filters.next().ok_or(BAD_INPUT_DATA)?)?;
    filters.try_for_each(topic::check_filter)
}

/// The topic filters of an UNSUBSCRIBE packet.
///
/// ```
/// assert!(mqtt::Filters::new(&["a/#", "b"]).iter().eq(["a/#", "b"]));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Filters<'a>(List<'a, &'a str>);

impl<'a> Filters<'a> {
    /// A list to send.
    #[must_use]
    pub const fn new(list: &'a [&'a str]) -> Self {
        Self(List::Slice(list))
    }

    /// The filters in their order.
    pub fn iter(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.0.iter(read_filter)
    }
}

impl PartialEq for Filters<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Filters<'_> {}

/// A SUBACK packet.
///
/// ```
/// use mqtt::{Packet, SubAck};
///
/// let (packet, _) = Packet::decode(b"\x90\x04\0\x07\x01\x80")?.unwrap();
/// let Packet::SubAck(SubAck { identifier, results }) = packet else { panic!() };
/// // The second filter is refused.
/// assert_eq!((identifier.get(), results.len()), (7, 2));
/// assert_eq!(results.granted(), Err(status::mqtt::SUBSCRIPTION_REFUSED));
/// # Ok::<(), status::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SubAck<'a> {
    /// The identifier of the SUBSCRIBE packet ([MQTT-3.8.4-2]).
    pub identifier: NonZeroU16,
    /// One result per filter, in the order of the filters ([MQTT-3.9.3-1]).
    pub results: Results<'a>,
}

impl<'a> SubAck<'a> {
    pub(crate) fn decode(body: &'a [u8]) -> Result<Self, Error> {
        let mut reader = PacketReader::new(body);
        let (identifier, codes) = (reader.identifier(), reader.rest());
        reader.check()?;
        // [MQTT-3.9.3-2]
        if codes.is_empty() || codes.iter().any(|&code| code != FAILURE && QoS::from_number(code).is_none()) {
            return Err(MALFORMED_PACKET);
        }
        Ok(Self { identifier, results: Results { codes } })
    }

    pub(crate) fn encode(&self, writer: &mut PacketWriter<'_>) {
        writer.header(PacketType::SubAck, 0, self.results.codes.len().saturating_add(2));
        writer.identifier(self.identifier);
        writer.bytes(self.results.codes);
    }
}

/// The results for the filters of one SUBSCRIBE packet.
///
/// ```
/// use mqtt::{QoS, Results};
///
/// // The broker grants less than was asked for, and refuses the second.
/// let results = Results::new(&[0x00, 0x80])?;
/// assert!(results.iter().eq([Some(QoS::AtMostOnce), None]));
/// assert_eq!(results.granted(), Err(status::mqtt::SUBSCRIPTION_REFUSED));
/// # Ok::<(), status::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Results<'a> {
    codes: &'a [u8],
}

impl<'a> Results<'a> {
    /// Return codes as they are sent: 0, 1 or 2 for the granted quality of service, 0x80 for a refusal.
    ///
    /// # Errors
    /// `BAD_INPUT_DATA`: the list is empty, or has another code ([MQTT-3.9.3-2]).
    pub fn new(codes: &'a [u8]) -> Result<Self, Error> {
        if codes.is_empty() || codes.iter().any(|&code| code != FAILURE && QoS::from_number(code).is_none()) {
            return Err(BAD_INPUT_DATA);
        }
        Ok(Self { codes })
    }

    /// The number of filters.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "it is never empty")]
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    /// The granted quality of service of each filter, in their order; `None` for a refused one.
    pub fn iter(&self) -> impl Iterator<Item = Option<QoS>> + use<'a> {
        self.codes.iter().map(|&code| QoS::from_number(code))
    }

    /// Checks that every subscription was granted, at any quality of service.
    ///
    /// # Errors
    /// `SUBSCRIPTION_REFUSED`: at least one was not.
    pub fn granted(&self) -> Result<(), Error> {
        if self.codes.contains(&FAILURE) { Err(SUBSCRIPTION_REFUSED) } else { Ok(()) }
    }
}

#[derive(Clone, Copy, Debug)]
enum List<'a, T> {
    Slice(&'a [T]),
    Wire(&'a [u8]),
}

impl<'a, T: Copy> List<'a, T> {
    fn iter(self, read: fn(&mut PacketReader<'a>) -> T) -> impl Iterator<Item = T> + use<'a, T> {
        let (slice, wire) = match self {
            Self::Slice(slice) => (slice, [].as_slice()),
            Self::Wire(wire) => ([].as_slice(), wire),
        };
        let mut reader = PacketReader::new(wire);
        let read = move || (!reader.is_empty()).then(|| read(&mut reader));
        slice.iter().copied().chain(core::iter::from_fn(read))
    }
}

fn read_subscription<'a>(reader: &mut PacketReader<'a>) -> Subscription<'a> {
    let filter = read_filter(reader);
    // [MQTT-3.8.3-4]: reserved bits and QoS 3.
    let qos = QoS::from_number(reader.byte()).unwrap_or_else(|| {
        reader.fail();
        QoS::AtMostOnce
    });
    Subscription { filter, qos }
}

fn read_filter<'a>(reader: &mut PacketReader<'a>) -> &'a str {
    let filter = reader.string();
    if topic::check_filter(filter).is_err() {
        reader.fail();
    }
    filter
}

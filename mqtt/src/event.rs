//! The events that [`receive`](crate::Client::receive) returns.

use core::num::NonZeroU16;

use crate::{
    publish::{Message, Publish, QoS},
    subscribe::Results,
};

/// What has happened. Topics, payloads and results borrow from the received bytes or from the spill.
///
/// ```
/// use mqtt::Event;
///
/// fn show(event: Event<'_>) {
///     match event {
///         Event::Connected { session_present: false, .. } => println!("subscribe now"),
///         Event::Message(received) if received.is_whole() => println!("{}", received.message.topic),
///         Event::Message(received) => println!("the first of {} bytes", received.total),
///         Event::Chunk { data, offset, total } => println!("{offset} to {} of {total}", offset + data.len()),
///         Event::Delivered { identifier, .. } => println!("{identifier} has arrived"),
///         _ => {}
///     }
/// }
/// # let _ = show;
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The server has accepted the connection.
    Connected {
        /// Whether the server still has this client's session with its subscriptions. If not, subscribe again.
        session_present: bool,
        /// How many unacknowledged messages were dropped because the server no longer has their session (§3.2.2.2).
        discarded: usize,
        /// The client asked for a clean session although its options do not: because of [`begin_anew`](crate::Client::begin_anew), or
        /// because an earlier connection failed with `SESSION_OVERFLOW`.
        begun_anew: bool,
    },
    /// A message has arrived, or the beginning of one that does not fit into the spill.
    Message(Received<'a>),
    /// The next part of the payload of the last [`Event::Message`].
    Chunk {
        /// The bytes.
        data: &'a [u8],
        /// The offset of these bytes in the payload.
        offset: usize,
        /// The length of the whole payload; the message is complete when `offset + data.len()` reaches it.
        total: usize,
    },
    /// The server has acknowledged a message of QoS 1 or 2. Its identifier may be used again.
    Delivered {
        /// The identifier that [`publish`](crate::Client::publish) returned.
        identifier: NonZeroU16,
        /// How the server acknowledged it: PUBACK is QoS 1, PUBCOMP is QoS 2. Some servers acknowledge QoS 2 with PUBACK; such a message
        /// may be delivered twice.
        qos: QoS,
    },
    /// The answer to a subscription.
    Subscribed {
        /// The identifier that [`subscribe`](crate::Client::subscribe) returned.
        identifier: NonZeroU16,
        /// One result per filter.
        results: Results<'a>,
    },
    /// The answer to [`unsubscribe`](crate::Client::unsubscribe).
    Unsubscribed {
        /// The identifier that [`unsubscribe`](crate::Client::unsubscribe) returned.
        identifier: NonZeroU16,
    },
}

/// A message from the server.
///
/// ```
/// use mqtt::{Message, QoS, Received};
///
/// fn is_on(received: &Received<'_>) -> bool {
///     received.is_whole() && received.message.topic == "kitchen/lamp" && received.message.payload == b"on"
/// }
/// # let _ = is_on;
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Received<'a> {
    /// Topic, payload, quality of service, and whether it is a retained message (`retain`). The payload is complete, or it is the
    /// beginning, perhaps empty, and [`Event::Chunk`]s follow.
    pub message: Message<'a>,
    /// The length of the whole payload.
    pub total: usize,
    /// Whether the server may have sent this message before. QoS 2 messages that the client already has are not delivered again.
    pub duplicate: bool,
    /// The identifier for [`acknowledge`](crate::Client::acknowledge); none at QoS 0.
    pub identifier: Option<NonZeroU16>,
}

impl<'a> Received<'a> {
    pub(crate) fn new(publish: &Publish<'a>, total: usize) -> Self {
        let Publish { duplicate, message, identifier } = *publish;
        Self { message, total, duplicate, identifier }
    }

    /// Whether the payload is complete; if not, [`Event::Chunk`]s follow.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.message.payload.len() == self.total
    }
}

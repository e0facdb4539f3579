//! What [`receive`](crate::Client::receive) tells the application.

use core::num::NonZeroU16;

use crate::{
    publish::{Message, Publish, QoS},
    subscribe::Results,
};

/// What has happened. Topics, payloads and results are borrowed from the received bytes, or from the spill.
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
        /// The server still has this client's session, subscriptions included; else it has none and they must be made anew.
        session_present: bool,
        /// How many unacknowledged messages were dropped, since the server has no session that they belong to (§3.2.2.2).
        discarded: usize,
        /// The client has asked for a clean session that its options do not ask for: because of
        /// [`begin_anew`](crate::Client::begin_anew), or since a connection before failed with `SESSION_OVERFLOW`.
        begun_anew: bool,
    },
    /// A message has arrived, or the beginning of one that is larger than the spill.
    Message(Received<'a>),
    /// The next part of the payload of the last [`Event::Message`].
    Chunk {
        /// The part.
        data: &'a [u8],
        /// Where the part begins in the payload.
        offset: usize,
        /// The length of the whole payload; the message is complete when `offset + data.len()` reaches it.
        total: usize,
    },
    /// The server has taken over a message of QoS 1 or 2; its identifier is free again.
    Delivered {
        /// What [`publish`](crate::Client::publish) gave.
        identifier: NonZeroU16,
        /// How the server has acknowledged it: PUBACK is QoS 1, PUBCOMP is QoS 2. Some servers acknowledge messages of QoS 2 by
        /// PUBACK; such a message may be delivered twice.
        qos: QoS,
    },
    /// The answer to a subscription.
    Subscribed {
        /// What [`subscribe`](crate::Client::subscribe) gave.
        identifier: NonZeroU16,
        /// One result per filter.
        results: Results<'a>,
    },
    /// The answer to [`unsubscribe`](crate::Client::unsubscribe).
    Unsubscribed {
        /// What [`unsubscribe`](crate::Client::unsubscribe) gave.
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
    /// Topic, payload, quality of service, and whether the server had kept the message (`retain`). The payload is whole, or
    /// the beginning (perhaps empty) of one that is continued by [`Event::Chunk`].
    pub message: Message<'a>,
    /// The length of the whole payload.
    pub total: usize,
    /// The server may have sent this message before. Messages of QoS 2 that the client already had are not delivered again.
    pub duplicate: bool,
    /// What [`acknowledge`](crate::Client::acknowledge) takes; none at QoS 0.
    pub identifier: Option<NonZeroU16>,
}

impl<'a> Received<'a> {
    pub(crate) fn new(publish: &Publish<'a>, total: usize) -> Self {
        let Publish { duplicate, message, identifier } = *publish;
        Self { message, total, duplicate, identifier }
    }

    /// Whether the payload is whole; else [`Event::Chunk`]s follow.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.message.payload.len() == self.total
    }
}

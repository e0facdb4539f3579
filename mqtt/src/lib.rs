//! An MQTT 3.1.1 client (OASIS standard of 29 October 2014) without a heap, I/O, a clock or a panic.
//!
//! [`Packet`] is the codec for all fourteen packets in both directions. [`Client`] is the protocol on two lent buffers: it takes and
//! returns bytes, whatever transports them.
//!
//! ```text
//!                    server's bytes                          bytes for the server
//!                         │                                           ▲
//!        receive(bytes, now)                                          │
//!                         ▼                                           │
//!   whole in bytes? ──yes──► Event (borrows bytes)                    │
//!          │ no                                                       │
//!          ▼                                                          │
//!        spill ──gathered──► Event (borrows the spill)                │
//!          │ larger                                                   │
//!          └──► Event::Message, Event::Chunk …                        │
//!                         │                                           │
//!                         ▼ PUBACK, PUBREC, PUBREL, PUBCOMP           │
//!                    in-flight log ───────── poll(now, out) ──────────┤
//!                         ▲ QoS 1 and 2 until delivered               │
//!                         │                                           │
//!                publish, queue, start … ───────── out ───────────────┘
//! ```
//!
//! A small `out` loses nothing: a call without room changes nothing and returns `BUFFER_TOO_SMALL`. The client's own packets wait in the
//! log until [`Client::poll`] has room for them.
//!
//! ```
//! use mqtt::{Client, ConnAck, Event, Message, Options, Packet, QoS};
//!
//! let (mut spill, mut in_flight, mut out) = ([0; 256], [0; 1024], [0; 256]);
//! let options = Options { client_id: "kitchen", clean_session: false, ..Options::default() };
//! let mut client = Client::new(options, &mut spill, &mut in_flight)?;
//!
//! // A message of QoS 1 may be given before there is a connection.
//! let message = Message { topic: "kitchen/temperature", payload: b"21.5", qos: QoS::AtLeastOnce, retain: true };
//! let published = client.publish(&message, 0, &mut out)?;
//! assert_eq!(published.written, 0);
//!
//! let written = client.connect(0, &mut out)?;
//! assert!(matches!(Packet::decode(&out[..written])?, Some((Packet::Connect(_), _))));
//!
//! // The server's answers; a program reads them from its socket or its TLS connection.
//! let mut answer = [0; 16];
//! let length = Packet::ConnAck(ConnAck { session_present: false, return_code: 0 }).encode(&mut answer)?;
//! let (used, event) = client.receive(&answer[..length], 10)?;
//! assert_eq!((used, event), (length, Some(Event::Connected { session_present: false, discarded: 0, begun_anew: false })));
//!
//! let written = client.poll(20, &mut out)?;
//! assert!(matches!(Packet::decode(&out[..written])?, Some((Packet::Publish(_), _))));
//! let identifier = published.identifier.unwrap();
//! let length = Packet::PubAck(identifier).encode(&mut answer)?;
//! assert_eq!(client.receive(&answer[..length], 30)?.1, Some(Event::Delivered { identifier, qos: QoS::AtLeastOnce }));
//!
//! let written = client.disconnect(&mut out)?;
//! assert_eq!(out[..written], [0xe0, 0x00]);
//! # Ok::<(), status::Error>(())
//! ```
//!
//! Deliberately absent: MQTT 5, sockets, threads, a queue for messages of QoS 0, and automatic subscriptions after a reconnection:
//! [`Event::Connected`] says when they are needed.
#![no_std]
#![forbid(unsafe_code)]
#![warn(clippy::must_use_candidate, clippy::return_self_not_must_use)]

mod client;
mod connect;
mod event;
mod header;
mod inbox;
mod packet;
mod publish;
mod ranges;
mod reader;
mod saved;
mod send;
mod session;
mod setup;
mod store;
mod subscribe;
mod writer;

pub mod topic;

pub use client::{Acknowledgement, Client, Options};
pub use connect::{ConnAck, Connect};
pub use event::{Event, Received};
pub use header::{FixedHeader, MAX_REMAINING_LENGTH, PacketType};
pub use packet::Packet;
pub use publish::{Message, Publish, QoS};
pub use send::{Published, Stream};
pub use setup::SetupError;
pub use subscribe::{Filters, Results, SubAck, Subscribe, Subscription, Subscriptions, Unsubscribe};

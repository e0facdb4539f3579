//! The memory of a client: five buffers, and sizes that suit most programs.

use tls12::Connection;

/// Memory that the client borrows for its life. What each buffer is for, and how long it must be:
///
/// | buffer | for | at least | enough for most |
/// |---|---|---|---|
/// | `rx` | a record from the server; the workspace of our signature | [`Connection::MIN_RX`] | [`Connection::SMALL_RX`], with [`max_fragment_length`](tls12::Config::max_fragment_length) |
/// | `tx` | records to the server; the workspace of the chain's verification | [`Connection::MIN_TX`] | [`Connection::GOOD_TX`] |
/// | `session` | what the next connection resumes from | 0: never | [`Connection::GOOD_SESSION`] |
/// | `spill` | an MQTT packet that arrives in pieces; a message longer than this is delivered in chunks | 8 | the longest topic and payload |
/// | `in_flight` | messages of QoS 1 and 2 until they are acknowledged | 0: QoS 0 only | the messages published while the broker is away |
///
/// ```
/// use mqtts::tls12::Connection;
/// use mqtts::{Buffers, Client, Security, Settings, rx_for_key};
///
/// // A client certificate with a key of 2048 bits, and QoS 0 only.
/// let (mut rx, mut tx) = ([0; rx_for_key(2048)], [0; Connection::GOOD_TX]);
/// let buffers = Buffers { rx: &mut rx, tx: &mut tx, session: &mut [], spill: &mut [0; 256], in_flight: &mut [] };
/// assert!(Client::new(Settings::new(Security::Plain, "small"), buffers).is_ok());
/// ```
///
/// Without TLS, `rx` needs one byte, `tx` must hold CONNECT (unless [`Client::lend_outbox`](crate::Client::lend_outbox) is used), and
/// `session` is unused. [`SetupError`](crate::SetupError) says which buffer is too short and what it needs.
pub struct Buffers<'b> {
    /// Bytes from the socket.
    pub rx: &'b mut [u8],
    /// Bytes for the socket.
    pub tx: &'b mut [u8],
    /// The TLS session. It is secret, and wiped when the client is dropped.
    pub session: &'b mut [u8],
    /// MQTT packets that arrive in pieces.
    pub spill: &'b mut [u8],
    /// Unacknowledged messages.
    pub in_flight: &'b mut [u8],
}

/// The smallest `rx` when the client certificate's key has this many bits; 0 without a client certificate.
#[must_use]
pub const fn rx_for_key(bits: usize) -> usize {
    Connection::rx_for_key(bits)
}

/// [`Buffers`] of the usual sizes: 4 KB records, keys of up to 4096 bits, tickets of any usual server; `SPILL` bytes for a packet in
/// pieces and `IN_FLIGHT` bytes for unacknowledged messages. 12.2 KB plus these two.
///
/// ```
/// static MEMORY: mqtts::Memory<256, 1024> = mqtts::Memory::new();
/// # let _ = &MEMORY;
/// ```
pub struct Memory<const SPILL: usize, const IN_FLIGHT: usize> {
    rx: [u8; Connection::SMALL_RX],
    tx: [u8; Connection::GOOD_TX],
    session: [u8; Connection::GOOD_SESSION],
    spill: [u8; SPILL],
    in_flight: [u8; IN_FLIGHT],
}

impl<const SPILL: usize, const IN_FLIGHT: usize> Memory<SPILL, IN_FLIGHT> {
    /// All bytes zero.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            rx: [0; Connection::SMALL_RX],
            tx: [0; Connection::GOOD_TX],
            session: [0; Connection::GOOD_SESSION],
            spill: [0; SPILL],
            in_flight: [0; IN_FLIGHT],
        }
    }

    /// Lends all of it to one client.
    pub const fn lend(&mut self) -> Buffers<'_> {
        Buffers {
            rx: &mut self.rx,
            tx: &mut self.tx,
            session: &mut self.session,
            spill: &mut self.spill,
            in_flight: &mut self.in_flight,
        }
    }
}

impl<const SPILL: usize, const IN_FLIGHT: usize> Default for Memory<SPILL, IN_FLIGHT> {
    fn default() -> Self {
        Self::new()
    }
}

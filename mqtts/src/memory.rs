//! The memory that a client works in: five buffers, each with a name, and sizes that serve most.

use tls12::Connection;

/// Lent memory, for the client's life. What each buffer is for, and what it has to hold:
///
/// | buffer | for | at least | enough for most |
/// |---|---|---|---|
/// | `rx` | a record from the server; the workspace of our signature | [`Connection::MIN_RX`] | [`Connection::SMALL_RX`], with [`max_fragment_length`](tls12::Config::max_fragment_length) |
/// | `tx` | records to the server; the workspace of the chain's verification | [`Connection::MIN_TX`] | [`Connection::GOOD_TX`] |
/// | `session` | what the next connection resumes from | 0: never | [`Connection::GOOD_SESSION`] |
/// | `spill` | an MQTT packet that arrives in pieces; a message longer than it comes in chunks | 8 | the longest topic and payload |
/// | `in_flight` | messages of QoS 1 and 2 until they are acknowledged | 0: QoS 0 only | what is said while the broker is away |
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
/// Without TLS `rx` has a byte at least, `tx` holds CONNECT (without [`Client::lend_outbox`](crate::Client::lend_outbox)), and `session` is not
/// used. [`SetupError`](crate::SetupError) says which one is too short, and what it needs.
pub struct Buffers<'b> {
    /// Where the socket's bytes go.
    pub rx: &'b mut [u8],
    /// Where the bytes for the socket come from.
    pub tx: &'b mut [u8],
    /// The TLS session; secret, and wiped with the client.
    pub session: &'b mut [u8],
    /// Pieces of MQTT packets.
    pub spill: &'b mut [u8],
    /// Unacknowledged messages.
    pub in_flight: &'b mut [u8],
}

/// The smallest `rx` for a connection whose client certificate has a key of so many bits; 0 for none.
#[must_use]
pub const fn rx_for_key(bits: usize) -> usize {
    Connection::rx_for_key(bits)
}

/// [`Buffers`] of the usual sizes: windows of 4 KB, keys of up to 4096 bits, tickets of any usual server, `SPILL` bytes for a
/// packet in pieces and `IN_FLIGHT` bytes of unacknowledged messages. 12.2 KB and these two.
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
    /// All zero.
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

    /// All of it, for one client.
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

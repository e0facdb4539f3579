//! The lines that the features `log` and `defmt` write: connections that begin and end, and every MQTT packet with its name and length.
//!
//! No line shows a topic, a payload, a user name, a password or a key. The packets are found in the byte stream itself as it passes; at
//! the first bytes that are no packet, the trace of that direction stops. Without either feature this module compiles to nothing.

use status::Status;
use tls12::Connection;

/// Writes one line at debug level.
#[cfg(any(feature = "log", feature = "defmt"))]
macro_rules! tell {
    ($($argument:tt)*) => {{
        #[cfg(feature = "log")]
        log::debug!(target: "mqtts", $($argument)*);
        #[cfg(feature = "defmt")]
        defmt::debug!($($argument)*);
    }};
}

/// Watches one client.
pub(crate) struct Trace {
    #[cfg(any(feature = "log", feature = "defmt"))]
    packets: packets::Both,
}

#[cfg(not(any(feature = "log", feature = "defmt")))]
#[allow(clippy::unused_self, reason = "the same functions as below, for nobody")]
impl Trace {
    pub(crate) const fn new() -> Self {
        Self {}
    }

    pub(crate) const fn restart(&mut self) {}

    pub(crate) const fn ready(&mut self, _tls: Option<&Connection<'_>>) {}

    pub(crate) const fn ended(&mut self, _status: Option<Status>, _pause: u64) {}

    pub(crate) const fn sent(&mut self, _bytes: &[u8]) {}

    pub(crate) const fn received(&mut self, _bytes: &[u8]) {}
}

#[cfg(any(feature = "log", feature = "defmt"))]
impl Trace {
    pub(crate) const fn new() -> Self {
        Self { packets: packets::Both::new() }
    }

    /// A new network connection begins.
    pub(crate) const fn restart(&mut self) {
        self.packets = packets::Both::new();
    }

    /// The transport is ready: CONNECT can be sent.
    pub(crate) fn ready(&mut self, tls: Option<&Connection<'_>>) {
        if let Some(tls) = tls.filter(|_| !core::mem::replace(&mut self.packets.is_ready, true)) {
            let suite = tls.suite().map_or("", tls12::Suite::name);
            let how = if tls.resumed() { "resumed" } else { "full handshake" };
            tell!("tls  = {}, {}", suite, how);
        }
    }

    /// The network connection has ended.
    #[allow(clippy::unused_self, reason = "one observer")]
    pub(crate) fn ended(&mut self, status: Option<Status>, pause: u64) {
        if let Some(status) = status {
            tell!("end  = -0x{:04X}, next attempt in {} ms", status.error.number().get(), pause);
        }
    }

    /// MQTT bytes that go to the server.
    pub(crate) fn sent(&mut self, bytes: &[u8]) {
        self.packets.sent.feed(bytes, |packet| tell!("mqtt > {}", packet));
    }

    /// MQTT bytes that came from the server.
    pub(crate) fn received(&mut self, bytes: &[u8]) {
        self.packets.received.feed(bytes, |packet| tell!("mqtt < {}", packet));
    }
}

#[cfg(any(feature = "log", feature = "defmt"))]
mod packets {
    use core::fmt;

    use mqtt::{FixedHeader, PacketType};

    /// The packets of both directions.
    pub(super) struct Both {
        pub(super) sent: Packets,
        pub(super) received: Packets,
        /// Whether the line about the finished handshake has been written.
        pub(super) is_ready: bool,
    }

    impl Both {
        pub(super) const fn new() -> Self {
            Self { sent: Packets::new(), received: Packets::new(), is_ready: false }
        }
    }

    /// Splits the bytes of one direction into packets. Reads only the fixed headers (MQTT 3.1.1 §2.2).
    pub(super) struct Packets {
        header: [u8; FixedHeader::MAX_LENGTH],
        length: usize,
        /// How many bytes of the current packet are still to come.
        rest: usize,
        /// Bytes came that are no packet: packet boundaries are unknown from here on.
        is_lost: bool,
    }

    impl Packets {
        const fn new() -> Self {
            Self { header: [0; FixedHeader::MAX_LENGTH], length: 0, rest: 0, is_lost: false }
        }

        pub(super) fn feed(&mut self, mut bytes: &[u8], mut tell: impl FnMut(TracedPacket)) {
            while !self.is_lost {
                let passed = self.rest.min(bytes.len());
                self.rest = self.rest.saturating_sub(passed);
                bytes = bytes.get(passed..).unwrap_or_default();
                let Some((&byte, behind)) = bytes.split_first() else { return };
                bytes = behind;
                if let Some(place) = self.header.get_mut(self.length) {
                    *place = byte;
                }
                self.length = self.length.saturating_add(1);
                match FixedHeader::decode(self.header.get(..self.length).unwrap_or_default()) {
                    Ok(None) => {}
                    Ok(Some((header, _))) => {
                        tell(TracedPacket(header));
                        (self.rest, self.length) =
                            (usize::try_from(header.remaining_length).unwrap_or(usize::MAX), 0);
                    }
                    Err(_) => self.is_lost = true,
                }
            }
        }
    }

    /// A packet's name, its flags and its length.
    #[derive(Clone, Copy)]
    pub(super) struct TracedPacket(FixedHeader);

    impl TracedPacket {
        const fn name(self) -> &'static str {
            match self.0.packet_type {
                PacketType::Connect => "CONNECT",
                PacketType::ConnAck => "CONNACK",
                PacketType::Publish => "PUBLISH",
                PacketType::PubAck => "PUBACK",
                PacketType::PubRec => "PUBREC",
                PacketType::PubRel => "PUBREL",
                PacketType::PubComp => "PUBCOMP",
                PacketType::Subscribe => "SUBSCRIBE",
                PacketType::SubAck => "SUBACK",
                PacketType::Unsubscribe => "UNSUBSCRIBE",
                PacketType::UnsubAck => "UNSUBACK",
                PacketType::PingReq => "PINGREQ",
                PacketType::PingResp => "PINGRESP",
                PacketType::Disconnect => "DISCONNECT",
            }
        }

        /// MQTT 3.1.1 §3.3.1: quality of service, retained, duplicate. None for a packet other than PUBLISH.
        fn publish(self) -> Option<(u8, &'static str, &'static str)> {
            let flags = self.0.flags;
            (self.0.packet_type == PacketType::Publish).then(|| {
                let retained = if flags & 1 != 0 { ", retained" } else { "" };
                (flags >> 1 & 3, retained, if flags & 8 != 0 { ", duplicate" } else { "" })
            })
        }
    }

    impl fmt::Display for TracedPacket {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.name())?;
            if let Some((qos, retained, duplicate)) = self.publish() {
                write!(f, ", QoS {qos}{retained}{duplicate}")?;
            }
            write!(f, ", {} bytes after the header", self.0.remaining_length)
        }
    }

    #[cfg(feature = "defmt")]
    impl defmt::Format for TracedPacket {
        fn format(&self, f: defmt::Formatter<'_>) {
            let (name, length) = (self.name(), self.0.remaining_length);
            match self.publish() {
                Some((qos, retained, duplicate)) => {
                    defmt::write!(
                        f,
                        "{}, QoS {}{}{}, {} bytes after the header",
                        name,
                        qos,
                        retained,
                        duplicate,
                        length
                    )
                }
                None => defmt::write!(f, "{}, {} bytes after the header", name, length),
            }
        }
    }
}

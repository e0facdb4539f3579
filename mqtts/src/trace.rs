//! What the features `log` and `defmt` tell: connections, and the packets of MQTT that pass, each by its name and its length.
//!
//! Nothing of a topic, a payload, a user name, a password or a key is told. Packets are cut from the bytes themselves as they pass, up
//! to the first that is none. Without either feature all of this is nothing.

use status::Status;
use tls12::Connection;

/// Tells a line at the level of debugging.
#[cfg(any(feature = "log", feature = "defmt"))]
macro_rules! tell {
    ($($argument:tt)*) => {{
        #[cfg(feature = "log")]
        log::debug!(target: "mqtts", $($argument)*);
        #[cfg(feature = "defmt")]
        defmt::debug!($($argument)*);
    }};
}

/// The observer of a client.
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

    /// A new network connection.
    pub(crate) const fn restart(&mut self) {
        self.packets = packets::Both::new();
    }

    /// CONNECT can be said.
    pub(crate) fn ready(&mut self, tls: Option<&Connection<'_>>) {
        if let Some(tls) = tls.filter(|_| !core::mem::replace(&mut self.packets.is_ready, true)) {
            let suite = tls.suite().map_or("", tls12::Suite::name);
            let how = if tls.resumed() { "resumed" } else { "full handshake" };
            tell!("tls  = {}, {}", suite, how);
        }
    }

    /// The network connection is over.
    #[allow(clippy::unused_self, reason = "one observer")]
    pub(crate) fn ended(&mut self, status: Option<Status>, pause: u64) {
        if let Some(status) = status {
            tell!("end  = -0x{:04X}, next attempt in {} ms", status.error.number().get(), pause);
        }
    }

    /// Bytes of MQTT for the server.
    pub(crate) fn sent(&mut self, bytes: &[u8]) {
        self.packets.sent.feed(bytes, |packet| tell!("mqtt > {}", packet));
    }

    /// Bytes of MQTT from the server.
    pub(crate) fn received(&mut self, bytes: &[u8]) {
        self.packets.received.feed(bytes, |packet| tell!("mqtt < {}", packet));
    }
}

#[cfg(any(feature = "log", feature = "defmt"))]
mod packets {
    use core::fmt;

    use mqtt::{FixedHeader, PacketType};

    /// Both directions.
    pub(super) struct Both {
        pub(super) sent: Packets,
        pub(super) received: Packets,
        /// The handshake has been told of.
        pub(super) is_ready: bool,
    }

    impl Both {
        pub(super) const fn new() -> Self {
            Self { sent: Packets::new(), received: Packets::new(), is_ready: false }
        }
    }

    /// Cuts one direction's bytes into packets; only their fixed headers are looked at (MQTT 3.1.1 §2.2).
    pub(super) struct Packets {
        header: [u8; FixedHeader::MAX_LENGTH],
        length: usize,
        /// How many bytes of the packet's rest are still to come.
        rest: usize,
        /// What is no packet has come; nothing behind it can be told.
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

    /// A packet's name, what its flags say, and its length.
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

        /// MQTT 3.1.1 §3.3.1: quality of service, retained, duplicate; nothing for another packet.
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

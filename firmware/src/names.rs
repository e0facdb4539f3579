//! What the device is called at the broker: client identifier, topics.
//!
//! ```text
//!   <prefix>/availability      online | offline         retained, the will
//!   <prefix>/state             JSON                     retained
//!   <prefix>/output/1/set      ON | OFF                 commands, outputs numbered from 1 as in the menu
//!   homeassistant/device/netcontrol-<Ethernet address>/config
//! ```

use heapless::String;

use crate::{
    ascii::write_hexadecimal,
    settings::{Mqtt, can_begin_topics},
};

/// The longest prefix or client identifier, in bytes.
pub const NAME_LENGTH: usize = 64;
/// The longest topic: a prefix and what follows.
pub const TOPIC_LENGTH: usize = NAME_LENGTH + 16;

/// The names of one configuration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Names {
    /// The device itself, whatever its settings: `netcontrol-` and the Ethernet address.
    pub identifier: String<32>,
    /// The MQTT client identifier.
    pub client_id: String<NAME_LENGTH>,
    /// What all topics begin with: the prefix that is set, else the client identifier, else the device itself.
    pub prefix: String<NAME_LENGTH>,
}

impl Names {
    /// The names that the settings give, and where they give none those made of the Ethernet address.
    #[must_use]
    pub fn new(settings: &Mqtt, mac_address: [u8; 6]) -> Self {
        let identifier = identifier(mac_address);
        let or = |text: &str, other: &str| {
            // Both are short enough.
            String::try_from(if text.is_empty() { other } else { text }).unwrap_or_default()
        };
        let client_id: String<NAME_LENGTH> = or(&settings.client_id, &identifier);
        // A wildcard in a topic is an error, and `$` is the server's: such an identifier is refused by the menu, and may come in a file.
        let own = if can_begin_topics(&client_id) { client_id.as_str() } else { identifier.as_str() };
        let prefix = or(&settings.topic_prefix, own);
        Self { identifier, client_id, prefix }
    }

    /// `<prefix>/<rest>`
    #[must_use]
    pub fn topic(&self, rest: &str) -> String<TOPIC_LENGTH> {
        let mut topic = String::new();
        // A rest is short enough.
        [&self.prefix, "/", rest].into_iter().for_each(|part| drop(topic.push_str(part)));
        topic
    }

    /// Where the discovery message goes.
    #[must_use]
    pub fn discovery_topic(&self) -> String<TOPIC_LENGTH> {
        let mut topic = String::new();
        ["homeassistant/device/", &self.identifier, "/config"]
            .into_iter()
            .for_each(|part| drop(topic.push_str(part)));
        topic
    }

    /// Which output a topic commands, from 0.
    #[must_use]
    pub fn commanded_output(&self, topic: &str) -> Option<usize> {
        let rest = topic.strip_prefix(self.prefix.as_str())?;
        let number = rest.strip_prefix("/output/")?.strip_suffix("/set")?;
        // One digit, as there are at most 8.
        let [digit @ b'1'..=b'8'] = number.as_bytes() else { return None };
        Some(usize::from(digit.wrapping_sub(b'1')))
    }
}

/// `netcontrol-` and the Ethernet address.
#[must_use]
pub fn identifier(mac_address: [u8; 6]) -> String<32> {
    let mut name = String::new();
    // 23 bytes fit.
    let _ = name.push_str("netcontrol-");
    let _ = write_hexadecimal(&mac_address, &mut name);
    name
}

/// Where Home Assistant says that it has (re)started.
pub const BIRTH_TOPIC: &str = "homeassistant/status";

//! The table of all settings by name. Forms, the configuration file and the flash read and write through it.

use core::{fmt, fmt::Write, net::Ipv4Addr};

use heapless::String;
use status::{Error, device::SETTINGS_INVALID};

use super::{PasswordHash, Settings};
use crate::ascii::{self, cut_text, write_address, write_hexadecimal};

macro_rules! fields {
    ($($(#[$doc:meta])* $field:ident = $name:literal;)*) => {
        /// A setting.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Field {
            $($(#[$doc])* $field,)*
        }

        impl Field {
            /// All of them, in the order of the menu.
            pub const ALL: &'static [Self] = &[$(Self::$field,)*];

            /// The name in forms and files.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$field => $name,)*
                }
            }
        }
    };
}

fields! {
    /// [`super::Network::host_name`].
    HostName = "network.host_name";
    /// [`super::Network::domain`].
    Domain = "network.domain";
    /// [`super::Network::dhcp`]: `on` or `off`.
    Dhcp = "network.dhcp";
    /// [`super::Network::address`].
    Address = "network.address";
    /// [`super::Network::prefix_length`].
    PrefixLength = "network.prefix_length";
    /// [`super::Network::gateway`].
    Gateway = "network.gateway";
    /// [`super::Network::dns_server`].
    DnsServer = "network.dns_server";
    /// [`super::Time::sntp_server`].
    SntpServer = "time.sntp_server";
    /// [`super::Mqtt::enabled`]: `on` or `off`.
    MqttEnabled = "mqtt.enabled";
    /// [`super::Mqtt::tls`]: `on` or `off`.
    MqttTls = "mqtt.tls";
    /// [`super::Mqtt::verify_server_certificate`]: `on` or `off`.
    MqttVerify = "mqtt.verify_server_certificate";
    /// [`super::Mqtt::host`].
    MqttHost = "mqtt.host";
    /// [`super::Mqtt::port`].
    MqttPort = "mqtt.port";
    /// [`super::Mqtt::client_id`].
    MqttClientId = "mqtt.client_id";
    /// [`super::Mqtt::user_name`].
    MqttUserName = "mqtt.user_name";
    /// [`super::Mqtt::password`]: a secret.
    MqttPassword = "mqtt.password";
    /// [`super::Mqtt::topic_prefix`].
    MqttTopicPrefix = "mqtt.topic_prefix";
    /// [`super::Mqtt::keep_alive`].
    MqttKeepAlive = "mqtt.keep_alive";
    /// [`super::Mqtt::quality_of_service`].
    MqttQualityOfService = "mqtt.quality_of_service";
    /// [`super::Mqtt::home_assistant`]: `on` or `off`.
    MqttHomeAssistant = "mqtt.home_assistant";
    /// [`super::Access::password`]: a secret, as iterations, salt and hash (hexadecimal), or empty.
    AccessPassword = "access.password";
}

impl Field {
    /// The field of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| field.name() == name)
    }

    /// Whether the field is a secret: never shown, never in the configuration file.
    pub const fn is_secret(self) -> bool {
        matches!(self, Self::MqttPassword | Self::AccessPassword)
    }

    /// Whether the field is `on` or `off`.
    pub const fn is_switch(self) -> bool {
        matches!(
            self,
            Self::Dhcp | Self::MqttEnabled | Self::MqttTls | Self::MqttVerify | Self::MqttHomeAssistant
        )
    }
}

impl Settings {
    /// Sets one field from its text.
    ///
    /// # Errors
    /// `device::SETTINGS_INVALID` (-0x8380) for a text that the field cannot hold; nothing has changed then.
    pub fn set(&mut self, field: Field, text: &str) -> Result<(), Error> {
        let Self { network, time, mqtt, access } = self;
        match field {
            Field::HostName => {
                check(text, is_host_name).and_then(|()| set_text(&mut network.host_name, text))
            }
            Field::Domain => check(text, is_domain).and_then(|()| set_text(&mut network.domain, text)),
            Field::Dhcp => set_switch(&mut network.dhcp, text),
            Field::Address => set_address(&mut network.address, text),
            Field::PrefixLength => set_number(&mut network.prefix_length, text, 1, 30),
            Field::Gateway => set_address(&mut network.gateway, text),
            Field::DnsServer => set_address(&mut network.dns_server, text),
            Field::SntpServer => check(text, is_server).and_then(|()| set_text(&mut time.sntp_server, text)),
            Field::MqttEnabled => set_switch(&mut mqtt.enabled, text),
            Field::MqttTls => set_switch(&mut mqtt.tls, text),
            Field::MqttVerify => set_switch(&mut mqtt.verify_server_certificate, text),
            Field::MqttHost => check(text, is_server).and_then(|()| set_text(&mut mqtt.host, text)),
            Field::MqttPort => set_number(&mut mqtt.port, text, 1, u16::MAX),
            Field::MqttClientId => set_text(&mut mqtt.client_id, text),
            Field::MqttUserName => set_text(&mut mqtt.user_name, text),
            Field::MqttPassword => set_text(&mut mqtt.password, text),
            Field::MqttTopicPrefix => {
                check(text, is_topic_prefix).and_then(|()| set_text(&mut mqtt.topic_prefix, text))
            }
            Field::MqttKeepAlive => set_number(&mut mqtt.keep_alive, text, 0, u16::MAX),
            Field::MqttQualityOfService => set_number(&mut mqtt.quality_of_service, text, 0, 2),
            Field::MqttHomeAssistant => set_switch(&mut mqtt.home_assistant, text),
            Field::AccessPassword => set_password_hash(&mut access.password, text),
        }
    }

    /// Writes one field's text, secrets included: who shows it asks [`Field::is_secret`] first.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, field: Field, out: &mut dyn Write) -> fmt::Result {
        let Self { network, time, mqtt, access } = self;
        match field {
            Field::HostName => out.write_str(&network.host_name),
            Field::Domain => out.write_str(&network.domain),
            Field::Dhcp => write_switch(network.dhcp, out),
            Field::Address => write_address(network.address, out),
            Field::PrefixLength => write!(out, "{}", network.prefix_length),
            Field::Gateway => write_address(network.gateway, out),
            Field::DnsServer => write_address(network.dns_server, out),
            Field::SntpServer => out.write_str(&time.sntp_server),
            Field::MqttEnabled => write_switch(mqtt.enabled, out),
            Field::MqttTls => write_switch(mqtt.tls, out),
            Field::MqttVerify => write_switch(mqtt.verify_server_certificate, out),
            Field::MqttHost => out.write_str(&mqtt.host),
            Field::MqttPort => write!(out, "{}", mqtt.port),
            Field::MqttClientId => out.write_str(&mqtt.client_id),
            Field::MqttUserName => out.write_str(&mqtt.user_name),
            Field::MqttPassword => out.write_str(&mqtt.password),
            Field::MqttTopicPrefix => out.write_str(&mqtt.topic_prefix),
            Field::MqttKeepAlive => write!(out, "{}", mqtt.keep_alive),
            Field::MqttQualityOfService => write!(out, "{}", mqtt.quality_of_service),
            Field::MqttHomeAssistant => write_switch(mqtt.home_assistant, out),
            Field::AccessPassword => match &access.password {
                Some(password) => {
                    write!(out, "{}:", password.iterations)?;
                    write_hexadecimal(&password.salt, out)?;
                    out.write_char(':')?;
                    write_hexadecimal(&password.hash, out)
                }
                None => Ok(()),
            },
        }
    }
}

fn check(text: &str, is_allowed: fn(&str) -> bool) -> Result<(), Error> {
    if is_allowed(text) { Ok(()) } else { Err(SETTINGS_INVALID) }
}

/// A text of one line that fits.
fn set_text<const N: usize>(to: &mut String<N>, text: &str) -> Result<(), Error> {
    if text.len() > N || text.chars().any(char::is_control) {
        return Err(SETTINGS_INVALID);
    }
    zeroize::Zeroize::zeroize(to);
    to.push_str(text).map_err(|_| SETTINGS_INVALID)
}

fn set_switch(to: &mut bool, text: &str) -> Result<(), Error> {
    *to = match text {
        "on" => true,
        "off" => false,
        _ => return Err(SETTINGS_INVALID),
    };
    Ok(())
}

fn set_address(to: &mut Ipv4Addr, text: &str) -> Result<(), Error> {
    *to = ascii::address(text.as_bytes()).ok_or(SETTINGS_INVALID)?;
    Ok(())
}

/// A decimal number from `least` to `most`.
fn set_number<T: TryFrom<u32>>(to: &mut T, text: &str, least: u16, most: u16) -> Result<(), Error> {
    let number = ascii::decimal(text.as_bytes()).ok_or(SETTINGS_INVALID)?;
    if number < least.into() || number > most.into() {
        return Err(SETTINGS_INVALID);
    }
    *to = T::try_from(number).map_err(|_| SETTINGS_INVALID)?;
    Ok(())
}

fn set_password_hash(to: &mut Option<PasswordHash>, text: &str) -> Result<(), Error> {
    if text.is_empty() {
        *to = None;
        return Ok(());
    }
    *to = Some(password_hash(text).ok_or(SETTINGS_INVALID)?);
    Ok(())
}

fn password_hash(text: &str) -> Option<PasswordHash> {
    let (iterations, rest) = cut_text(text, ":")?;
    let (salt, hash) = cut_text(rest, ":")?;
    let mut password =
        PasswordHash { salt: [0; 16], iterations: ascii::decimal(iterations.as_bytes())?, hash: [0; 32] };
    ascii::hexadecimal(salt.as_bytes(), &mut password.salt)?;
    ascii::hexadecimal(hash.as_bytes(), &mut password.hash)?;
    Some(password)
}

fn write_switch(on: bool, out: &mut dyn Write) -> fmt::Result {
    out.write_str(if on { "on" } else { "off" })
}

/// Letters, digits and inner hyphens (RFC 1123 §2.1), or nothing.
fn is_host_name(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Host names with dots between them, or nothing.
fn is_domain(text: &str) -> bool {
    text.is_empty() || text.split('.').all(|label| !label.is_empty() && is_host_name(label))
}

/// A name or an address: no white space and nothing that only a URL has.
fn is_server(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
}

/// Whether topics can begin with this text: no wildcard, no separator at its end, nothing that the server reserves (MQTT 3.1.1 §4.7.2).
#[must_use]
pub fn can_begin_topics(text: &str) -> bool {
    mqtt::topic::check_name(text).is_ok() && !text.ends_with('/') && !text.starts_with('$')
}

fn is_topic_prefix(text: &str) -> bool {
    text.is_empty() || can_begin_topics(text)
}

//! The device's settings, as the menu shows them (application note §1).
//!
//! `field.rs` is the table of all of them by name; `configuration.rs` is the file. Certificates are not settings: they have a store of
//! their own, and the configuration file does not contain them.

mod field;

pub mod configuration;

use core::net::Ipv4Addr;

use heapless::String;
use zeroize::Zeroize;

pub use field::{Field, can_begin_topics};

/// Everything that can be set, but for certificates. Has no Debug, as it holds a password.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// The network.
    pub network: Network,
    /// The clock.
    pub time: Time,
    /// The broker.
    pub mqtt: Mqtt,
    /// Who may use the menu: never in a configuration file.
    pub access: Access,
}

/// The network's settings: what the factory reset of the IP settings restores.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Network {
    /// The host name, given to DHCP: letters, digits and inner hyphens (RFC 1123 §2.1); empty for one made of the Ethernet address.
    pub host_name: String<32>,
    /// The network's domain, in which the host name stands for the device; empty for none but those that are local anyway.
    pub domain: String<64>,
    /// Whether DHCP gives the address.
    pub dhcp: bool,
    /// The fixed address.
    pub address: Ipv4Addr,
    /// The length of the fixed address's prefix in bits, 1 to 30.
    pub prefix_length: u8,
    /// The fixed gateway; 0.0.0.0 for none.
    pub gateway: Ipv4Addr,
    /// The fixed DNS server; 0.0.0.0 for none.
    pub dns_server: Ipv4Addr,
}

/// The clock's settings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Time {
    /// The SNTP server's name or address; empty for none: then no time is fetched, and MQTTS would wait for ever, so that
    /// [`Settings::check`] refuses it. DHCP's option 42 is not asked for, as `embassy_net` does not hand it out.
    pub sntp_server: String<64>,
}

/// The broker's settings, in the words of the menu. Has no Debug, as it holds a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Mqtt {
    /// Whether MQTT is used at all.
    pub enabled: bool,
    /// "TLSv1.2 mode".
    pub tls: bool,
    /// "Verify Server Certificate".
    pub verify_server_certificate: bool,
    /// The broker's name or address, as its certificate must name it.
    pub host: String<128>,
    /// The broker's port.
    pub port: u16,
    /// The client identifier; empty for one made of the Ethernet address.
    pub client_id: String<64>,
    /// The user name; empty for none.
    pub user_name: String<64>,
    /// The password; empty for none.
    pub password: String<64>,
    /// What all topics begin with; empty for the client identifier.
    pub topic_prefix: String<64>,
    /// The keep-alive time in seconds; 0 for none.
    pub keep_alive: u16,
    /// The quality of service of what is published and subscribed, 0 to 2.
    pub quality_of_service: u8,
    /// Whether the Home Assistant discovery message is published.
    pub home_assistant: bool,
}

/// Who may use the menu.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Access {
    /// The menu's password; `None` before the first use, when whoever comes first sets it.
    pub password: Option<PasswordHash>,
}

/// What is kept of the menu's password: its PBKDF2-HMAC-SHA-256 (RFC 8018 §5.2). Has no Debug.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash {
    /// Random for every password.
    pub salt: [u8; 16],
    /// How many iterations it took.
    pub iterations: u32,
    /// The derived key.
    pub hash: [u8; 32],
}

impl Settings {
    /// Whether the settings can be used together: the field that is at fault, if there is one.
    ///
    /// # Errors
    /// The first field that does not fit the others.
    pub fn check(&self) -> Result<(), Field> {
        let Self { network, time, mqtt, .. } = self;
        if !network.dhcp {
            network.check()?;
        }
        if mqtt.enabled && mqtt.host.is_empty() {
            return Err(Field::MqttHost);
        }
        if mqtt.user_name.is_empty() && !mqtt.password.is_empty() {
            // MQTT 3.1.1 §3.1.2.9: no password without a user name.
            return Err(Field::MqttUserName);
        }
        if mqtt.enabled && mqtt.tls && time.sntp_server.is_empty() {
            // The clock could never be set, and MQTTS would wait for ever.
            return Err(Field::SntpServer);
        }
        Ok(())
    }
}

impl Settings {
    /// Leaves the password of MQTT out unless it is for the server that `earlier` names, from which it was taken over.
    ///
    /// A password goes only to the host, port, TLS mode and verification that it was entered for: else whoever finds the menu
    /// open, or has a configuration file loaded, could have it sent to a server of their own. And without a user name there is none
    /// (MQTT 3.1.1 §3.1.2.9).
    pub fn drop_foreign_password(&mut self, earlier: &Self) {
        if !self.mqtt.has_server_of(&earlier.mqtt) || self.mqtt.user_name.is_empty() {
            self.mqtt.password.zeroize();
        }
    }

    /// Whether `new` lacks, or has changed, a secret of these settings.
    #[must_use]
    pub fn has_secret_that_ends(&self, new: &Self) -> bool {
        let password = &self.mqtt.password;
        (!password.is_empty() && *password != new.mqtt.password)
            || (self.access.password.is_some() && self.access.password != new.access.password)
    }
}

impl Mqtt {
    /// Whether a password for one of these is for the other, too.
    fn has_server_of(&self, other: &Self) -> bool {
        self.host.eq_ignore_ascii_case(&other.host)
            && (self.port, self.tls, self.verify_server_certificate)
                == (other.port, other.tls, other.verify_server_certificate)
    }
}

impl Network {
    /// Whether the fixed address is one that a host can have, and the gateway is in its network.
    fn check(&self) -> Result<(), Field> {
        let mask = u32::MAX.checked_shl(32_u32.saturating_sub(u32::from(self.prefix_length))).unwrap_or(0);
        let (address, host) = (self.address.to_bits(), self.address.to_bits() & !mask);
        let first = self.address.octets().first().copied().unwrap_or(0);
        if first == 0 || first == 127 || first >= 224 || host == 0 || host == !mask {
            return Err(Field::Address);
        }
        if !self.gateway.is_unspecified() && self.gateway.to_bits() & mask != address & mask {
            return Err(Field::Gateway);
        }
        Ok(())
    }
}

impl Drop for Mqtt {
    fn drop(&mut self) {
        self.password.zeroize();
    }
}

impl Default for Network {
    fn default() -> Self {
        Self {
            host_name: String::new(),
            domain: String::new(),
            dhcp: true,
            address: Ipv4Addr::new(192, 168, 1, 2),
            prefix_length: 24,
            gateway: Ipv4Addr::UNSPECIFIED,
            dns_server: Ipv4Addr::UNSPECIFIED,
        }
    }
}

impl Default for Time {
    fn default() -> Self {
        Self { sntp_server: String::try_from("pool.ntp.org").unwrap_or_default() }
    }
}

impl Default for Mqtt {
    fn default() -> Self {
        Self {
            enabled: false,
            tls: false,
            verify_server_certificate: true,
            host: String::new(),
            port: 1883,
            client_id: String::new(),
            user_name: String::new(),
            password: String::new(),
            topic_prefix: String::new(),
            keep_alive: 60,
            quality_of_service: 1,
            home_assistant: true,
        }
    }
}

//! The state of the connection to the broker, as the status page, `status.json` and a board's log show it.

/// How the connection to the broker stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Connection {
    /// Where it is.
    pub state: ConnectionState,
    /// The cipher suite of the present TLS connection.
    pub suite: Option<tls12::Suite>,
    /// Whether the present TLS connection resumed a session.
    pub resumed: bool,
    /// How long its handshake took, in milliseconds.
    pub handshake_time: u32,
}

/// Where the connection is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConnectionState {
    /// MQTT is switched off.
    Disabled,
    /// There is no network.
    WaitingForNetwork,
    /// MQTTS waits for the clock to be set.
    WaitingForTime,
    /// Looking up the host's address.
    LookingUp,
    /// Opening the TCP connection.
    Connecting,
    /// Shaking hands for TLS.
    Handshake,
    /// Waiting until the broker accepts the device (CONNACK).
    WaitingForBroker,
    /// The broker has accepted the device.
    Connected,
    /// The connection failed; the next attempt follows after a pause.
    WaitingToRetry,
}

impl ConnectionState {
    /// Its name for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::WaitingForNetwork => "waiting_for_network",
            Self::WaitingForTime => "waiting_for_time",
            Self::LookingUp => "looking_up",
            Self::Connecting => "connecting",
            Self::Handshake => "handshake",
            Self::WaitingForBroker => "waiting_for_broker",
            Self::Connected => "connected",
            Self::WaitingToRetry => "waiting_to_retry",
        }
    }
}

impl Connection {
    /// In this state, without TLS.
    #[must_use]
    pub const fn without_tls(state: ConnectionState) -> Self {
        Self { state, suite: None, resumed: false, handshake_time: 0 }
    }
}

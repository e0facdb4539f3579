//! The codes of the MQTT layer, part of our own range (see [`device`](crate::device)).

use crate::rows;

rows! { "MQTT";
    BAD_INPUT_DATA = 0x9080, "Bad input parameters to function";
    MALFORMED_PACKET = 0x9100, "A malformed packet was received";
    UNEXPECTED_PACKET = 0x9180, "A packet was received that this state does not allow";
    REFUSED_PROTOCOL_VERSION = 0x9200, "Connection refused, unacceptable protocol version";
    REFUSED_IDENTIFIER = 0x9280, "Connection refused, identifier rejected";
    REFUSED_SERVER_UNAVAILABLE = 0x9300, "Connection refused, server unavailable";
    REFUSED_USER_NAME_OR_PASSWORD = 0x9380, "Connection refused, bad user name or password";
    REFUSED_NOT_AUTHORIZED = 0x9400, "Connection refused, not authorized";
    REFUSED_UNKNOWN = 0x9480, "Connection refused, unknown return code";
    KEEP_ALIVE_TIMEOUT = 0x9500, "The server did not answer in time";
    BUFFER_TOO_SMALL = 0x9580, "A buffer is too small for a packet";
    IN_FLIGHT_FULL = 0x9600, "No room for another unacknowledged message";
    NOT_CONNECTED = 0x9680, "The session is not connected";
    CONNECTION_CLOSED = 0x9700, "The server closed the connection";
    STATE_INVALID = 0x9780, "The saved session is damaged or from another version";
    SUBSCRIPTION_REFUSED = 0x9800, "The server refused a subscription";
    SESSION_OVERFLOW = 0x9880, "Too many open messages of the server, the session begins anew";
    ACKNOWLEDGED_BY_PUBACK = 0x9900, "The server acknowledged a message of QoS 2 as one of QoS 1";
}

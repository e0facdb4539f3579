//! The English of the menu: every sentence that a person reads there, but for those of status codes, of the lint, and of a
//! configuration file that is refused, which stand in `settings/configuration.rs`.
//!
//! A translation replaces this file, and those five sentences.

/// Constants that need no other explanation than themselves. They are put together with markup by the compiler, and so have
/// nothing in them that would have to be escaped, which is checked.
macro_rules! words {
    ($($name:ident = $text:literal;)*) => {
        $(
            #[doc = $text]
            pub const $name: &str = $text;
            const _: () = assert!(is_plain($text));
        )*
    };
}

const fn is_plain(text: &str) -> bool {
    let mut rest = text.as_bytes();
    while let [first, others @ ..] = rest {
        if !first.is_ascii() || matches!(first, b'&' | b'<' | b'>' | b'"' | b'$') {
            return false;
        }
        rest = others;
    }
    true
}

use crate::{certificates::File, connection_state::ConnectionState, settings::Field};

/// A file's name (application note §1).
pub const fn file(file: File) -> &'static str {
    match file {
        File::CaCertificate => CA_CERTIFICATE,
        File::ClientCertificate => CLIENT_CERTIFICATE,
        File::PrivateKey => PRIVATE_KEY,
    }
}

/// A setting's name; those of TLS are the note's (§1).
pub const fn field(field: Field) -> &'static str {
    match field {
        Field::HostName => "Host name",
        Field::Domain => "Domain",
        Field::Dhcp => "DHCP",
        Field::Address => "IP address",
        Field::PrefixLength => "Prefix length",
        Field::Gateway => "Gateway",
        Field::DnsServer => "DNS server",
        Field::SntpServer => "SNTP (Network Time) server",
        Field::MqttEnabled => "MQTT",
        Field::MqttTls => "TLSv1.2 mode",
        Field::MqttVerify => "Verify Server Certificate",
        Field::MqttHost => "Server host",
        Field::MqttPort => "Server port",
        Field::MqttClientId => "Client identifier",
        Field::MqttUserName => "User name",
        Field::MqttPassword => "Password",
        Field::MqttTopicPrefix => "Topic prefix",
        Field::MqttKeepAlive => "Keep-alive time",
        Field::MqttQualityOfService => "Quality of service",
        Field::MqttHomeAssistant => "Home Assistant discovery",
        Field::AccessPassword => "",
    }
}

/// What one should know about a setting.
pub const fn field_hint(field: Field) -> &'static str {
    match field {
        Field::HostName => "Letters, digits and hyphens. A browser finds the menu by this name, too.",
        Field::Domain => {
            "Follows the host name. Not needed for .local, .lan, .home.arpa, .internal and .fritz.box."
        }
        Field::Dhcp => "If disabled, the device uses the address below.",
        Field::Address => "The device's fixed address.",
        Field::PrefixLength => "24 for the mask 255.255.255.0.",
        Field::Gateway | Field::DnsServer => "0.0.0.0 for none.",
        Field::SntpServer => "Name or address. MQTTS starts only after the clock is set.",
        Field::MqttEnabled => "Connects to the server below.",
        Field::MqttTls => "Enable for MQTTS, disable for MQTT without encryption.",
        Field::MqttVerify => {
            "Needs the CA certificate below. If disabled, anybody in between can pretend to be the server."
        }
        Field::MqttHost => {
            "Name or address, as the server's certificate has it; or a URL, such as mqtts://broker.example:8883."
        }
        Field::MqttPort => "Usually 8883 with TLS, 1883 without: it follows the mode.",
        Field::MqttClientId => "If empty, it is made from the Ethernet address.",
        Field::MqttUserName => "Empty for none.",
        Field::MqttPassword => {
            "Never shown. If empty, it stays as it is, or is erased if server, port, TLS mode, verification or CA certificate change."
        }
        Field::MqttTopicPrefix => "If empty, the client identifier.",
        Field::MqttKeepAlive => "In seconds; 0 for none.",
        Field::MqttQualityOfService => "For all messages that the device publishes and receives.",
        Field::MqttHomeAssistant => "Announces the device to Home Assistant.",
        Field::AccessPassword => "",
    }
}

/// What a setting may be.
pub const fn rule(field: Field) -> &'static str {
    match field {
        Field::HostName => "at most 32 letters, digits and hyphens, no hyphen at its ends.",
        Field::Domain => "names of letters, digits and hyphens with dots between them, at most 64 bytes.",
        Field::Address | Field::Gateway | Field::DnsServer => {
            "four numbers from 0 to 255 with dots between them, such as 192.168.1.2."
        }
        Field::PrefixLength => "a number from 1 to 30.",
        Field::SntpServer => "a name or an IPv4 address of at most 64 bytes, without a port.",
        Field::MqttHost => {
            "a name or an IPv4 address of at most 128 bytes, with or without a port, or a URL such as mqtts://broker.example:8883."
        }
        Field::MqttPort => "a number from 1 to 65535.",
        Field::MqttClientId => {
            "at most 64 bytes, without + and #, no dollar sign at its beginning and no slash at its end, as topics begin with it."
        }
        Field::MqttUserName | Field::MqttPassword | Field::AccessPassword => "at most 64 bytes on one line.",
        Field::MqttTopicPrefix => {
            "at most 64 bytes, without + and #, no dollar sign at its beginning and no slash at its end."
        }
        Field::MqttKeepAlive => "a number from 0 to 65535.",
        Field::MqttQualityOfService => "0, 1 or 2.",
        Field::Dhcp | Field::MqttEnabled | Field::MqttTls | Field::MqttVerify | Field::MqttHomeAssistant => {
            "on or off."
        }
    }
}

/// Why a setting does not fit the others; stands behind its name.
pub const fn contradiction(field: Field) -> &'static str {
    match field {
        Field::MqttHost => "is missing: MQTT is enabled.",
        Field::MqttUserName => "is missing: there is a password.",
        Field::SntpServer => "is missing: TLS needs the right time.",
        Field::Address => "is not one that a device can have in a network of this prefix length.",
        Field::Gateway => "is not in the network of the IP address and the prefix length.",
        _ => "does not fit the other settings.",
    }
}

/// Where the connection is.
pub const fn state(state: ConnectionState) -> &'static str {
    match state {
        ConnectionState::Disabled => "Disabled",
        ConnectionState::WaitingForNetwork => "Waiting for the network",
        ConnectionState::WaitingForTime => "Waiting for the time (SNTP)",
        ConnectionState::LookingUp => "Looking up the host",
        ConnectionState::Connecting => "Connecting",
        ConnectionState::Handshake => "TLS handshake",
        ConnectionState::WaitingForBroker => "Waiting for the broker's answer",
        ConnectionState::Connected => "Connected",
        ConnectionState::WaitingToRetry => "Failed, waiting for the next attempt",
    }
}

/// The values of the quality of service.
pub const QUALITIES_OF_SERVICE: [(&str, &str); 3] =
    [("0", "0: at most once"), ("1", "1: at least once"), ("2", "2: exactly once")];

/// The values of a switch.
pub const SWITCH: [(&str, &str); 2] = [("on", "Enable"), ("off", "Disable")];

/// How an input or an output is.
pub const fn level(level: bool) -> &'static str {
    if level { "on" } else { "off" }
}

words! {
    PAGE_STATUS = "Status";
    PAGE_NETWORK = "Network";
    PAGE_MQTT = "MQTT";
    PAGE_TIME = "Time";
    PAGE_PORTS = "Inputs and outputs";
    PAGE_SYSTEM = "System";
    CA_CERTIFICATE = "CA certificate";
    CLIENT_CERTIFICATE = "Client Certificate";
    PRIVATE_KEY = "Private Key";
    STATUS_CODES = "Status codes";
    MENU = "Menu";
    SKIP = "To the content";
    LOG_IN = "Log in";
    LOG_OUT = "Log out";
    SAVE = "Save";
    BACK = "Back";
    DONE = "The change is stored.";
    FIRMWARE = "Firmware";
    PLAIN_HTTP = "This menu is plain HTTP: use it, and upload keys above all, on a trusted network only.";
    KEEP = "Keep";
    ERASE = "Erase";
    ERASE_PASSWORD = "The present password";
    PASSWORD = "Password";
    PASSWORD_LENGTH = "A password has 8 to 64 bytes.";
    NEW_PASSWORD = "New password";
    CURRENT_PASSWORD = "Present password";
    CHANGE_PASSWORD = "Change the password";
    SET_PASSWORD = "Set the password";
    FIRST_PASSWORD = "Set a password";
    FIRST_PASSWORD_WHY = "This device has no password yet. Set one that you use nowhere else: it travels over the network unencrypted.";
    REFUSED = "This did not work";
    NOTHING_CHANGED = "Nothing has been changed.";
    CHECKED = "Check of a file";
    CHECKED_ONLY = "The file was looked at together with the others, and not stored.";
    CERTIFICATES = "Certificates";
    CERTIFICATES_WHAT = "PEM text, at most 4096 bytes each. A firmware update and the factory reset erase them; the configuration file does not have them.";
    TRUSTED_NETWORK = "What is uploaded here travels unencrypted: upload a private key on a trusted network only. It can be replaced and erased, but never read again.";
    TYPE_AGAIN = "Not sent back: type it again.";
    PORT_CHANGED = "The port is now";
    PORT_CHANGED_WHY = "That is the usual one of this mode: set another one below if the server has another one.";
    PASSWORD_ERASED = "The stored password is erased, as it was for another server: type it again if this one needs it.";
    NO_ANCHOR = "CA certificate: missing; the server's certificate cannot be verified without it";
    NO_FINDINGS = "No problem was found in these files.";
    NO_CLOCK_NO_DATES = "The clock is not set yet: whether a certificate has expired was not checked.";
    NO_FILE_YET = "None.";
    UPLOAD_FILE = "File";
    OR_PASTE = "Or paste the text";
    PEM_TEXT = "PEM text";
    STORE = "Store";
    CHECK = "Only check";
    BROKER = "Server";
    PRESENT_ADDRESS = "Present address";
    SETTINGS = "Settings";
    ADDRESS = "IP address";
    GATEWAY = "Gateway";
    DNS_SERVER = "DNS server";
    NONE = "none";
    CLOCK = "Clock";
    CLOCK_NOT_SET = "not set yet";
    CLOCK_WHY = "Certificates are valid from one date to another, so that TLS needs the right time: MQTTS is activated only after the clock is set.";
    INPUTS = "Inputs";
    INPUT = "Input";
    OUTPUTS = "Outputs";
    OUTPUT = "Output";
    SWITCH_ON = "Switch on";
    SWITCH_OFF = "Switch off";
    DEVICE = "Device";
    BOARD = "Board";
    MAC_ADDRESS = "Ethernet address";
    UPTIME = "Running for";
    CONFIGURATION = "Configuration file";
    CONFIGURATION_WHAT = "Has all settings but passwords, certificates and the private key.";
    CONFIGURATION_SAVE = "Save to a file";
    CONFIGURATION_LOAD = "Load the file";
    FACTORY_RESET = "Factory reset";
    FACTORY_RESET_OPEN = "Restore the IP settings";
    FACTORY_RESET_WHAT = "Restores the IP settings as delivered (DHCP), and erases all certificates and the private key. The other settings stay, but for the password of a server that is verified.";
    FACTORY_RESET_DO = "Restore and erase";
    REFRESH = "Refresh";
    CONNECTION = "Connection";
    STATE = "State";
    HOST = "Server";
    SUITE = "Cipher suite";
    SESSION = "Session";
    RESUMED = "resumed by ticket";
    FULL_HANDSHAKE = "full handshake";
    HANDSHAKE_TIME = "Handshake time";
    NO_STATUS_CODES = "None: nothing has failed since the start.";
    WHEN = "When";
    HOW_OFTEN = "How often";
    TIMES = "times, the last one then";
    PAST = "Past: the device has been connected since.";
    CAUSE = "Cause";
    STEP = "Step";
    HINT = "What to do";
    EXPIRED_FOR = "expired for";
    DAYS = "days";
    DAYS_LEFT = "days left";
}

/// Why a request was refused.
pub mod refusal {
    /// 400
    pub const MALFORMED: &str = "The request is malformed.";
    /// 400: a field that is unknown, or a form that cannot be decoded.
    pub const UNKNOWN_FIELD: &str =
        "The form has a field that the device does not know, or that cannot be decoded.";
    /// 400: the file was uploaded as a file and as a text.
    pub const TWO_FILES: &str = "Choose a file or paste a text, not both.";
    /// 400: neither a file nor a text.
    pub const NO_FILE: &str = "No file was chosen and no text was pasted.";
    /// 401
    pub const NOT_LOGGED_IN: &str = "Log in first.";
    /// 403
    pub const WRONG_PASSWORD: &str = "The password is wrong.";
    /// 403
    pub const NO_PASSWORD_YET: &str = "Set a password first.";
    /// 403
    pub const NO_TOKEN: &str =
        "The form is out of date, or the request is not from the menu: open the page again.";
    /// 403
    pub const OTHER_ORIGIN: &str = "The request comes from a page of another server.";
    /// 404
    pub const NOT_FOUND: &str = "There is no such page.";
    /// 405
    pub const METHOD: &str = "This cannot be done with that page.";
    /// 408
    pub const TOO_SLOW: &str = "The request took too long.";
    /// 411
    pub const NO_LENGTH: &str = "The request does not say how long it is.";
    /// 413
    pub const TOO_LARGE: &str = "The request is too large.";
    /// 421
    pub const OTHER_HOST: &str = "This device does not have that name: use its address or its host name.";
    /// 422: a password's length.
    pub const PASSWORD_LENGTH: &str = super::PASSWORD_LENGTH;
    /// 413: a certificate or a key.
    pub const FILE_TOO_LARGE: &str = "The file is larger than 4096 bytes: leave out everything but the certificates that are needed, or the key.";
    /// 422: what a file is follows, and what to do.
    pub const THIS_IS: &str = "This is ";
    /// 422: a private key among the CA certificates.
    pub const KEY_IN_CA: &str =
        "This file has a private key in it, which must not leave the CA: upload the CA certificate alone.";
    /// 422: a private key beside the client certificate.
    pub const KEY_IN_CERTIFICATE: &str = "This file has a private key in it, too: upload the certificate alone here, and the key as Private Key.";
    /// 429
    pub const PAUSE: &str = "Wait a moment before the next attempt.";
    /// 431
    pub const HEAD_TOO_LARGE: &str = "The head of the request is too large.";
    /// 503
    pub const BUSY: &str = "The device is busy with another request.";
    /// 505
    pub const VERSION: &str = "Only HTTP/1.0 and HTTP/1.1 are spoken here.";
}

/// What to do about a status code.
pub mod hint {
    /// The clock is not set.
    pub const CLOCK: &str = "Check the SNTP server and that the network lets UDP port 123 through: MQTTS starts once the clock is set.";
    /// A server tells a time that is past.
    pub const TIME_IS_PAST: &str = "The SNTP server tells a time that is past. Check it; after one that was far ahead, a factory reset forgets the time that was known.";
    /// The chain leads to no CA that is loaded.
    pub const NOT_TRUSTED: &str =
        "Load the CA certificate that signed the server's certificate, or the intermediate that did.";
    /// The server's certificate is not valid at this time.
    pub const NOT_VALID_NOW: &str = "Renew the server's certificate, or set the clock right.";
    /// The certificate is for another name.
    pub const OTHER_NAME: &str = "Use as host the name that is in the server's certificate.";
    /// Key or signature are not accepted.
    pub const WEAK: &str =
        "The server needs a certificate with a key of at least 2048 bits and a SHA-2 signature.";
    /// Usage of the certificate.
    pub const USAGE: &str = "The server's certificate is not made for a server: make a new one with serverAuth and keyEncipherment.";
    /// Any other flag.
    pub const VERIFY: &str =
        "Look at the server's certificate and at the CA certificate that is loaded here.";
    /// The server asks for a client certificate, and there is none.
    pub const NO_CLIENT_CERTIFICATE: &str =
        "The server asks for a client certificate: load one that its CA has signed, with its private key.";
    /// The password was erased with the server that it was for, or never entered.
    pub const NO_PASSWORD: &str = "No password is stored: enter it. It is erased when server, port, TLS mode, verification or CA certificate change.";
    /// The server wants a certificate, or does not like ours.
    pub const CLIENT_CERTIFICATE: &str = "The server does not accept the client certificate: load one that its CA has signed, with its private key.";
    /// The server does not know our CA.
    pub const UNKNOWN_CA: &str = "The server does not know the CA that signed the client certificate.";
    /// No common suite or version.
    pub const NO_COMMON_SUITE: &str = "The server allows none of the device's cipher suites: enable TLS 1.2 with TLS_RSA_WITH_AES suites there.";
    /// No CA certificate.
    pub const NO_CA: &str = "Load a CA certificate, or switch the verification of the server off.";
    /// A certificate without its key.
    pub const NO_KEY: &str = "Load the private key that belongs to the client certificate.";
    /// Name resolution.
    pub const HOST: &str = "The host's name is not known: check it, and the DNS server.";
    /// Nothing answers.
    pub const CONNECT: &str =
        "Nothing answers at that host and port: check both, and whether the server runs.";
    /// The connection broke.
    pub const LOST: &str = "The connection was lost: check the network, and the server's log.";
    /// The port is not one of TLS.
    pub const NOT_TLS: &str =
        "What answers does not speak TLS 1.2 there: check the port (8883 is usual for MQTTS).";
    /// The port is perhaps one of TLS.
    pub const NOT_MQTT: &str = "What answers does not speak MQTT without TLS there: check the port (1883 is usual), or enable TLS (8883).";
    /// User name or password.
    pub const CREDENTIALS: &str =
        "Check user name, password and client identifier, and what the broker allows them.";
    /// PUBACK for QoS 2.
    pub const NO_QOS_2: &str =
        "The broker does not keep quality of service 2: messages may come twice. Set it to 1.";
    /// The session begins anew.
    pub const SESSION: &str =
        "The broker left too many messages of quality of service 2 open: the session began anew.";
    /// MQTT, any other.
    pub const MQTT: &str = "Look at the broker's log.";
    /// A file.
    pub const FILE: &str = "Load another file: PEM text, at most 4096 bytes, the key without a password.";
    /// A unit has failed.
    pub const HARDWARE: &str =
        "The device works on in software; if this comes back after a restart, have it repaired.";
    /// A reset that nobody asked for.
    pub const RESET: &str = "The device has restarted by itself; report this to its maker if it comes back.";
    /// The flash.
    pub const STORAGE: &str = "Check the settings and certificates, and store them again.";
    /// Anything else.
    pub const OTHER: &str = "Look at the server's log for the same moment.";
}

//! The English of the menu: every sentence that a person reads there, but for those of status codes and of the lint.
//!
//! A translation replaces this file.

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

use crate::{certificates::File, connection_state::ConnectionState, packed, packed::Packed, settings::Field};

/// A file's name (application note §1).
pub const fn file(file: File) -> Packed {
    match file {
        File::CaCertificate => packed!(CA_CERTIFICATE),
        File::ClientCertificate => packed!(CLIENT_CERTIFICATE),
        File::PrivateKey => packed!(PRIVATE_KEY),
    }
}

/// A setting's name; those of TLS are the note's (§1).
pub const fn field(field: Field) -> Packed {
    match field {
        Field::HostName => packed!("Host name"),
        Field::Domain => packed!("Domain"),
        Field::Dhcp => packed!("DHCP"),
        Field::Address => packed!("IP address"),
        Field::PrefixLength => packed!("Prefix length"),
        Field::Gateway => packed!("Gateway"),
        Field::DnsServer => packed!("DNS server"),
        Field::SntpServer => packed!("SNTP (Network Time) server"),
        Field::MqttEnabled => packed!("MQTT"),
        Field::MqttTls => packed!("TLSv1.2 mode"),
        Field::MqttVerify => packed!("Verify Server Certificate"),
        Field::MqttHost => packed!("Server host"),
        Field::MqttPort => packed!("Server port"),
        Field::MqttClientId => packed!("Client identifier"),
        Field::MqttUserName => packed!("User name"),
        Field::MqttPassword => packed!("Password"),
        Field::MqttTopicPrefix => packed!("Topic prefix"),
        Field::MqttKeepAlive => packed!("Keep-alive time"),
        Field::MqttQualityOfService => packed!("Quality of service"),
        Field::MqttHomeAssistant => packed!("Home Assistant discovery"),
        Field::AccessPassword => Packed::EMPTY,
    }
}

/// What one should know about a setting.
pub const fn field_hint(field: Field) -> Packed {
    match field {
        Field::HostName => packed!("Letters, digits and hyphens. The menu can be reached by it, too."),
        Field::Domain => {
            packed!(
                "Behind the host name; none is needed for .local, .lan, .home.arpa, .internal and .fritz.box."
            )
        }
        Field::Dhcp => packed!("Disabled: the address below."),
        Field::Address => packed!("The device's fixed address."),
        Field::PrefixLength => packed!("24 for the mask 255.255.255.0."),
        Field::Gateway | Field::DnsServer => packed!("0.0.0.0 for none."),
        Field::SntpServer => packed!("Name or address. MQTTS starts only after the clock is set."),
        Field::MqttEnabled => packed!("Connects to the server below."),
        Field::MqttTls => packed!("Enable for MQTTS, disable for MQTT without encryption."),
        Field::MqttVerify => {
            packed!("Needs the CA certificate below. Disabled, whoever is between can be the server.")
        }
        Field::MqttHost => {
            packed!(
                "Name or address, as the server's certificate has it; or a URL, such as mqtts://broker.example:8883."
            )
        }
        Field::MqttPort => packed!("Usually 8883 with TLS, 1883 without: it follows the mode."),
        Field::MqttClientId => packed!("Empty: made of the Ethernet address."),
        Field::MqttUserName => packed!("Empty for none."),
        Field::MqttPassword => packed!(
            "Never shown. Empty: as it is now, or none once server, port, TLS mode, verification or CA certificate have changed."
        ),
        Field::MqttTopicPrefix => packed!("Empty: the client identifier."),
        Field::MqttKeepAlive => packed!("In seconds; 0 for none."),
        Field::MqttQualityOfService => packed!("Of everything that is published and subscribed."),
        Field::MqttHomeAssistant => packed!("Announces the device to Home Assistant."),
        Field::AccessPassword => Packed::EMPTY,
    }
}

/// What a setting may be.
pub const fn rule(field: Field) -> Packed {
    match field {
        Field::HostName => packed!("at most 32 letters, digits and hyphens, no hyphen at its ends."),
        Field::Domain => {
            packed!("names of letters, digits and hyphens with dots between them, at most 64 bytes.")
        }
        Field::Address | Field::Gateway | Field::DnsServer => {
            packed!("four numbers from 0 to 255 with dots between them, such as 192.168.1.2.")
        }
        Field::PrefixLength => packed!("a number from 1 to 30."),
        Field::SntpServer => packed!("a name or an IPv4 address of at most 64 bytes, without a port."),
        Field::MqttHost => packed!(
            "a name or an IPv4 address of at most 128 bytes, with or without a port, or a URL such as mqtts://broker.example:8883."
        ),
        Field::MqttPort => packed!("a number from 1 to 65535."),
        Field::MqttClientId => packed!(
            "at most 64 bytes, without + and #, no dollar sign at its beginning and no slash at its end, as topics begin with it."
        ),
        Field::MqttUserName | Field::MqttPassword | Field::AccessPassword => {
            packed!("at most 64 bytes on one line.")
        }
        Field::MqttTopicPrefix => packed!(
            "at most 64 bytes, without + and #, no dollar sign at its beginning and no slash at its end."
        ),
        Field::MqttKeepAlive => packed!("a number from 0 to 65535."),
        Field::MqttQualityOfService => packed!("0, 1 or 2."),
        Field::Dhcp | Field::MqttEnabled | Field::MqttTls | Field::MqttVerify | Field::MqttHomeAssistant => {
            packed!("on or off.")
        }
    }
}

/// Why a setting does not fit the others; stands behind its name.
pub const fn contradiction(field: Field) -> Packed {
    match field {
        Field::MqttHost => packed!("is missing: MQTT is enabled."),
        Field::MqttUserName => packed!("is missing: there is a password."),
        Field::SntpServer => packed!("is missing: TLS needs the right time."),
        Field::Address => packed!("is not one that a device can have in a network of this prefix length."),
        Field::Gateway => packed!("is not in the network of the IP address and the prefix length."),
        _ => packed!("does not fit the other settings."),
    }
}

/// Where the connection is.
pub const fn state(state: ConnectionState) -> Packed {
    match state {
        ConnectionState::Disabled => packed!("Disabled"),
        ConnectionState::WaitingForNetwork => packed!("Waiting for the network"),
        ConnectionState::WaitingForTime => packed!("Waiting for the time (SNTP)"),
        ConnectionState::LookingUp => packed!("Looking up the host"),
        ConnectionState::Connecting => packed!("Connecting"),
        ConnectionState::Handshake => packed!("TLS handshake"),
        ConnectionState::WaitingForBroker => packed!("Waiting for the broker's answer"),
        ConnectionState::Connected => packed!("Connected"),
        ConnectionState::WaitingToRetry => packed!("Failed, waiting for the next attempt"),
    }
}

/// The values of the quality of service.
pub const QUALITIES_OF_SERVICE: [(&str, Packed); 3] = [
    ("0", packed!("0: at most once")),
    ("1", packed!("1: at least once")),
    ("2", packed!("2: exactly once")),
];

/// The values of a switch.
pub const SWITCH: [(&str, Packed); 2] = [("on", packed!("Enable")), ("off", packed!("Disable"))];

/// How an input or an output is.
pub const fn level(level: bool) -> Packed {
    if level { packed!("on") } else { packed!("off") }
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
    NO_FINDINGS = "Nothing speaks against these files.";
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
    use crate::{packed, packed::Packed};

    /// 400
    pub const MALFORMED: Packed = packed!("The request is malformed.");
    /// 400: the name of a form's field follows.
    pub const UNKNOWN_FIELD: Packed =
        packed!("The form has a field that the device does not know, or that cannot be decoded.");
    /// 400: the file was uploaded as a file and as a text.
    pub const TWO_FILES: Packed = packed!("Choose a file or paste a text, not both.");
    /// 400: neither a file nor a text.
    pub const NO_FILE: Packed = packed!("No file was chosen and no text was pasted.");
    /// 401
    pub const NOT_LOGGED_IN: Packed = packed!("Log in first.");
    /// 403
    pub const WRONG_PASSWORD: Packed = packed!("The password is wrong.");
    /// 403
    pub const NO_PASSWORD_YET: Packed = packed!("Set a password first.");
    /// 403
    pub const NO_TOKEN: Packed =
        packed!("The form is out of date, or the request is not from the menu: open the page again.");
    /// 403
    pub const OTHER_ORIGIN: Packed = packed!("The request comes from a page of another server.");
    /// 404
    pub const NOT_FOUND: Packed = packed!("There is no such page.");
    /// 405
    pub const METHOD: Packed = packed!("This cannot be done with that page.");
    /// 408
    pub const TOO_SLOW: Packed = packed!("The request took too long.");
    /// 411
    pub const NO_LENGTH: Packed = packed!("The request does not say how long it is.");
    /// 413
    pub const TOO_LARGE: Packed = packed!("The request is too large.");
    /// 421
    pub const OTHER_HOST: Packed =
        packed!("This device does not have that name: use its address or its host name.");
    /// 422: a password's length.
    pub const PASSWORD_LENGTH: Packed = packed!(super::PASSWORD_LENGTH);
    /// 413: a certificate or a key.
    pub const FILE_TOO_LARGE: Packed = packed!(
        "The file is larger than 4096 bytes: leave out everything but the certificates that are needed, or the key."
    );
    /// 422: what a file is follows, and what to do.
    pub const THIS_IS: Packed = packed!("This is ");
    /// 422: a private key among the CA certificates.
    pub const KEY_IN_CA: Packed = packed!(
        "This file has a private key in it, which must not leave the CA: upload the CA certificate alone."
    );
    /// 422: a private key beside the client certificate.
    pub const KEY_IN_CERTIFICATE: Packed = packed!(
        "This file has a private key in it, too: upload the certificate alone here, and the key as Private Key."
    );
    /// 429
    pub const PAUSE: Packed = packed!("Wait a moment before the next attempt.");
    /// 431
    pub const HEAD_TOO_LARGE: Packed = packed!("The head of the request is too large.");
    /// 503
    pub const BUSY: Packed = packed!("The device is busy with another request.");
    /// 505
    pub const VERSION: Packed = packed!("Only HTTP/1.0 and HTTP/1.1 are spoken here.");
}

/// What to do about a status code.
pub mod hint {
    use crate::{packed, packed::Packed};

    /// The clock is not set.
    pub const CLOCK: Packed = packed!(
        "Check the SNTP server and that the network lets UDP port 123 through: MQTTS starts once the clock is set."
    );
    /// A server tells a time that is past.
    pub const TIME_IS_PAST: Packed = packed!(
        "The SNTP server tells a time that is past. Check it; after one that was far ahead, a factory reset forgets the time that was known."
    );
    /// The chain leads to no CA that is loaded.
    pub const NOT_TRUSTED: Packed = packed!(
        "Load the CA certificate that signed the server's certificate, or the intermediate that did."
    );
    /// The server's certificate is not valid at this time.
    pub const NOT_VALID_NOW: Packed = packed!("Renew the server's certificate, or set the clock right.");
    /// The certificate is for another name.
    pub const OTHER_NAME: Packed = packed!("Use as host the name that is in the server's certificate.");
    /// Key or signature are not accepted.
    pub const WEAK: Packed =
        packed!("The server needs a certificate with a key of at least 2048 bits and a SHA-2 signature.");
    /// Usage of the certificate.
    pub const USAGE: Packed = packed!(
        "The server's certificate is not made for a server: make a new one with serverAuth and keyEncipherment."
    );
    /// Any other flag.
    pub const VERIFY: Packed =
        packed!("Look at the server's certificate and at the CA certificate that is loaded here.");
    /// The server asks for a client certificate, and there is none.
    pub const NO_CLIENT_CERTIFICATE: Packed = packed!(
        "The server asks for a client certificate: load one that its CA has signed, with its private key."
    );
    /// The password was erased with the server that it was for, or never entered.
    pub const NO_PASSWORD: Packed = packed!(
        "No password is stored: enter it. It is erased when server, port, TLS mode, verification or CA certificate change."
    );
    /// The server wants a certificate, or does not like ours.
    pub const CLIENT_CERTIFICATE: Packed = packed!(
        "The server does not accept the client certificate: load one that its CA has signed, with its private key."
    );
    /// The server does not know our CA.
    pub const UNKNOWN_CA: Packed =
        packed!("The server does not know the CA that signed the client certificate.");
    /// No common suite or version.
    pub const NO_COMMON_SUITE: Packed = packed!(
        "The server allows none of the device's cipher suites: enable TLS 1.2 with TLS_RSA_WITH_AES suites there."
    );
    /// No CA certificate.
    pub const NO_CA: Packed = packed!("Load a CA certificate, or switch the verification of the server off.");
    /// A certificate without its key.
    pub const NO_KEY: Packed = packed!("Load the private key that belongs to the client certificate.");
    /// Name resolution.
    pub const HOST: Packed = packed!("The host's name is not known: check it, and the DNS server.");
    /// Nothing answers.
    pub const CONNECT: Packed =
        packed!("Nothing answers at that host and port: check both, and whether the server runs.");
    /// The connection broke.
    pub const LOST: Packed = packed!("The connection was lost: check the network, and the server's log.");
    /// The port is not one of TLS.
    pub const NOT_TLS: Packed =
        packed!("What answers does not speak TLS 1.2 there: check the port (8883 is usual for MQTTS).");
    /// The port is perhaps one of TLS.
    pub const NOT_MQTT: Packed = packed!(
        "What answers does not speak MQTT without TLS there: check the port (1883 is usual), or enable TLS (8883)."
    );
    /// User name or password.
    pub const CREDENTIALS: Packed =
        packed!("Check user name, password and client identifier, and what the broker allows them.");
    /// PUBACK for QoS 2.
    pub const NO_QOS_2: Packed =
        packed!("The broker does not keep quality of service 2: messages may come twice. Set it to 1.");
    /// The session begins anew.
    pub const SESSION: Packed =
        packed!("The broker left too many messages of quality of service 2 open: the session began anew.");
    /// MQTT, any other.
    pub const MQTT: Packed = packed!("Look at the broker's log.");
    /// A file.
    pub const FILE: Packed =
        packed!("Load another file: PEM text, at most 4096 bytes, the key without a password.");
    /// A unit has failed.
    pub const HARDWARE: Packed =
        packed!("The device works on in software; if this comes back after a restart, have it repaired.");
    /// A reset that nobody asked for.
    pub const RESET: Packed =
        packed!("The device has restarted by itself; report this to its maker if it comes back.");
    /// The flash.
    pub const STORAGE: Packed = packed!("Check the settings and certificates, and store them again.");
    /// Anything else.
    pub const OTHER: Packed = packed!("Look at the server's log for the same moment.");
}

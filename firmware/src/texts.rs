//! The English of the menu: every sentence that a person reads there, but for those of status codes and of the lint.
//!
//! A translation replaces this file.

/// Why a request was refused.
pub mod refusal {
    /// 400
    pub const MALFORMED: &str = "The request is malformed.";
    /// 400: the name of a form's field follows.
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
    pub const PASSWORD_LENGTH: &str = "A password has 8 to 64 bytes.";
    /// 422: the field's name follows.
    pub const BAD_VALUE: &str = "This value is not possible: ";
    /// 422: the field's name follows.
    pub const CONTRADICTION: &str = "This does not fit the other settings: ";
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
    /// User name or password.
    pub const CREDENTIALS: &str =
        "Check user name, password and client identifier, and what the broker allows them.";
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

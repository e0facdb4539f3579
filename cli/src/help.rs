//! The texts of `--help` and `--version`.

/// `mqtts --version`.
pub(crate) const VERSION: &str = concat!("mqtts ", env!("CARGO_PKG_VERSION"), "\n");

/// `mqtts --help`.
pub(crate) const OVERVIEW: &str = "\
mqtts - MQTT over TLS 1.2 with the suites TLS_RSA_WITH_AES_*

  mqtts pub      publish a message
  mqtts sub      print messages as they come
  mqtts inspect  describe certificates and private keys
  mqtts lint     say what would fail on the wire, and why, without connecting

`mqtts COMMAND --help` lists the options. Exit status: 0 when it worked; 1 on a failure, with one line on
standard error that starts with 'status:' and the code; 2 when the command line is wrong.
";

/// `mqtts pub --help`.
pub(crate) const PUBLISH: &str = concat!(
    "\
mqtts pub -t TOPIC (-m MESSAGE | -f FILE) [options]

  -t TOPIC            the topic to publish to
  -m MESSAGE          the message
  -f FILE             send this file as the message, in pieces if it is large
  -q 0|1|2            quality of service (0); with 1 and 2 it waits for the delivery
  -r                  the server keeps the message for later subscribers
  -W SECONDS          give up after this time
",
    common!()
);

/// `mqtts sub --help`.
pub(crate) const SUBSCRIBE: &str = concat!(
    "\
mqtts sub -t FILTER [-t FILTER ...] [options]

Prints each payload on a line of its own.

  -t FILTER           a topic, or a filter with '+' for a level and '#' for all below
  -q 0|1|2            the highest quality of service to ask for (0)
  -v                  print the topic before each payload
  -C COUNT            end after so many messages
  -W SECONDS          give up after this time
",
    common!()
);

/// `mqtts inspect --help`.
pub(crate) const INSPECT: &str = "\
mqtts inspect FILE [FILE ...]

Prints the description of every certificate in the files, and 'Name: RSA' for a private key.
A file that cannot be read gives its code on standard error, and exit status 1.
Files are PEM texts of at most 4096 bytes.
";

/// `mqtts lint --help`.
pub(crate) const LINT: &str = "\
mqtts lint [--cafile FILE] [--cert FILE [--key FILE]] [--host NAME] [--at TIME]

Says what would fail on the wire, and why, without connecting. Each finding is a line on standard output.
Exit status 1 if something will fail; 0 if nothing will, or there are only warnings.

  --cafile FILE       the certificates that are to be trusted
  --cert FILE         the certificate that is shown to the other side: a client's, or with --host a server's
  --key FILE          its private key
  --host NAME         judge --cert as the certificate of the server of this name or address
  --at TIME           judge validity at this time instead of now:
                      2026-11-22, 2026-11-22T14:23:55Z, or Unix seconds
";

/// The options of both `pub` and `sub`.
macro_rules! common {
    () => {
        "  -h HOST             the server's name or address (localhost)
  -p PORT             its port (8883; 1883 with --plain)
  -i ID               the client identifier (a random one)
  -u USER -P PASSWORD user name and password
  -k SECONDS          keep-alive (60; 0 switches it off)
  -c                  keep the session on the server (needs -i)
  --will-topic TOPIC --will-payload MESSAGE --will-qos 0|1|2 --will-retain
                      the message that the server sends when the connection is lost
  --cafile FILE       the certificates that are trusted; without it only --insecure connects
  --cert FILE --key FILE
                      the client certificate and its key, which has no password
  --insecure          do not verify the server's certificate
  --ciphers NAME[:NAME...]
                      offer these suites in this order instead of all ten
  --max-fragment N    ask for records of at most 512, 1024, 2048 or 4096 bytes
  --session FILE      save the TLS session there, and resume from it; keep it as secret as a key
  --plain             MQTT without TLS
  -d                  show suite, handshake messages and MQTT packets on standard error

The suites, in the order of the offer:
  TLS_RSA_WITH_AES_256_GCM_SHA384  TLS_RSA_WITH_AES_128_GCM_SHA256
  TLS_RSA_WITH_AES_256_CCM         TLS_RSA_WITH_AES_128_CCM
  TLS_RSA_WITH_AES_256_CBC_SHA256  TLS_RSA_WITH_AES_128_CBC_SHA256
  TLS_RSA_WITH_AES_256_CBC_SHA     TLS_RSA_WITH_AES_128_CBC_SHA
  TLS_RSA_WITH_AES_256_CCM_8       TLS_RSA_WITH_AES_128_CCM_8
"
    };
}
use common;

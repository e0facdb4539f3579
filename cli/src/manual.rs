//! `mqtts man`: the manual page, in roff's `man` macros, made from the same tables as the help pages.

use tls12::Suite;

use crate::{
    arguments::{COMMANDS, LINT},
    help::EXIT_STATUS,
    options::{
        rows::ROWS,
        table::{Commands, Group, OptionRow},
        values::openssl_name,
    },
};

/// The whole page.
pub(crate) fn page() -> String {
    let mut page = ManualPage(String::new());
    page.line(&format!(".TH MQTTS 1 \"\" \"mqtts {}\" \"User Commands\"", env!("CARGO_PKG_VERSION")));
    page.section("NAME");
    page.text("mqtts - MQTT 3.1.1 over TLS 1.2 with the suites TLS_RSA_WITH_AES_*");
    page.section("SYNOPSIS");
    for (number, synopsis) in SYNOPSIS.iter().enumerate() {
        if number > 0 {
            page.line(".br");
        }
        page.text(synopsis);
    }
    page.section("DESCRIPTION");
    DESCRIPTION.iter().for_each(|paragraph| page.paragraph(paragraph));
    COMMANDS.iter().for_each(|(name, what)| page.entry(&format!("mqtts {name}"), what));
    page.options("OPTIONS OF MQTTS PUB", ROWS, Commands::Publish);
    page.options("OPTIONS OF MQTTS SUB", ROWS, Commands::Subscribe);
    page.options("OPTIONS OF MQTTS LINT", LINT, Commands::All);
    page.section("OUTPUT FORMAT");
    page.paragraph(FORMAT);
    SEQUENCES.iter().for_each(|(sequence, what)| page.entry(sequence, what));
    page.section("CIPHER SUITES");
    page.paragraph("In the order of the offer, with OpenSSL's names, which --ciphers takes, too:");
    Suite::ALL.iter().for_each(|suite| page.entry(suite.name(), &openssl_name(*suite)));
    page.section("EXIT STATUS");
    EXIT_STATUS.iter().for_each(|(number, what)| page.entry(number, what));
    page.section("FILES AND ENVIRONMENT");
    page.entry("SSL_CERT_FILE", "the list of certificates that stands for the system's, as for OpenSSL");
    page.section("SEE ALSO");
    page.text("mosquitto_pub(1), mosquitto_sub(1)");
    page.0
}

struct ManualPage(String);

impl ManualPage {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    fn section(&mut self, title: &str) {
        self.line(&format!(".SH {title}"));
    }

    fn paragraph(&mut self, text: &str) {
        self.line(".PP");
        self.text(text);
    }

    /// Appends text. Requests and escapes in it are neutralized, and a dash stays a dash that can be copied.
    fn text(&mut self, text: &str) {
        let text = text.replace('\\', "\\e").replace('-', "\\-");
        let is_request = text.starts_with(['.', '\'']);
        self.line(&if is_request { format!("\\&{text}") } else { text });
    }

    fn entry(&mut self, term: &str, text: &str) {
        self.line(".TP");
        self.0.push_str(".B ");
        self.text(term);
        self.text(text);
    }

    fn options<T>(&mut self, title: &str, rows: &[OptionRow<T>], command: Commands) {
        self.section(title);
        for group in Group::ALL {
            let mut rows = rows.iter().filter(|row| row.group == group && row.is_for(command)).peekable();
            if rows.peek().is_some() {
                self.line(&format!(".SS \"{}\"", group.title()));
            }
            rows.for_each(|row| {
                self.entry(format!("{} {}", row.names.join(", "), row.value()).trim_end(), row.help)
            });
        }
    }
}

const SYNOPSIS: [&str; 6] = [
    "mqtts pub -t TOPIC (-m MESSAGE | -f FILE | -s | -l | -n) [options]",
    "mqtts sub -t FILTER [-t FILTER ...] [options]",
    "mqtts inspect FILE [FILE ...]",
    "mqtts lint [--cafile FILE] [--cert FILE [--key FILE]] [--host NAME] [--at TIME]",
    "mqtts completion bash|zsh",
    "mqtts man",
];

const DESCRIPTION: [&str; 5] = [
    "mqtts publishes to an MQTT broker and subscribes at one, over TLS 1.2 with the ten suites of RSA key exchange and AES. Its \
     options are those of mosquitto_pub and mosquitto_sub where these have one; without --plain everything is TLS.",
    "Without --cafile and --capath the certificates are trusted that the system trusts. With --insecure beside one of them the chain \
     is verified and the name is not; --insecure alone verifies nothing, and says so.",
    "mqtts sub prints nothing of a message before all of it has come. When a connection that was there is lost, it connects again, \
     after pauses that grow from a second to half a minute and are shortened at random, and says so on standard error; the MQTT session \
     and the TLS session go on, and the server is asked for the subscriptions again unless it still has them. --no-reconnect ends \
     instead. Whether mqtts ends by -C, by a signal or by a failure, it says goodbye and reads to the end for up to two seconds, so that \
     no acknowledgement is lost and no will is sent.",
    "mqtts pub connects again in the same way, and sends again what the server has not acknowledged, so that a message of quality of \
     service 1 or 2 may come twice but is not lost. It gives up after three connections in a row that brought nothing \
     forward although something was to be sent.",
    "A failure is one line on standard error that begins with 'status:' and the code, and ends with what usually causes it.",
];

const FORMAT: &str = "The value of -F is printed for each message with these sequences replaced. Between % and the letter a width may \
                      stand, before it - (to the left) or 0 (filled with zeros: l, m, x, X), behind it a dot and the longest width \
                      (t, I).";

const SEQUENCES: [(&str, &str); 18] = [
    ("%t", "the topic"),
    ("%p", "the payload as it is"),
    ("%x, %X", "the payload in hexadecimal digits, small or capital"),
    ("%l", "the length of the payload in bytes"),
    ("%m", "the packet identifier; 0 at quality of service 0"),
    ("%q", "the quality of service"),
    ("%r", "1 if the server had kept the message, else 0"),
    ("%j", "all of it as JSON, the payload as a string; --pretty writes it on several lines"),
    (
        "%J",
        "the same with a payload that is JSON itself; one that is not prints nothing here, and a line on standard error",
    ),
    ("%I", "date and time as in 2026-11-30T14:42:48+0100"),
    ("%U", "Unix seconds with nanoseconds"),
    ("%A, %C, %D, %E, %F, %P, %R, %S", "the properties of MQTT 5, which are never there"),
    ("@X", "strftime's conversion %X, for any letter X"),
    ("@N", "the nanoseconds of the second"),
    ("%%, @@", "a percent sign, an at sign"),
    ("\\\\", "a backslash"),
    ("\\n, \\r, \\t, \\v, \\a, \\e", "end of line, carriage return, tab, vertical tab, bell, escape"),
    ("\\0", "the byte 0"),
];

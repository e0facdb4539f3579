//! The texts of `--help` and `--version`. Their lists of options come from the tables.

use tls12::Suite;

use crate::{
    arguments::{COMMANDS, LINT},
    options::{
        rows::ROWS,
        table::{Commands, Group, OptionRow},
        values::openssl_name,
    },
};

/// `mqtts --version`.
pub(crate) const VERSION: &str = concat!("mqtts ", env!("CARGO_PKG_VERSION"), "\n");

/// `mqtts inspect --help`.
pub(crate) const INSPECT: &str = "\
mqtts inspect FILE [FILE ...]

Prints the description of every certificate in the files, and 'Name: RSA' for a private key.
A file that cannot be read gives its code on standard error, and exit status 1.
Files are PEM texts. A device takes at most 4096 bytes; here they may be longer.
";

/// `mqtts completion --help`.
pub(crate) const COMPLETION: &str = "\
mqtts completion bash|zsh

Prints the completion of this command line for a shell. To use it from the next shell on:

  bash    mqtts completion bash > ~/.local/share/bash-completion/completions/mqtts
  zsh     mqtts completion zsh > a file _mqtts in a folder of $fpath
";

/// The exit statuses and their meanings.
pub(crate) const EXIT_STATUS: [(&str, &str); 7] = [
    ("0", "it worked; also when the reader of standard output has gone, and when Ctrl-C ends mqtts sub"),
    ("1", "a failure that has no number of its own here, such as a file, a host or a port"),
    ("2", "the command line is wrong"),
    (
        "1 to 5",
        "with a line of -0x9200 to -0x9400: the server's return code, the reason why it refuses the client",
    ),
    ("7, 19", "the connection is lost; the server does not answer any more"),
    ("8", "TLS has failed, verification included"),
    ("27", "the time of -W is over"),
];

/// `mqtts --help`.
pub(crate) fn overview() -> String {
    let mut text = "mqtts - MQTT 3.1.1 over TLS 1.2 with the suites TLS_RSA_WITH_AES_*\n\n".to_owned();
    for (name, what) in COMMANDS {
        entry(&mut text, &format!("mqtts {name}"), what, 20);
    }
    text.push_str(
        "\n`mqtts COMMAND --help` lists the options. A failure is one line on standard error that begins with 'status:'\n\
         and the code. Exit statuses, Mosquitto's where they tell something:\n\n",
    );
    for (number, what) in EXIT_STATUS {
        entry(&mut text, number, what, 20);
    }
    text.push_str(
        "\nMissing on purpose: MQTT 5 and 3.1, pre-shared keys, proxies, websockets, SRV records, engines.\n",
    );
    text
}

/// `mqtts pub --help`.
pub(crate) fn publish() -> String {
    let head = "mqtts pub -t TOPIC (-m MESSAGE | -f FILE | -s | -l | -n) [options]\n\n\
                Sends a message, or several. When the connection is lost, it connects again and repeats what the server\n\
                has not acknowledged. It gives up after three connections in a row that brought nothing forward although\n\
                something was to be sent.\n";
    page(head, ROWS, Commands::Publish) + &suites()
}

/// `mqtts sub --help`.
pub(crate) fn subscribe() -> String {
    let head = "mqtts sub -t FILTER [-t FILTER ...] [options]\n\n\
                Prints each payload on its own line, as soon as all of it has arrived. When the connection is lost, it\n\
                connects again, after pauses that grow from a second to half a minute, and says so on standard error.\n";
    page(head, ROWS, Commands::Subscribe) + &suites()
}

/// `mqtts lint --help`.
pub(crate) fn lint() -> String {
    let head = "mqtts lint [--cafile FILE] [--cert FILE [--key FILE]] [--host NAME] [--at TIME]\n\n\
                Says what would fail on the wire, and why, without connecting. Each finding is a line on standard output.\n\
                Exit status 1 if something will fail; 0 if nothing will, or there are only warnings.\n\
                Encodings that are accepted here, but that stricter software may refuse, are warnings.\n";
    page(head, LINT, Commands::All)
}

fn page<T>(head: &str, rows: &[OptionRow<T>], command: Commands) -> String {
    let mut text = head.to_owned();
    for group in Group::ALL {
        let mut rows = rows.iter().filter(|row| row.group == group && row.is_for(command)).peekable();
        if rows.peek().is_none() {
            continue;
        }
        text.push_str(&format!("\n{}:\n", group.title()));
        rows.for_each(|row| entry(&mut text, &usage(row), row.help, COLUMN));
    }
    text
}

/// `-t, --topic TOPIC`
fn usage<T>(row: &OptionRow<T>) -> String {
    let names = row.names.join(", ");
    if row.value().is_empty() { names } else { format!("{names} {}", row.value()) }
}

/// Appends an entry: `left`, then `right` from `column` on, in as many lines as it needs.
fn entry(text: &mut String, left: &str, right: &str, column: usize) {
    let mut line = format!("  {left}");
    if line.chars().count().saturating_add(2) > column {
        text.push_str(&line);
        text.push('\n');
        line.clear();
    }
    let mut line = format!("{line:column$}");
    for word in right.split_whitespace() {
        let is_begun = line.chars().count() > column;
        if is_begun && line.chars().count().saturating_add(word.chars().count()) >= WIDTH {
            text.push_str(line.trim_end());
            text.push('\n');
            line = format!("{:column$}", "");
        } else if is_begun {
            line.push(' ');
        }
        line.push_str(word);
    }
    text.push_str(line.trim_end());
    text.push('\n');
}

/// The cipher suites in the order in which they are offered, with OpenSSL's names beside them.
fn suites() -> String {
    let mut text = "\nThe suites in the order of the offer, and what OpenSSL calls them:\n".to_owned();
    for suite in Suite::ALL {
        entry(&mut text, suite.name(), &openssl_name(suite), 38);
    }
    text
}

/// The column where the descriptions of options begin.
const COLUMN: usize = 34;
/// The longest line.
const WIDTH: usize = 110;

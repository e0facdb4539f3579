//! The pages: `firmware/src/web/pages/`. Each is a function of what it shows.

use std::{collections::BTreeSet, fs, path::Path};

use firmware::{
    board::{Facts, ResetCause},
    connection_state::{Connection, ConnectionState},
    settings::{Field, Settings},
    status_codes::StatusCodes,
    texts,
    web::{
        access::sessions::Secret,
        pages::{Show, View},
        protocol::form::Form,
        refusal::{Reason, Refusal},
        requests::{
            files::Findings,
            status::{Snapshot, write_settings, write_status},
            table::{Done, Page},
        },
    },
};
use status::{Flags, Status, ssl};
use tls12::Suite;
use x509::{
    Bundle, MAX_DER_LENGTH, PrivateKey,
    lint::{Decoded, File, Finding, Problem, Severity, Slot},
};

use crate::window::whole;

const MARKUP: &str = "\"><script>alert('x')</script>&";
const NOW: u64 = 1_893_456_000;

fn vector(path: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/x509").join(path)).unwrap()
}

/// Settings with markup wherever a text may stand, and secrets.
fn settings() -> Settings {
    let mut settings = Settings::default();
    for field in [Field::MqttClientId, Field::MqttUserName, Field::MqttTopicPrefix] {
        settings.set(field, MARKUP).unwrap();
    }
    settings.set(Field::MqttPassword, "the-broker's-secret").unwrap();
    settings.set(Field::AccessPassword, &format!("10000:{}:{}", "ab".repeat(16), "cd".repeat(32))).unwrap();
    settings
}

fn snapshot() -> Snapshot {
    let mut status_codes = StatusCodes::default();
    let mut status = Status::new(ssl::PEER_VERIFY_FAILED);
    status.flags = Flags::NOT_TRUSTED;
    status_codes.push(status, Some(NOW - 5));
    status_codes.push(Status::new(status::net::UNKNOWN_HOST), None);
    Snapshot {
        uptime: 93_784,
        now: Some(NOW),
        address: None,
        connection: Connection {
            state: ConnectionState::Connected,
            suite: Suite::from_id(0x009D),
            resumed: true,
            handshake_time: 412,
        },
        status_codes,
        inputs: (0b10, 2),
        outputs: (0b01, 2),
        facts: Facts {
            name: "a <board>",
            mac_address: [2, 0, 0, 0, 0, 0xAB],
            firmware: "1.2.3 \"x\"",
            reset: ResetCause::PowerOn,
            failed_units: [None; 4],
        },
    }
}

/// Every page, and the answers for programs, with all files there.
fn everything(check: impl Fn(&str, &dyn Fn(&mut dyn std::fmt::Write) -> std::fmt::Result)) {
    let mut storage = [[0; MAX_DER_LENGTH]; 3];
    let [a, b, c] = &mut storage;
    let files = Decoded {
        authority: Slot::Read(Bundle::from_pem(&vector("certificates/name-special.pem"), a).unwrap()),
        certificate: Some(Bundle::from_pem(b"nothing", b)).into(),
        key: Slot::Read(PrivateKey::from_pem(&vector("keys/leaf.pem"), c).unwrap()),
    };
    let mut findings = Findings::new();
    let problem = Problem::KeyMismatch;
    findings.push(Finding { severity: Severity::Error, file: File::Key, number: 0, problem }).unwrap();
    let (snapshot, settings, token) = (snapshot(), settings(), Secret::new([0x5A; 16]));
    let view = View {
        snapshot: &snapshot,
        settings: &settings,
        files: &files,
        findings: &findings,
        token: Some(&token),
        done: Some(Done::File),
        refusal: None,
        typed: Form::default(),
    };
    let refusal = Refusal::from(status::device::FILE_TOO_LARGE);
    let shows = Page::ALL.map(Show::Page).into_iter().chain([
        Show::Live(Page::Ports),
        Show::Live(Page::Status),
        Show::LogIn,
        Show::Password,
        Show::Checked,
        Show::Refused(&refusal, Some(Page::Mqtt)),
    ]);
    for (number, show) in shows.enumerate() {
        check(&format!("page {number}"), &|out| view.write(&show, out));
    }
    check("status", &|out| write_status(&snapshot, &files, out));
    check("settings", &|out| write_settings(&settings, out));
}

fn text(write: &dyn Fn(&mut dyn std::fmt::Write) -> std::fmt::Result) -> String {
    let mut text = String::new();
    write(&mut text).unwrap();
    text
}

fn page(show: &Show<'_>, token: Option<&Secret>) -> String {
    let files = Decoded { authority: Slot::Absent, certificate: Slot::Absent, key: Slot::Absent };
    let (snapshot, settings, findings) = (snapshot(), settings(), Findings::new());
    let view = View {
        snapshot: &snapshot,
        settings: &settings,
        files: &files,
        findings: &findings,
        token,
        done: None,
        refusal: None,
        typed: Form::default(),
    };
    text(&|out| view.write(show, out))
}

#[test]
fn every_page_is_the_same_in_windows_of_any_size() {
    everything(|name, write| {
        let whole_text = text(write);
        for room in [100, 777, 2041] {
            assert_eq!(whole(write, room), whole_text.as_bytes(), "{name} {room}");
        }
    });
}

#[test]
fn no_text_from_outside_is_markup() {
    everything(|name, write| {
        let text = text(write);
        if !name.starts_with("page") {
            // JSON, and told to be nothing else.
            return;
        }
        assert!(!text.contains("<script>") && !text.contains("<board>"), "{name}");
        let scripts = text.matches("<script").count();
        assert_eq!(scripts, text.matches("<script src=\"/live.js?").count(), "{name}");
    });
}

/// No page and no answer has a password, its hash, or any part of the private key.
#[test]
fn no_secret_is_shown() {
    let key = String::from_utf8(vector("keys/leaf.pem")).unwrap();
    let lines: Vec<&str> = key.lines().filter(|line| line.len() == 64).collect();
    assert!(lines.len() > 15);
    everything(|name, write| {
        let text = text(write);
        let secrets = ["the-broker", &"ab".repeat(16), &"cd".repeat(32)];
        assert!(secrets.iter().chain(&lines).all(|secret| !text.contains(secret)), "{name}");
        assert!(!text.contains("PRIVATE"), "{name}");
    });
}

/// What WCAG calls labels: every field has one, each identifier is there once.
#[test]
fn every_field_has_a_label() {
    everything(|name, write| {
        let text = text(write);
        let values = |attribute: &str| -> Vec<String> {
            let begin = format!(" {attribute}=\"");
            text.split(begin.as_str())
                .skip(1)
                .map(|rest| rest.split('"').next().unwrap().to_owned())
                .collect()
        };
        let ids = values("id");
        let unique: BTreeSet<&String> = ids.iter().collect();
        assert_eq!(ids.len(), unique.len(), "{name}: {ids:?}");
        for reference in values("for").iter().chain(&values("aria-describedby")) {
            assert!(unique.contains(reference), "{name}: {reference}");
        }
        let fields = text
            .split('<')
            .filter(|tag| ["input ", "select ", "textarea "].iter().any(|kind| tag.starts_with(kind)));
        for field in fields.filter(|field| !field.contains("type=\"hidden\"")) {
            let id = field.split(" id=\"").nth(1).and_then(|rest| rest.split('"').next());
            assert!(values("for").iter().any(|label| Some(label.as_str()) == id), "{name}: {field}");
        }
    });
}

/// Every form that changes something has the token, as far as there is a session.
#[test]
fn every_form_has_the_token() {
    let token = Secret::new([0x5A; 16]);
    for show in Page::ALL {
        let text = page(&Show::Page(show), Some(&token));
        let forms = text.matches("<form ").count();
        assert_eq!(text.matches(&format!("name=\"token\" value=\"{token}\"")).count(), forms, "{show:?}");
        assert!(forms > 0);
    }
    for show in [Show::LogIn, Show::Password] {
        let text = page(&show, None);
        assert!(!text.contains("token") && !text.contains("<nav"));
    }
}

#[test]
fn the_words_are_those_of_the_application_note() {
    let mqtt = page(&Show::Page(Page::Mqtt), None);
    for words in [
        "TLSv1.2 mode",
        "Verify Server Certificate",
        "CA certificate",
        "Client Certificate",
        "Private Key",
        "Enable",
        "Disable",
    ] {
        assert!(mqtt.contains(words), "{words}");
    }
    assert!(page(&Show::Page(Page::Status), None).contains("Status codes"));
}

#[test]
fn the_status_tells_what_failed_and_what_to_do() {
    let status = page(&Show::Live(Page::Status), None);
    for words in [
        "-0x7800 SSL - Verification of our peer failed",
        "The certificate is not correctly signed by the trusted CA",
        texts::hint::NOT_TRUSTED,
        "-0x0052",
        "TLS_RSA_WITH_AES_256_GCM_SHA384",
        texts::RESUMED,
        "412 ms",
        "2029-12-31 23:59:55 UTC",
        "1 d 02:03:04",
        "1 off, 2 on",
    ] {
        let mut escaped = String::new();
        firmware::web::protocol::html::Html::new(&mut escaped).text(&words).unwrap();
        assert!(status.contains(&escaped), "{words}: {status}");
    }
}

#[test]
fn beside_each_field_stands_what_is_there() {
    everything(|name, write| {
        if name != "page 2" {
            return;
        }
        let text = text(write);
        assert!(text.contains("<pre>Name: RSA</pre>"), "the key");
        assert!(text.contains("<p class=\"bad\">-0x2180 X509 - "), "the code of what cannot be read");
        let description = text.split("<pre>").nth(1).and_then(|rest| rest.split("</pre>").next()).unwrap();
        assert!(description.lines().last().unwrap().starts_with("expires on        : 20"), "{description}");
        assert!(!description.ends_with(char::is_whitespace), "{description}");
        assert!(text.contains("Private Key: does not belong to the certificate"));
    });
}

#[test]
fn the_status_for_programs_is_json() {
    everything(|name, write| {
        if !matches!(name, "status" | "settings") {
            return;
        }
        let json: serde_json::Value = serde_json::from_str(&text(write)).unwrap();
        if name == "settings" {
            assert_eq!(json["mqtt.client_id"], MARKUP);
            assert_eq!(json.as_object().unwrap().len(), Field::ALL.len() - 2);
            return;
        }
        assert_eq!(json["connection"]["suite"], "TLS_RSA_WITH_AES_256_GCM_SHA384");
        assert_eq!(json["inputs"], serde_json::json!([false, true]));
        assert_eq!(json["status_codes"][1]["code"], "-0x7800");
        assert_eq!(json["certificates"]["key"]["description"], "Name: RSA");
        assert_eq!(json["certificates"]["client"]["error"]["code"], "-0x2180");
        assert!(json["certificates"]["ca"]["days_left"].as_i64().unwrap() > 5000);
    });
}

/// What a page is made of, to be changed before it is written.
struct Made<'a> {
    snapshot: Snapshot,
    settings: Settings,
    authority: Slot<Bundle<'a>>,
    findings: Findings,
    done: Option<Done>,
    refusal: Option<Refusal>,
    typed: &'a str,
}

impl Made<'_> {
    fn new() -> Self {
        let (snapshot, settings) = (snapshot(), Settings::default());
        let (authority, findings) = (Slot::Absent, Findings::new());
        Self { snapshot, settings, authority, findings, done: None, refusal: None, typed: "" }
    }

    fn write(self, page: Page) -> String {
        let mut body = self.typed.as_bytes().to_vec();
        let files = Decoded { authority: self.authority, certificate: Slot::Absent, key: Slot::Absent };
        let view = View {
            snapshot: &self.snapshot,
            settings: &self.settings,
            files: &files,
            findings: &self.findings,
            token: Some(&Secret::new([0x5A; 16])),
            done: self.done,
            refusal: self.refusal.as_ref(),
            typed: Form::decode(&mut body).unwrap(),
        };
        text(&|out| view.write(&Show::Page(page), out))
    }
}

fn error() -> Finding {
    Finding { severity: Severity::Error, file: File::Key, number: 0, problem: Problem::KeyMismatch }
}

/// Before the clock is set nothing is said about days, and the page says why.
#[test]
fn without_a_clock_no_days_are_counted() {
    let mut storage = [0; MAX_DER_LENGTH];
    let mut made = Made::new();
    made.authority = Slot::Read(Bundle::from_pem(&vector("certificates/root.pem"), &mut storage).unwrap());
    made.snapshot.now = None;
    let page = made.write(Page::Mqtt);
    assert!(page.contains(texts::NO_CLOCK_NO_DATES) && !page.contains("class=\"good\""), "{page}");
}

/// Green is said only of files that are there, and never beside red.
#[test]
fn the_page_is_not_green_and_red_at_once() {
    let page = |has_file: bool, change: &dyn Fn(&mut Made<'_>)| {
        let mut storage = [0; MAX_DER_LENGTH];
        let mut made = Made::new();
        if has_file {
            let pem = vector("certificates/root.pem");
            made.authority = Slot::Read(Bundle::from_pem(&pem, &mut storage).unwrap());
        }
        change(&mut made);
        let page = made.write(Page::Mqtt);
        (page.contains("class=\"good\""), page.contains("class=\"bad\""))
    };
    let tls = |made: &mut Made<'_>| (made.settings.mqtt.enabled, made.settings.mqtt.tls) = (true, true);
    assert_eq!(page(true, &tls), (true, false));
    assert_eq!(page(true, &|made| made.done = Some(Done::File)), (true, false));
    assert_eq!(page(true, &|made| made.findings.push(error()).unwrap()), (false, true));
    let refused = |made: &mut Made<'_>| made.refusal = Some(Refusal::from(status::device::FILE_TOO_LARGE));
    assert_eq!(page(true, &refused), (false, true));
    // Nothing is there that could be good.
    assert_eq!(page(false, &|_| ()), (false, false));
    assert_eq!(page(false, &|made| made.done = Some(Done::File)), (false, false));
    assert_eq!(page(false, &tls), (false, true));
}

/// What the lint says stands in the banner after an upload, once, and on the status as long as it holds.
#[test]
fn findings_stand_where_one_looks() {
    let words = "Private Key: does not belong to the certificate";
    let mut made = Made::new();
    made.findings.push(error()).unwrap();
    made.done = Some(Done::File);
    let page = made.write(Page::Mqtt);
    let (banner, rest) = page.split_once("<section").unwrap();
    assert!(banner.contains(words) && banner.contains(texts::DONE) && !rest.contains(words), "{page}");
    let mut made = Made::new();
    made.findings.push(error()).unwrap();
    assert!(made.write(Page::Status).contains(words));
    assert!(!Made::new().write(Page::Status).contains(words));
}

#[test]
fn a_refused_form_keeps_what_was_typed() {
    let mut made = Made::new();
    made.settings.set(Field::MqttHost, "before").unwrap();
    made.typed = "token=0&mqtt.host=%3Ctyped%3E&mqtt.port=0&mqtt.tls=on&mqtt.quality_of_service=2&mqtt.password=secret";
    made.refusal = Some(Refusal::content(Reason::Value(Field::MqttPort)));
    let page = made.write(Page::Mqtt);
    for words in [
        "role=\"alert\"",
        "<a href=\"#mqtt.port\">Server port: a number from 1 to 65535.</a>",
        texts::NOTHING_CHANGED,
        "value=\"&lt;typed&gt;\"",
        "aria-invalid=\"true\" autofocus value=\"0\"",
        "<small id=\"hint-mqtt.port\" class=\"bad\">Server port: a number from 1 to 65535.</small>",
        "<option value=\"2\" selected>",
        texts::TYPE_AGAIN,
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("before") && !page.contains("secret"));
    assert_eq!(page.matches("aria-invalid").count(), 1);
}

#[test]
fn a_port_that_follows_the_mode_is_told() {
    let mut made = Made::new();
    (made.settings.mqtt.port, made.done) = (8883, Some(Done::Port));
    assert!(made.write(Page::Mqtt).contains("The port is now 8883."));
}

/// One row for a failure however often it happened, grey once it is over.
#[test]
fn repeated_and_past_failures_are_told_as_such() {
    let mut made = Made::new();
    made.settings.set(Field::MqttHost, "broker.example").unwrap();
    let (refused, reset) =
        (Status::new(status::net::CONNECT_FAILED), Status::new(status::device::PANIC_RESET));
    let mut codes = StatusCodes::default();
    codes.push(reset, None);
    (0..3).for_each(|_| codes.push(refused, Some(NOW)));
    made.snapshot.status_codes = codes;
    let page = made.write(Page::Status);
    assert!(page.contains("broker.example:1883"), "{page}");
    assert_eq!(page.matches("-0x0044").count(), 1, "{page}");
    assert!(page.contains("<dd>3 times") && !page.contains("class=\"past\""), "{page}");
    codes.settle();
    let mut made = Made::new();
    made.snapshot.status_codes = codes;
    let page = made.write(Page::Status);
    let (before, after) = page.split_once("class=\"past\"").unwrap();
    assert!(after.contains("-0x0044") && !before.contains("-0x0044"));
    assert!(!after.contains("class=\"past\""), "a restart is not cured by a connection");
}

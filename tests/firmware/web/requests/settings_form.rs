//! The settings' form: `firmware/src/web/requests/settings_form.rs`.

use firmware::{
    settings::{Field, Settings},
    web::{
        protocol::form::Form,
        refusal::{Reason, Refusal},
        requests::{settings_form::apply, table::Done},
    },
};

fn applied(before: &Settings, form: &str, is_browser: bool) -> Result<(Settings, Done), Refusal> {
    let mut body = form.as_bytes().to_vec();
    let mut new = before.clone();
    apply(&mut new, Form::decode(&mut body).unwrap(), is_browser).map(|done| (new, done))
}

fn refusal(form: &str) -> Refusal {
    applied(&Settings::default(), form, true).err().unwrap_or_else(|| panic!("{form}"))
}

/// Host, port and mode after a form, and what is said.
fn broker(before: &Settings, form: &str, is_browser: bool) -> (String, u16, bool, Done) {
    let applied = applied(before, form, is_browser);
    let (new, done) = applied.unwrap_or_else(|refusal| panic!("{form}: {}", refusal.reason));
    (new.mqtt.host.as_str().to_owned(), new.mqtt.port, new.mqtt.tls, done)
}

#[test]
fn blanks_around_a_value_are_no_part_of_it_but_in_a_password() {
    let form = "mqtt.host=+broker.example%0D%0A&mqtt.user_name=%09me+&mqtt.password=+a+b+&mqtt.port=+1884";
    let (new, _) = applied(&Settings::default(), form, true).ok().unwrap();
    assert_eq!((new.mqtt.host.as_str(), new.mqtt.user_name.as_str()), ("broker.example", "me"));
    assert_eq!((new.mqtt.password.as_str(), new.mqtt.port), (" a b ", 1884));
}

#[test]
fn a_url_sets_port_and_mode() {
    let before = Settings::default();
    for (form, host, port, tls, done) in [
        ("mqtt.host=mqtts://b:8884&mqtt.port=1883&mqtt.tls=off", "b", 8884, true, Done::Stored),
        ("mqtt.host=mqtts://b&mqtt.port=1883&mqtt.tls=off", "b", 8883, true, Done::Port),
        ("mqtt.host=mqtt://b:1&mqtt.port=1883&mqtt.tls=on", "b", 1, false, Done::Stored),
        ("mqtt.host=b:9&mqtt.port=1883&mqtt.tls=off", "b", 9, false, Done::Stored),
        ("mqtt.host=b:1883&mqtt.port=1883&mqtt.tls=on", "b", 1883, true, Done::Stored),
    ] {
        assert_eq!(broker(&before, form, true), (host.to_owned(), port, tls, done), "{form}");
    }
    for typed in ["http://b", "mqtt://", "mqtts://:8883", "b:0", "mqtt://me@b"] {
        let refusal = refusal(&format!("mqtt.host={typed}"));
        assert_eq!((refusal.reason, refusal.status), (Reason::Value(Field::MqttHost), 422), "{typed}");
    }
}

/// Only while nobody has thought of the port: at the change of the mode, from the usual port of the other one.
#[test]
fn the_usual_port_follows_the_mode() {
    let plain = Settings::default();
    let mut tls = plain.clone();
    (tls.mqtt.tls, tls.mqtt.port) = (true, 8883);
    let of = |before: &Settings, form: &str, is_browser| {
        let (_, port, _, done) = broker(before, form, is_browser);
        (port, done)
    };
    assert_eq!(of(&plain, "mqtt.port=1883&mqtt.tls=on", true), (8883, Done::Port));
    assert_eq!(of(&tls, "mqtt.port=8883&mqtt.tls=off", true), (1883, Done::Port));
    assert_eq!(of(&plain, "mqtt.port=1884&mqtt.tls=on", true), (1884, Done::Stored));
    // Put back by hand.
    assert_eq!(of(&tls, "mqtt.port=1883&mqtt.tls=on", true), (1883, Done::Stored));
    assert_eq!(of(&plain, "mqtt.port=1883&mqtt.tls=off", true), (1883, Done::Stored));
    // A program means what it says.
    assert_eq!(of(&plain, "mqtt.port=1883&mqtt.tls=on", false), (1883, Done::Stored));
    assert_eq!(of(&plain, "mqtt.tls=on", false), (8883, Done::Port));
}

#[test]
fn a_client_identifier_that_cannot_begin_a_topic_is_refused() {
    for bad in ["a%2Bb", "room%231", "$kitchen", "kitchen/"] {
        let refusal = refusal(&format!("mqtt.client_id={bad}"));
        assert_eq!(refusal.field(), Some(Field::MqttClientId), "{bad}");
        let text = refusal.reason.to_string();
        assert!(text.starts_with("Client identifier: ") && text.contains("without + and #"), "{text}");
    }
    for good in ["", "kitchen", "house/kitchen", "kitchen+%3C1%3E"] {
        assert!(applied(&Settings::default(), &format!("mqtt.client_id={good}"), true).is_ok(), "{good}");
    }
}

/// A person reads the name that stands beside the field, and what it may have.
#[test]
fn a_refusal_names_the_field_by_its_label_with_the_rule() {
    for (form, text) in [
        ("mqtt.port=0", "Server port: a number from 1 to 65535."),
        ("mqtt.keep_alive=x", "Keep-alive time: a number from 0 to 65535."),
        ("network.prefix_length=31", "Prefix length: a number from 1 to 30."),
        ("mqtt.enabled=maybe", "MQTT: on or off."),
    ] {
        assert_eq!(refusal(form).reason.to_string(), text);
    }
    for field in Field::ALL.iter().copied().filter(|field| *field != Field::AccessPassword) {
        for reason in [Reason::Value(field), Reason::Contradiction(field)] {
            let text = reason.to_string();
            assert!(!text.contains(field.name()) && text.ends_with('.') && text.len() > 10, "{text}");
        }
    }
}

/// What a URL changes counts, too.
#[test]
fn a_password_that_is_not_for_the_server_any_more_is_told() {
    let mut before = Settings::default();
    for (field, value) in
        [(Field::MqttHost, "b"), (Field::MqttUserName, "me"), (Field::MqttPassword, "secret")]
    {
        before.set(field, value).unwrap();
    }
    for (form, is_kept, done) in [
        ("mqtt.host=b&mqtt.port=1883&mqtt.password=", true, Done::Stored),
        ("mqtt.host=mqtt://b:1883", true, Done::Stored),
        ("mqtt.host=c", false, Done::Password),
        ("mqtt.host=b:1884", false, Done::Password),
        ("mqtt.host=mqtts://b", false, Done::PortAndPassword),
        ("mqtt.user_name=", false, Done::Password),
        ("mqtt.host=c&mqtt.password=secret", true, Done::Stored),
        ("mqtt.password.erase=on", false, Done::Stored),
        ("mqtt.password.erase=off", true, Done::Stored),
        ("mqtt.password=secret&mqtt.password.erase=on", true, Done::Stored),
    ] {
        let (new, found) = applied(&before, form, true).ok().unwrap();
        assert_eq!((new.mqtt.password == "secret", found), (is_kept, done), "{form}");
    }
}

#[test]
fn what_is_no_field_is_refused() {
    for form in ["unknown=1", "access.password=1", "=1"] {
        assert_eq!(refusal(form).status, 400, "{form}");
    }
}

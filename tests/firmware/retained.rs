//! Which retained messages are to be cleared: `firmware/src/retained.rs`.

use firmware::{names::Names, retained::Retained, settings::Mqtt};

const MAC: [u8; 6] = [0x02, 0, 0, 0, 0, 0x15];

fn with(prefix: &str, home_assistant: bool) -> Mqtt {
    let mut settings = Mqtt::default();
    settings.enabled = true;
    settings.host = "broker".try_into().unwrap();
    settings.topic_prefix = prefix.try_into().unwrap();
    settings.home_assistant = home_assistant;
    settings
}

fn topics(retained: &Retained, settings: &Mqtt) -> Vec<String> {
    let names = Names::new(settings, MAC);
    (0..).map_while(|index| retained.topic(&names, index)).map(|topic| topic.as_str().to_owned()).collect()
}

#[test]
fn what_the_new_settings_say_themselves_is_not_cleared() {
    let (a, b) = (with("a", true), with("b", true));
    let mut retained = Retained::default();
    retained.note(&a, &a, MAC);
    assert!(retained.is_empty());
    retained.note(&a, &b, MAC);
    assert_eq!(topics(&retained, &b), ["a/availability", "a/state"]);
    // There and back again.
    retained.note(&b, &a, MAC);
    assert_eq!(topics(&retained, &a), ["b/availability", "b/state"]);
    let without = with("a", false);
    retained.note(&a, &without, MAC);
    let discovery = "homeassistant/device/netcontrol-020000000015/config";
    assert_eq!(topics(&retained, &without), [discovery, "b/availability", "b/state"]);
    // As the flash has it: word for word, but for what is said again by then.
    assert_eq!(Retained::load(&retained.save(), &without, MAC), retained);
    assert_eq!(topics(&Retained::load(&retained.save(), &b, MAC), &b), Vec::<String>::new());
    retained.note(&without, &a, MAC);
    assert_eq!(topics(&retained, &a), ["b/availability", "b/state"]);
    // Another broker is out of reach.
    let mut other = b.clone();
    other.port = 1884;
    retained.note(&a, &other, MAC);
    assert!(retained.is_empty() && retained.save().is_empty());
    assert!(Retained::load(&[], &a, MAC).is_empty());
}

#[test]
fn of_many_names_the_last_ones_are_remembered() {
    let mut retained = Retained::default();
    let names: Vec<String> = (0..6).map(|number| format!("{number}").repeat(64)).collect();
    for two in names.windows(2) {
        retained.note(&with(&two[0], true), &with(&two[1], true), MAC);
    }
    let present = with(&names[5], true);
    let expected: Vec<String> = names[2..5]
        .iter()
        .flat_map(|name| [format!("{name}/availability"), format!("{name}/state")])
        .collect();
    assert_eq!(topics(&retained, &present), expected);
    assert_eq!(Retained::load(&retained.save(), &present, MAC), retained);
}

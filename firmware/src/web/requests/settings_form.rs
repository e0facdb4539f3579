//! Makes new settings of a form: all of it, or nothing.

use zeroize::Zeroize;

use super::{
    broker::{Broker, usual_port},
    table::Done,
};
use crate::{
    settings::{Field, Settings, can_begin_topics},
    web::{
        protocol::form::Form,
        refusal::{Reason, Refusal, UNKNOWN_FIELD},
    },
};

/// The field that erases the password of MQTT, since an empty one leaves it.
const ERASE_PASSWORD: &str = "mqtt.password.erase";

/// Puts the fields of a form into `new`; tells what a person should be told. A browser sends every field of a page, changed or not.
///
/// # Errors
/// Why nothing can be stored; `new` is of no use then.
pub fn apply(new: &mut Settings, fields: Form<'_>, is_browser: bool) -> Result<Done, Refusal> {
    let present = new.clone();
    let had_tls = present.mqtt.tls;
    let (mut is_to_erase, mut has_password, mut has_port) = (false, false, false);
    // Port and mode of a URL count more than their fields, which show what was there before.
    let mut broker = Broker { host: "", port: None, tls: None };
    for (name, value) in fields {
        if name == ERASE_PASSWORD {
            is_to_erase = value == "on";
            continue;
        }
        let field = Field::from_name(name).filter(|field| *field != Field::AccessPassword);
        let field = field.ok_or(UNKNOWN_FIELD)?;
        let bad = || Refusal::content(Reason::Value(field));
        // Blanks come along where something is copied; in a password they count.
        let mut value = if field.is_secret() { value } else { value.trim() };
        match field {
            Field::MqttPassword if value.is_empty() => continue,
            Field::MqttPassword => has_password = true,
            Field::MqttPort => has_port = true,
            Field::MqttHost => {
                broker = Broker::read(value).ok_or_else(bad)?;
                value = broker.host;
                if value.is_empty() && broker.port.or(broker.tls.map(usual_port)).is_some() {
                    return Err(bad());
                }
            }
            // Topics begin with it where no prefix is set, and one day none may be.
            Field::MqttClientId if !value.is_empty() && !can_begin_topics(value) => return Err(bad()),
            _ => {}
        }
        new.set(field, value).map_err(|_| bad())?;
    }
    let mqtt = &mut new.mqtt;
    mqtt.tls = broker.tls.unwrap_or(mqtt.tls);
    let mut is_proposed = false;
    if let Some(port) = broker.port {
        mqtt.port = port;
    } else if mqtt.tls != had_tls && mqtt.port == usual_port(had_tls) && (is_browser || !has_port) {
        // Nobody has thought of the port yet.
        mqtt.port = usual_port(mqtt.tls);
        is_proposed = true;
    }
    if is_to_erase && !has_password {
        mqtt.password.zeroize();
    }
    let had_password = !mqtt.password.is_empty();
    if !has_password {
        new.drop_foreign_password(&present);
    }
    let is_dropped = had_password && new.mqtt.password.is_empty();
    Ok(match (is_proposed, is_dropped) {
        (false, false) => Done::Stored,
        (true, false) => Done::Port,
        (false, true) => Done::Password,
        (true, true) => Done::PortAndPassword,
    })
}

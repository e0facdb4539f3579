//! The MQTT settings, in the words of the application note (§1), and the certificates.

use core::fmt;

use super::{View, certificates, field};
use crate::{
    http::{html::Html, routes::Page},
    settings::Field,
    texts,
};

pub(super) fn page(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    const FIELDS: [Field; 12] = [
        Field::MqttEnabled,
        Field::MqttHost,
        Field::MqttPort,
        Field::MqttTls,
        Field::MqttVerify,
        Field::MqttClientId,
        Field::MqttUserName,
        Field::MqttPassword,
        Field::MqttTopicPrefix,
        Field::MqttKeepAlive,
        Field::MqttQualityOfService,
        Field::MqttHomeAssistant,
    ];
    html.raw("<section><h2>")?;
    html.raw(texts::BROKER)?;
    html.raw("</h2>")?;
    field::settings_form(view, Page::Mqtt, &FIELDS, html)?;
    html.raw("</section>")?;
    certificates::section(view, html)
}

//! The MQTT settings, in the words of the application note (§1), and the certificates.

use core::fmt;

use super::{View, certificates, field};
use crate::{
    settings::Field,
    template, texts,
    web::{protocol::html::Html, requests::table::Page},
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
    html.raw(template!("<section><h2>", texts::BROKER, "</h2>"))?;
    field::settings_form(view, Page::Mqtt, &FIELDS, html)?;
    certificates::section(view, html)
}

//! From the box to a switched output: password, certificates, TLS, connected to a real broker.

use fantoccini::Locator;
use xtask::{
    mosquitto::{Broker, Listener},
    pki::Pki,
};

use crate::{
    Device, PATIENCE,
    browser::{Browser, DESK, PHONE, with_browser},
    file, folder,
};

#[test]
fn the_device_is_set_up_in_a_browser() {
    let mut device = Device::start("set-up");
    let pki = Pki::create(&folder("set-up-pki")).unwrap();
    pki.client(2048).unwrap();
    let broker = Broker::start(&folder("set-up-broker"), &pki, &[Listener::Mutual]).unwrap();
    let port = broker.port(Listener::Mutual);
    let url = device.url.clone();
    with_browser("set-up", &url, true, async |browser| {
        first_password(&browser).await;
        certificates(&browser, &pki).await;
        connect(&browser, port).await;
        switch(&browser, &mut device).await;
    });
}

async fn first_password(browser: &Browser) {
    assert_eq!(browser.open("/mqtt").await, "Set a password");
    browser.picture("first-use", DESK).await;
    // Too short: the browser does not even send it.
    browser.fill("password", "short").await;
    browser.client.find(Locator::Css("main button")).await.unwrap().click().await.unwrap();
    assert_eq!(browser.heading().await, "Set a password");
    browser.set_up().await;
    assert!(browser.page().await.contains("None: nothing has failed since the start."));
}

async fn certificates(browser: &Browser, pki: &Pki) {
    assert_eq!(browser.open("/mqtt").await, "MQTT");
    browser.upload("ca", &pki.certificate("ca")).await;
    assert!(browser.text(".notice").await.contains("stored"));
    let description = browser.text("#ca pre").await;
    assert!(description.contains("subject name      : CN=Demo CA"), "{description}");
    assert!(description.lines().last().unwrap().starts_with("expires on        : 20"), "{description}");

    // The certificate by its text, without its key so far.
    let text = std::fs::read_to_string(pki.certificate("client-2048")).unwrap();
    browser.click_open("#client summary").await;
    browser.fill("client-pem", &text).await;
    browser.click("#client form button").await;
    assert!(browser.text("#client pre").await.contains("CN=device-2048"));
    let missing = "Private Key: missing: a client certificate needs its private key";
    assert!(browser.page().await.contains(missing));

    other_files(browser, pki).await;

    browser.upload("key", &pki.key("client-2048")).await;
    assert_eq!(browser.text("#key pre").await, "Name: RSA");
    assert!(browser.page().await.contains("No problem was found in these files."));
}

/// Files that cannot be stored, and one that is only looked at.
async fn other_files(browser: &Browser, pki: &Pki) {
    let folder = folder("set-up-files");
    browser.fill("key-file", pki.key("server").to_str().unwrap()).await;
    browser.click("#key button.second").await;
    assert_eq!(browser.heading().await, "Check of a file");
    assert!(browser.page().await.contains("Private Key: does not belong to the certificate"));
    browser.click("main a.button").await;
    assert_eq!(browser.text("#key p").await, "None.", "it was only looked at");

    let long = [std::fs::read(pki.certificate("ca")).unwrap().as_slice(), &[b'\n'; 4096]].concat();
    let garbage = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_vec();
    let key = std::fs::read(pki.key("server")).unwrap();
    let text = std::fs::read_to_string(pki.certificate("ca")).unwrap();
    let utf16: Vec<u8> = text.encode_utf16().take(1000).flat_map(u16::to_le_bytes).collect();
    for (name, content, words) in [
        ("long.pem", long, "-0x8280 The file is larger than 4096 bytes"),
        ("garbage.pem", garbage, "-0x21"),
        ("empty.pem", vec![], "No file"),
        ("key.pem", key, "This is a private key: a certificate is needed here"),
        ("utf16.pem", utf16, "This is UTF-16 text: save it as ASCII or UTF-8"),
    ] {
        browser.upload("ca", &file(&folder, name, &content)).await;
        assert_eq!(browser.heading().await, "MQTT", "{name}");
        let banner = browser.text(".notice[role=alert]").await;
        assert!(banner.contains(words) && banner.contains("Nothing has been changed."), "{name}: {banner}");
        let green = browser.client.find_all(Locator::Css(".good")).await.unwrap();
        assert!(green.is_empty(), "{name}: red and green at once");
        assert!(browser.text("#ca pre").await.contains("CN=Demo CA"), "the old one stays");
    }
}

async fn connect(browser: &Browser, port: u16) {
    for (id, value) in [
        ("mqtt.enabled", "on"),
        ("mqtt.host", "localhost"),
        ("mqtt.port", &port.to_string()),
        ("mqtt.tls", "on"),
        ("mqtt.verify_server_certificate", "on"),
        ("mqtt.client_id", "kitchen <1>"),
        ("mqtt.user_name", "somebody"),
        ("mqtt.password", "something"),
    ] {
        browser.fill(id, value).await;
    }
    browser.enter("mqtt.host").await;
    assert_eq!(browser.heading().await, "MQTT");
    let value =
        browser.client.find(Locator::Id("mqtt.client_id")).await.unwrap().prop("value").await.unwrap();
    assert_eq!(value.as_deref(), Some("kitchen <1>"));
    let password =
        browser.client.find(Locator::Id("mqtt.password")).await.unwrap().prop("value").await.unwrap();
    assert_eq!(password.as_deref(), Some(""), "it is never shown");
    browser.picture("mqtt", DESK).await;

    // The status refreshes itself.
    browser.open("/").await;
    browser.wait_for("#state", "Connected").await;
    let page = browser.page().await;
    assert!(page.contains("TLS_RSA_WITH_AES_256_GCM_SHA384") && page.contains("full handshake"), "{page}");
    assert!(page.contains("29 days left") || page.contains("30 days left"), "{page}");
    browser.picture("status", DESK).await;
    browser.picture("status-phone", PHONE).await;
}

async fn switch(browser: &Browser, device: &mut Device) {
    device.server.type_in("input 2 on\n").unwrap();
    device.server.wait_for("done: input 2 on", PATIENCE).unwrap();
    browser.open("/ports").await;
    browser.click("button[name=output1][value=on]").await;
    device.server.wait_for("outputs 1=on", PATIENCE).unwrap();
    let page = browser.page().await;
    assert!(page.contains("Output 1: on") && page.contains("Output 2: off"), "{page}");
    browser.open("/ports").await;
    assert!(browser.page().await.contains("Input 2: on"));
    // The page refreshes itself, and whoever is on a button stays there.
    let focus = "document.getElementById('output2-on').focus()";
    browser.client.execute(focus, vec![]).await.unwrap();
    device.server.type_in("input 3 on\n").unwrap();
    browser.wait_for("#live", "Input 3: on").await;
    let here = browser.client.execute("return document.activeElement.id", vec![]).await.unwrap();
    assert_eq!(here, "output2-on");
    device.server.type_in("input 3 off\n").unwrap();
    browser.wait_for("#live", "Input 3: off").await;
    browser.picture("ports", DESK).await;
}

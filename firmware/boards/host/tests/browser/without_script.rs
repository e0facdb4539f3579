//! Without JavaScript everything works but the status that refreshes itself; and without a mouse.

use fantoccini::{Locator, key::Key};

use crate::{
    Device,
    browser::{Browser, with_browser},
};

#[test]
fn everything_but_live_refresh_works_without_script() {
    let device = Device::start("without-script");
    with_browser("without-script", &device.url, false, async |browser| {
        browser.set_up().await;
        let uptime = browser.text("#live").await;
        browser.open("/ports").await;
        browser.click("button[name=output2][value=on]").await;
        assert!(browser.page().await.contains("Output 2: on"));
        browser.click("main > a[href='/ports']").await;
        assert!(browser.page().await.contains("Output 2: on"), "a link refreshes it");
        assert_eq!(browser.open("/mqtt").await, "MQTT");
        browser.fill("mqtt.topic_prefix", "house/kitchen").await;
        browser.enter("mqtt.topic_prefix").await;
        assert!(browser.text(".notice").await.contains("stored"));
        // The port follows the mode, what is refused stays as it was typed, and a URL is understood.
        browser.fill("mqtt.tls", "on").await;
        browser.enter("mqtt.host").await;
        assert!(browser.text(".notice").await.contains("The port is now 8883."));
        browser.fill("mqtt.client_id", "a+b").await;
        browser.fill("mqtt.host", "mqtts://broker.test:8884").await;
        browser.enter("mqtt.host").await;
        assert!(
            browser.text(".notice").await.contains("Client identifier: at most 64 bytes, without + and #")
        );
        assert_eq!(value(&browser, "mqtt.host").await, "mqtts://broker.test:8884");
        browser.fill("mqtt.client_id", "a").await;
        browser.enter("mqtt.client_id").await;
        assert_eq!(value(&browser, "mqtt.host").await, "broker.test");
        assert_eq!(value(&browser, "mqtt.port").await, "8884");
        browser.open("/").await;
        assert_ne!(browser.text("#live").await, uptime, "a link refreshes it");
    });
}

async fn value(browser: &Browser, id: &str) -> String {
    browser.client.find(Locator::Id(id)).await.unwrap().prop("value").await.unwrap().unwrap()
}

/// Every page can be reached, and a form sent, with Tab and Enter alone.
#[test]
fn the_keyboard_is_enough() {
    let device = Device::start("keyboard");
    with_browser("keyboard", &device.url, true, async |browser| {
        browser.set_up().await;
        // The first stop is the way past the menu.
        let skip = tab(&browser.client, 1).await;
        assert_eq!(skip.text().await.unwrap(), "To the content");
        // Log out, then the six pages.
        let mut names = Vec::new();
        for _ in 0..7 {
            names.push(tab(&browser.client, 1).await.text().await.unwrap());
        }
        assert_eq!(names, ["Log out", "Status", "Network", "MQTT", "Time", "Inputs and outputs", "System"]);
        let outline = "return getComputedStyle(document.activeElement).outlineStyle";
        assert_eq!(browser.client.execute(outline, vec![]).await.unwrap(), "solid", "one sees where one is");
        browser
            .client
            .active_element()
            .await
            .unwrap()
            .send_keys(&char::from(Key::Enter).to_string())
            .await
            .unwrap();
        browser.wait_for("h1", "System").await;
    });
}

/// Presses Tab so many times; where the focus is then.
async fn tab(client: &fantoccini::Client, times: usize) -> fantoccini::elements::Element {
    for _ in 0..times {
        let here = match client.active_element().await {
            Ok(element) => element,
            Err(_) => client.find(Locator::Css("body")).await.unwrap(),
        };
        here.send_keys(&char::from(Key::Tab).to_string()).await.unwrap();
    }
    client.active_element().await.unwrap()
}

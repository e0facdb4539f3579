//! The pages that the first set-up does not need: network, time, system, log-in.

use fantoccini::Locator;
use serde_json::json;

use crate::{
    Device, PASSWORD,
    browser::{Browser, DESK, PHONE, with_browser},
    file, folder,
};

#[test]
fn settings_are_kept_and_impossible_ones_refused() {
    let device = Device::start("settings");
    with_browser("settings", &device.url, true, async |browser| {
        browser.set_up().await;
        network(&browser).await;
        time(&browser).await;
        configuration(&browser).await;
        factory_reset(&browser).await;
        nothing_comes_from_elsewhere(&browser, &device.url).await;
    });
}

async fn network(browser: &Browser) {
    assert_eq!(browser.open("/network").await, "Network");
    assert!(browser.page().await.contains("10.0.2.15/24"));
    browser.picture("network", DESK).await;
    browser.picture("network-phone", PHONE).await;
    browser.fill("network.host_name", "kitchen").await;
    browser.enter("network.host_name").await;
    assert!(browser.text("header").await.contains("kitchen"));
    // What the browser lets pass the device refuses.
    browser.fill("network.dhcp", "off").await;
    browser.fill("network.address", "192.168.7.9").await;
    browser.fill("network.gateway", "10.0.0.1").await;
    browser.click("main form button").await;
    let page = browser.page().await;
    assert!(page.contains("Gateway is not in the network of the IP address"), "{page}");
    assert_eq!(browser.heading().await, "Network");
    assert_eq!(value(browser, "network.address").await, "192.168.7.9", "what was typed stays");
    assert_eq!(
        browser.text("small.bad").await,
        "Gateway is not in the network of the IP address and the prefix length."
    );
    browser.open("/network").await;
    assert_eq!(value(browser, "network.address").await, "192.168.1.2", "nothing has changed");
}

async fn time(browser: &Browser) {
    assert_eq!(browser.open("/time").await, "Time");
    browser.picture("time", DESK).await;
    browser.fill("time.sntp_server", "broker.test").await;
    browser.enter("time.sntp_server").await;
    assert!(browser.page().await.contains("UTC"));
}

async fn configuration(browser: &Browser) {
    assert_eq!(browser.open("/system").await, "System");
    browser.picture("system", DESK).await;
    let script =
        "const done = arguments[0]; fetch('/configuration').then(answer => answer.text()).then(done)";
    let saved = browser.client.execute_async(script, vec![]).await.unwrap();
    let saved = saved.as_str().unwrap();
    assert!(
        saved.contains("network.host_name = kitchen") && saved.contains("time.sntp_server = broker.test"),
        "{saved}"
    );
    let folder = folder("settings-files");

    // Another setting, which loading the file undoes.
    browser.open("/time").await;
    browser.fill("time.sntp_server", "elsewhere").await;
    browser.enter("time.sntp_server").await;
    for (name, content, answer) in [
        ("damaged.txt", saved.replace("kitchen", "kitchem"), "damaged"),
        ("newer.txt", saved.replace("version 1", "version 2"), "newer firmware"),
        ("other.txt", "hello".to_owned(), "not a configuration file"),
    ] {
        browser.open("/system").await;
        browser.fill("configuration-file", file(&folder, name, content.as_bytes()).to_str().unwrap()).await;
        browser.click("form[action='/configuration'] button").await;
        let page = browser.page().await;
        assert!(page.contains(answer) && page.contains("Nothing has been changed."), "{name}: {page}");
        browser.open("/time").await;
        assert_eq!(value(browser, "time.sntp_server").await, "elsewhere", "{name}");
    }
    browser.open("/system").await;
    browser.fill("configuration-file", file(&folder, "saved.txt", saved.as_bytes()).to_str().unwrap()).await;
    browser.click("form[action='/configuration'] button").await;
    assert!(browser.text(".notice").await.contains("stored"));
    browser.open("/time").await;
    assert_eq!(value(browser, "time.sntp_server").await, "broker.test");
}

async fn value(browser: &Browser, id: &str) -> String {
    browser.client.find(Locator::Id(id)).await.unwrap().prop("value").await.unwrap().unwrap()
}

async fn factory_reset(browser: &Browser) {
    browser.open("/system").await;
    let button = "form[action='/factory-reset'] button";
    assert!(!browser.client.find(Locator::Css(button)).await.unwrap().is_displayed().await.unwrap());
    browser.click_open("main details summary").await;
    browser.click(button).await;
    browser.open("/network").await;
    assert_eq!(value(browser, "network.host_name").await, "");
    browser.open("/time").await;
    assert_eq!(value(browser, "time.sntp_server").await, "broker.test", "only the IP settings are reset");
}

/// And the style sheet is in force, which a policy that is too strict would prevent.
async fn nothing_comes_from_elsewhere(browser: &Browser, url: &str) {
    browser.open("/").await;
    let script = "return performance.getEntriesByType('resource').map(entry => entry.name)";
    let resources = browser.client.execute(script, vec![]).await.unwrap();
    let resources: Vec<&str> =
        resources.as_array().unwrap().iter().filter_map(|name| name.as_str()).collect();
    assert!(resources.iter().any(|name| name.contains("/style.css")), "{resources:?}");
    assert!(resources.iter().all(|name| name.starts_with(url)), "{resources:?}");
    let script = "return getComputedStyle(document.querySelector('nav ul')).display";
    assert_eq!(browser.client.execute(script, vec![]).await.unwrap(), json!("flex"));
}

#[test]
fn one_logs_in_with_the_password_only() {
    let device = Device::start("log-in");
    with_browser("log-in", &device.url, true, async |browser| {
        browser.set_up().await;
        browser.click("header button").await;
        assert_eq!(browser.heading().await, "Log in");
        browser.picture("log-in", DESK).await;
        for page in ["/", "/network", "/mqtt", "/time", "/ports", "/system", "/password"] {
            assert_eq!(browser.open(page).await, "Log in", "{page}");
        }
        browser.fill("password", "wrong password").await;
        browser.enter("password").await;
        assert!(browser.page().await.contains("The password is wrong."));
        // After a wrong one there is a pause, for the right one, too.
        browser.open("/login").await;
        browser.fill("password", PASSWORD).await;
        browser.enter("password").await;
        let page = browser.page().await;
        assert!(
            page.contains("Wait a moment before the next attempt.") || browser.heading().await == "Status",
            "{page}"
        );
        while browser.heading().await != "Status" {
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
            browser.open("/login").await;
            browser.fill("password", PASSWORD).await;
            browser.enter("password").await;
        }
        change_password(&browser).await;
    });
}

async fn change_password(browser: &Browser) {
    browser.open("/system").await;
    browser.fill("current", PASSWORD).await;
    browser.fill("password", "battery staple").await;
    browser.enter("password").await;
    assert_eq!(browser.heading().await, "Status");
    browser.click("header button").await;
    browser.fill("password", "battery staple").await;
    browser.enter("password").await;
    assert_eq!(browser.heading().await, "Status");
}

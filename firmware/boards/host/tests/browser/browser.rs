//! A browser, and what a person does with it.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, PoisonError},
};

use fantoccini::{Client, Locator, error::CmdError, key::Key};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use xtask::process::{self, Server};

use crate::{PASSWORD, PATIENCE, folder};

/// The width of a desk's window, and of a phone's.
pub(crate) const DESK: u32 = 1000;
pub(crate) const PHONE: u32 = 420;

pub(crate) struct Browser {
    pub(crate) client: Client,
    /// Ends with the browser.
    _driver: Server,
    url: String,
}

/// One browser at a time: each takes more than a processor and half a gigabyte while it starts.
static TURN: Mutex<()> = Mutex::new(());

/// Runs a test with a browser that looks at the device at `url`.
pub(crate) fn with_browser<F: Future<Output = ()>>(
    name: &str,
    url: &str,
    has_script: bool,
    test: impl FnOnce(Browser) -> F,
) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { test(Browser::start(name, url, has_script).await).await });
}

impl Browser {
    async fn start(name: &str, url: &str, has_script: bool) -> Self {
        let chromium = process::need("chromium").unwrap();
        let port = process::free_port().unwrap();
        let mut command = Command::new(process::need("chromedriver").unwrap());
        command.arg(format!("--port={port}"));
        let driver = Server::start(&command, "started successfully", PATIENCE).unwrap();
        let profile = folder(&format!("{name}-profile"));
        let options = json!({
            "binary": chromium,
            "args": [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars",
                "--lang=en",
                // Over a pipe, so that it ends when the driver does, however that ends.
                "--remote-debugging-pipe", format!("--user-data-dir={}", profile.display()),
            ],
            "prefs": {
                "profile.managed_default_content_settings.javascript": if has_script { 1 } else { 2 },
                "profile.password_manager_leak_detection": false,
            },
        });
        let capabilities = [("goog:chromeOptions".to_owned(), options)].into_iter().collect();
        let driver_url = format!("http://127.0.0.1:{port}");
        let connector = HttpConnector::new();
        let client =
            Client::with_capabilities_and_connector(&driver_url, &capabilities, connector).await.unwrap();
        let browser = Self { client, _driver: driver, url: url.to_owned() };
        browser.client.set_window_size(DESK, 900).await.unwrap();
        browser
    }

    /// Goes to a page; its heading.
    pub(crate) async fn open(&self, path: &str) -> String {
        self.client.goto(&format!("{}{path}", self.url)).await.unwrap();
        self.heading().await
    }

    pub(crate) async fn heading(&self) -> String {
        self.text("h1").await
    }

    /// The text of the first element that the selector finds, as soon as there is one.
    pub(crate) async fn text(&self, css: &str) -> String {
        let element = self.client.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await.unwrap();
        element.text().await.unwrap()
    }

    /// All of the page's text.
    pub(crate) async fn page(&self) -> String {
        self.text("main").await
    }

    /// Waits until the first element that the selector finds has this text.
    pub(crate) async fn wait_for(&self, css: &str, text: &str) {
        let end = std::time::Instant::now() + PATIENCE;
        loop {
            // The element may just be replaced.
            let found = match self.client.find(Locator::Css(css)).await {
                Ok(element) => element.text().await.unwrap_or_default(),
                Err(_) => String::new(),
            };
            if found.contains(text) {
                return;
            }
            assert!(std::time::Instant::now() < end, "{css} has {found:?} instead of {text:?}");
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    }

    /// Fills in the field with this identifier.
    pub(crate) async fn fill(&self, id: &str, text: &str) {
        let field = self.client.find(Locator::Id(id)).await.unwrap();
        match field.tag_name().await.unwrap().as_str() {
            "select" => field.select_by_value(text).await.unwrap(),
            _ => {
                if field.attr("type").await.unwrap().as_deref() != Some("file") {
                    field.clear().await.unwrap();
                }
                field.send_keys(text).await.unwrap();
            }
        }
    }

    /// Clicks what the selector finds, and waits for the page that it leads to.
    pub(crate) async fn click(&self, css: &str) {
        let old = self.client.find(Locator::Css("html")).await.unwrap();
        self.client
            .find(Locator::Css(css))
            .await
            .unwrap_or_else(|error| panic!("{css}: {error}"))
            .click()
            .await
            .unwrap();
        self.leave(&old).await;
    }

    /// Opens what is folded up.
    pub(crate) async fn click_open(&self, css: &str) {
        self.client.find(Locator::Css(css)).await.unwrap().click().await.unwrap();
    }

    /// Presses Enter in the field with this identifier, and waits for the page that it leads to.
    pub(crate) async fn enter(&self, id: &str) {
        let old = self.client.find(Locator::Css("html")).await.unwrap();
        let enter = char::from(Key::Enter).to_string();
        self.client.find(Locator::Id(id)).await.unwrap().send_keys(&enter).await.unwrap();
        self.leave(&old).await;
    }

    /// Waits until an element belongs to a page of the past.
    async fn leave(&self, old: &fantoccini::elements::Element) {
        let end = std::time::Instant::now() + PATIENCE;
        while !matches!(old.tag_name().await, Err(ref error) if is_stale(error)) {
            assert!(std::time::Instant::now() < end, "the page stays");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        self.client.wait().at_most(PATIENCE).for_element(Locator::Css("footer")).await.unwrap();
    }

    /// Sets the first password, which logs in.
    pub(crate) async fn set_up(&self) {
        assert_eq!(self.open("/").await, "Set a password");
        self.fill("password", PASSWORD).await;
        self.enter("password").await;
        assert_eq!(self.heading().await, "Status");
    }

    /// Uploads a file with the form of this certificate.
    pub(crate) async fn upload(&self, certificate: &str, path: &Path) {
        self.fill(&format!("{certificate}-file"), path.to_str().unwrap()).await;
        self.click(&format!("#{certificate} form button")).await;
    }

    /// Takes a picture of the whole page.
    pub(crate) async fn picture(&self, name: &str, width: u32) {
        self.client.set_window_size(width, 700).await.unwrap();
        let height =
            self.client.execute("return document.documentElement.scrollHeight + 160", vec![]).await.unwrap();
        let height = u32::try_from(height.as_u64().unwrap()).unwrap().max(700);
        self.client.set_window_size(width, height).await.unwrap();
        let picture = self.client.screenshot().await.unwrap();
        assert!(picture.starts_with(b"\x89PNG"));
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("pictures");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{name}.png")), &picture).unwrap();
        let kept = xtask::root().join("docs/images").join(format!("{name}.png"));
        if env::var_os("MENU_PICTURES").is_some() || !kept.exists() {
            fs::create_dir_all(kept.parent().unwrap()).unwrap();
            fs::write(kept, &picture).unwrap();
        }
        self.client.set_window_size(DESK, 900).await.unwrap();
    }
}

fn is_stale(error: &CmdError) -> bool {
    error.is_stale_element_reference() || error.is_no_such_element()
}

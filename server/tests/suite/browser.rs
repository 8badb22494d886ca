//! A real Chromium, driven over WebDriver. It waits inside the page, for changes of the document: nothing here sleeps.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use fantoccini::error::{CmdError, ErrorStatus};
use fantoccini::key::Key;
use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use crate::support::exchange;

/// Chromium's flags: no sandbox because CI runs as root, and nothing that calls home.
const FLAGS: [&str; 8] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];
/// The longest that a page may take to get somewhere.
const PATIENCE_MS: u64 = 90_000;

/// A browser with one tab. Ended when dropped.
pub struct Browser {
    driver: Child,
    address: SocketAddr,
    session: String,
    pub tab: Client,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts Chromium with a window this wide, as a phone would show it when narrow.
    pub async fn start(width: u32, height: u32) -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is needed: `make test` installs it");
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let address = loop {
            let line = lines.next().expect("chromedriver started").unwrap();
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                break SocketAddr::from(([127, 0, 0, 1], port.trim_end_matches('.').parse().unwrap()));
            }
        };
        std::thread::spawn(move || lines.for_each(drop));
        let profile = tempfile::tempdir().unwrap();
        let mut flags = FLAGS.map(str::to_owned).to_vec();
        flags.push(format!("--user-data-dir={}", profile.path().display()));
        flags.push(format!("--window-size={width},{height}"));
        let mut options = json!({ "args": flags });
        if width < 600 {
            // Desktop windows are never that narrow.
            options["mobileEmulation"] =
                json!({"deviceMetrics": {"width": width, "height": height, "pixelRatio": 2.0}});
        }
        let capabilities = json!({
            "goog:chromeOptions": options,
            "goog:loggingPrefs": { "browser": "ALL" },
            "timeouts": { "script": PATIENCE_MS, "pageLoad": PATIENCE_MS }
        });
        let capabilities: Capabilities = capabilities.as_object().unwrap().clone();
        let url = format!("http://{address}");
        let tab = ClientBuilder::new(HttpConnector::new()).capabilities(capabilities).connect(&url).await.unwrap();
        let session = tab.session_id().await.unwrap().unwrap();
        Self { driver, address, session, tab, _profile: profile }
    }

    /// Waits until the JavaScript expression is true, looking again whenever the document changes.
    pub async fn until(&self, expression: &str) {
        let script = format!(
            "const done = arguments[arguments.length - 1];
             const holds = () => {{ try {{ return Boolean({expression}); }} catch (_) {{ return false; }} }};
             if (holds()) return done();
             const watch = new MutationObserver(() => {{ if (holds()) {{ watch.disconnect(); done(); }} }});
             watch.observe(document, {{ subtree: true, childList: true, characterData: true, attributes: true }});"
        );
        let waited = self.tab.execute_async(&script, Vec::new()).await;
        assert!(waited.is_ok(), "it did not come about: {expression}\nthe page says: {}", self.text("body").await);
    }

    /// The value of a JavaScript expression.
    pub async fn value(&self, expression: &str) -> Value {
        self.tab.execute(&format!("return {expression};"), Vec::new()).await.unwrap()
    }

    /// What an element says.
    pub async fn text(&self, selector: &str) -> String {
        let expression = format!("document.querySelector({})?.innerText", json!(selector));
        self.value(&expression).await.as_str().unwrap_or_default().to_owned()
    }

    /// Replaces what stands in a field, key by key.
    pub async fn fill(&self, selector: &str, text: &str) {
        let field = self.tab.find(Locator::Css(selector)).await.unwrap();
        self.tab.execute("arguments[0].select()", vec![serde_json::to_value(&field).unwrap()]).await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Clicks an element. A live list may draw it anew between the finding and the click: then it is looked for again.
    pub async fn click(&self, selector: &str) {
        for _ in 0..20 {
            match self.tab.find(Locator::Css(selector)).await.unwrap().click().await {
                Err(CmdError::Standard(error)) if error.error == ErrorStatus::StaleElementReference => {}
                clicked => return clicked.unwrap(),
            }
        }
        panic!("{selector} is drawn anew faster than it can be clicked");
    }

    /// Presses a key where the focus is.
    pub async fn press(&self, key: Key) {
        self.type_text(&char::from(key).to_string()).await;
    }

    /// Types where the focus is.
    pub async fn type_text(&self, text: &str) {
        self.tab.active_element().await.unwrap().send_keys(text).await.unwrap();
    }

    /// What the element with the focus says.
    pub async fn focused(&self) -> Value {
        self.value("document.activeElement.innerText").await
    }

    /// Goes on with the tabulator until the focus is where the expression is true.
    pub async fn walk_to(&self, expression: &str) {
        for _ in 0..200 {
            if self.value(&format!("Boolean({expression})")).await == true {
                return;
            }
            self.press(Key::Tab).await;
        }
        panic!("the tabulator does not lead to where {expression}");
    }

    /// What axe minds on the page as it is, WCAG 2.2 AA and its best practices: the rule, and where.
    pub async fn violations(&self) -> Vec<String> {
        let axe = Path::new(env!("CARGO_MANIFEST_DIR")).join("../frontend/node_modules/axe-core/axe.min.js");
        let axe = std::fs::read_to_string(axe).expect("axe is needed: `make ui` installs it");
        self.tab.execute(&axe, Vec::new()).await.unwrap();
        let script = "const done = arguments[arguments.length - 1];
            axe.run(document).then(found => done(found.violations.map(rule =>
                `${rule.id}: ${rule.help} (${rule.nodes.slice(0, 3).map(node => node.target + ' ' + node.failureSummary).join('; ')})`)));";
        let found = self.tab.execute_async(script, Vec::new()).await.unwrap();
        found.as_array().unwrap().iter().map(|rule| rule.as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Writes a picture of the whole page.
    pub async fn picture(&self, to: &Path) {
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::write(to, self.tab.screenshot().await.unwrap()).unwrap();
    }

    /// What the browser's console said at level error or worse, other than about these words.
    pub async fn complaints(&self, expected: &[&str]) -> Vec<String> {
        let body = r#"{"type":"browser"}"#;
        let request = format!(
            "POST /session/{}/se/log HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            self.session,
            self.address,
            body.len()
        );
        let reply = exchange(self.address, request.as_bytes()).await.json();
        let entries = reply["value"].as_array().unwrap_or_else(|| panic!("no log: {reply}")).iter();
        entries
            .filter(|entry| entry["level"] == "SEVERE")
            .map(|entry| entry["message"].as_str().unwrap_or_default().to_owned())
            .filter(|message| !expected.iter().any(|words| message.contains(words)))
            .collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver ends its browser when its session is deleted; killed before, it would leave it running.
        let request = format!("DELETE /session/{} HTTP/1.1\r\nhost: {}\r\n\r\n", self.session, self.address);
        if let Ok(mut stream) = TcpStream::connect(self.address) {
            stream.write_all(request.as_bytes()).ok();
            BufReader::new(stream).read_line(&mut String::new()).ok();
        }
        self.driver.kill().ok();
        self.driver.wait().ok();
    }
}

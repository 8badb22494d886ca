//! What an operator does with the page, in a real Chromium, against the real binary.

use fantoccini::key::Key;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::running::Running;
use crate::support::{Reply, exchange};

/// A running miner and a browser that looks at it.
pub struct Watched {
    pub running: Running,
    pub browser: Browser,
    _folder: tempfile::TempDir,
}

impl Watched {
    /// The dashboard must be built: `make ui`.
    pub async fn start(width: u32, height: u32, rate: &str) -> Self {
        Self::configured(width, height, &format!("[devnet]\nrate = {rate}\n")).await
    }

    /// The same with this `lode.toml`.
    pub async fn configured(width: u32, height: u32, config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("lode.toml"), config).unwrap();
        let running = Running::start(folder.path(), &[]);
        let browser = Browser::start(width, height).await;
        Self { running, browser, _folder: folder }
    }

    /// Opens a page, with what follows its path.
    pub async fn open(&self, path: &str) {
        self.browser.tab.goto(&format!("http://{}{path}", self.running.api)).await.unwrap();
        self.browser.until("document.querySelector('#connection').innerText.includes('live')").await;
    }

    /// The same with the admin token.
    pub async fn open_signed_in(&self, path: &str) {
        self.open(&format!("{path}#token={}", self.running.token)).await;
        assert_eq!(self.browser.value("location.hash").await, "", "the token does not stay in the address");
    }

    /// Asks the server past the page.
    pub async fn get(&self, path: &str) -> Value {
        let request = format!("GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n", self.running.api);
        exchange(self.running.api, request.as_bytes()).await.json()
    }

    /// Changes something past the page, as somebody else would.
    async fn put(&self, path: &str, body: &str) -> Reply {
        let request = format!(
            "PUT {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            self.running.api,
            self.running.token,
            body.len()
        );
        exchange(self.running.api, request.as_bytes()).await
    }

    async fn targets(&self) -> Value {
        self.get("/api/v1/tuner").await["mandate"]["targets"].clone()
    }

    async fn says(&self, selector: &str, text: &str) {
        self.browser
            .until(&format!("document.querySelector({}).innerText.includes({})", json!(selector), json!(text)))
            .await;
    }
}

#[tokio::test]
async fn live_values_move_and_charts_are_drawn() {
    let watched = Watched::start(1_440, 2_000, "40").await;
    let browser = &watched.browser;
    watched.open("/").await;
    for tile in ["#tile-response", "#tile-success", "#tile-hits"] {
        browser.until(&format!("/\\d/.test(document.querySelector('{tile} [data-value]').innerText)")).await;
    }
    let first = browser.text("#tile-hits [data-value]").await;
    browser.until(&format!("document.querySelector('#tile-hits [data-value]').innerText !== {}", json!(first))).await;
    for chart in ["#chart-response", "#chart-tuner", "#chart-earning"] {
        browser.until(&format!("document.querySelector('{chart} canvas')?.width > 0")).await;
    }
    // A line is hidden by its legend, and the start of the miner is marked.
    let line = "#response .legend button";
    browser.click(line).await;
    assert_eq!(browser.value(&format!("document.querySelector('{line}').ariaPressed")).await, "false");
    watched.says("#response .note", "1 start").await;
    assert_eq!(browser.complaints(&[]).await, Vec::<String>::new(), "the console is clean, the CSP included");
}

#[tokio::test]
async fn a_target_is_edited_and_a_bad_one_is_refused_beside_its_field() {
    let watched = Watched::start(1_440, 2_000, "5").await;
    let browser = &watched.browser;
    watched.open_signed_in("/").await;

    // Refused: beside its field, before and after applying, and nothing reaches the server.
    browser.fill("#targets-success_pct", "185").await;
    watched.says("#targets-success_pct-error", "1 to 100").await;
    assert_eq!(browser.value("document.querySelector('#targets-success_pct').ariaInvalid").await, "true");
    browser.click("#targets-apply").await;
    watched.says("#targets-status", "Not applied").await;
    assert_eq!(watched.targets().await["success_pct"], 85.0);

    // Old and new are told before; then the server has it.
    browser.fill("#targets-success_pct", "91").await;
    watched.says("#targets-change", "Success, %: 85 → 91").await;
    browser.click("#targets-preview").await;
    browser.until("/round/.test(document.querySelector('#targets-status').innerText)").await;
    assert_eq!(watched.targets().await["success_pct"], 85.0, "a preview changes nothing");
    browser.click("#targets-apply").await;
    watched.says("#targets-status", "Applied.").await;
    assert_eq!(watched.targets().await["success_pct"], 91.0);
    browser.until("document.querySelector('#targets-success_pct').value === '91'").await;

    // It is in the list of changes, and the form survives a walk through the pages.
    browser.click("nav a[href='/tuner']").await;
    watched.says("#audit", "success_pct 85 → 91").await;
    assert_eq!(browser.complaints(&[]).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_change_over_somebody_elses_is_refused_until_it_was_seen() {
    let watched = Watched::start(1_440, 2_000, "5").await;
    let browser = &watched.browser;
    watched.open_signed_in("/tuner").await;
    browser.fill("#targets-hit_rate_pct", "60").await;
    let changed = watched.put("/api/v1/tuner/budget", r#"{"false_hit_pct":0.5}"#).await;
    assert_eq!(changed.status, 200);
    browser.until("document.querySelector('#budget-false_hit_pct').value === '0.5'").await;
    browser.click("#targets-apply").await;
    watched.says("#targets-status", "Somebody else has changed the tuner").await;
    assert_eq!(watched.targets().await["hit_rate_pct"], 50.0);
    browser.click("#targets-apply").await;
    watched.says("#targets-status", "Applied.").await;
    assert_eq!(watched.targets().await["hit_rate_pct"], 60.0);
    assert_eq!(browser.complaints(&["412"]).await, Vec::<String>::new());
}

#[tokio::test]
async fn modes_and_pins_are_set_and_taken_back() {
    let watched = Watched::start(1_440, 2_000, "5").await;
    let browser = &watched.browser;
    watched.open_signed_in("/tuner").await;
    browser
        .value(
            "(m => { m.value = 'hold'; m.dispatchEvent(new Event('change')); })(document.querySelector('#mode-mode'))",
        )
        .await;
    // Begun before the mode is changed: what this tab changes itself is no conflict.
    browser.fill("#pins-match_threshold", "0.93").await;
    browser.click("#mode-apply").await;
    watched.says("#mode-status", "Applied.").await;
    watched.says("nav a[href='/tuner']", "hold").await;
    browser.click("#pins-apply").await;
    watched.says("#pins-status", "Applied.").await;
    let mandate = &watched.get("/api/v1/tuner").await["mandate"];
    assert_eq!((&mandate["mode"], &mandate["pins"]), (&json!("hold"), &json!({"match_threshold": 0.93})));
    // Outside the limits: told beside the field.
    browser.fill("#pins-match_threshold", "0.5").await;
    watched.says("#pins-match_threshold-error", "outside the tuner's limits").await;
    assert_eq!(browser.complaints(&[]).await, Vec::<String>::new());
}

#[tokio::test]
async fn without_a_token_the_page_asks_for_it_and_keeps_it_for_the_tab() {
    let watched = Watched::start(1_440, 2_000, "5").await;
    let browser = &watched.browser;
    watched.open("/").await;
    browser.fill("#targets-hit_rate_pct", "33").await;
    browser.click("#targets-apply").await;
    browser.until("document.querySelector('#sign-in').open").await;
    browser.fill("#token", "wrong").await;
    browser.click("#sign-in-apply").await;
    watched.says("#token-error", "lode token").await;
    browser.fill("#token", &watched.running.token).await;
    browser.click("#sign-in-apply").await;
    watched.says("#targets-status", "Applied.").await;
    assert_eq!(browser.value("document.querySelector('#sign-in').open").await, false);
    // Not asked for again, also after a reload.
    watched.open("/").await;
    watched.says("#sign", "Sign out").await;
    browser.fill("#targets-hit_rate_pct", "34").await;
    browser.click("#targets-apply").await;
    watched.says("#targets-status", "Applied.").await;
    assert_eq!(browser.complaints(&["401"]).await, Vec::<String>::new());
}

#[tokio::test]
async fn the_page_says_that_the_miner_is_gone_and_comes_back_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let first = Running::start(folder.path(), &["--devnet.rate", "5"]);
    let api = first.api.to_string();
    let watched = Watched { running: first, browser: Browser::start(1_440, 2_000).await, _folder: folder };
    watched.open("/").await;
    let Watched { running, browser, _folder: folder } = watched;
    running.kill();
    browser.until("document.querySelector('#connection').innerText.includes('reconnecting')").await;
    let second = Running::start_at(folder.path(), &api, &["--devnet.rate", "5"]);
    browser.until("document.querySelector('#connection').innerText.startsWith('live')").await;
    // It has caught up: both starts are on the chart.
    let watched = Watched { running: second, browser, _folder: folder };
    watched.says("#response .note", "2 starts").await;
}

#[tokio::test]
async fn an_answer_is_forgotten_and_a_request_looked_at() {
    let watched = Watched::start(1_440, 2_000, "20").await;
    let browser = &watched.browser;
    watched.open_signed_in("/cache").await;
    browser.until("document.querySelector('#cache [data-value]').innerText !== 'no data yet'").await;
    let read_again =
        "[...document.querySelectorAll('#entries button')].find(button => button.innerText === 'Read again')";
    browser.value(&format!("{read_again}.click()")).await;
    browser.until("document.querySelector('#entries tbody a')").await;
    browser.click("#entries tbody a").await;
    browser.until("location.search.startsWith('?entry=')").await;
    let id = browser.value("Number(new URLSearchParams(location.search).get('entry'))").await;
    browser.click("#entry button").await;
    watched.says("#entry-status", "Forgotten.").await;
    let left = watched.get("/api/v1/cache/entries?limit=200").await;
    assert!(left["entries"].as_array().unwrap().iter().all(|entry| entry["id"] != id), "it is gone: {id}");

    // A request: its stages, and why memory answered or did not.
    browser.click("nav a[href='/requests']").await;
    browser.until("document.querySelector('#requests tbody a')").await;
    browser.click("#pause").await;
    browser.click("#requests tbody a").await;
    watched.says("#request", "took").await;
    watched.says("#request .legend", "verify").await;
    browser.until("!document.querySelector('#request').innerText.includes('Looking into memory')").await;
    // Back is back.
    browser.tab.back().await.unwrap();
    browser.until("location.search === '' && !document.querySelector('#request')").await;
    assert_eq!(browser.complaints(&["404"]).await, Vec::<String>::new());
}

#[tokio::test]
async fn what_a_list_is_narrowed_to_is_in_the_address() {
    let watched = Watched::start(1_440, 2_000, "20").await;
    let browser = &watched.browser;
    watched.open("/requests?source=exact").await;
    assert_eq!(browser.value("document.querySelector('#filter-source').value").await, "exact");
    browser.until("document.querySelectorAll('#requests tbody tr').length >= 3").await;
    let others = "[...document.querySelectorAll('#requests tbody tr')].filter(row => !row.innerText.includes('exact'))";
    assert_eq!(browser.value(&format!("{others}.length")).await, 0);
    browser
        .value("(s => { s.value = 'failed'; s.dispatchEvent(new Event('change')); })(document.querySelector('#filter-outcome'))")
        .await;
    browser.until("location.search.includes('outcome=failed')").await;
    watched.says("#requests", "No such request yet.").await;

    watched.open("/log?words=no%20such%20words").await;
    watched.says("#log", "Nothing was logged that matches.").await;
    browser.fill("#filter-words", &format!("API{}", char::from(Key::Enter))).await;
    watched.says("#log tbody", "API on http").await;

    watched.open("/no/such/page").await;
    watched.says("main", "There is no such page").await;
    assert_eq!(browser.complaints(&[]).await, Vec::<String>::new());
}

#[tokio::test]
async fn everything_is_done_with_the_keyboard_alone() {
    let watched = Watched::start(1_440, 2_000, "20").await;
    let browser = &watched.browser;
    watched.open_signed_in("/").await;
    // The first stop leads past the rail.
    browser.press(Key::Tab).await;
    assert_eq!(browser.focused().await, "Skip to content");
    browser.press(Key::Enter).await;
    browser.until("document.activeElement.id === 'main'").await;

    // A chart is read point by point.
    browser.until("document.querySelector('#chart-response canvas')").await;
    browser.walk_to("document.activeElement.id === 'chart-response'").await;
    browser.press(Key::Left).await;
    browser
        .until("/response .* s, cache hits/.test(document.querySelector('#response [role=status]').innerText)")
        .await;

    // A form is filled in and sent.
    browser.walk_to("document.activeElement.id === 'targets-response_s'").await;
    for key in ["2", ".", "5"] {
        browser.type_text(key).await;
    }
    browser.press(Key::Enter).await;
    watched.says("#targets-status", "Applied.").await;
    assert_eq!(watched.targets().await["response_s"], 2.5);

    // Another page is gone to, and its content is where the reader goes on.
    browser.value("document.querySelector('nav a').focus()").await;
    browser.walk_to("document.activeElement.innerText.startsWith('Log')").await;
    browser.press(Key::Enter).await;
    browser.until("location.pathname === '/log' && document.activeElement.id === 'main'").await;
    assert_eq!(browser.value("document.title").await, "Log · Lode");
}

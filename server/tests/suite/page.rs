//! The page in a real Chromium, against the real binary.

use std::path::Path;

use serde_json::json;

use crate::browser::Browser;
use crate::running::Running;
use crate::support::exchange;

/// The dashboard must be built: `make ui`.
async fn open(running: &Running, browser: &Browser, fragment: &str) {
    browser.tab.goto(&format!("http://{}/{fragment}", running.api)).await.unwrap();
    browser.until("document.querySelector('#connection').innerText.includes('live')").await;
}

fn with_token(running: &Running) -> String {
    format!("#token={}", running.token)
}

/// The success target that the server has, asked past the page.
async fn success_target(running: &Running) -> f64 {
    let request = format!("GET /api/dashboard HTTP/1.1\r\nhost: {}\r\n\r\n", running.api);
    let snapshot = exchange(running.api, request.as_bytes()).await.json();
    snapshot["performance_tuning"]["targets"]["success_pct"].as_f64().unwrap()
}

#[tokio::test]
async fn live_values_move_a_target_is_edited_and_a_bad_one_is_refused_beside_its_field() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path(), &["--devnet.rate", "40"]);
    let browser = Browser::start(1_440, 2_000).await;
    open(&running, &browser, &with_token(&running)).await;
    assert_eq!(browser.value("location.hash").await, "", "the token does not stay in the address");

    // Live: the figures come, and change by themselves; the charts are drawn.
    for tile in ["#tile-response", "#tile-success", "#tile-hits"] {
        browser.until(&format!("/\\d/.test(document.querySelector('{tile} [data-value]').innerText)")).await;
    }
    let first = browser.text("#tile-hits [data-value]").await;
    browser.until(&format!("document.querySelector('#tile-hits [data-value]').innerText !== {}", json!(first))).await;
    for chart in ["#chart-response", "#chart-tuner"] {
        browser.until(&format!("document.querySelector('{chart} canvas')?.width > 0")).await;
    }

    // Refused: beside its field, before and after applying, and nothing reaches the server.
    browser.fill("#target-success", "185").await;
    browser.until("document.querySelector('#error-success').innerText.includes('1 to 100')").await;
    assert_eq!(browser.value("document.querySelector('#target-success').getAttribute('aria-invalid')").await, "true");
    browser.click("#targets-apply").await;
    browser.until("document.querySelector('#targets-status').innerText.startsWith('Not applied')").await;
    assert_eq!(success_target(&running).await, 85.0);

    // Applied: the server has it.
    browser.fill("#target-success", "91").await;
    browser.click("#targets-apply").await;
    browser.until("document.querySelector('#targets-status').innerText === 'Applied.'").await;
    assert_eq!(success_target(&running).await, 91.0);
    browser.until("document.querySelector('#target-success').value === '91'").await;

    assert_eq!(browser.complaints(&[]).await, Vec::<String>::new(), "the console is clean, the CSP included");
}

#[tokio::test]
async fn without_a_token_the_page_asks_for_it_and_keeps_it_for_the_tab() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path(), &["--devnet.rate", "5"]);
    let browser = Browser::start(1_440, 2_000).await;
    open(&running, &browser, "").await;
    browser.fill("#target-hits", "33").await;
    browser.fill("#token", "wrong").await;
    browser.click("#targets-apply").await;
    browser.until("document.querySelector('#error-token').innerText.includes('lode token')").await;
    browser.fill("#token", &running.token).await;
    browser.click("#targets-apply").await;
    browser.until("document.querySelector('#targets-status').innerText === 'Applied.'").await;
    assert_eq!(browser.value("document.querySelector('#token')").await, json!(null), "it is not asked for again");
    assert_eq!(browser.complaints(&["401"]).await, Vec::<String>::new());
}

#[tokio::test]
async fn the_page_says_that_the_miner_is_gone_and_comes_back_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let first = Running::start(folder.path(), &["--devnet.rate", "5"]);
    let api = first.api.to_string();
    let browser = Browser::start(1_440, 2_000).await;
    open(&first, &browser, "").await;
    first.kill();
    browser.until("document.querySelector('#connection').innerText.includes('reconnecting')").await;
    let _second = Running::start_at(folder.path(), &api, &["--devnet.rate", "5"]);
    browser.until("document.querySelector('#connection').innerText.startsWith('live')").await;
}

/// The page fits, in both widths and both themes; pictures of it are left in `target/screenshots`.
async fn fits(width: u32, height: u32) {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path(), &["--devnet.rate", "8"]);
    // For pictures worth showing (`make screenshots`) the miner runs for a while first.
    let after_s = std::env::var("LODE_PICTURES_AFTER_S").map_or(0, |seconds| seconds.parse().unwrap());
    running.tab().await.until(|snapshot| snapshot.miner.uptime_s >= after_s).await;
    let browser = Browser::start(width, height).await;
    open(&running, &browser, &with_token(&running)).await;
    browser.until("/\\d/.test(document.querySelector('#tile-response [data-value]').innerText)").await;
    // Charts are drawn once there are samples; tables of validators fill with the first calls.
    browser.until("document.querySelectorAll('#chart-response canvas, #chart-tuner canvas').length >= 2").await;
    for theme in ["dark", "light"] {
        let button = format!("[...document.querySelectorAll('button')].find(button => button.innerText === '{theme}')");
        browser.value(&format!("{button}.click()")).await;
        browser.until(&format!("document.documentElement.dataset.theme === '{theme}'")).await;
        let overflow =
            browser.value("document.documentElement.scrollWidth - document.documentElement.clientWidth").await;
        assert_eq!(overflow, 0, "nothing sticks out at {width} px in the {theme} theme");
        let pictures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/screenshots");
        browser.picture(&pictures.join(format!("overview-{width}-{theme}.png"))).await;
    }
    assert_eq!(browser.complaints(&[]).await, Vec::<String>::new());
}

#[tokio::test]
async fn the_page_fits_a_phone_in_both_themes() {
    fits(375, 3_400).await;
}

#[tokio::test]
async fn the_page_fits_a_desk_in_both_themes() {
    fits(1_440, 1_900).await;
}

//! How the page looks, and to whom: every page fits, in three widths and both themes, and nobody is shut out.

use std::path::Path;

use crate::page::Watched;

const PAGES: [&str; 7] = ["/", "/requests", "/cache", "/tuner", "/validators", "/chain", "/log"];

/// Opens each page in each theme, when its figures are there; pictures are left in `target/screenshots`.
async fn look_at_all(width: u32, height: u32, look: impl AsyncFn(&Watched, &str)) {
    let watched = Watched::start(width, height, "12").await;
    // For pictures worth showing (`make screenshots`) the miner runs for a while first.
    let after_s = std::env::var("LODE_PICTURES_AFTER_S").map_or(0, |seconds| seconds.parse().unwrap());
    watched.running.tab().await.until(|snapshot| snapshot.miner.uptime_s >= after_s).await;
    let (browser, pictures) = (&watched.browser, Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/screenshots"));
    watched.open_signed_in("/").await;
    for theme in ["dark", "light"] {
        for page in PAGES {
            watched.open(page).await;
            let button =
                format!("[...document.querySelectorAll('button')].find(button => button.innerText === '{theme}')");
            browser.value(&format!("{button}.click()")).await;
            browser.until(&format!("document.documentElement.dataset.theme === '{theme}'")).await;
            // Charts are drawn once there are samples; tables fill with the first calls.
            let drawn = match page {
                "/" => "document.querySelectorAll('canvas').length >= 3",
                "/tuner" | "/cache" => "document.querySelectorAll('canvas').length >= 1",
                "/chain" => "document.querySelectorAll('canvas').length >= 2",
                _ => "document.querySelector('tbody tr')",
            };
            browser.until(drawn).await;
            look(&watched, &format!("{page} at {width} px in the {theme} theme")).await;
            let name = if page == "/" { "overview" } else { &page[1..] };
            browser.picture(&pictures.join(format!("{name}-{width}-{theme}.png"))).await;
        }
    }
    assert_eq!(browser.complaints(&[]).await, Vec::<String>::new());
}

async fn fits(watched: &Watched, page: &str) {
    let overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
    assert_eq!(watched.browser.value(overflow).await, 0, "something sticks out: {page}");
}

/// axe finds nothing to mind.
async fn shuts_nobody_out(watched: &Watched, page: &str) {
    fits(watched, page).await;
    assert_eq!(watched.browser.violations().await, Vec::<String>::new(), "{page}");
}

#[tokio::test]
async fn the_page_fits_a_phone_and_shuts_nobody_out() {
    look_at_all(375, 3_400, shuts_nobody_out).await;
}

#[tokio::test]
async fn the_page_fits_a_desk_and_shuts_nobody_out() {
    look_at_all(1_440, 1_700, shuts_nobody_out).await;
}

#[tokio::test]
async fn the_page_fits_a_wall() {
    look_at_all(2_560, 1_440, fits).await;
}

#[tokio::test]
async fn what_is_wrong_stands_above_every_page_and_is_told_to_those_who_cannot_see_it() {
    // Nobody calls for a minute, which passes within a second.
    let config = "[alerts]\nsilent_s = 60\n[devnet]\nspeed = 100\nrate = 0.01\n";
    let watched = Watched::configured(375, 1_200, config).await;
    let (browser, pictures) = (&watched.browser, Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/screenshots"));
    for page in ["/", "/log"] {
        watched.open(page).await;
        browser.until("document.querySelector('.alerts li')?.innerText.includes('no validator has called')").await;
        browser.until("document.querySelector('#alerts-status').textContent === 'Alert: validators silent'").await;
        shuts_nobody_out(&watched, page).await;
    }
    browser.picture(&pictures.join("alerts-375.png")).await;
    assert_eq!(browser.complaints(&[]).await, Vec::<String>::new());
}

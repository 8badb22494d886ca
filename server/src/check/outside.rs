//! What others say: how late it is, and whether the services that solvers ask are there.

use std::time::{Duration, Instant};

use reqwest::Client;
use reqwest::header::DATE;
use reqwest::redirect::Policy;
use url::Url;

use super::line::{Line, good, mend, outside, unsure};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::ChainView;
use crate::status::root_cause;

const TIMEOUT: Duration = Duration::from_secs(5);
/// Requests are refused when their time is 4 s beyond ours; half of it is left to the network and to whole seconds.
const MAX_SKEW_MS: u64 = 2_000;

/// Our clock beside others': web services' where we are on the internet, the chain's where there is one.
pub(super) async fn clock(config: &Config, view: Option<&ChainView>, clock: &Clock) -> Line {
    let network = config.subtensor.network();
    if network.is_public() {
        for url in config.axon.ip_lookups.iter().take(3) {
            if let Some(theirs_ms) = told_ms(url).await {
                return compared(clock.now_ms(), theirs_ms, url.host_str().unwrap_or("a web service"));
            }
        }
    }
    match view.and_then(|view| view.block_ms) {
        // A block is past when it is read; one of the future shows that we are behind.
        Some(block_ms) if block_ms > clock.now_ms() + MAX_SKEW_MS => compared(clock.now_ms(), block_ms, "the chain"),
        Some(_) => unsure("clock", "not behind the chain's; `timedatectl` shows whether NTP keeps it".into()),
        None => {
            unsure("clock", "nobody was asked how late it is; `timedatectl` shows whether NTP keeps the clock".into())
        }
    }
}

fn compared(ours_ms: u64, theirs_ms: u64, whose: &str) -> Line {
    let skew_ms = ours_ms.abs_diff(theirs_ms);
    let skew_s = skew_ms as f64 / 1_000.0;
    let side = if ours_ms < theirs_ms { "behind" } else { "before" };
    match skew_ms > MAX_SKEW_MS {
        false => good("clock", format!("{skew_s:.1} s beside that of {whose}.")),
        true => mend(
            "clock",
            format!(
                "{skew_s:.1} s {side} that of {whose}: validators' requests would be refused as too old or not yet due; \
                 `timedatectl set-ntp true`"
            ),
        ),
    }
}

/// The time that a web service tells, in the middle of its second.
async fn told_ms(url: &Url) -> Option<u64> {
    let response = client()?.get(url.clone()).send().await.ok()?;
    let date = httpdate::parse_http_date(response.headers().get(DATE)?.to_str().ok()?).ok()?;
    Some(date.duration_since(std::time::UNIX_EPOCH).ok()?.as_millis() as u64 + 500)
}

/// Whether anything answers there; what it says to such a question tells nothing.
pub(super) async fn upstream(name: &str, url: &Url) -> Line {
    let (what, host) = (format!("solver {name}"), shown(url));
    let Some(client) = client() else { return outside(&what, "no HTTP client is to be had".into()) };
    let started = Instant::now();
    match client.get(url.clone()).send().await {
        Ok(_) => good(&what, format!("{host} answers in {} ms.", started.elapsed().as_millis())),
        Err(error) => outside(&what, format!("{host} does not answer: {}", root_cause(&error.without_url()))),
    }
}

/// Without user, password, path and query, any of which may hold a key.
fn shown(url: &Url) -> String {
    let port = url.port().map_or(String::new(), |port| format!(":{port}"));
    format!("{}://{}{port}", url.scheme(), url.host_str().unwrap_or_default())
}

fn client() -> Option<Client> {
    Client::builder().redirect(Policy::none()).timeout(TIMEOUT).build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Verdict;

    #[test]
    fn a_clock_that_would_have_requests_refused_is_to_be_mended() {
        let line = compared(1_000_000, 1_001_900, "the chain");
        assert_eq!((line.verdict, line.text.as_str()), (Verdict::Good, "1.9 s beside that of the chain."));
        let line = compared(1_000_000, 1_005_000, "the chain");
        assert!(line.verdict == Verdict::Mend && line.text.starts_with("5.0 s behind"), "{line}");
        let line = compared(1_005_000, 1_000_000, "the chain");
        assert!(line.text.starts_with("5.0 s before") && line.text.contains("timedatectl"), "{line}");
    }

    #[test]
    fn an_address_is_shown_without_what_may_be_secret() {
        let url = "https://me:pass@a.example:8443/v1/key?token=x".parse().expect("a URL");
        assert_eq!(shown(&url), "https://a.example:8443");
    }

    #[tokio::test]
    async fn a_service_that_is_not_there_is_told_with_its_reason() {
        rustls::crypto::ring::default_provider().install_default().ok();
        let line = upstream("web", &"http://127.0.0.1:1/solve".parse().expect("a URL")).await;
        assert!(line.verdict == Verdict::Outside && line.to_string().starts_with("✗ solver web"), "{line}");
        assert!(line.text.contains("refused"), "{line}");
    }
}

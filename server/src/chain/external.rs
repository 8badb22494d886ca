//! The address under which the internet reaches us: given by the operator, or found by asking services that see it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Client;
use reqwest::redirect::Policy;
use url::Url;

use crate::domain::not_public;

/// One look-up.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(3);
/// The longest address as text, with white space around it.
const MAX_ANSWER_BYTES: usize = 64;
/// How many must say the same.
const AGREEING: usize = 2;
/// A found address is looked up again after this long: providers give another one at times.
const KNOWN_FOR_MS: u64 = 1_800_000;

/// Where our external address comes from.
pub(crate) struct External {
    given: Option<IpAddr>,
    lookups: Vec<Url>,
    client: Option<Client>,
    found: Option<(IpAddr, u64)>,
}

/// Why it is not known.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UnknownAddress {
    /// Too few answers, or different ones.
    #[error("no two look-ups agree on the address of this host ({0}); give it with --axon.external_ip")]
    Disagree(String),
    /// It cannot be reached from outside.
    #[error("the look-ups say {0}, {1}, where no validator reaches us; give the address with --axon.external_ip")]
    NotPublic(IpAddr, &'static str),
}

impl External {
    /// From the configuration.
    pub(crate) fn new(given: Option<IpAddr>, lookups: Vec<Url>) -> Self {
        // Through a proxy they would see the proxy's address.
        let client = Client::builder().no_proxy().redirect(Policy::none()).timeout(LOOKUP_TIMEOUT).build().ok();
        Self { given, lookups, client, found: None }
    }

    /// The address; looked up when it is not given and what was found is old. When looking up fails, what was found before
    /// still holds.
    pub(crate) async fn address(&mut self, now_ms: u64) -> Result<IpAddr, UnknownAddress> {
        if let Some(given) = self.given {
            return Ok(given);
        }
        if let Some((found, at_ms)) = self.found
            && now_ms.saturating_sub(at_ms) < KNOWN_FOR_MS
        {
            return Ok(found);
        }
        match agreed(&self.look_up().await) {
            Ok(found) => {
                self.found = Some((found, now_ms));
                Ok(found)
            }
            Err(error) => self.found.map(|(found, _)| found).ok_or(error),
        }
    }

    async fn look_up(&self) -> Vec<Option<IpAddr>> {
        let Some(client) = &self.client else { return Vec::new() };
        join_all(self.lookups.iter().map(|url| ask(client, url))).await
    }
}

async fn ask(client: &Client, url: &Url) -> Option<IpAddr> {
    let mut response = client.get(url.clone()).send().await.ok()?.error_for_status().ok()?;
    let mut text = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        text.extend_from_slice(&chunk);
        if text.len() > MAX_ANSWER_BYTES {
            return None;
        }
    }
    std::str::from_utf8(&text).ok()?.trim().parse().ok()
}

/// What enough of the answers say; the earlier of two that do.
fn agreed(answers: &[Option<IpAddr>]) -> Result<IpAddr, UnknownAddress> {
    let mut votes: HashMap<IpAddr, usize> = HashMap::new();
    for ip in answers.iter().flatten() {
        let count = votes.entry(*ip).or_default();
        *count += 1;
        if *count == AGREEING {
            return match not_public(*ip) {
                None => Ok(*ip),
                Some(why) => Err(UnknownAddress::NotPublic(*ip, why)),
            };
        }
    }
    let said = answers.iter().flatten().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let silent = answers.iter().filter(|answer| answer.is_none()).count();
    let said =
        if said.is_empty() { "none answered".to_owned() } else { format!("they say {said}; {silent} said nothing") };
    Err(UnknownAddress::Disagree(said))
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::get;
    use tokio::net::TcpListener;
    use tokio::task::JoinSet;

    use super::*;

    fn ip(text: &str) -> Option<IpAddr> {
        text.parse().ok()
    }

    #[test]
    fn two_that_agree_are_enough_and_one_is_not() {
        assert_eq!(agreed(&[ip("8.8.8.8"), None, ip("9.9.9.9"), ip("9.9.9.9")]).ok(), ip("9.9.9.9"));
        assert!(matches!(agreed(&[ip("8.8.8.8"), ip("9.9.9.9")]), Err(UnknownAddress::Disagree(_))));
        let error = agreed(&[None, None]).expect_err("nobody answered").to_string();
        assert!(error.contains("none answered") && error.contains("--axon.external_ip"), "{error}");
    }

    #[test]
    fn a_private_address_is_refused_however_many_agree() {
        let error = agreed(&[ip("10.0.0.1"), ip("10.0.0.1")]).expect_err("private");
        assert!(matches!(error, UnknownAddress::NotPublic(..)), "{error}");
    }

    fn external(given: Option<IpAddr>, urls: Vec<Url>) -> External {
        rustls::crypto::ring::default_provider().install_default().ok();
        External::new(given, urls)
    }

    /// Services that answer with these texts.
    async fn lookups(texts: &[&'static str]) -> (Vec<Url>, JoinSet<()>) {
        let (mut urls, mut servers) = (Vec::new(), JoinSet::new());
        for text in texts.iter().copied() {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let address = listener.local_addr().expect("bound");
            urls.push(format!("http://{address}/").parse().expect("a URL"));
            let router = Router::new().route("/", get(move || async move { text }));
            servers.spawn(async move {
                let _ = axum::serve(listener, router).await;
            });
        }
        (urls, servers)
    }

    #[tokio::test]
    async fn services_are_asked_once_in_half_an_hour_and_what_was_found_outlives_them() {
        let (urls, servers) = lookups(&["8.8.4.4\n", "<html>busy</html>", " 8.8.4.4 "]).await;
        let mut external = external(None, urls);
        assert_eq!(external.address(0).await.ok(), ip("8.8.4.4"));
        drop(servers);
        assert_eq!(external.address(KNOWN_FOR_MS - 1).await.ok(), ip("8.8.4.4"), "not asked again");
        assert_eq!(external.address(KNOWN_FOR_MS).await.ok(), ip("8.8.4.4"), "asked in vain");
    }

    #[tokio::test]
    async fn an_answer_without_end_is_no_address() {
        let long: &'static str = Box::leak("8.8.8.8".repeat(1_000).into_boxed_str());
        let (urls, _servers) = lookups(&[long, long]).await;
        assert!(external(None, urls).address(0).await.is_err());
    }

    #[tokio::test]
    async fn a_given_address_is_the_operators_word() {
        assert_eq!(external(ip("10.0.0.1"), Vec::new()).address(0).await.ok(), ip("10.0.0.1"));
    }
}

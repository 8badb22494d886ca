//! Who may do what: an admin token for writes; `Host` and `Origin` for everything, against DNS rebinding.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::net::IpAddr;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use subtle::ConstantTimeEq;

use super::Api;
use super::error::Error;
use crate::listen::Peer;

/// What proxies add to what they pass on.
const FORWARDED: [&str; 5] = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"];

/// The token that every write must carry. Made at first start, in a file that only its owner reads.
#[derive(Clone)]
pub struct AdminToken(String);

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
#[error("cannot use the admin token file {path}: {error}; check the folder's owner, or choose another --data-dir")]
pub struct TokenError {
    path: PathBuf,
    error: std::io::Error,
}

impl AdminToken {
    /// Reads `admin-token` in `folder`, or makes it from 32 random bytes.
    pub fn load_or_make(folder: &Path) -> Result<Self, TokenError> {
        let path = folder.join("admin-token");
        let failed = |error| TokenError { path: path.clone(), error };
        match fs::read_to_string(&path) {
            Ok(_) if is_exposed(&path) => {
                let what = format!("others can read it; run: chmod 600 {}", path.display());
                return Err(failed(std::io::Error::other(what)));
            }
            Ok(text) if text.trim().len() >= 32 => return Ok(Self(text.trim().to_owned())),
            Ok(_) => {
                return Err(failed(std::io::Error::other("it is too short to be a token; delete it for a new one")));
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        Self::make(&path).map_err(failed)?;
        // Another process may have been first: what stands there now is the token.
        fs::read_to_string(&path).map(Self).map_err(failed)
    }

    /// Written aside and then linked: a crash leaves either no token or a whole one.
    fn make(path: &Path) -> std::io::Result<()> {
        let aside = path.with_extension(std::process::id().to_string());
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
        file.write_all(hex::encode(rand::random::<[u8; 32]>()).as_bytes())?;
        file.sync_all()?;
        let linked = fs::hard_link(&aside, path);
        fs::remove_file(&aside)?;
        match linked {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
            linked => linked,
        }
    }

    /// The token itself, for whoever started the process.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    fn matches(&self, headers: &HeaderMap) -> bool {
        let given = headers.get(AUTHORIZATION).and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
        given.is_some_and(|given| given.ct_eq(self.0.as_bytes()).into())
    }
}

fn is_exposed(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o077 != 0)
}

/// The hosts under which we are asked for. A page of another site that resolves its own name to our address (DNS rebinding)
/// still sends that name; an address cannot be rebound, so any address will do.
#[derive(Debug, Clone)]
pub struct HostRules {
    allowed: Vec<String>,
}

impl HostRules {
    /// `localhost`, and the names that the operator adds (without port).
    pub fn new(extra: &[String]) -> Self {
        Self { allowed: std::iter::once("localhost".to_owned()).chain(extra.iter().cloned()).collect() }
    }

    fn check(&self, request: &Request) -> Result<(), Error> {
        let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
        let host = text(HOST).filter(|host| self.allows(host)).ok_or_else(|| {
            let message = "This host name is not ours; add it to api.hosts in lode.toml if it should be.";
            Error::new(StatusCode::MISDIRECTED_REQUEST, message)
        })?;
        let reads = request.method().is_safe();
        if !reads && text(ORIGIN).is_some_and(|origin| !Self::same_origin(origin, host)) {
            let message = "Writes are accepted from the dashboard's own origin only.";
            return Err(Error::new(StatusCode::FORBIDDEN, message));
        }
        Ok(())
    }

    fn allows(&self, authority: &str) -> bool {
        let host = match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => authority,
        };
        let is_address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok();
        is_address || self.allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(host))
    }

    /// An `Origin` is ours when it names the very host and port that the request came to.
    fn same_origin(origin: &str, host: &str) -> bool {
        origin.split_once("://").is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host))
    }
}

/// Refuses requests for other hosts, and writes from other origins.
pub async fn check_host(State(api): State<Arc<Api>>, request: Request, next: Next) -> Response {
    match api.hosts.check(&request) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

/// Refuses requests without the admin token, unless they come from this machine and from no proxy on it.
pub async fn require_token_from_afar(State(api): State<Arc<Api>>, request: Request, next: Next) -> Response {
    match is_local(&request) {
        true => next.run(request).await,
        false => require_token(State(api), request, next).await,
    }
}

/// A proxy says for whom it asks, and mostly by another name than this machine's.
fn is_local(request: &Request) -> bool {
    let is_loopback = request.extensions().get().is_some_and(|Peer(address)| address.to_canonical().is_loopback());
    let host = request.headers().get(HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    let names_us = host.eq_ignore_ascii_case("localhost")
        || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    is_loopback && names_us && FORWARDED.iter().all(|name| !request.headers().contains_key(*name))
}

/// Refuses requests without the admin token.
pub async fn require_token(State(api): State<Arc<Api>>, request: Request, next: Next) -> Response {
    if !api.token.matches(request.headers()) {
        let message = "The admin token is missing or wrong; `lode token` on the miner prints it (of a service: `sudo lode-service token`).";
        return Error::new(StatusCode::UNAUTHORIZED, message).into_response();
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_made_once_and_only_its_owner_reads_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = AdminToken::load_or_make(folder.path()).expect("made");
        let again = AdminToken::load_or_make(folder.path()).expect("read");
        assert_eq!((first.reveal(), first.reveal().len()), (again.reveal(), 64));
        let mode = fs::metadata(folder.path().join("admin-token")).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn an_emptied_token_file_is_refused_rather_than_matched_by_an_empty_token() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("admin-token");
        fs::write(&path, "\n").expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("own file");
        assert!(AdminToken::load_or_make(folder.path()).is_err());
    }

    #[test]
    fn a_token_file_that_others_can_read_is_refused_with_the_command_that_mends_it() {
        let folder = tempfile::tempdir().expect("a folder");
        AdminToken::load_or_make(folder.path()).expect("made");
        let path = folder.path().join("admin-token");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("own file");
        let error = AdminToken::load_or_make(folder.path()).err().expect("refused").to_string();
        assert!(error.contains("chmod 600"), "{error}");
    }

    #[test]
    fn only_our_own_names_are_answered_whatever_the_port() {
        let rules = HostRules::new(&["miner.example".into()]);
        for host in ["localhost:8080", "127.0.0.1", "[::1]:8080", "192.168.1.5:8080", "MINER.example:443"] {
            assert!(rules.allows(host), "{host}");
        }
        for host in ["evil.example", "127.0.0.1.evil.example", "localhost.evil:8080", "", "1.2.3"] {
            assert!(!rules.allows(host), "{host}");
        }
    }

    #[test]
    fn only_what_this_machine_asks_itself_is_local() {
        let local = |peer: &str, headers: &[(&str, &str)]| {
            let mut request = Request::new(axum::body::Body::empty());
            request.extensions_mut().insert(Peer(peer.parse().expect("an address")));
            for (name, value) in headers {
                let name = axum::http::HeaderName::try_from(*name).expect("a name");
                request.headers_mut().insert(name, value.parse().expect("a value"));
            }
            is_local(&request)
        };
        for host in ["localhost:8080", "127.0.0.1:8080", "[::1]:8080", "LOCALHOST"] {
            assert!(local("127.0.0.1", &[("host", host)]), "{host}");
        }
        assert!(!local("192.168.1.9", &[("host", "localhost")]), "from afar");
        assert!(!local("127.0.0.1", &[("host", "miner.example")]), "through a proxy");
        assert!(!local("127.0.0.1", &[("host", "localhost"), ("x-forwarded-for", "8.8.8.8")]), "through a proxy");
        assert!(!local("127.0.0.1", &[]), "of nobody's");
    }

    #[test]
    fn another_ports_page_is_another_origin() {
        assert!(HostRules::same_origin("http://127.0.0.1:8080", "127.0.0.1:8080"));
        assert!(!HostRules::same_origin("http://127.0.0.1:3000", "127.0.0.1:8080"));
        assert!(!HostRules::same_origin("null", "127.0.0.1:8080"));
    }
}

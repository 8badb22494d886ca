//! Whether a request may be answered: route, sender, and body.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use axum::http::header::{ALLOW, HeaderValue, LOCATION};
use axum::http::{Method, StatusCode, request};
use axum::response::Response;
use serde_json::{Map, Value};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::body::{Room, parse};
use super::btauth::{Auth, AuthError};
use super::call::Call;
use super::nonce::Nonces;
use super::refusal::Refusal;
use super::respond;
use super::verify::{Proof, SenderPlace, parse_signature};
use super::wire::Head;
use super::{Axon, Trust};
use crate::agent::Adapter;
use crate::keys::Hotkey;
use crate::listen::Peer;

/// Of a name that means nothing to us, this much is said back.
const MAX_ECHOED_CHARS: usize = 64;
/// What a sender waits when it does not say.
const DEFAULT_TIMEOUT_S: f64 = 12.0;

/// Adapters by what a request names.
#[derive(Default)]
pub struct Adapters {
    /// By synapse name: the path of a dendrite's request.
    pub by_name: HashMap<String, Arc<Adapter>>,
    /// By path: what a signed HTTP request asks for.
    pub by_route: HashMap<String, Arc<Adapter>>,
}

/// A request that may be answered.
pub(super) struct Admitted {
    pub(super) fields: Map<String, Value>,
    pub(super) stake_rao: u64,
    pub(super) deadline: Instant,
    pub(super) held: Held,
}

/// What a request holds until its answer is written.
pub(super) struct Held {
    _sender: SenderPlace,
    _inflight: OwnedSemaphorePermit,
    _room: Room,
}

/// Where a request came from, and how far that is trusted.
#[derive(Clone, Copy)]
pub(super) struct Origin {
    address: IpAddr,
    trust: Trust,
}

impl Axon {
    /// Lets the network address in, or refuses before anything else is looked at.
    pub(super) fn admit_address(&self, head: &request::Parts) -> Result<Origin, Refusal> {
        let address = head.extensions.get().map_or(Ipv4Addr::UNSPECIFIED.into(), |Peer(address)| *address);
        let trust = self.verifier.callers.admit(address, self.verifier.started.elapsed())?;
        Ok(Origin { address, trust })
    }

    /// The synapse's name, or the answer of the HTTP layer beneath.
    pub(super) fn route<'a>(&self, head: &'a request::Parts) -> Result<&'a str, Box<Response>> {
        let path = head.uri.path();
        let name = path.trim_start_matches('/');
        if let Some(bare) =
            name.strip_suffix('/').filter(|bare| self.service.borrow().adapters.by_name.contains_key(*bare))
        {
            let mut response = respond::plain(StatusCode::TEMPORARY_REDIRECT, "Temporary Redirect");
            if let Ok(location) = HeaderValue::from_str(&format!("/{bare}")) {
                response.headers_mut().insert(LOCATION, location);
            }
            return Err(Box::new(response));
        }
        if name.contains('/') {
            return Err(Box::new(respond::plain(StatusCode::NOT_FOUND, "Not Found")));
        }
        check_method(head).map(|()| name)
    }

    /// The adapter of a signed HTTP request's path.
    pub(super) fn auth_route(&self, head: &request::Parts) -> Result<Arc<Adapter>, Box<Response>> {
        let adapter = self.service.borrow().adapters.by_route.get(head.uri.path()).cloned();
        let adapter = adapter.ok_or_else(|| Box::new(respond::plain(StatusCode::NOT_FOUND, "Not Found")))?;
        check_method(head).map(|()| adapter)
    }

    /// The adapter of a dendrite's request.
    pub(super) fn adapter(&self, name: &str) -> Result<Arc<Adapter>, Refusal> {
        let adapter = self.service.borrow().adapters.by_name.get(name).cloned();
        adapter.ok_or_else(|| Refusal::UnknownSynapse(name.chars().take(MAX_ECHOED_CHARS).collect()))
    }

    /// A dendrite's request: the signature covers the body by its hash, so the sender is proven first.
    pub(super) async fn admit_dendrite(
        &self,
        adapter: &Arc<Adapter>,
        head: &request::Parts,
        from: Origin,
        call: &mut Call,
    ) -> Result<Admitted, Refusal> {
        let said = Head::parse(&head.headers)?;
        let address = said.hotkey.filter(|address| !address.is_empty()).ok_or(Refusal::NoHotkey)?;
        let named = self.verifier.named(address)?;
        let hotkey = named.hotkey;
        let (stake_rao, places) = self.admit(&hotkey)?;
        let now_ns = self.clock.now_ns();
        let nonce_ns = said.nonce_ns.ok_or(Refusal::NoNonce)?;
        Nonces::check_window(nonce_ns, said.timeout_s.unwrap_or(0.0), now_ns)?;
        let signature = said.signature.ok_or(Refusal::NoSignature)?;
        let signature = parse_signature(signature.strip_prefix("0x").ok_or(Refusal::SignatureFormat)?)?;
        let message = said.message(nonce_ns, address, &self.verifier.address);
        let proof =
            Proof { message, signature, nonce_ns, instance: said.uuid, from: from.address, trust: from.trust, places };
        let sender = self.verifier.prove(named, proof, now_ns).await?;
        call.hotkey = Some(hotkey);

        let inflight = self.inflight()?;
        let body = self.bodies.receive(&mut call.body, self.body_limit(adapter), true).await?;
        let adapter = Arc::clone(adapter);
        let (hash, fields) = body
            .read(move |bytes| {
                let fields = parse(bytes)?;
                Ok((adapter.body_hash(&fields), fields))
            })
            .await?;
        if hash != said.body_hash {
            return Err(Refusal::BodyHash);
        }
        let age = Duration::from_nanos(now_ns.saturating_sub(nonce_ns));
        self.margin.arrived(&hotkey, age);
        let timeout_s = said.timeout_s.unwrap_or(DEFAULT_TIMEOUT_S);
        let deadline = call.started + time_left(timeout_s, age, self.margin.of(&hotkey));
        let held = Held { _sender: sender, _inflight: inflight, _room: body.room };
        Ok(Admitted { fields, stake_rao, deadline, held })
    }

    /// A signed HTTP request: the signature covers the very bytes of the body, so they are read before. For that, addresses
    /// that never signed anything share a small room of their own: they cannot take the places of those who have.
    pub(super) async fn admit_auth(
        &self,
        adapter: &Arc<Adapter>,
        head: &request::Parts,
        from: Origin,
        call: &mut Call,
    ) -> Result<Admitted, Refusal> {
        let auth = Auth::parse(&head.headers)?;
        let now_ns = self.clock.now_ns();
        auth.check(&self.verifier.address, self.needs_receiver, now_ns)?;
        let encoding = AuthError::Malformed("invalid hotkey address or signature encoding");
        let named = self.verifier.named(auth.hotkey).map_err(|_| encoding)?;
        let hotkey = named.hotkey;
        let (stake_rao, places) = self.admit(&hotkey)?;
        let signature = auth.signature.ok_or(Refusal::Signature)?;

        let is_proven = from.trust == Trust::Proven;
        let uptime = self.verifier.started.elapsed();
        let _unproven = match is_proven {
            true => None,
            false => {
                let of_address = self.verifier.callers.unproven_body(from.address, uptime);
                Some((of_address.ok_or(Refusal::Overloaded)?, self.bodies.unproven_place()?))
            }
        };
        let body = self.bodies.receive(&mut call.body, self.body_limit(adapter), is_proven).await;
        // Who announces a body and does not send it is no better than who signs falsely.
        if matches!(body, Err(Refusal::BodyBroken)) {
            self.verifier.callers.judge(from.address, false, self.verifier.started.elapsed());
        }
        let body = body?;
        let method = head.method.clone();
        let path = head.uri.path_and_query().map_or_else(String::new, ToString::to_string);
        let message = {
            // The closure may go to another thread; what it needs of the headers is small.
            let (hotkey, receiver) = (auth.hotkey.to_owned(), auth.receiver.map(str::to_owned));
            let nonce_ns = auth.nonce_ns;
            let text = move |bytes: &[u8]| {
                let auth = Auth { hotkey: &hotkey, nonce_ns, signature: None, receiver: receiver.as_deref() };
                Ok(auth.message(method.as_str(), &path, bytes))
            };
            body.read(text).await?
        };
        let proof = Proof {
            message,
            signature,
            nonce_ns: auth.nonce_ns,
            instance: "",
            from: from.address,
            trust: from.trust,
            places,
        };
        let sender = self.verifier.prove(named, proof, now_ns).await?;
        call.hotkey = Some(hotkey);
        let inflight = self.inflight()?;
        let fields = match body.bytes.is_empty() {
            true => Map::new(),
            false => body.read(parse).await?,
        };
        // It does not say how long it waits: the adapter's own time bounds the answer.
        let deadline = call.started + adapter.asks.as_ref().map_or(Duration::ZERO, |asks| asks.timeout);
        let held = Held { _sender: sender, _inflight: inflight, _room: body.room };
        Ok(Admitted { fields, stake_rao, deadline, held })
    }

    /// Policy: whether this hotkey may call, with what stake, and how many places it may have.
    fn admit(&self, hotkey: &Hotkey) -> Result<(u64, usize), Refusal> {
        let chain = self.chain.borrow();
        let stake_rao = self.service.borrow().policy.admit(hotkey, chain.as_deref(), self.clock.now_ms())?;
        let all_rao = chain.as_ref().map_or(0, |view| view.metagraph.validators_stake_rao());
        Ok((stake_rao, places(stake_rao, all_rao, self.max_inflight)))
    }

    fn inflight(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        Arc::clone(&self.inflight).try_acquire_owned().map_err(|_| Refusal::Overloaded)
    }

    fn body_limit(&self, adapter: &Adapter) -> usize {
        adapter.max_body_bytes.min(self.max_body_bytes)
    }
}

fn check_method(head: &request::Parts) -> Result<(), Box<Response>> {
    if head.method == Method::POST || head.method == Method::GET {
        return Ok(());
    }
    let mut response = respond::plain(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed");
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST, GET"));
    Err(Box::new(response))
}

/// How many of `all` places a sender may have at the same time: its share of the validators' stake, so that many small ones
/// cannot take those of a large one; at least a 128th, and at most half. Without stake, an eighth.
fn places(stake_rao: u64, all_rao: u64, all: usize) -> usize {
    if stake_rao == 0 || all_rao == 0 {
        return all.div_ceil(8);
    }
    let share = stake_rao as f64 / all_rao as f64;
    ((share * all as f64) as usize).clamp(all.div_ceil(128), all.div_ceil(2))
}

/// How long a request may take: the validator's timeout, less what has passed since it signed (it may have waited for a free
/// connection), less a margin. Its clock may be wrong, so the first counts for half of the timeout at most, and what is left
/// is halved rather than used up by the margin.
fn time_left(timeout_s: f64, age: Duration, margin: Duration) -> Duration {
    let timeout = Duration::try_from_secs_f64(timeout_s.clamp(0.0, 3_600.0)).unwrap_or_default();
    let left = timeout - age.min(timeout / 2);
    left.saturating_sub(margin).max(left / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_follow_stake_so_that_many_small_senders_leave_room_for_a_large_one() {
        let small = places(1, 1_000_000, 1_024);
        assert_eq!((small, places(900_000, 1_000_000, 1_024), places(100_000, 1_000_000, 1_024)), (8, 512, 102));
        assert!(64 * small <= 1_024 / 2, "every validator of a subnet, were all small");
        assert_eq!([places(0, 1_000_000, 1_024), places(5, 0, 1_024)], [128; 2], "no stake is known");
        assert_eq!(places(1, 1_000_000, 1), 1, "never none");
    }

    #[test]
    fn what_is_left_of_a_timeout_leaves_a_margin_and_half_when_it_is_short() {
        let left = |timeout_s, age_s| time_left(timeout_s, Duration::from_secs(age_s), Duration::from_millis(250));
        assert_eq!(left(12.0, 0), Duration::from_millis(11_750));
        assert_eq!(left(12.0, 2), Duration::from_millis(9_750));
        assert_eq!(left(12.0, 11), Duration::from_millis(5_750), "a clock that is behind takes half at most");
        assert_eq!(left(0.3, 0), Duration::from_millis(150));
        assert_eq!(left(0.0, 1), Duration::ZERO);
        assert_eq!(left(-5.0, 1), Duration::ZERO);
        assert_eq!(left(1e300, 0), Duration::from_millis(3_599_750));
    }
}

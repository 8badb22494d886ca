//! The live stream: one `EventSource` for the page, kept alive for ever, its state in plain sight.

use std::time::Duration;

use leptos::leptos_dom::helpers::set_timeout;
use leptos::prelude::*;
use lode_shared::Snapshot;
use wasm_bindgen::prelude::*;
use web_sys::{EventSource, MessageEvent};

use crate::ui::effect;
use crate::ui::table::Line;
use crate::verdict::Verdict;
use crate::{api, clock, json};

/// A snapshot comes every second; a connection that says nothing for this long is dead even if TCP has not noticed.
const DEAD_AFTER_MS: u64 = 10_000;
/// Figures come every second; older than this they are marked as old.
const STALE_MS: u64 = 3_000;
/// Waits between attempts: short at first, since the miner may only be restarting, then steady.
const RETRY_MS: [u64; 4] = [500, 1_000, 2_000, 4_000];

/// Words made of a snapshot and the present moment, milliseconds since the Unix epoch by the server's clock; absent where
/// there is nothing to tell.
pub type Tell = fn(&Snapshot, u64) -> Option<String>;

/// Whether figures are arriving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    Connecting,
    Live,
    Reconnecting,
    /// Snapshots arrive but this page cannot read them: it is older than its server.
    Outdated,
}

/// What the stream told last. One for the page, in the context.
#[derive(Debug, Clone, Copy)]
pub struct Live {
    pub snapshot: RwSignal<Option<Snapshot>>,
    pub link: RwSignal<Link>,
    /// Counts connections: history is fetched anew after each, for what was missed in between.
    pub connections: RwSignal<u32>,
    heard_ms: RwSignal<Option<u64>>,
    clock_ms: ReadSignal<u64>,
    failures: StoredValue<usize>,
    opened_ms: StoredValue<u64>,
    /// Local: JavaScript objects stay on their thread.
    source: StoredValue<Option<Source>, LocalStorage>,
}

impl Live {
    /// Connects, and stays connected for as long as the page is open.
    pub fn provide() -> Self {
        let live = Self {
            snapshot: RwSignal::new(None),
            link: RwSignal::new(Link::Connecting),
            connections: RwSignal::new(0),
            heard_ms: RwSignal::new(None),
            clock_ms: clock::ticking(),
            failures: StoredValue::new(0),
            opened_ms: StoredValue::new(0),
            source: StoredValue::new_local(None),
        };
        live.connect();
        effect(move || live.watch(live.clock_ms.get()));
        provide_context(live);
        live
    }

    /// A part of the snapshot; absent until the first one arrived.
    pub fn part<T>(self, part: fn(&Snapshot) -> T) -> Signal<Option<T>>
    where
        T: Send + Sync + 'static,
    {
        Signal::derive(move || self.snapshot.with(|snapshot| snapshot.as_ref().map(part)))
    }

    /// Rows of a table, by the snapshot and the present moment.
    pub fn lines(self, lines: fn(&Snapshot, u64) -> Vec<Line>) -> Signal<Vec<Line>> {
        Signal::derive(move || {
            let now_ms = self.server_now_ms();
            self.snapshot.with(|snapshot| snapshot.as_ref().map(|snapshot| lines(snapshot, now_ms)).unwrap_or_default())
        })
    }

    /// How something is to be taken.
    pub fn verdict(self, verdict: fn(&Snapshot) -> Verdict) -> Signal<Verdict> {
        Signal::derive(move || self.snapshot.with(|snapshot| snapshot.as_ref().map_or(Verdict::UNKNOWN, verdict)))
    }

    /// A figure; absent like the snapshot, or where it has not been measured.
    pub fn figure(self, figure: fn(&Snapshot) -> Option<f64>) -> Memo<Option<f64>> {
        Memo::new(move |_| self.snapshot.with(|snapshot| snapshot.as_ref().and_then(figure)))
    }

    /// What there is to say of the snapshot and the present moment by the server's clock.
    pub fn tell(self, tell: Tell) -> Signal<Option<String>> {
        // No memo: one costs more than the words, and leaves a husk behind when its page is left.
        Signal::derive(move || {
            let now_ms = self.server_now_ms();
            self.snapshot.with(|snapshot| snapshot.as_ref().and_then(|snapshot| tell(snapshot, now_ms)))
        })
    }

    /// Milliseconds since anything was heard.
    pub fn silence_ms(self) -> Option<u64> {
        Some(self.clock_ms.get().saturating_sub(self.heard_ms.get()?))
    }

    /// Whether the figures on the page are no longer those of the miner.
    pub fn is_stale(self) -> bool {
        self.silence_ms().is_some_and(|silence| silence > STALE_MS)
    }

    /// The server's clock now: what it said last, plus what has passed here. The two clocks may differ by minutes.
    pub fn server_now_ms(self) -> u64 {
        let told = self.snapshot.with(|snapshot| snapshot.as_ref().map(|snapshot| snapshot.now_ms));
        told.unwrap_or_else(|| self.clock_ms.get()) + self.silence_ms().unwrap_or(0)
    }

    fn connect(self) {
        self.opened_ms.set_value(clock::now_ms());
        match Source::open(self) {
            Ok(source) => self.source.set_value(Some(source)),
            Err(_) => self.connect_later(),
        }
    }

    fn hear(self, text: &str) {
        let Some(snapshot) = json::read::<Snapshot>(text) else {
            self.link.set(Link::Outdated);
            self.heard_ms.set(Some(clock::now_ms()));
            return;
        };
        self.failures.set_value(0);
        self.heard_ms.set(Some(clock::now_ms()));
        if self.link.get_untracked() != Link::Live {
            self.link.set(Link::Live);
            self.connections.update(|count| *count += 1);
        }
        self.snapshot.set(Some(snapshot));
    }

    /// `EventSource` retries a dropped line by itself but gives up on an HTTP error, such as a proxy's 502 while the
    /// miner restarts. One way for both: close, wait, open anew.
    fn retry(self) {
        if self.source.with_value(Option::is_none) {
            // Already waiting: a dying stream may report more than one error.
            return;
        }
        self.source.set_value(None);
        self.connect_later();
    }

    fn connect_later(self) {
        self.link.set(Link::Reconnecting);
        let failures = self.failures.get_value();
        self.failures.set_value(failures + 1);
        let wait_ms = RETRY_MS[failures.min(RETRY_MS.len() - 1)];
        set_timeout(move || self.connect(), Duration::from_millis(wait_ms));
    }

    fn watch(self, now_ms: u64) {
        let heard_ms = self.heard_ms.get_untracked().unwrap_or(0).max(self.opened_ms.get_value());
        if now_ms.saturating_sub(heard_ms) > DEAD_AFTER_MS {
            self.retry();
        }
    }
}

/// An open stream and its handlers; closed when dropped.
struct Source {
    stream: EventSource,
    _on_message: Closure<dyn Fn(MessageEvent)>,
    _on_error: Closure<dyn Fn()>,
}

impl Source {
    fn open(live: Live) -> Result<Self, JsValue> {
        let stream = EventSource::new(api::LIVE)?;
        let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(text) = event.data().as_string() {
                live.hear(&text);
            }
        });
        // Deferred, because it drops this very handler.
        let on_error = Closure::<dyn Fn()>::new(move || set_timeout(move || live.retry(), Duration::ZERO));
        stream.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        stream.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Ok(Self { stream, _on_message: on_message, _on_error: on_error })
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.stream.set_onmessage(None);
        self.stream.set_onerror(None);
        self.stream.close();
    }
}

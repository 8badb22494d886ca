//! The last lines of the miner's log, newest first: the line that matters is in view without scrolling.

use leptos::prelude::*;
use lode_shared::{LogLevel, LogLine};

use crate::clock;
use crate::live::Live;
use crate::ui::Card;

#[component]
pub fn Log() -> impl IntoView {
    let live = expect_context::<Live>();
    let lines = live.part(|snapshot| snapshot.log.iter().rev().cloned().collect::<Vec<_>>());
    let is_empty = Memo::new(move |_| lines.with(|lines| lines.as_ref().is_none_or(Vec::is_empty)));
    view! {
        <Card id="log" title="Log" class="wide" aside=|| view! { <small>"newest first"</small> }>
            <div class="log" tabindex="0" role="region" aria-label="Log lines, scrollable">
                <Show when=move || is_empty.get()>
                    <p class="sub">"Nothing was logged yet."</p>
                </Show>
                <ol role="list">
                    <For each=move || lines.get().unwrap_or_default() key=|line| line.id let:line>
                        {entry(&line)}
                    </For>
                </ol>
            </div>
        </Card>
    }
}

fn entry(line: &LogLine) -> impl IntoView + use<> {
    let (word, tone) = match line.level {
        LogLevel::Error => ("error", "bad"),
        LogLevel::Warn => ("warn", "warn"),
        LogLevel::Info => ("info", "quiet"),
        LogLevel::Debug => ("debug", "quiet"),
    };
    view! {
        <li>
            <time datetime=clock::iso(line.at_ms)>{clock::second(line.at_ms)}</time>
            <span class=format!("level {tone}")>{word}</span>
            <span class="message">{line.message.clone()}</span>
        </li>
    }
}

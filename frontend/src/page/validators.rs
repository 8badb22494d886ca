//! Who calls, how often, how well served; who has gone quiet.

use leptos::prelude::*;
use lode_shared::ValidatorRow;

use crate::format;
use crate::live::Live;
use crate::ui::Card;
use crate::verdict::Listening;

#[component]
pub fn Validators() -> impl IntoView {
    let live = expect_context::<Live>();
    let rows = move || {
        let now_ms = live.server_now_ms();
        live.snapshot.with(|snapshot| {
            let rows = snapshot.iter().flat_map(|snapshot| {
                let listening = Listening::new(snapshot, now_ms);
                snapshot.traffic.validators.iter().map(move |row| cells(row, listening))
            });
            rows.collect::<Vec<_>>()
        })
    };
    let is_empty = Memo::new(move |_| {
        live.snapshot.with(|snapshot| snapshot.as_ref().is_none_or(|snapshot| snapshot.traffic.validators.is_empty()))
    });
    view! {
        <Card id="validators" title="Validators" class="seven" aside=|| view! { <small>"by stake"</small> }>
            <div class="scroll" tabindex="0" role="region" aria-label="Validators, scrollable">
                <table>
                    <thead>
                        <tr>
                            <th scope="col">"validator"</th>
                            <th scope="col" class="n">"stake α"</th>
                            <th scope="col" class="n">"requests"</th>
                            <th scope="col" class="n">"per min"</th>
                            <th scope="col" class="n">"p95"</th>
                            <th scope="col" class="n">"last call"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            <Show when=move || is_empty.get()>
                <p class="sub">"No validator has called yet."</p>
            </Show>
        </Card>
    }
}

fn cells(row: &ValidatorRow, listening: Listening) -> AnyView {
    let dash = || format::DASH.to_owned();
    let age = row.last_seen_ms.map(|seen| format::age(listening.now_ms.saturating_sub(seen)));
    let (last, class) = match (age, listening.finds_silent(row)) {
        (Some(age), false) => (format!("{age} ago"), "n"),
        (Some(age), true) => (format!("silent for {age}"), "n warn"),
        (None, true) => ("never called".into(), "n warn"),
        (None, false) => (dash(), "n"),
    };
    let note = match row.permit {
        Some(true) => "",
        Some(false) => "no permit",
        None => "not in the metagraph",
    };
    view! {
        <tr>
            <th scope="row" class="key" title=row.hotkey.clone()>
                {format::short_key(&row.hotkey)}
                <span class="count">{row.uid.map(|uid| format!(" {uid}"))} " " {note}</span>
            </th>
            <td class="n">{row.stake_alpha.map_or_else(dash, format::compact)}</td>
            <td class="n">{format::count(row.requests)}</td>
            <td class="n">{row.per_minute.map_or_else(dash, format::count)}</td>
            <td class="n">{row.p95_ms.map_or_else(dash, |ms| format::response_text(ms / 1e3))}</td>
            <td class=class>{last}</td>
        </tr>
    }
    .into_any()
}

//! Where each panel stands. In reading order: the four questions, the three targets, the charts and what explains
//! them, then the tables.

use leptos::prelude::*;

use super::{aims, cache, chain, decisions, log, questions, targets, validators};
use crate::chart::figure::Figure;
use crate::chart::{RESPONSE, TUNER};
use crate::ui::Card;

#[component]
pub fn Overview() -> impl IntoView {
    view! {
        <div class="grid">
            <questions::Safe />
            <questions::Earning />
            <questions::Called />
            <questions::Answering />

            <aims::Response />
            <aims::Success />
            <aims::Hits />

            <Card id="response" title="Response time, success and cache hits" class="wide">
                <Figure spec=&RESPONSE />
            </Card>
            <cache::Cache />

            <Card id="tuner" title="Tuner: threshold and time to live" class="wide">
                <Figure spec=&TUNER />
            </Card>
            <targets::TargetsForm />

            <decisions::Decisions />
            <validators::Validators />

            <log::Log />
            <chain::Chain />
        </div>
    }
}

//! Everything at a glance. In reading order: the four questions, the three targets, the charts and what explains them.

use leptos::prelude::*;

use super::{aims, cache, chain, decisions, form, questions, tuner};
use crate::chart::figure::Figure;
use crate::chart::spec::RESPONSE;
use crate::forms::TARGETS;
use crate::live::Live;
use crate::past::Past;
use crate::ui::Card;

pub fn page() -> AnyView {
    vec![
        questions::tiles(),
        aims::tiles(),
        response(),
        cache::summary(),
        tuner::chart(),
        view! {
            <Card id="targets" title=TARGETS.title class="narrow">
                {form::form(&TARGETS)}
            </Card>
        }
        .into_any(),
        chain::earning(),
        decisions::panel("narrow"),
    ]
    .into_any()
}

pub fn response() -> AnyView {
    let (past, live) = (expect_context::<Past>(), expect_context::<Live>());
    let target = live.figure(|snapshot| Some(snapshot.performance_tuning.targets.response_s()));
    let data = Memo::new(move |_| {
        let mut data = past.lines(&[|point| point.response_s, |point| point.hit_rate_pct, |point| point.success_pct]);
        data.bounds = [None, Some((0.0, 100.0))];
        data.target = target.get();
        data
    });
    let aside = live.tell(|snapshot, _| {
        let target = snapshot.performance_tuning.targets.response_s();
        Some(format!("dashed across: target {} s", crate::format::plain(target)))
    });
    view! {
        <Card id="response" title="Response time, success and cache hits" class="wide" aside=aside>
            <Figure spec=&RESPONSE data=data.into() empty=past.absence() />
        </Card>
    }
    .into_any()
}

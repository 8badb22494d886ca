//! Components by themselves, in a real browser: `make components`.

use leptos::mount::mount_to;
use leptos::prelude::*;
use leptos::task::tick;
use lode_shared::Snapshot;
use wasm_bindgen::JsCast;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Element, Event, HtmlElement, HtmlInputElement};

use crate::admin::{Admin, SignIn};
use crate::forms::TARGETS;
use crate::live::Live;
use crate::page::form::form;
use crate::ui::field::{FieldRow, Input};
use crate::ui::table::{Cell, Column, Line, Table};
use crate::ui::{Big, dynamic};
use crate::verdict::Tone;
use crate::{json, ui, verdict};

wasm_bindgen_test_configure!(run_in_browser);

const SAMPLE: &str = include_str!("../../shared/src/snapshot.json");

/// A piece of the page on a place of its own, until it is dropped.
struct Mounted {
    root: HtmlElement,
    _handle: Box<dyn std::any::Any>,
}

async fn mounted<V: IntoView + 'static>(view: impl FnOnce() -> V + 'static) -> Mounted {
    let root: HtmlElement = document().create_element("div").expect("an element").unchecked_into();
    document().body().expect("a body").append_child(&root).expect("it is on the page");
    let handle = Box::new(mount_to(root.clone(), view));
    tick().await;
    Mounted { root, _handle: handle }
}

impl Mounted {
    fn find(&self, selector: &str) -> Element {
        self.root.query_selector(selector).expect("a selector").unwrap_or_else(|| panic!("there is no {selector}"))
    }

    fn text(&self, selector: &str) -> String {
        self.find(selector).text_content().unwrap_or_default().trim().to_owned()
    }

    /// Types as a person would, without the keys between.
    async fn fill(&self, selector: &str, text: &str) {
        let field: HtmlInputElement = self.find(selector).unchecked_into();
        field.set_value(text);
        let event = Event::new("input").expect("an event");
        field.dispatch_event(&event).expect("it is heard");
        tick().await;
    }

    async fn press(&self, selector: &str) {
        self.find(selector).unchecked_into::<HtmlElement>().click();
        tick().await;
    }
}

#[wasm_bindgen_test]
fn the_browsers_json_is_read_as_serde_reads_it() {
    let ours: Snapshot = json::read(SAMPLE).expect("a snapshot");
    let theirs: Snapshot = serde_json::from_str(SAMPLE).expect("a snapshot");
    assert_eq!(ours, theirs);
    assert!(!theirs.requests.is_empty() && !theirs.performance_tuning.decisions.is_empty(), "there is much to read");
}

#[wasm_bindgen_test]
fn what_is_something_else_is_not_read_and_what_is_newer_is() {
    assert_eq!(json::read::<Snapshot>("{}"), None);
    assert_eq!(json::read::<Snapshot>("not JSON"), None);
    assert_eq!(json::read::<Vec<u32>>("[1, 2.5]"), None);
    assert_eq!(json::read::<u8>("300"), None);
    assert_eq!(json::read::<u32>("-1"), None);
    let newer = SAMPLE.replacen('{', r#"{"newer": {"field": [1, "x"]},"#, 1);
    assert!(json::read::<Snapshot>(&newer).is_some());
}

#[wasm_bindgen_test]
async fn a_figure_that_is_absent_says_so_without_its_unit() {
    let figure = RwSignal::new(None);
    let tile = mounted(move || view! { <Big figure=figure.into() unit=Signal::stored("%".to_owned()) /> }).await;
    assert_eq!(tile.text("p"), "no data yet");
    figure.set(Some("0.0".to_owned()));
    tick().await;
    assert_eq!(tile.text("p"), "0.0 %");
}

#[wasm_bindgen_test]
async fn a_verdict_is_told_by_word_and_tone() {
    let verdict = verdict::within(Some(2.0), 1.0);
    let tag = mounted(move || ui::tag(Signal::stored(verdict))).await;
    assert_eq!((tag.text("span").as_str(), verdict.tone), (verdict.word, Tone::Warn));
    assert_eq!(tag.find("span").class_name(), "tag warn");
}

fn line(key: &str, text: &str) -> Line {
    Line { key: key.into(), cells: vec![Cell::text(key), Cell::number(text)], class: "" }
}

#[wasm_bindgen_test]
async fn a_row_that_does_not_change_keeps_its_element() {
    let lines = RwSignal::new(vec![line("a", "1"), line("b", "2")]);
    let columns = || vec![Column::text("name"), Column::number("count")];
    let table = mounted(move || view! { <Table label="Things" columns=columns() lines=lines.into() /> }).await;
    let kept = table.find("tbody tr:first-child");
    lines.set(vec![line("c", "0"), line("a", "1"), line("b", "3")]);
    tick().await;
    assert!(table.find("tbody tr:nth-child(2)").is_same_node(Some(&kept)), "it has only moved");
    assert_eq!(table.text("tbody"), "c0a1b3");
    assert_eq!(table.find("tbody th").get_attribute("scope").as_deref(), Some("row"));
}

#[wasm_bindgen_test]
async fn an_empty_table_says_why() {
    let lines = RwSignal::new(Vec::new());
    let empty = Signal::stored("Nothing yet.".to_owned());
    let view =
        move || view! { <Table label="Things" columns=vec![Column::text("name")] lines=lines.into() empty=empty /> };
    let table = mounted(view).await;
    assert_eq!(table.text(".sub"), "Nothing yet.");
    lines.set(vec![Line { key: "a".into(), cells: vec![Cell::text("a")], class: "" }]);
    tick().await;
    assert_eq!(table.text(".sub"), "");
}

#[wasm_bindgen_test]
async fn a_fault_is_told_with_its_field() {
    let fault = RwSignal::new(None);
    let typed = RwSignal::new("1".to_owned());
    let row = mounted(move || {
        let on_input = Callback::new(move |text| typed.set(text));
        let help = Signal::stored("1 to 100".to_owned());
        view! {
            <FieldRow
                id="share".into()
                label="Share, %"
                input=Input::Number
                value=typed.into()
                help=help
                fault=fault.into()
                on_input=on_input
            />
        }
    })
    .await;
    let described = |row: &Mounted| row.find("input").get_attribute("aria-describedby");
    assert_eq!(described(&row).as_deref(), Some("share-help"));
    fault.set(Some("Too much.".to_owned()));
    row.fill("input", "185").await;
    assert_eq!((typed.get_untracked().as_str(), row.text(".fault").as_str()), ("185", "Too much."));
    assert_eq!(described(&row).as_deref(), Some("share-error share-help"));
    assert_eq!(row.find("input").get_attribute("aria-invalid").as_deref(), Some("true"));
}

/// The targets' form over the sample, with the dialog that it may need.
async fn targets() -> (Mounted, Live) {
    let shared = StoredValue::new(None);
    let page = mounted(move || {
        let live = Live::provide();
        live.snapshot.set(json::read(SAMPLE));
        shared.set_value(Some(live));
        Admin::provide();
        view! {
            {dynamic(|| form(&TARGETS))}
            <SignIn />
        }
    })
    .await;
    (page, shared.get_value().expect("it was provided"))
}

#[wasm_bindgen_test]
async fn what_is_typed_stays_while_figures_stream_in() {
    let (page, live) = targets().await;
    page.fill("#targets-response_s", "1.25").await;
    let change = page.text("#targets-change");
    assert!(change.contains("→ 1.25"), "{change}");
    live.snapshot.set(json::read(SAMPLE));
    tick().await;
    assert_eq!(page.find("#targets-response_s").unchecked_into::<HtmlInputElement>().value(), "1.25");
    page.press("#targets-discard").await;
    assert_eq!(page.text("#targets-change"), "");
}

#[wasm_bindgen_test]
async fn a_change_without_a_token_asks_for_it_and_giving_up_says_so() {
    crate::token::forget();
    let (page, _) = targets().await;
    page.fill("#targets-response_s", "1.25").await;
    page.press("#targets-apply").await;
    tick().await;
    assert!(page.find("dialog").has_attribute("open"));
    page.press("dialog .quiet").await;
    tick().await;
    assert!(!page.find("dialog").has_attribute("open"));
    assert_eq!(page.text("#targets-status"), "Not applied: the miner wants a token.");
}

#[wasm_bindgen_test]
async fn a_bad_value_is_not_sent() {
    let (page, _) = targets().await;
    page.fill("#targets-success_pct", "185").await;
    assert!(page.text("#targets-success_pct-error").contains("1 to 100"));
    page.press("#targets-apply").await;
    assert_eq!(page.text("#targets-status"), "Not applied: see the marked field.");
    let focused = document().active_element().map(|element| element.id());
    assert_eq!(focused.as_deref(), Some("targets-success_pct"), "the reader is where the fault is");
}

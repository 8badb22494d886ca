//! Where the reader is: the page in the path, what it is narrowed to in the query. Both can be bookmarked and shared.

use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement, MouseEvent, UrlSearchParams};

use crate::token;
use crate::ui::effect;

/// The pages, in the order of the rail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    Overview,
    Requests,
    Cache,
    Tuner,
    Validators,
    Chain,
    Log,
}

impl Page {
    pub const ALL: [Self; 7] =
        [Self::Overview, Self::Requests, Self::Cache, Self::Tuner, Self::Validators, Self::Chain, Self::Log];

    pub fn path(self) -> &'static str {
        match self {
            Self::Overview => "/",
            Self::Requests => "/requests",
            Self::Cache => "/cache",
            Self::Tuner => "/tuner",
            Self::Validators => "/validators",
            Self::Chain => "/chain",
            Self::Log => "/log",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Requests => "Requests",
            Self::Cache => "Cache",
            Self::Tuner => "Tuner",
            Self::Validators => "Validators",
            Self::Chain => "Chain",
            Self::Log => "Log",
        }
    }

    /// The page at a path, with or without a slash at its end.
    pub fn at(path: &str) -> Option<Self> {
        let path = path.trim_end_matches('/');
        Self::ALL.into_iter().find(|page| page.path().trim_end_matches('/') == path)
    }
}

/// The keys of what is looked at closely in a list: a request, a remembered answer.
const CLOSE_UP: [&str; 2] = ["id", "entry"];

/// The address, as signals. One for the page, in the context.
#[derive(Debug, Clone, Copy)]
pub struct Router {
    /// Absent where no page is.
    pub page: RwSignal<Option<Page>>,
    search: RwSignal<String>,
}

impl Router {
    /// Follows the address from now on: links inside the page, and the browser's own buttons.
    pub fn provide() -> Self {
        let (page, search) = address();
        let router = Self { page: RwSignal::new(page), search: RwSignal::new(search) };
        let on_click = Closure::<dyn Fn(MouseEvent)>::new(move |event: MouseEvent| {
            if let Some(href) = inner_link(&event) {
                event.prevent_default();
                router.go(&href);
            }
        });
        let on_pop = Closure::<dyn Fn()>::new(move || {
            // A link with a token, followed in a tab that is open already.
            token::take_from_address();
            router.read();
        });
        let window = window();
        // Neither can fail on a window; both live as long as the page.
        let _ = window.add_event_listener_with_callback("click", on_click.as_ref().unchecked_ref());
        let _ = window.add_event_listener_with_callback("popstate", on_pop.as_ref().unchecked_ref());
        on_click.forget();
        on_pop.forget();
        effect(move || {
            let title = router.page.get().map_or("not found", Page::title);
            document().set_title(&format!("{title} · Lode"));
        });
        provide_context(router);
        router
    }

    /// What a key of the query says; empty without it.
    pub fn param(self, key: &'static str) -> Signal<String> {
        Signal::derive(move || {
            let params = UrlSearchParams::new_with_str(&self.search.get());
            params.ok().and_then(|params| params.get(key)).unwrap_or_default()
        })
    }

    /// The address of a list as it is narrowed now, with nothing in it looked at closely.
    pub fn list(self, page: Page) -> String {
        let params = UrlSearchParams::new_with_str(&self.search.get()).ok();
        let query = params.map_or_else(String::new, |params| {
            CLOSE_UP.into_iter().for_each(|key| params.delete(key));
            params.to_string().into()
        });
        address_of(page, &query)
    }

    /// The same with room at its end for what is looked at closely.
    pub fn close_up(self, page: Page, key: &str) -> String {
        let list = self.list(page);
        let joint = if list.contains('?') { '&' } else { '?' };
        format!("{list}{joint}{key}=")
    }

    /// Narrows down: the address changes, the history of the browser does not.
    pub fn set(self, key: &str, value: &str) {
        let Ok(params) = UrlSearchParams::new_with_str(&self.search.get_untracked()) else { return };
        match value {
            "" => params.delete(key),
            value => params.set(key, value),
        }
        let page = self.page.get_untracked().unwrap_or(Page::Overview);
        let address = address_of(page, &String::from(params.to_string()));
        if let Ok(history) = window().history() {
            let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&address));
        }
        self.read();
    }

    fn go(self, href: &str) {
        let before = self.page.get_untracked();
        if let Ok(history) = window().history() {
            let _ = history.push_state_with_url(&JsValue::NULL, "", Some(href));
        }
        self.read();
        if self.page.get_untracked() != before {
            window().scroll_to_with_x_and_y(0.0, 0.0);
            // A reader with a keyboard goes on in the new page, and is told which it is.
            let main = document().get_element_by_id("main").and_then(|main| main.dyn_into::<HtmlElement>().ok());
            if let Some(main) = main {
                let _ = main.focus();
            }
        }
    }

    fn read(self) {
        let (page, search) = address();
        if self.page.get_untracked() != page {
            self.page.set(page);
        }
        if self.search.get_untracked() != search {
            self.search.set(search);
        }
    }
}

fn address_of(page: Page, query: &str) -> String {
    if query.is_empty() { page.path().to_owned() } else { format!("{}?{query}", page.path()) }
}

fn address() -> (Option<Page>, String) {
    let location = window().location();
    (Page::at(&location.pathname().unwrap_or_default()), location.search().unwrap_or_default())
}

/// The target of a plain click on a link into the page; a click for another tab or window is the browser's.
fn inner_link(event: &MouseEvent) -> Option<String> {
    if event.default_prevented() || event.button() != 0 {
        return None;
    }
    if event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key() {
        return None;
    }
    let link = event.target()?.dyn_into::<Element>().ok()?.closest("a[href]").ok()??;
    let href = link.get_attribute("href")?;
    let path = href.split('?').next().unwrap_or_default();
    (href.starts_with('/') && Page::at(path).is_some()).then_some(href)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_found_at_its_path_with_or_without_a_slash() {
        for page in Page::ALL {
            assert_eq!(Page::at(page.path()), Some(page));
            assert_eq!(Page::at(&format!("{}/", page.path().trim_end_matches('/'))), Some(page));
        }
        assert_eq!(Page::at("/wallet"), None);
        assert_eq!(Page::at("/cache/entries"), None);
    }
}

//! Light, dark, or what the system says. The style sheet does the rest through `light-dark()`.

use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use web_sys::MediaQueryList;

const KEY: &str = "lode-theme";

/// What the reader chose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    Auto,
    Dark,
    Light,
}

impl Theme {
    pub const ALL: [Self; 3] = [Self::Auto, Self::Dark, Self::Light];

    /// The word on the button, in storage and in `data-theme`.
    pub fn label(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Dark => "dark",
            Self::Light => "light",
        }
    }
}

/// The choice, and what the charts need to know: their colours are read once and must be read again on a change.
#[derive(Debug, Clone, Copy)]
pub struct Themes {
    pub chosen: RwSignal<Theme>,
    system_is_dark: RwSignal<bool>,
}

impl Themes {
    /// Reads the remembered choice and follows the system from now on.
    pub fn provide() -> Self {
        let system = web_sys::window().and_then(|window| window.match_media("(prefers-color-scheme: dark)").ok()?);
        let themes = Self {
            chosen: RwSignal::new(remembered()),
            system_is_dark: RwSignal::new(system.as_ref().is_some_and(MediaQueryList::matches)),
        };
        if let Some(system) = system {
            themes.follow(&system);
        }
        show(themes.chosen.get_untracked());
        provide_context(themes);
        themes
    }

    /// Whether the page is dark now.
    pub fn is_dark(self) -> bool {
        match self.chosen.get() {
            Theme::Auto => self.system_is_dark.get(),
            Theme::Dark => true,
            Theme::Light => false,
        }
    }

    pub fn choose(self, theme: Theme) {
        if let Some(storage) = storage() {
            let _ = storage.set_item(KEY, theme.label());
        }
        // First the page, then those who read its colours.
        show(theme);
        self.chosen.set(theme);
    }

    fn follow(self, system: &MediaQueryList) {
        let query = system.clone();
        let on_change = Closure::<dyn Fn()>::new(move || self.system_is_dark.set(query.matches()));
        system.set_onchange(Some(on_change.as_ref().unchecked_ref()));
        // It lives as long as the page: there is one, made once.
        on_change.forget();
    }
}

fn show(theme: Theme) {
    let Some(root) = document().document_element() else { return };
    // Either can fail only on a name that is no attribute's.
    let _ = match theme {
        Theme::Auto => root.remove_attribute("data-theme"),
        chosen => root.set_attribute("data-theme", chosen.label()),
    };
}

fn remembered() -> Theme {
    let label = storage().and_then(|storage| storage.get_item(KEY).ok().flatten());
    Theme::ALL.into_iter().find(|theme| label.as_deref() == Some(theme.label())).unwrap_or_default()
}

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

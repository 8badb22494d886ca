//! Colours and type as the style sheet has them now.

use web_sys::HtmlElement;

/// A canvas knows no `var()`, hence colours are read once, and the chart is drawn anew when the theme changes.
#[derive(Debug, Clone)]
pub struct Look {
    lines: Vec<String>,
    pub text: String,
    pub muted: String,
    pub grid: String,
    pub mark: String,
    pub font: String,
}

impl Look {
    pub fn read(element: &HtmlElement) -> Self {
        // A token's own text is `light-dark(…)`; only a property that uses it is resolved to a colour.
        let token = |name: &str| resolve(element, &format!("var(--{name})")).unwrap_or_else(|| "gray".into());
        let family = computed(element, "font-family").unwrap_or_else(|| "sans-serif".into());
        Self {
            lines: ["s1", "s2", "s3", "s4"].map(token).into(),
            text: token("text"),
            muted: token("muted"),
            grid: token("line"),
            mark: token("mark"),
            font: format!("12px {family}"),
        }
    }

    /// The colour of a line by the number of its token.
    pub fn line(&self, colour: u8) -> &str {
        self.lines.get(usize::from(colour).saturating_sub(1)).map_or("gray", String::as_str)
    }
}

fn resolve(element: &HtmlElement, colour: &str) -> Option<String> {
    let style = element.style();
    style.set_property("color", colour).ok()?;
    let resolved = computed(element, "color");
    style.remove_property("color").ok()?;
    resolved
}

fn computed(element: &HtmlElement, property: &str) -> Option<String> {
    let style = web_sys::window()?.get_computed_style(element).ok()??;
    style.get_property_value(property).ok()
}

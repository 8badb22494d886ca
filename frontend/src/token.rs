//! The admin token: taken from `#token=…` in the address, kept for the tab.

use web_sys::Storage;

const KEY: &str = "lode-admin-token";

/// Moves a token from the address into the tab's storage. It comes in the fragment, which browsers never send, and is
/// taken out at once so that it is neither bookmarked nor read over a shoulder.
pub fn take_from_address() {
    let Some(window) = web_sys::window() else { return };
    let location = window.location();
    let Some(token) = location.hash().ok().and_then(|hash| hash.strip_prefix("#token=").map(str::to_owned)) else {
        return;
    };
    // Percent signs are encoded when the link went through a mail or a chat.
    let token = js_sys::decode_uri_component(&token).map(String::from).unwrap_or(token);
    if !token.is_empty() {
        keep(&token);
    }
    if let (Ok(history), Ok(path), Ok(query)) = (window.history(), location.pathname(), location.search()) {
        // A failure leaves the token visible, nothing worse.
        let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&format!("{path}{query}")));
    }
}

/// The token of this tab.
pub fn kept() -> Option<String> {
    storage()?.get_item(KEY).ok().flatten()
}

/// Keeps a token until the tab is closed. Without storage (a strict browser) it is asked for again after a reload.
pub fn keep(token: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(KEY, token);
    }
}

/// Forgets a token that the server refused.
pub fn forget() {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(KEY);
    }
}

fn storage() -> Option<Storage> {
    web_sys::window()?.session_storage().ok().flatten()
}

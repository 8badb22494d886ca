//! Secrets: where they come from, and how what may hold one is shown.

use std::borrow::Cow;
use std::fmt;
use std::io::Read;
use std::path::Path;

use serde::Serialize;
use serde_json::Value as Json;
use toml::Value;
use url::Url;
use zeroize::Zeroizing;

/// What stands in a secret's place.
pub const REDACTED: &str = "[redacted]";
/// Keys are small; a file that is larger is another one.
const MAX_BYTES: u64 = 64 * 1024;

/// A text that nobody may read: never shown, wiped when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl Secret {
    /// From the file of `key_file` or the variable of `key_env`, without the blanks around it; nothing where neither is named.
    ///
    /// # Errors
    ///
    /// When both are named, the file cannot be read, or the variable is not set. Never with the secret in the sentence.
    pub fn read(file: Option<&Path>, variable: Option<&str>) -> Result<Option<Self>, String> {
        let text = match (file, variable) {
            (None, None) => return Ok(None),
            (Some(_), Some(_)) => return Err("key_file and key_env both name a key; leave one out".into()),
            (Some(file), None) => {
                read(file).map_err(|error| format!("key_file: cannot read {}: {error}", file.display()))?
            }
            (None, Some(variable)) => std::env::var(variable)
                .map(Zeroizing::new)
                .map_err(|_| format!("key_env: the variable {variable} is not set, or no text"))?,
        };
        Ok(Some(Self(Zeroizing::new(text.trim().to_owned()))))
    }

    /// The text, for whom it is meant.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

fn read(file: &Path) -> std::io::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    let read = std::fs::File::open(file)?.take(MAX_BYTES + 1).read_to_string(&mut text)? as u64;
    if read > MAX_BYTES { Err(std::io::ErrorKind::FileTooLarge.into()) } else { Ok(text) }
}

/// A text as it may be shown: of a URL no user, no password, no query, and of a chain's endpoint no path, where who pays for
/// one has its key. It stays a URL, unless it is none.
pub fn shown(text: &str) -> Cow<'_, str> {
    let Ok(mut url) = Url::parse(text) else {
        // A URL where something else belongs, such as a file beside the configuration.
        let is_like_one = text.contains("://") && !text.contains(char::is_whitespace);
        return if is_like_one { REDACTED.into() } else { text.into() };
    };
    if !text.contains("://") {
        return text.into();
    }
    let is_endpoint = matches!(url.scheme(), "ws" | "wss") && url.path().len() > 1;
    let is_secret = !url.username().is_empty() || url.password().is_some() || url.query().is_some();
    if !(is_secret || is_endpoint) {
        return text.into();
    }
    // Only a URL that cannot have them refuses to be without.
    let stripped = url.set_username("").and_then(|()| url.set_password(None));
    if stripped.is_err() {
        return REDACTED.into();
    }
    url.set_query(url.query().map(|_| "redacted"));
    url.set_fragment(None);
    if is_endpoint {
        url.set_path("/redacted");
    }
    url.to_string().into()
}

/// Takes the secrets out of a configuration, or a part of one, before it is shown.
pub fn redact(value: &mut Value) {
    match value {
        Value::String(text) => *text = shown(text).into_owned(),
        Value::Array(items) => items.iter_mut().for_each(redact),
        Value::Table(table) => {
            for (key, value) in table {
                match value {
                    Value::Table(headers) if key == "headers" => {
                        for (_, header) in headers.iter_mut().filter(|(_, header)| header.is_str()) {
                            *header = Value::String(REDACTED.into());
                        }
                    }
                    value => redact(value),
                }
            }
        }
        _ => {}
    }
}

/// The same of JSON.
pub fn redact_json(value: &mut Json) {
    match value {
        Json::String(text) => *text = shown(text).into_owned(),
        Json::Array(items) => items.iter_mut().for_each(redact_json),
        Json::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Json::Object(headers) if key == "headers" => {
                        for (_, header) in headers.iter_mut().filter(|(_, header)| header.is_string()) {
                            *header = Json::String(REDACTED.into());
                        }
                    }
                    value => redact_json(value),
                }
            }
        }
        _ => {}
    }
}

/// `Debug` of what may hold secrets, by its serialised form.
pub fn debug(value: &impl Serialize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut json = serde_json::to_value(value).map_err(|_| fmt::Error)?;
    redact_json(&mut json);
    write!(f, "{json}")
}

#[cfg(test)]
mod tests {
    use super::super::{Config, show};
    use super::*;

    const PLANTED: &str = "s3cr3t";

    fn planted() -> String {
        format!(
            "[subtensor]\nchain_endpoint = \"wss://u:{PLANTED}@host/{PLANTED}?k={PLANTED}\"\n\
             fallback_endpoints = [\"wss://b/{PLANTED}\"]\n\
             [cache.embedder]\nurl = \"http://u:{PLANTED}@e/v1/embeddings?k={PLANTED}\"\nmodel = \"m\"\n\
             [solver.h]\nkind = \"http\"\nurl = \"http://{PLANTED}:{PLANTED}@h/ask?token={PLANTED}#{PLANTED}\"\n\
             headers = {{ authorization = \"Bearer {PLANTED}\" }}\n\
             [solver.o]\nkind = \"openai\"\nurl = \"http://o/v1?k={PLANTED}\"\nmodel = \"m\"\n"
        )
    }

    #[test]
    fn a_planted_secret_is_in_nothing_that_is_shown() {
        rustls::crypto::ring::default_provider().install_default().ok();
        let config: Config = toml::from_str(&planted()).expect("TOML");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lode.toml");
        std::fs::write(&path, planted()).expect("written");
        let effective = show(Some(&path), toml::Table::new(), &std::collections::BTreeMap::new(), false).expect("good");
        let changes = crate::config::InForce::of(&Config::default()).take_over(&config);
        let solvers: Vec<_> = config.solver.values().map(|solver| format!("{solver:?}")).collect();
        let parts = format!("{:?} {:?} {solvers:?}", config.subtensor, config.cache.embedder);
        for told in [format!("{config:?}"), effective.clone(), format!("{changes:?}"), parts] {
            assert!(!told.contains(PLANTED) && told.contains("host"), "{told}");
        }
        let again: Config = toml::from_str(&effective).expect("it is still a configuration");
        assert!(again.solver.contains_key("h") && again.solver.contains_key("o"), "{:?}", again.solver);
    }

    #[test]
    fn a_fault_does_not_tell_the_value_that_it_is_about() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lode.toml");
        for text in [
            format!("[subtensor]\nchain_endpoint = \"wss//u:{PLANTED}@host\"\n"),
            format!("[solver.h]\nkind = \"http\"\nurl = \"http://u:{PLANTED}@h:99999/x\"\n"),
            format!("[solver.h]\nkind = \"http\"\nurl = \"http://h\"\nheaders = \"Bearer {PLANTED}\"\n"),
            format!("[solver.h]\nkind = \"http\"\nurl = \"http://h\"\nheaders = '{{\"a\": \"Bearer {PLANTED}\"}}'\n"),
            format!("[subtensor]\nnetwork = \"wss://host/{PLANTED}\"\n"),
        ] {
            std::fs::write(&path, &text).expect("written");
            let told = crate::config::load(Some(&path), toml::Table::new()).expect_err(&text).to_string();
            assert!(told.contains(REDACTED) && told.contains("line ") && !told.contains(PLANTED), "{told}");
            let faults = format!("{:?}", crate::config::check(&path).expect("readable"));
            assert!(!faults.contains(PLANTED), "{faults}");
        }
    }

    #[test]
    fn what_holds_no_secret_is_shown_as_it_is() {
        for text in ["ws://127.0.0.1:9944/", "http://a/v1", "a: b", "//", "https://a.b/text"] {
            assert_eq!(shown(text), text);
        }
    }

    #[test]
    fn a_secret_comes_from_a_file_or_a_variable_and_is_not_in_what_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        std::fs::write(&path, format!(" {PLANTED}\n")).expect("written");
        let secret = Secret::read(Some(&path), None).expect("read").expect("there");
        assert_eq!((secret.reveal(), format!("{secret:?}").as_str()), (PLANTED, REDACTED));
        let of_variable = Secret::read(None, Some("CARGO_MANIFEST_DIR")).expect("set").expect("there");
        assert!(of_variable.reveal().ends_with("server"));
        assert_eq!(Secret::read(None, None), Ok(None));
        for (file, variable, word) in [
            (Some(path.as_path()), Some("HOME"), "leave one out"),
            (Some(Path::new("/nonexistent")), None, "/nonexistent"),
            (None, Some("NO_SUCH_VARIABLE"), "NO_SUCH_VARIABLE is not set"),
        ] {
            assert!(Secret::read(file, variable).expect_err(word).contains(word));
        }
    }
}

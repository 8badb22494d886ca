//! Names that stand for nothing: what was probably meant.

use toml::de::{DeTable, DeValue};

use super::secret::REDACTED;

/// Of names this long a third of the letters may be wrong.
const WRONG_SHARE: usize = 3;
/// Names that begin alike, as `max_inflight_requests` and `max_inflight`, are the same to so much (Jaro-Winkler).
const ALIKE: f64 = 0.9;

/// The known name that is most like this one, if any is like it.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    let likeness = |known: &str| {
        let wrong = strsim::damerau_levenshtein(&name, known);
        let alike = strsim::jaro_winkler(&name, known);
        let longer = name.chars().count().max(known.chars().count());
        (wrong * WRONG_SHARE <= longer || alike >= ALIKE).then_some(alike)
    };
    let likely = known.into_iter().filter_map(|known| Some((likeness(known)?, known)));
    likely.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, known)| known)
}

/// The end of a sentence about a name that stands for nothing: what was meant, or what there is.
pub fn hint<'a>(name: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match nearest(name, known.clone()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => {
            let known: Vec<_> = known.into_iter().collect();
            if known.is_empty() { "there are none".into() } else { format!("there are {}", known.join(", ")) }
        }
    }
}

/// The sentence about the unknown key `key` of the table at `path` (empty at the top), where `known` may stand.
pub fn unknown_key(path: &str, key: &str, known: &[&str]) -> String {
    let whole = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    let elsewhere = || super::keys::paths().into_iter().find(|path| path.rsplit('.').next() == Some(key));
    let hint = match (nearest(key, known.iter().copied()), elsewhere()) {
        (None, Some(elsewhere)) => format!("did you mean `{elsewhere}`?"),
        _ => hint(key, known.iter().copied()),
    };
    format!("unknown key `{whole}`; {hint}")
}

/// serde's message about an unknown field or word of the file `text`, in our words; any other message as it is.
/// `at` is where in the text it stands.
pub(super) fn reworded(message: &str, text: &str, at: usize) -> String {
    let quoted = |text: &str| -> Vec<String> { text.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
    if let Some(rest) = message.strip_prefix("unknown field ") {
        let names = quoted(rest);
        let [key, known @ ..] = names.as_slice() else { return message.to_owned() };
        let known: Vec<_> = known.iter().map(String::as_str).collect();
        unknown_key(&table_of(text, key, at), key, &known)
    } else if let Some(rest) = message.strip_prefix("unknown variant ") {
        let names = quoted(rest);
        let [word, known @ ..] = names.as_slice() else { return message.to_owned() };
        unknown_word(word, known.iter().map(String::as_str))
    } else {
        without_values(message)
    }
}

/// A sentence without the value that it quotes, which may hold a secret: from the first quotation mark to the last, for the
/// value may hold some too.
pub(super) fn without_values(message: &str) -> String {
    match (message.find('"'), message.rfind('"')) {
        (Some(first), Some(last)) if first < last => {
            format!("{}{REDACTED}{}", &message[..first], &message[last + 1..])
        }
        _ => message.to_owned(),
    }
}

/// Of a word that is none of those that are known.
pub(super) fn unknown_word<'a>(word: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    // A URL in a word's place may hold a secret.
    let shown = if word.contains([':', '/', ' ']) { REDACTED.to_owned() } else { format!("`{word}`") };
    format!("{shown} is unknown; {}", hint(word, known))
}

/// The path of the table that holds `key` nearest to `at`; empty at the top, or where it is not found.
fn table_of(text: &str, key: &str, at: usize) -> String {
    let Ok(table) = DeTable::parse(text) else { return String::new() };
    let mut found: Vec<(usize, String)> = Vec::new();
    search(table.get_ref(), "", key, at, &mut found);
    found.into_iter().min_by_key(|(distance, _)| *distance).map(|(_, path)| path).unwrap_or_default()
}

fn search(table: &DeTable<'_>, path: &str, key: &str, at: usize, found: &mut Vec<(usize, String)>) {
    for (name, value) in table {
        if name.get_ref() == key {
            found.push((name.span().start.abs_diff(at), path.to_owned()));
        }
        let below = if path.is_empty() { name.get_ref().to_string() } else { format!("{path}.{}", name.get_ref()) };
        match value.get_ref() {
            DeValue::Table(inner) => search(inner, &below, key, at, found),
            DeValue::Array(items) => {
                for item in items.iter() {
                    if let DeValue::Table(inner) = item.get_ref() {
                        search(inner, &below, key, at, found);
                    }
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_probably_meant_is_told_and_nothing_far_fetched() {
        let known = ["ip", "port", "external_ip", "external_port", "max_inflight", "serve"];
        for (name, meant) in [
            ("prot", Some("port")),
            ("Port", Some("port")),
            ("external-ip", Some("external_ip")),
            ("max_inflight_requests", Some("max_inflight")),
            ("server", Some("serve")),
            ("d", None),
            ("wallet", None),
        ] {
            assert_eq!(nearest(name, known), meant, "{name}");
        }
        assert_eq!(hint("d", ["a", "b"]), "there are a, b");
    }

    #[test]
    fn a_key_of_another_section_is_sent_there() {
        assert_eq!(
            unknown_key("axon", "entries", &["ip", "port"]),
            "unknown key `axon.entries`; did you mean `cache.entries`?"
        );
        assert_eq!(unknown_key("", "zzz", &["netuid"]), "unknown key `zzz`; there are netuid");
    }
}

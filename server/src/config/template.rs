//! The commented file that `lode init` writes, and the page docs/configuration.md, both from the structs' own comments.

use std::fmt::Write;

use toml::{Table, Value};

use super::keys::{Key, Section, sections};

/// Columns of the file's comments.
const COLUMNS: usize = 100;

const HEAD: &str = "\
# Lode's configuration. Where a line begins with `#` and a key, that key is at its default: take the `#` away to change it.
# Where it begins with `##` there is no default: take both away and give it a value.
# LODE__SECTION__KEY in the environment beats this file, and flags beat both. `lode config` prints what is in force and where it
# comes from, `lode check` what is wrong. Who changes this file: keep it your own (chmod 600) if a secret stands in it.
";

/// A configuration file with every key explained: what is in `chosen` set, everything else at its default and commented out.
pub fn starter(chosen: &Table) -> String {
    let mut text = HEAD.to_owned();
    for section in sections() {
        let is_own = section.header.starts_with("[[") || section.header.contains("NAME");
        let values = table_at(chosen, &section.path);
        let mark = if section.is_default || values.is_some() { "" } else { "##" };
        text.push('\n');
        if !section.header.is_empty() {
            comment(&mut text, &section.about);
            let _ = writeln!(text, "{mark}{}", section.header);
        }
        // Of what may stand many times, what each must have.
        for key in section.keys.iter().filter(|key| !is_own || key.is_required) {
            if !is_own {
                comment(&mut text, &key.about);
            }
            let line = match (values.and_then(|values| values.get(&key.name)), &key.default) {
                (Some(value), _) => format!("{} = {value}", key.name),
                (None, Some(value)) => format!("#{} = {value}", key.name),
                (None, None) => format!("##{} = {}", key.name, key.placeholder),
            };
            let _ = writeln!(text, "{line}");
        }
    }
    text
}

/// The page with every key in tables.
pub fn manual() -> String {
    let mut text = String::from(
        "# Configuration\n\n\
         Written from the comments in the source; `UPDATE_DOCS=1 cargo nextest run -p lode the_manual_is_up_to_date` writes it anew.\n\n\
         Defaults, then `lode.toml` (in the working folder, or `--config FILE`, or `LODE_CONFIG`), then `LODE__SECTION__KEY` variables, then flags. An\n\
         unknown key is refused with the one that was probably meant. `lode init` writes a commented file, `lode check` tells every\n\
         fault of it, `lode config` prints what is in force and where each value comes from.\n",
    );
    for section in sections() {
        let title = if section.path.is_empty() { "Top of the file".into() } else { title(section) };
        let _ = write!(text, "\n## {title}\n\n");
        if !section.about.is_empty() {
            let _ = write!(text, "{}\n\n", sentence(&section.about));
        }
        text.push_str("| key | default | meaning |\n|---|---|---|\n");
        for key in &section.keys {
            let _ = writeln!(text, "| `{}` | {} | {} |", key.name, default(key), key.about.replace('|', "\\|"));
        }
    }
    text
}

fn title(section: &Section) -> String {
    match section.path.split_once(" (").and_then(|(_, kind)| kind.strip_suffix(')')) {
        Some(kind) => format!("`{}` of the kind `{kind}`", section.header),
        None => format!("`{}`", section.header),
    }
}

fn default(key: &Key) -> String {
    match &key.default {
        Some(value) => format!("`{}`", value.to_string().replace('|', "\\|")),
        None if key.is_required => "needed".into(),
        None => "not set".into(),
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn table_at<'a>(chosen: &'a Table, path: &str) -> Option<&'a Table> {
    path.split('.')
        .filter(|step| !step.is_empty())
        .try_fold(chosen, |table, step| table.get(step).and_then(Value::as_table))
}

/// A comment, wrapped.
fn comment(text: &mut String, about: &str) {
    let mut line = String::from("#");
    for word in sentence(about).split(' ') {
        if line.len() + word.len() >= COLUMNS {
            let _ = writeln!(text, "{line}");
            "#".clone_into(&mut line);
        }
        line.push(' ');
        line.push_str(word);
    }
    let _ = writeln!(text, "{line}");
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::{Config, load};
    use super::*;

    /// As an operator does it: a `#` before a key is taken away.
    fn uncommented(text: &str) -> String {
        let line = |line: &str| match line.strip_prefix('#') {
            Some(rest) if rest.starts_with(|letter: char| letter.is_ascii_lowercase()) => rest.to_owned(),
            _ => line.to_owned(),
        };
        text.lines().map(line).collect::<Vec<_>>().join("\n")
    }

    fn loaded(text: &str) -> Config {
        rustls::crypto::ring::default_provider().install_default().ok();
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lode.toml");
        std::fs::write(&path, text).expect("written");
        load(Some(&path), Table::new()).expect("good")
    }

    #[test]
    fn the_file_means_what_was_chosen_and_nothing_else() {
        assert_eq!(loaded(&starter(&Table::new())), Config::default());
        let chosen: Table =
            "netuid = 7\npresets = [\"echo\"]\n[subtensor]\nnetwork = \"test\"\n[tuner.limits]\nttl_max_s = 9000\n\
                             [cache.embedder]\nurl = \"http://a/\"\nmodel = \"m\""
                .parse()
                .expect("TOML");
        let expected: Config = toml::from_str(&chosen.to_string()).expect("good");
        assert_eq!(loaded(&starter(&chosen)), expected);
    }

    #[test]
    fn everything_uncommented_is_the_defaults() {
        let text = uncommented(&starter(&Table::new()));
        assert_eq!(loaded(&text), Config::default());
        let table: Table = text.parse().expect("TOML");
        let mut defaults = Table::try_from(Config::default()).expect("TOML");
        defaults.retain(|key, _| key != "synapse" && key != "solver");
        assert_eq!(table, defaults, "every key of the defaults is in the file");
    }

    #[test]
    fn lines_of_comments_are_short() {
        for line in starter(&Table::new()).lines().filter(|line| line.starts_with("# ")).skip(4) {
            assert!(line.len() <= COLUMNS + 10, "{line}");
        }
    }

    #[test]
    fn the_manual_is_up_to_date() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/configuration.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, manual()).expect("written");
        }
        let committed = std::fs::read_to_string(&path).expect("docs/configuration.md");
        assert!(
            committed == manual(),
            "run UPDATE_DOCS=1 cargo nextest run -p lode the_manual_is_up_to_date, and commit"
        );
    }
}

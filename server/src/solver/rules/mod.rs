//! Answers by rule: patterns over the prompt whose captures fill a template. Declared in TOML, tried in order; the first whose
//! patterns all match answers.
//!
//! ```toml
//! [[rule]]
//! name = "table"
//! about = '(?i)^(book|reserve)\b.*\btable\b'           # matched with what the prompt asks, without its values
//! when = ['(?i)\bfor (?<people>\w+)', "'(?<place>[^']+)'"]   # all match the prompt; captures are slots
//! slots = { people = "integer" }                        # a capture that is none: the rule does not match
//! [rule.answer]
//! actions = [
//!   { type = "NavigateAction", url = "{url}" },         # {slot}: a capture, a field of the request, a word of the prompt
//!   { if = "date", do = { type = "TypeAction", text = "{date}" } },
//!   { each = "conditions", where = { operator = ["equals"] }, do = { type = "TypeAction", text = "{value}" } },
//!   { use = "finish" },
//! ]
//!
//! [part]
//! finish = [{ type = "SendKeysIWAAction", keys = "Enter" }]
//! ```
//!
//! **Patterns.** `about` sees the main clause, which begins with its verb: behind "please", and behind the login that a prompt may
//! ask for first. Where it names values (texts in quotes, numbers, dates, e-mail addresses) there are underscores, so that a word
//! in a value decides nothing. `when` sees the prompt as it is.
//!
//! **Slots.** `{name}` is, in this order, a capture, a field of the request (`{/a/0}` is a JSON pointer), a word of the prompt, or
//! its own value for the field `name`: `{password}` in "… and password 'x'". The words are `{prompt}`, `{verb}`, `{subject}` (what
//! follows the verb: "my cart" gives `cart`) and `{topic}` (the first text or name in it, else the subject); a prompt that asks to
//! log in first is about what comes after. What is filled in is never searched for slots again. `slots` declares types: `text`, `integer`, `number`, `date`, `time`, `email`; a capture is written in
//! one way then (`two` as `2`, `7:30 pm` as `19:30`).
//!
//! **Lists.** In a list, `{ if = slot, do }` stands for what `do` says when the slot has a value and for nothing otherwise;
//! `{ each, where, do }` for one such item per value of the prompt; `{ use = name }` for a `[part]`, which may use others. `do` is an item or a list.
//!
//! **`each`** goes through values that nothing before has used: `"conditions"` through those whose field the prompt names
//! ("year less than 2000"), `"values"` through all. Inside, `{value}`, `{field}` (snake case), `{operator}` and `{literal}` (the
//! value as an XPath literal) are of the value at hand. `where` chooses by `field`, `operator` (`equals`, `not_equals`, `contains`,
//! `not_contains`, `greater`, `greater_equal`, `less`, `less_equal`, `in`, `not_in`; lists give one value each) and `kind` (`text`,
//! `number`, `date`, `time`, `email`, `name`).

mod conditions;
mod file;
mod fill;
mod slot;
mod values;
mod vocabulary;
mod words;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};

use self::file::Rule;
use self::fill::Prompt;
use crate::domain::Task;
use crate::ports::{SolveCall, SolveError, Solved, Solver};

/// Rules, compiled.
pub struct RulesSolver {
    rules: Vec<Rule>,
}

/// Why rules cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// Not TOML, or not rules.
    #[error("line {line}: {message}")]
    Toml {
        /// Counted from 1.
        line: usize,
        /// The fault.
        message: String,
    },
    /// A pattern that is none.
    #[error("rule `{rule}`: {message}")]
    Pattern {
        /// The rule's name.
        rule: String,
        /// What the pattern lacks.
        message: String,
    },
    /// A slot's type without its slot, or an `if`, `each` or `use` that means nothing.
    #[error("rule `{rule}`: {message}")]
    Step {
        /// The rule's name, or the part's.
        rule: String,
        /// The fault.
        message: String,
    },
    /// A template that JSON cannot hold (a date).
    #[error("rule `{rule}`: its answer cannot be written as JSON: {error}")]
    Template {
        /// The rule's name, or the part's.
        rule: String,
        /// The fault.
        error: serde_json::Error,
    },
}

impl RulesSolver {
    /// Compiles rules from TOML.
    pub fn new(text: &str) -> Result<Self, RulesError> {
        Ok(Self { rules: file::compile(text)? })
    }

    /// The answer's fields, and the name of the rule that gave them.
    pub fn answer(&self, task: &Task) -> Result<(&str, Map<String, Value>), SolveError> {
        let prompt = Prompt::new(&task.question.prompt);
        let matching = self.rules.iter().find_map(|rule| prompt.slots(rule).map(|slots| (rule, slots)));
        let (rule, slots) = matching.ok_or(SolveError::NoRule)?;
        let fields = fill::fill(rule, slots, &prompt, task).map_err(|slot| {
            let name = &rule.name;
            SolveError::BadAnswer(format!(
                "rule `{name}` needs {{{slot}}}, which neither the prompt nor the request gives"
            ))
        })?;
        Ok((&rule.name, fields))
    }
}

impl Solver for RulesSolver {
    fn solve<'a>(&'a self, task: &'a Task, _: SolveCall<'a>) -> BoxFuture<'a, Result<Solved, SolveError>> {
        std::future::ready(self.answer(task).map(|(_, fields)| Solved::from(fields))).boxed()
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod web_tests;

//! What demo validators ask: web tasks in several wordings, most of them repeats, some near-misses (one value changed, so
//! that another answer is right), some on a page with another seed. Every task knows what a right plan holds.

use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::{Map, Value, json};

/// Distinct tasks in circulation.
const POOL: usize = 160;
/// Of the questions: asked before in the same words.
const REPEATS: f64 = 0.62;
/// Of the rest: a task of the pool in other words; what remains is a near-miss.
const PARAPHRASES: f64 = 0.5;

/// Of all questions: on a page with a seed that never comes again. Its answer differs, so memory cannot help.
const FRESH_SEEDS: f64 = 0.3;

/// One kind of task: wordings with `{0}`, `{1}`, `{2}`, and the values for each place.
struct Kind {
    site: &'static str,
    wordings: &'static [&'static str],
    values: &'static [&'static [&'static str]],
}

const KINDS: [Kind; 6] = [
    Kind {
        site: "books",
        wordings: &[
            "Search for a book called '{0}' and open its page",
            "Find the book '{0}', then view its details",
            "Look up '{0}' in the catalogue",
            "Please search the shop for '{0}'",
        ],
        values: &[&["Dune", "Emma", "Ulysses", "Beloved", "Hamlet", "Walden", "Dracula", "Middlemarch", "Persuasion"]],
    },
    Kind {
        site: "dining",
        wordings: &[
            "Book a table for {1} people at '{0}' on {2}",
            "Reserve a table at '{0}' for {1} guests on {2}",
            "On {2} I need a table: please reserve for {1} at '{0}'",
        ],
        values: &[
            &["Gusto", "The Copper Pot", "Sakura", "Chez Nous", "La Paloma"],
            &["2", "3", "4", "6", "8"],
            &["2026-12-01", "2026-12-05", "2026-12-24"],
        ],
    },
    Kind {
        site: "mail",
        wordings: &[
            "Send an email to '{0}' with the subject '{1}'",
            "Compose a message to '{0}', subject '{1}', and send it",
            "Write an e-mail with subject '{1}' to '{0}'",
        ],
        values: &[
            &["ana@example.org", "bo@example.org", "chi@example.org", "dev@example.org"],
            &["Minutes", "Invoice 41", "Invoice 42", "Lunch on Friday", "Release plan"],
        ],
    },
    Kind {
        site: "shop",
        wordings: &[
            "Show only products of category '{0}' cheaper than {1}",
            "Filter the list: category '{0}', below {1}",
            "List everything in the category '{0}' under {1}",
        ],
        values: &[&["Lamps", "Chairs", "Tea", "Headphones", "Backpacks"], &["20", "50", "99.5", "250"]],
    },
    Kind {
        site: "crm",
        wordings: &[
            "Log in with username '{0}' and password '{1}'",
            "Sign in as '{0}' using the password '{1}'",
            "Use password '{1}' to log in to the account '{0}'",
        ],
        values: &[&["maria", "jonas", "li.wei", "fatima"], &["correct horse", "hunter2", "tr0ub4dor"]],
    },
    Kind {
        site: "forum",
        wordings: &["Open the '{0}' page", "Go to '{0}'", "Click on '{0}' in the menu", "Visit the section '{0}'"],
        values: &[&["Latest", "Rules", "Members", "My messages", "Help", "Archive", "Settings"]],
    },
];

/// What a right plan holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Expected {
    /// The first action goes here, seed included.
    pub url: String,
    /// Texts that actions carry.
    pub values: Vec<String>,
}

impl Expected {
    /// How right a plan is: 0 for none, a third for going to the right page, the rest for the values.
    pub fn score(&self, actions: &Value) -> f64 {
        let Some(actions) = actions.as_array().filter(|actions| !actions.is_empty()) else { return 0.0 };
        let opens = actions[0]["type"] == "NavigateAction" && actions[0]["url"] == self.url.as_str();
        let carries = |value: &String| {
            actions
                .iter()
                .any(|action| action["text"] == value.as_str() || action["selector"]["value"] == value.as_str())
        };
        let found = self.values.iter().filter(|value| carries(value)).count();
        let values = found as f64 / self.values.len() as f64;
        f64::from(u8::from(opens)) * (1.0 + 2.0 * values) / 3.0
    }
}

/// One choice of kind and values.
#[derive(Debug, Clone)]
struct Task {
    kind: usize,
    values: Vec<usize>,
    wording: usize,
    seed: u32,
}

/// Draws tasks for ever.
pub struct TaskSource {
    pool: Vec<Task>,
    random: StdRng,
}

impl TaskSource {
    /// Draws from `random`.
    pub fn new(mut random: StdRng) -> Self {
        let pool = (0..POOL).map(|_| draw(&mut random)).collect();
        Self { pool, random }
    }

    /// The next task: the fields of its synapse, and what is right.
    pub fn next_task(&mut self) -> (Map<String, Value>, Expected) {
        // Popular tasks are asked far more often: the square of a uniform draw leans towards the front of the pool.
        let lean = self.random.random_range(0.0..1.0f64).powi(2);
        let mut task = self.pool[(lean * POOL as f64) as usize].clone();
        let kind = &KINDS[task.kind];
        if !self.random.random_bool(REPEATS) {
            if self.random.random_bool(PARAPHRASES) {
                task.wording = self.random.random_range(0..kind.wordings.len());
            } else {
                let place = self.random.random_range(0..kind.values.len());
                task.values[place] = self.random.random_range(0..kind.values[place].len());
            }
        }
        if self.random.random_bool(FRESH_SEEDS) {
            task.seed = self.random.random_range(1_000..u32::MAX);
        }
        render(&task)
    }
}

fn draw(random: &mut StdRng) -> Task {
    let kind = random.random_range(0..KINDS.len());
    let values = KINDS[kind].values.iter().map(|values| random.random_range(0..values.len())).collect();
    // Each kind has one site, whose seed otherwise stays for the devnet's life.
    Task { kind, values, wording: random.random_range(0..KINDS[kind].wordings.len()), seed: 100 + kind as u32 }
}

fn render(task: &Task) -> (Map<String, Value>, Expected) {
    let kind = &KINDS[task.kind];
    let values: Vec<String> =
        kind.values.iter().zip(&task.values).map(|(values, index)| values[*index].to_owned()).collect();
    let mut prompt = kind.wordings[task.wording].to_owned();
    for (place, value) in values.iter().enumerate() {
        prompt = prompt.replace(&format!("{{{place}}}"), value);
    }
    let url = format!("http://{}.devnet.example/?seed={}", kind.site, task.seed);
    let fields = json!({"version": "devnet", "prompt": prompt, "url": url, "actions": []});
    let Value::Object(fields) = fields else { unreachable!("written as an object") };
    (fields, Expected { url, values })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use rand::SeedableRng;
    use tokio::time::Instant;

    use super::*;
    use crate::domain::{PLAN_SCHEMA, Question, Task as SolverTask};
    use crate::ports::{SolveCall, Solver};
    use crate::solver::RulesSolver;

    fn source() -> TaskSource {
        TaskSource::new(StdRng::seed_from_u64(36))
    }

    #[tokio::test]
    async fn the_web_rules_solve_every_task_that_devnet_asks() {
        let rules = RulesSolver::new(include_str!("../../presets/web-rules.toml")).expect("good rules");
        let mut source = source();
        for _ in 0..2_000 {
            let (fields, expected) = source.next_task();
            let prompt = fields["prompt"].as_str().expect("a prompt").to_owned();
            let question = Question { synapse: "T".into(), prompt: prompt.clone(), scope: String::new() };
            let task = SolverTask { question, fields, streams: None };
            let solved = rules.solve(&task, SolveCall::alone(Instant::now())).await.expect(&prompt).fields;
            assert_eq!(expected.score(&solved["actions"]), 1.0, "{prompt}: {solved:?}");
            assert_eq!(PLAN_SCHEMA.check(&Value::Object(solved)), Ok(()), "{prompt}");
        }
    }

    #[test]
    fn about_half_of_the_questions_were_asked_before_of_the_same_page_in_the_same_words() {
        let mut seen = HashMap::new();
        let mut source = source();
        let mut repeats = 0;
        for round in 0..1_000 {
            let (fields, _) = source.next_task();
            let asked = seen.insert(format!("{}{}", fields["prompt"], fields["url"]), round).is_some();
            repeats += u32::from(asked && round >= 200);
        }
        assert!((400..=720).contains(&repeats), "{repeats} of 800");
    }

    #[test]
    fn the_answer_to_a_near_miss_is_wrong() {
        let expected = Expected { url: "http://a/?seed=1".into(), values: vec!["4".into(), "Gusto".into()] };
        let plan = |people: &str, url: &str| {
            json!([{"type": "NavigateAction", "url": url}, {"type": "TypeAction", "text": people},
                   {"type": "TypeAction", "text": "Gusto"}])
        };
        assert_eq!(expected.score(&plan("4", "http://a/?seed=1")), 1.0);
        assert!(expected.score(&plan("2", "http://a/?seed=1")) < 0.7);
        assert_eq!(expected.score(&plan("4", "http://a/?seed=2")), 0.0);
        assert_eq!(expected.score(&Value::Null), 0.0);
    }
}

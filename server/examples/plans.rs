//! What rules make of prompts: `plans [--each] FILE [RULES.toml]`. Lines of JSON with `prompt`, `url` and `use_case`, or pairs with `a`,
//! `url_a` and `use_case_a` and the same for `b`. Without a file of rules, the built-in ones for web tasks are asked.
//!
//! A table with tabs: of each use case and of all, the distinct prompts, those with a plan, those with a valid plan, those whose
//! valid plan holds every value of the prompt, and the rules that gave them. With `--each`, every prompt and its plan follow.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, BufWriter, Write};

use anyhow::{Context, bail};
use lode::domain::{Question, Task};
use lode::eval::plans::judge;
use lode::solver::RulesSolver;
use serde_json::{Map, Value, json};

/// The row of all use cases together; it sorts behind them.
const ALL: &str = "~ all";

#[derive(Default)]
struct Counts {
    prompts: usize,
    plans: usize,
    valid: usize,
    right: usize,
    rules: BTreeMap<String, usize>,
}

fn main() -> anyhow::Result<()> {
    let (flags, files): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(|arg| arg.starts_with("--"));
    let mut files = files.into_iter();
    let Some(path) = files.next() else { bail!("usage: plans [--each] FILE [RULES.toml]") };
    let rules = match files.next() {
        Some(rules) => std::fs::read_to_string(&rules).with_context(|| format!("cannot read {rules}"))?,
        None => include_str!("../presets/web-rules.toml").to_owned(),
    };
    let solver = RulesSolver::new(&rules)?;
    let file = std::fs::File::open(&path).with_context(|| format!("cannot read {path}"))?;
    let (mut seen, mut cases, mut each) = (BTreeSet::new(), BTreeMap::<String, Counts>::new(), Vec::new());
    for line in BufReader::new(file).lines() {
        let line: Map<String, Value> = serde_json::from_str(&line?)?;
        for (prompt, suffix) in [("prompt", ""), ("a", "_a"), ("b", "_b")] {
            let text = |name: &str| line.get(name).and_then(Value::as_str);
            let Some(prompt) = text(prompt).filter(|prompt| seen.insert((*prompt).to_owned())) else { continue };
            // A seed as validators send it: plans must keep it.
            let url = format!("{}?seed=7", text(&format!("url{suffix}")).unwrap_or("http://localhost/"));
            let case = text(&format!("use_case{suffix}")).unwrap_or("-").to_owned();
            let outcome = outcome(&solver, prompt, &url);
            for case in [case.as_str(), ALL] {
                cases.entry(case.to_owned()).or_default().add(&outcome);
            }
            if !flags.is_empty() {
                let fault = outcome.fault.as_deref().unwrap_or("right");
                each.push(format!("\n{case}\t{}\t{fault}\t{prompt}\n{}", outcome.rule, outcome.plan));
            }
        }
    }
    let mut out = BufWriter::new(std::io::stdout().lock());
    writeln!(out, "use case\tprompts\tplans\tvalid\tright values\trules")?;
    for (case, counts) in &cases {
        let Counts { prompts, plans, valid, right, rules } = counts;
        let rules: Vec<String> = rules.iter().map(|(rule, count)| format!("{rule} {count}")).collect();
        writeln!(out, "{case}\t{prompts}\t{plans}\t{valid}\t{right}\t{}", rules.join(", "))?;
    }
    for plan in each {
        writeln!(out, "{plan}")?;
    }
    Ok(out.flush()?)
}

/// What came of one prompt.
struct Outcome {
    rule: String,
    /// One action per line.
    plan: String,
    is_plan: bool,
    is_valid: bool,
    fault: Option<String>,
}

fn outcome(solver: &RulesSolver, prompt: &str, url: &str) -> Outcome {
    let question = Question { synapse: "TaskSynapse".into(), prompt: prompt.to_owned(), scope: String::new() };
    let fields = Map::from_iter([("prompt".to_owned(), json!(prompt)), ("url".to_owned(), json!(url))]);
    match solver.answer(&Task { question, fields, streams: None }) {
        Err(error) => {
            let (rule, fault) = ("-".to_owned(), Some(error.to_string()));
            Outcome { rule, plan: String::new(), is_plan: false, is_valid: false, fault }
        }
        Ok((rule, answer)) => {
            let judged = judge(prompt, url, &answer);
            let missing = (!judged.missing.is_empty()).then(|| format!("without {:?}", judged.missing));
            let is_valid = judged.fault.is_none();
            let actions = answer.get("actions").and_then(Value::as_array).into_iter().flatten();
            let plan: Vec<String> = actions.map(|action| format!("  {action}")).collect();
            Outcome {
                rule: rule.to_owned(),
                plan: plan.join("\n"),
                is_plan: true,
                is_valid,
                fault: judged.fault.or(missing),
            }
        }
    }
}

impl Counts {
    fn add(&mut self, outcome: &Outcome) {
        self.prompts += 1;
        self.plans += usize::from(outcome.is_plan);
        self.valid += usize::from(outcome.is_valid);
        self.right += usize::from(outcome.fault.is_none());
        *self.rules.entry(outcome.rule.clone()).or_default() += 1;
    }
}

use serde_json::json;

use super::*;
use crate::domain::Question;

fn task(prompt: &str, fields: Value) -> Task {
    let question = Question { synapse: "T".into(), prompt: prompt.into(), scope: String::new() };
    Task { question, fields: fields.as_object().expect("an object").clone(), streams: None }
}

fn rules(text: &str) -> RulesSolver {
    RulesSolver::new(text).expect("good rules")
}

fn answer(rules: &RulesSolver, prompt: &str, fields: Value) -> Value {
    Value::Object(rules.answer(&task(prompt, fields)).expect("an answer").1)
}

fn fault(text: &str) -> String {
    RulesSolver::new(text).err().expect("a fault").to_string()
}

const RULES: &str = r#"
    [[rule]]
    name = "table"
    when = ["(?i)\\btable\\b", "\\bfor (?<people>\\w+)", "'(?<place>[^']+)'"]
    slots = { people = "integer" }
    [rule.answer]
    actions = [{ type = "TypeAction", text = "{place} × {people}" }, { type = "NavigateAction", url = "{url}" }]

    [[rule]]
    name = "echo"
    [rule.answer]
    reply = "{prompt}"
"#;

#[test]
fn captures_and_request_fields_fill_the_template_of_the_first_rule_that_matches() {
    let rules = rules(RULES);
    let url = json!({"url": "http://a/?seed=4"});
    assert_eq!(
        answer(&rules, "Book a table for 4 at 'Gusto'", url.clone()),
        json!({"actions": [
            {"type": "TypeAction", "text": "Gusto × 4"},
            {"type": "NavigateAction", "url": "http://a/?seed=4"}
        ]})
    );
    assert_eq!(answer(&rules, "Book a table", url)["reply"], "Book a table");
}

#[test]
fn a_capture_is_of_its_type_or_the_rule_does_not_match() {
    let rules = rules(RULES);
    let url = json!({"url": "http://a/"});
    let prompt = "A table for four at 'Gusto'";
    assert_eq!(answer(&rules, prompt, url.clone())["actions"][0]["text"], "Gusto × 4");
    let prompt = "A table for nobody at 'Gusto'";
    assert_eq!(answer(&rules, prompt, url), json!({"reply": prompt}));
}

#[test]
fn a_value_that_looks_like_a_placeholder_is_not_filled_again() {
    assert_eq!(answer(&rules(RULES), "Say {url}", json!({"url": "secret"}))["reply"], "Say {url}");
}

#[test]
fn a_word_in_a_value_decides_nothing_about_the_rule() {
    let rules = rules(
        "[[rule]]\nname = \"delete\"\nabout = '(?i)(?<what>delete)'\n[rule.answer]\ndo = \"{what}\"\n\
         [[rule]]\nname = \"rest\"\n[rule.answer]\ndo = \"{verb} {subject}\"",
    );
    let named = |prompt: &str| rules.answer(&task(prompt, json!({}))).expect("an answer").0.to_owned();
    assert_eq!(named("Please Delete 'search'"), "delete");
    assert_eq!(answer(&rules, "Please Delete 'search'", json!({}))["do"], "Delete");
    assert_eq!(named("Search for 'delete'"), "rest");
    assert_eq!(answer(&rules, "Search the archive for 'delete'", json!({}))["do"], "Search archive");
}

const LISTS: &str = r#"
    [part]
    last = [{ go = "end" }, { use = "others" }]
    others = [{ each = "values", do = { other = "{value}" } }]

    [[rule]]
    name = "lists"
    [rule.answer]
    list = [
      { if = "password", do = [{ user = "{username}" }, { password = "{password}" }] },
      { each = "conditions", where = { operator = ["not_equals", "not_in"] }, do = { path = "not({literal})" } },
      { each = "conditions", where = { kind = ["number"] }, do = { set = "{field} {operator} {value}" } },
      { each = "conditions", where = { field = ["genre"] }, do = [{ genre = "{value}" }] },
      { use = "last" },
    ]
"#;

#[test]
fn lists_hold_one_item_per_value_and_no_value_twice() {
    let prompt = "Log in with username 'ana' and password 'x', then find films with year less than 2000, rating at least 4, \
                  genre in list ['Sci-Fi', 'Drama'] and director not equals \"O'Hara\", and open 'Dune'";
    assert_eq!(
        answer(&rules(LISTS), prompt, json!({}))["list"],
        json!([
            {"user": "ana"}, {"password": "x"},
            {"path": "not(\"O'Hara\")"},
            {"set": "year less 2000"}, {"set": "rating greater_equal 4"},
            {"genre": "Sci-Fi"}, {"genre": "Drama"},
            {"go": "end"}, {"other": "Dune"}
        ])
    );
    assert_eq!(answer(&rules(LISTS), "Open it", json!({}))["list"], json!([{"go": "end"}]));
}

#[test]
fn a_prompt_cannot_take_a_requests_field() {
    let rules = rules("[[rule]]\nname = \"r\"\n[rule.answer]\nat = \"{url} {/deep/0}\"");
    let fields = json!({"url": "http://a/", "deep": [7]});
    assert_eq!(answer(&rules, "Go where url equals 'http://evil/'", fields)["at"], "http://a/ 7");
}

#[test]
fn a_placeholder_without_a_value_names_rule_and_slot() {
    let rules = rules("[[rule]]\nname = \"r\"\n[rule.answer]\nx = \"{nowhere}\"");
    let error = rules.answer(&task("p", json!({}))).expect_err("no such field").to_string();
    assert!(error.contains("`r`") && error.contains("{nowhere}"), "{error}");
}

#[test]
fn without_a_matching_rule_there_is_no_answer() {
    let rules = rules("[[rule]]\nname = \"r\"\nwhen = [\"x\"]\n[rule.answer]\ny = 1");
    assert_eq!(rules.answer(&task("p", json!({}))), Err(SolveError::NoRule));
}

#[test]
fn a_fault_names_its_rule() {
    let rule = |lines: &str| format!("[[rule]]\nname = \"r\"\n{lines}");
    for (text, message) in [
        ("when = [\"(\"]\n[rule.answer]\ny = 1", "rule `r`: unclosed group"),
        (
            "slots = { n = \"integer\" }\n[rule.answer]\ny = 1",
            "rule `r`: slots declares `n`, which no pattern captures",
        ),
        ("[rule.answer]\ny = [{ use = \"z\" }]", "rule `r`: there is no [part] `z` here"),
        ("[rule.answer]\ny = [{ each = \"all\", do = 1 }]", "rule `r`: each: unknown variant `all`"),
        ("[rule.answer]\ny = [{ each = \"values\" }]", "rule `r`: `if` and `each` need `do`"),
        ("[rule.answer]\ny = [{ if = \"a\", each = \"values\", do = 1 }]", "rule `r`: `if` and `each` cannot"),
        ("[rule.answer]\ny = [{ if = \"a\", els = 2, do = 1 }]", "rule `r`: `els` does not go with"),
        (
            "[rule.answer]\ny = [{ each = \"values\", where = { operator = [\"is\"] }, do = 1 }]",
            "where.operator: there is no `is`",
        ),
        ("[rule.answer]\ny = [{ each = \"values\", where = { kid = [] }, do = 1 }]", "where: unknown field `kid`"),
        ("[rule.answer]\ny = [1]\n[part]\np = [{ use = \"q\" }]", "rule `part.p`: there is no [part] `q` here"),
        (
            "[rule.answer]\ny = [1]\n[part]\np = [{ use = \"q\" }]\nq = [{ use = \"p\" }]",
            "rule `part.p`: there is no [part] `q`",
        ),
    ] {
        let error = fault(&rule(text));
        assert!(error.contains(message) && !error.contains('\n'), "{error}, not {message}");
    }
    let error = fault("[[rule]]\nname = \"r\"\nwhn = []\n");
    assert!(
        error.starts_with("line 3: unknown key `rule.whn`; did you mean `when`?") && !error.contains('\n'),
        "{error}"
    );
}

//! Web agents that are asked for one step at a time (`POST /act`, since March 2026 `POST /step`, protocol 1.0): validators
//! execute the first action of each reply. Here a plan is given out step by step.

use serde_json::{Map, Value, json};

use super::actions::{action_of, tool_call};

/// The protocol's version.
const VERSION: &str = "1.0";
/// Steps that validators take per task.
pub const MAX_STEPS: usize = 12;
/// Longest error text in a reply, bytes.
const ERROR_BYTES: usize = 200;

/// A step that a validator asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The task's own fields, as a solver gets them: `prompt` and `url`, and `task_id` where it is said.
    pub fields: Map<String, Value>,
    /// Which step this is, from 0.
    pub index: usize,
    /// What was tried before and failed: the step, and the action in class form.
    failed: Vec<(usize, Value)>,
}

/// Reads a request. Page (`html`, once `snapshot_html`), screenshot, tools and unknown fields are left aside; a step
/// that does not say which it is, is the one after its history.
///
/// `url` is the page where the browser is now, not where the task began: whoever gives out a plan makes it at the first step
/// and keeps it for the `task_id`, or makes it again from the same fields.
pub fn read_step(request: &Value) -> Result<Step, String> {
    let given = request.as_object().ok_or("the request must be a JSON object")?;
    let text = |name: &str| match given.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.trim().is_empty())),
        Some(_) => Err(format!("{name} must be a text")),
    };
    let mut fields = Map::new();
    for name in ["prompt", "url", "task_id"] {
        if let Some(text) = text(name)? {
            fields.insert(name.to_owned(), json!(text));
        }
    }
    if !fields.contains_key("prompt") {
        return Err("the request needs a prompt".to_owned());
    }
    let history = given.get("history").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let failed = history.iter().enumerate().filter_map(|(at, entry)| failed_action(at, entry)).collect();
    let said = given.get("step_index").and_then(Value::as_u64).and_then(|index| usize::try_from(index).ok());
    Ok(Step { fields, index: said.unwrap_or(history.len()), failed })
}

/// The reply to a step: the action of `plan` whose turn it is, as a tool call and, under the older alias `actions`, in class
/// form; `done` with nothing to do when the plan is at its end or the steps are used up.
///
/// Step by step the plan goes on by one action. Where the next one is the same as one that failed already, it is left out, one
/// at most per step. Nothing is remembered between steps: what was left out before follows from the history.
pub fn step_reply(step: &Step, plan: &[Value]) -> Value {
    let next = if step.index < MAX_STEPS { next_action(step, plan) } else { None };
    let call = next.and_then(|action| tool_call(action).map(|call| (call, action)));
    match call {
        Some((call, action)) => json!({
            "protocol_version": VERSION, "tool_calls": [call], "actions": [action], "done": false,
        }),
        None => json!({
            "protocol_version": VERSION, "tool_calls": [], "actions": [], "done": true,
            "content": format!("{} of {} actions given", step.index.min(plan.len()).min(MAX_STEPS), plan.len()),
        }),
    }
}

/// The reply when there is no plan: the validator may ask again. `error` is cut to 200 bytes; it must hold nothing that a
/// validator may not see.
pub fn step_error(error: &str) -> Value {
    let error = &error[..error.floor_char_boundary(ERROR_BYTES)];
    json!({"protocol_version": VERSION, "tool_calls": [], "actions": [], "done": false, "error": error})
}

/// Goes through the steps so far, as they were answered.
fn next_action<'a>(step: &Step, plan: &'a [Value]) -> Option<&'a Value> {
    let mut next = 0;
    for index in 0..=step.index {
        let failed_before =
            |action: &Value| step.failed.iter().any(|(at, failed)| *at < index && is_same(action, failed));
        if plan.get(next).is_some_and(failed_before) {
            next += 1;
        }
        if index < step.index {
            next += 1;
        }
    }
    plan.get(next)
}

/// An entry of the history, when it says that it failed and which action that was.
fn failed_action(at: usize, entry: &Value) -> Option<(usize, Value)> {
    let failed = entry.get("success") == Some(&Value::Bool(false));
    let action = entry.get("action").filter(|_| failed)?;
    let action = if action.get("type").is_some() { action.clone() } else { action_of(action)? };
    let index = entry.get("index").and_then(Value::as_u64).and_then(|index| usize::try_from(index).ok());
    Some((index.unwrap_or(at), action))
}

/// Whether an executed action is the planned one: executors add their defaults, and may use the tool's fields.
fn is_same(planned: &Value, executed: &Value) -> bool {
    let contains = |planned: &Value| {
        planned.as_object().is_some_and(|fields| {
            fields.iter().all(|(name, value)| {
                let got = executed.get(name).unwrap_or(&Value::Null);
                got == value || matches!((got, value), (Value::Object(got), Value::Object(want)) if holds(got, want))
            })
        })
    };
    contains(planned) || tool_call(planned).and_then(|call| action_of(&call)).is_some_and(|action| contains(&action))
}

fn holds(got: &Map<String, Value>, want: &Map<String, Value>) -> bool {
    want.iter().all(|(name, value)| got.get(name).unwrap_or(&Value::Null) == value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::actions::STEP_SCHEMA;

    fn plan() -> Vec<Value> {
        let named = |name: &str| json!({"type": "attributeValueSelector", "attribute": "name", "value": name});
        vec![
            json!({"type": "NavigateAction", "url": "http://a/?seed=4"}),
            json!({"type": "TypeAction", "text": "Gusto", "selector": named("place")}),
            json!({"type": "SelectAction", "value": "4", "selector": named("people")}),
            json!({"type": "ClickAction", "selector": {"type": "tagContainsSelector", "value": "Book"}}),
        ]
    }

    fn request(index: usize, history: Value) -> Step {
        read_step(&json!({
            "protocol_version": "1.0", "task_id": "t", "prompt": "Book 'Gusto' for 4", "url": "http://a/?seed=4",
            "html": "<html>", "step_index": index, "history": history, "tools": [],
        }))
        .expect("a good request")
    }

    /// An entry of the history for the action of a reply.
    fn entry(index: usize, reply: &Value, success: bool) -> Value {
        json!({"index": index, "action": reply["actions"][0], "success": success, "error": null})
    }

    #[test]
    fn a_plan_is_given_out_one_action_per_step_until_it_is_done() {
        let (plan, mut history) = (plan(), Vec::new());
        let mut names = Vec::new();
        for index in 0..plan.len() {
            let reply = step_reply(&request(index, json!(history)), &plan);
            assert_eq!((&reply["done"], &reply["protocol_version"]), (&json!(false), &json!("1.0")));
            assert_eq!(reply["actions"], json!([plan[index]]));
            assert_eq!(STEP_SCHEMA.check(&reply), Ok(()));
            names.push(reply["tool_calls"][0]["name"].as_str().expect("a name").to_owned());
            history.push(entry(index, &reply, true));
        }
        assert_eq!(names, ["browser.navigate", "browser.input", "browser.select_dropdown", "browser.click"]);
        let reply = step_reply(&request(plan.len(), json!(history)), &plan);
        assert_eq!((&reply["done"], &reply["tool_calls"]), (&json!(true), &json!([])));
        assert_eq!(reply["content"], "4 of 4 actions given");
    }

    #[test]
    fn an_action_that_failed_is_not_given_again() {
        let mut plan = plan();
        plan.insert(2, plan[1].clone());
        plan.insert(3, plan[1].clone());
        let failed = |action: &Value| json!([{"action": {}, "success": true}, {"action": action, "success": false}]);
        let call = json!({"name": "browser.input", "arguments": plan[1]});
        let with_defaults = json!({"type": "TypeAction", "text": "Gusto", "x": null,
            "selector": {"type": "attributeValueSelector", "attribute": "name", "value": "place", "case_sensitive": false}});
        for history in [failed(&plan[1]), failed(&call), failed(&with_defaults)] {
            assert_eq!(step_reply(&request(2, history.clone()), &plan)["actions"][0], plan[3], "one left out, not two");
            assert_eq!(step_reply(&request(3, history.clone()), &plan)["actions"][0], plan[4], "and none given twice");
            assert_eq!(step_reply(&request(5, history), &plan)["done"], true);
        }
        let history = json!([{"action": plan[1], "success": true}, "odd", {"success": false}]);
        assert_eq!(step_reply(&request(2, history), &plan)["actions"][0], plan[2], "nothing failed that is known");
    }

    #[test]
    fn a_step_is_read_from_what_is_there() {
        let step = read_step(&json!({
            "prompt": "p", "url": null, "snapshot_html": "<html>", "history": [{}, {}], "allowed_tools": [], "new": {}
        }))
        .expect("a prompt is enough");
        assert_eq!((step.index, Value::Object(step.fields)), (2, json!({"prompt": "p"})));
        let step = read_step(&json!({"prompt": "p", "step_index": -1, "history": "none"})).expect("odd, not wrong");
        assert_eq!(step.index, 0);
        for (request, message) in [
            (json!([]), "the request must be a JSON object"),
            (json!({"url": "http://a/"}), "the request needs a prompt"),
            (json!({"prompt": " "}), "the request needs a prompt"),
            (json!({"prompt": 4}), "prompt must be a text"),
        ] {
            assert_eq!(read_step(&request).expect_err("no step"), message);
        }
    }

    #[test]
    fn after_the_last_step_and_without_a_plan_nothing_is_asked_for() {
        let plan = vec![json!({"type": "IdleAction"}); 20];
        assert_eq!(step_reply(&request(MAX_STEPS - 1, json!([])), &plan)["done"], false);
        assert_eq!(step_reply(&request(MAX_STEPS, json!([])), &plan)["done"], true);
        assert_eq!(step_reply(&request(usize::MAX, json!([])), &plan)["content"], "12 of 20 actions given");
        let reply = step_error(&"é".repeat(150));
        assert_eq!((&reply["done"], &reply["tool_calls"]), (&json!(false), &json!([])));
        assert_eq!(reply["error"].as_str().map(str::len), Some(ERROR_BYTES));
    }
}

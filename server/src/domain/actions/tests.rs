use serde_json::{Value, json};

use super::*;

/// A class, its good forms, and its bad ones with what must be said about each.
type Case = (&'static str, Vec<Value>, Vec<(Value, &'static str)>);

fn selector() -> Value {
    json!({"type": "attributeValueSelector", "attribute": "id", "value": "go", "case_sensitive": false})
}

/// Every action that both protocols know.
fn actions() -> Vec<Case> {
    let pointers = ["ClickAction", "DoubleClickAction", "RightClickAction", "MiddleClickAction", "TripleClickAction"];
    let more_pointers = ["MouseDownAction", "MouseUpAction", "MouseMoveAction"];
    let mut all: Vec<_> = pointers
        .into_iter()
        .chain(more_pointers)
        .map(|class| {
            let good = vec![
                json!({"selector": selector()}),
                json!({"x": 3, "y": 4}),
                json!({"x": 3, "y": 4, "selector": null, "note": "extras are allowed"}),
                json!({"selector": {"type": "tagContainsSelector", "value": "Go"}, "x": null, "y": null}),
            ];
            let needs = "needs a selector or both x and y";
            let bad = vec![
                (json!({}), needs),
                (json!({"x": 3}), needs),
                (json!({"x": 3, "y": null}), needs),
                (
                    json!({"selector": {"type": "attributeValueSelector", "value": "go"}}),
                    ".selector needs an attribute",
                ),
                (json!({"selector": {"type": "css", "value": "go"}}), ".selector.type must be attributeValueSelector"),
                (json!({"selector": {"type": "xpathSelector"}}), ".selector needs value"),
                (json!({"selector": "#go"}), ".selector: it is not of type"),
            ];
            (class, good, bad)
        })
        .collect();
    for class in ["GetDropDownOptionsAction", "HoverAction", "SubmitAction"] {
        let bad = vec![(json!({}), "needs a selector"), (json!({"selector": null}), "needs a selector")];
        all.push((class, vec![json!({"selector": selector()})], bad));
    }
    for class in ["IdleAction", "UndefinedAction"] {
        all.push((class, vec![json!({})], vec![(json!({"selector": {}}), ".selector needs")]));
    }
    let one_way = "needs exactly one of url, go_back and go_forward";
    let one_direction = "needs exactly one of up, down, left and right";
    all.extend([
        (
            "NavigateAction",
            vec![json!({"url": "http://a/?seed=1"}), json!({"go_back": true}), json!({"url": "", "go_forward": true})],
            vec![
                (json!({}), one_way),
                (json!({"url": ""}), one_way),
                (json!({"url": "http://a/", "go_back": true}), one_way),
                (json!({"go_back": true, "go_forward": true}), one_way),
                (json!({"url": 7}), "NavigateAction"),
            ],
        ),
        (
            "TypeAction",
            vec![json!({"text": "Dune", "selector": selector()}), json!({"value": "Dune"})],
            vec![(json!({"selector": selector()}), "needs a text"), (json!({"text": 4}), ".text: it is not of type")],
        ),
        (
            "SelectAction",
            vec![json!({"selector": selector(), "value": "4"})],
            vec![(json!({"selector": selector()}), "needs value"), (json!({"value": "4"}), "needs a selector")],
        ),
        (
            "SelectDropDownOptionAction",
            vec![json!({"selector": selector(), "text": "4", "timeout_ms": 500})],
            vec![(json!({"selector": selector()}), "needs text"), (json!({"text": "4"}), "needs a selector")],
        ),
        (
            "WaitAction",
            vec![json!({"time_seconds": 0.5}), json!({"selector": selector(), "timeout_seconds": 2})],
            vec![(json!({"timeout_seconds": 2}), "needs a selector or time_seconds")],
        ),
        (
            "ScrollAction",
            vec![json!({"down": true}), json!({"value": 300, "left": true, "up": false}), json!({"value": "Reviews"})],
            vec![
                (json!({}), one_direction),
                (json!({"value": 300}), one_direction),
                (json!({"up": true, "down": true}), one_direction),
                (json!({"value": null, "up": false}), one_direction),
            ],
        ),
        ("AssertAction", vec![json!({"text_to_assert": "Thanks"})], vec![(json!({}), "needs text_to_assert")]),
        (
            "DragAndDropAction",
            vec![json!({"sourceSelector": "#a", "targetSelector": "#b"})],
            vec![(json!({"sourceSelector": "#a"}), "needs targetSelector")],
        ),
        (
            "LeftClickDragAction",
            vec![
                json!({"x": 1, "y": 2, "targetX": 3, "targetY": 4, "steps": 5}),
                json!({"selector": selector(), "targetSelector": selector()}),
            ],
            vec![
                (json!({"targetX": 3, "targetY": 4}), "needs a selector or both x and y"),
                (json!({"x": 1, "y": 2, "targetX": 3}), "needs a targetSelector or both targetX and targetY"),
                (json!({"x": 1, "y": 2, "targetSelector": {"type": "xpathSelector"}}), ".targetSelector needs value"),
            ],
        ),
        (
            "ScreenshotAction",
            vec![json!({}), json!({"file_path": "a.png", "full_page": true})],
            vec![(json!({"full_page": "yes"}), ".full_page: it is not of type")],
        ),
        ("SendKeysIWAAction", vec![json!({"keys": "Enter"})], vec![(json!({}), "needs keys")]),
        (
            "HoldKeyAction",
            vec![json!({"key": "Shift", "duration_ms": 100, "release": true})],
            vec![(json!({"duration_ms": 100}), "needs key")],
        ),
    ]);
    all
}

/// Those that only agents of today know.
fn step_actions() -> Vec<Case> {
    vec![
        (
            "DoneAction",
            vec![json!({}), json!({"reason": "all said"})],
            vec![(json!({"reason": 1}), ".reason: it is not")],
        ),
        ("EvaluateAction", vec![json!({"script": "1", "arg": [1]})], vec![(json!({}), "needs script")]),
        (
            "ExtractAction",
            vec![json!({}), json!({"query": "price", "selector": selector(), "max_chars": 100})],
            vec![(json!({"max_chars": "many"}), ".max_chars: it is not of type")],
        ),
        ("GoBackAction", vec![json!({})], vec![(json!({"selector": 1}), ".selector: it is not of type")]),
        ("SearchAction", vec![json!({"query": "lamps", "engine": "bing"})], vec![(json!({}), "needs query")]),
        (
            "RequestUserInputAction",
            vec![json!({"prompt": "Which?", "options": ["a"], "allow_free_form": false})],
            vec![(json!({}), "needs prompt")],
        ),
    ]
}

fn with_type(class: &str, fields: &Value) -> Value {
    let mut action = json!({"type": class});
    action.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
    action
}

/// The action as the third of a plan.
fn plan(action: &Value) -> Value {
    let first = json!({"type": "NavigateAction", "url": "http://a/"});
    json!({"actions": [first, {"type": "IdleAction"}, action]})
}

#[test]
fn every_action_survives_its_text_and_passes() {
    for (class, good, _) in actions() {
        for fields in good {
            let whole = plan(&with_type(class, &fields));
            let text = serde_json::to_string(&whole).expect("JSON values serialise");
            let read: Value = serde_json::from_str(&text).expect("what was written");
            assert_eq!(read, whole);
            assert_eq!(PLAN_SCHEMA.check(&read), Ok(()), "{text}");
            assert_eq!(STEP_SCHEMA.check(&read), Ok(()), "{text}");
        }
    }
    for (class, good, _) in step_actions() {
        for fields in good {
            let whole = plan(&with_type(class, &fields));
            assert_eq!(STEP_SCHEMA.check(&whole), Ok(()), "{whole}");
            assert_eq!(PLAN_SCHEMA.check(&whole), Err(format!("actions[2]: {class}.type names no action")));
        }
    }
}

#[test]
fn every_fault_names_the_actions_index_and_type() {
    for (class, _, bad) in actions().into_iter().chain(step_actions()) {
        for (fields, what) in bad {
            let whole = plan(&with_type(class, &fields));
            let message = STEP_SCHEMA.check(&whole).expect_err("a fault");
            assert!(message.starts_with(&format!("actions[2]: {class}")), "{whole}: {message}");
            assert!(message.contains(what), "{whole}: {message}, not {what}");
        }
    }
}

#[test]
fn short_names_and_empty_or_endless_plans_are_refused() {
    for (value, message) in [
        (json!({}), "the value needs actions"),
        (json!({"actions": []}), "actions is empty"),
        (json!({"actions": vec![json!({"type": "IdleAction"}); MAX_ACTIONS + 1]}), "actions has more than 60 items"),
        (json!({"actions": [{"type": "click", "x": 1, "y": 1}]}), "actions[0]: click.type names no action"),
        (json!({"actions": [{"x": 1, "y": 1}]}), "actions[0] needs type"),
        (json!({"actions": ["click"]}), r#"actions[0]: it is not of type "object""#),
    ] {
        assert_eq!(PLAN_SCHEMA.check(&value), Err(message.to_owned()));
    }
    assert_eq!(PLAN_SCHEMA.check(&json!({"actions": vec![json!({"type": "IdleAction"}); MAX_ACTIONS]})), Ok(()));
}

#[test]
fn every_tools_call_is_a_valid_action_again() {
    for (class, good, _) in actions().into_iter().chain(step_actions()) {
        for fields in good {
            let action = with_type(class, &fields);
            let call = tool_call(&action).expect("it has a type");
            let again = action_of(&call).expect("it has a name");
            assert_eq!(STEP_SCHEMA.check(&plan(&again)), Ok(()), "{call}");
            if class != "SelectAction" && action.get("value").is_none() {
                assert_eq!(again, action, "{call}");
            }
        }
    }
}

#[test]
fn tools_have_the_names_that_validators_know() {
    let name = |class: &str| tool_call(&json!({"type": class})).expect("a type")["name"].clone();
    for (class, tool) in [
        ("ClickAction", "browser.click"),
        ("NavigateAction", "browser.navigate"),
        ("GoBackAction", "browser.go_back"),
        ("HoldKeyAction", "browser.hold_key"),
        ("LeftClickDragAction", "browser.left_click_drag"),
        ("DragAndDropAction", "browser.drag_and_drop"),
        ("SendKeysIWAAction", "browser.send_keys"),
        ("RequestUserInputAction", "user.request_input"),
    ] {
        assert_eq!(name(class), tool);
    }
    let call = tool_call(&json!({"type": "SelectAction", "selector": selector(), "value": "4"})).expect("a type");
    assert_eq!(call, json!({"name": "browser.select_dropdown", "arguments": {"selector": selector(), "text": "4"}}));
    assert_eq!((tool_call(&json!("click")), action_of(&json!({"tool": 1}))), (None, None));
}

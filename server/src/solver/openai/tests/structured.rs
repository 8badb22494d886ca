use super::upstream::finished;
use super::*;

fn schema() -> Value {
    json!({
        "type": "object", "required": ["n"], "additionalProperties": false,
        "properties": {"n": {"type": "integer", "maximum": 9}},
    })
}

/// A solver whose service says these things, one after the other; and the service.
async fn that_says(texts: &'static [&'static str]) -> (OpenAiSolver, Upstream) {
    let upstream = Upstream::start(|count| completion(texts[count])).await;
    let solver = solver_at(&upstream.base, |setup| {
        setup.form.shape = Some(Shape::new(schema(), ResponseFormat::JsonSchema, true).expect("a schema"));
        setup.prices = Some(Prices { input: 0.0, output: 1.0 });
    });
    (solver, upstream)
}

#[tokio::test]
async fn json_in_a_fence_is_an_answer() {
    let (solver, upstream) = that_says(&["Sure:\n```json\n{\"n\": 4}\n```"]).await;
    let solved = solve(&solver).await.expect("an answer");
    assert_eq!(Value::Object(solved.fields), json!({"n": 4}));
    let format = json!({"type": "json_schema", "json_schema": {"name": "answer", "schema": schema(), "strict": true}});
    assert_eq!(upstream.asked()[0]["response_format"], format);
}

#[tokio::test]
async fn an_answer_that_does_not_fit_is_repaired_once() {
    let (solver, upstream) = that_says(&["{\"n\": 40}", "{\"n\": 4}"]).await;
    let solved = solve(&solver).await.expect("a repaired answer");
    assert_eq!(Value::Object(solved.fields), json!({"n": 4}));
    assert!((solved.cost_usd.expect("prices") - 200e-6).abs() < 1e-12, "both calls cost");
    let repair = &upstream.asked()[1]["messages"];
    assert_eq!(repair[1], json!({"role": "assistant", "content": "{\"n\": 40}"}));
    let asked = repair[2]["content"].as_str().expect("a text");
    assert!(asked.contains("/n: 40 is greater than the maximum of 9"), "{asked}");
}

#[tokio::test]
async fn an_answer_that_does_not_fit_twice_is_none() {
    let (solver, upstream) = that_says(&["I will not.", "{\"n\": 777777}", "{\"n\": 4}"]).await;
    let error = solve(&solver).await.expect_err("no third time");
    assert!(
        matches!(&error, SolveError::BadAnswer(text) if text.contains("/n:") && !text.contains("777777")),
        "{error:?}"
    );
    assert_eq!(upstream.asked().len(), 2);
}

#[tokio::test]
async fn an_answer_that_is_cut_off_names_the_remedy() {
    let upstream = Upstream::start(|_| finished("{\"n\": ", "length")).await;
    let solver = solver_at(&upstream.base, |setup| {
        setup.form.shape = Some(Shape::new(schema(), ResponseFormat::None, true).expect("a schema"));
    });
    let error = solve(&solver).await.expect_err("half an answer");
    assert!(matches!(&error, SolveError::BadAnswer(text) if text.contains("raise max_tokens")), "{error:?}");
    assert_eq!(upstream.asked().len(), 1, "a repair would be cut off too");
}

#[test]
fn a_repair_is_not_begun_when_it_would_come_too_late() {
    let began = Instant::now();
    let after = |s| began + Duration::from_secs(s);
    assert!(leaves_time(began, after(4), after(10)));
    assert!(!leaves_time(began, after(5), after(10)));
}

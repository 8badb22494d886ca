//! The solver against services that behave and that do not, over real sockets.

use rand::SeedableRng;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::*;
use crate::domain::Question;

/// What a service does with one connection, after it has read the request.
enum Act {
    /// Sends these bytes and closes.
    Send(Vec<u8>),
    /// Sends these bytes and resets the connection.
    Reset(Vec<u8>),
    /// Sends these bytes and nothing more.
    Hang(Vec<u8>),
}

use Act::{Hang, Reset, Send};

/// A service on a free port, and the requests that it reads.
struct Service {
    url: Url,
    requests: mpsc::UnboundedReceiver<String>,
    _runs: JoinSet<()>,
}

impl Service {
    /// Does as `acts` say, one connection after the other.
    async fn start(acts: Vec<Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/solve", listener.local_addr().expect("bound")).parse().expect("a URL");
        let (sender, requests) = mpsc::unbounded_channel();
        let mut runs = JoinSet::new();
        runs.spawn(async move {
            for act in acts {
                let (mut stream, _) = listener.accept().await.expect("a connection");
                sender.send(read_request(&mut stream).await).expect("the test listens");
                let (Send(bytes) | Reset(bytes) | Hang(bytes)) = &act;
                stream.write_all(bytes).await.expect("sent");
                match act {
                    Send(_) => stream.shutdown().await.expect("closed"),
                    Reset(_) => stream.set_zero_linger().expect("an option of TCP"),
                    Hang(_) => {
                        // Until the other side has gone.
                        stream.read_u8().await.expect_err("nothing more comes");
                        sender.send("gone".into()).expect("the test listens");
                    }
                }
            }
        });
        Self { url, requests, _runs: runs }
    }

    /// The requests that came.
    fn requests(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.requests.try_recv().ok()).collect()
    }
}

async fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("its length");
            if body.len() >= length.parse().expect("a number") {
                return text;
            }
        }
        assert_ne!(stream.read_buf(&mut bytes).await.expect("more"), 0, "cut off: {text}");
    }
}

fn reply(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n{body}").into_bytes()
}

fn good() -> Act {
    Send(reply("200 OK", "content-type: application/json\r\n", r#"{"reply":"hi"}"#))
}

fn status(status: &str) -> Act {
    Send(reply(status, "", ""))
}

/// A solver that waits a millisecond before it asks again.
fn solver(config: HttpConfig) -> HttpSolver {
    rustls::crypto::ring::default_provider().install_default().ok();
    let mut solver = HttpSolver::new(config, StdRng::seed_from_u64(1)).expect("a good configuration");
    solver.pause = Duration::from_millis(1);
    solver
}

fn task(streams: bool) -> Task {
    let question = Question { synapse: "T".into(), prompt: "say hi".into(), scope: String::new() };
    let fields = json!({"prompt": "say hi", "site": {"url": "http://a/"}, "seed": 7});
    let fields = fields.as_object().expect("an object").clone();
    Task { question, fields, streams: streams.then(|| "reply".to_owned()) }
}

const DEADLINE: Duration = Duration::from_secs(20);

async fn ask(solver: &HttpSolver) -> Result<Value, SolveError> {
    let outcome = solver.solve(&task(false), SolveCall::alone(Instant::now() + DEADLINE)).await;
    outcome.map(|solved| Value::Object(solved.fields))
}

/// The outcome and the requests that the service read.
async fn meet(acts: Vec<Act>, retries: u32, idempotent: bool) -> (Result<Value, SolveError>, usize) {
    let mut service = Service::start(acts).await;
    let solver = solver(HttpConfig { retries, idempotent, ..HttpConfig::new(service.url.clone()) });
    let outcome = ask(&solver).await;
    (outcome, service.requests().len())
}

#[tokio::test]
async fn the_tasks_fields_go_out_as_they_are_and_what_is_answered_comes_back() {
    let mut service = Service::start(vec![good()]).await;
    assert_eq!(ask(&solver(HttpConfig::new(service.url.clone()))).await, Ok(json!({"reply": "hi"})));
    let request = service.requests().remove(0);
    let (head, body) = request.split_once("\r\n\r\n").expect("a request");
    assert!(head.starts_with("POST /solve HTTP/1.1") && head.contains("content-type: application/json"), "{head}");
    assert_eq!(serde_json::from_str::<Value>(body).expect("JSON"), Value::Object(task(false).fields));
}

#[tokio::test]
async fn fields_go_out_and_come_back_under_the_services_names_with_its_headers() {
    let folder = tempfile::tempdir().expect("a folder");
    let key_file = folder.path().join("key");
    std::fs::write(&key_file, "Bearer secret\n").expect("written");
    let answer = reply("200 OK", "", r#"{"choices":[{"text":"hi"}],"usage":3}"#);
    let mut service = Service::start(vec![Send(answer)]).await;
    let config = format!(
        "url = \"{}\"\nsend = {{ input = \"Please {{prompt}}\", where = \"/site/url\", seed = \"/seed\", n = 1 }}\n\
         receive = {{ reply = \"/choices/0/text\", cost = \"/usage\" }}\n\
         headers = {{ x-team = \"a\", authorization = {{ key_file = \"{}\" }} }}",
        service.url,
        key_file.display()
    );
    let solver = solver(toml::from_str(&config).expect("a configuration"));
    assert_eq!(ask(&solver).await, Ok(json!({"cost": 3, "reply": "hi"})));
    let request = service.requests().remove(0);
    let (head, body) = request.split_once("\r\n\r\n").expect("a request");
    assert!(head.contains("x-team: a") && head.contains("authorization: Bearer secret"), "{head}");
    let expected = json!({"input": "Please say hi", "where": "http://a/", "seed": 7, "n": 1});
    assert_eq!(serde_json::from_str::<Value>(body).expect("JSON"), expected);
}

#[tokio::test]
async fn who_is_not_there_is_an_upstream_fault_that_shows_no_credentials() {
    // Bound, so that nobody else listens there either.
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
    let port = socket.local_addr().expect("bound").port();
    let url = format!("http://user:secret@127.0.0.1:{port}/solve?key=secret").parse().expect("a URL");
    let error = ask(&solver(HttpConfig { retries: 3, ..HttpConfig::new(url) })).await.expect_err("nobody listens");
    let SolveError::Upstream(message) = error else { panic!("{error:?}") };
    assert!(message.contains(&format!("http://127.0.0.1:{port}")) && !message.contains("secret"), "{message}");
}

#[tokio::test]
async fn who_hangs_up_before_it_answers_is_asked_again_as_often_as_allowed_where_that_does_no_harm() {
    let hang_ups = || vec![Reset(Vec::new()), Send(Vec::new()), good()];
    assert_eq!(meet(hang_ups(), 2, true).await, (Ok(json!({"reply": "hi"})), 3));
    let (outcome, requests) = meet(hang_ups(), 2, false).await;
    assert!(outcome.is_err() && requests == 1, "it may have done what it was asked: {outcome:?}");
    for retries in [0, 1] {
        let (outcome, requests) = meet(hang_ups(), retries, true).await;
        assert!(matches!(outcome, Err(SolveError::Upstream(_))), "{outcome:?}");
        assert_eq!(requests, retries as usize + 1);
    }
}

#[tokio::test]
async fn failures_behind_the_service_are_retried_only_where_asking_twice_does_no_harm() {
    for failure in ["502 Bad Gateway", "503 Service Unavailable", "504 Gateway Timeout"] {
        assert_eq!(meet(vec![status(failure), good()], 1, true).await, (Ok(json!({"reply": "hi"})), 2));
        let (outcome, requests) = meet(vec![status(failure), good()], 3, false).await;
        assert!(matches!(outcome, Err(SolveError::Upstream(_))), "{outcome:?}");
        assert_eq!(requests, 1);
    }
    let (outcome, requests) = meet(vec![status("500 Internal Server Error"), good()], 3, true).await;
    assert!(matches!(outcome, Err(SolveError::Upstream(_))), "{outcome:?}");
    assert_eq!(requests, 1);
}

#[tokio::test]
async fn who_asks_for_time_is_not_asked_again() {
    for (line, header, seconds) in [
        ("429 Too Many Requests", "retry-after: 7\r\n", Some(7)),
        ("429 Too Many Requests", "", None),
        ("503 Service Unavailable", "retry-after: 120\r\n", Some(120)),
        ("503 Service Unavailable", "retry-after: Wed, 21 Oct 2026 07:28:00 GMT\r\n", None),
    ] {
        let (outcome, requests) = meet(vec![Send(reply(line, header, "")), good()], 3, true).await;
        let Err(SolveError::Limited { message, retry_after }) = outcome else { panic!("{outcome:?}") };
        assert_eq!((retry_after, requests), (seconds.map(Duration::from_secs), 1));
        assert!(message.contains(line), "{message}");
    }
}

#[tokio::test]
async fn garbage_is_not_asked_for_again() {
    for (bytes, is_bad_answer) in [
        (b"garbage\r\n\r\n".to_vec(), false),
        (reply("200 OK", "", "oops"), true),
        (reply("200 OK", "", "[1]"), true),
        (reply("422 Unprocessable Entity", "", ""), true),
        // Less than was promised.
        (b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{\"reply\"".to_vec(), false),
    ] {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (outcome, requests) = meet(vec![Send(bytes), good()], 3, true).await;
        match outcome {
            Err(SolveError::BadAnswer(_)) => assert!(is_bad_answer, "{text}"),
            Err(SolveError::Upstream(_)) => assert!(!is_bad_answer, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
        assert_eq!(requests, 1, "{text}");
    }
}

#[tokio::test]
async fn text_that_went_out_before_a_reset_is_not_written_twice() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n";
    let service = Service::start(vec![Send(format!("{head}2\r\nhe\r\n").into_bytes()), good()]).await;
    let mut requests = service.requests;
    let solver = solver(HttpConfig { retries: 3, idempotent: true, ..HttpConfig::new(service.url) });
    let text = Mutex::new(String::new());
    let write = |bit: &str| text.lock().push_str(bit);
    let call = SolveCall { write: &write, ..SolveCall::alone(Instant::now() + DEADLINE) };
    let outcome = solver.solve(&task(true), call).await;
    assert!(matches!(outcome, Err(SolveError::Upstream(_))), "{outcome:?}");
    assert_eq!(*text.lock(), "he");
    requests.recv().await.expect("one request");
    assert!(requests.try_recv().is_err(), "and no other");
}

#[tokio::test(start_paused = true)]
async fn who_hangs_is_late_at_the_deadline() {
    for bytes in [Vec::new(), b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{".to_vec()] {
        let service = Service::start(vec![Hang(bytes)]).await;
        let solver = solver(HttpConfig { retries: 3, ..HttpConfig::new(service.url.clone()) });
        let started = Instant::now();
        let deadline = started + Duration::from_secs(2);
        assert_eq!(solver.solve(&task(false), SolveCall::alone(deadline)).await, Err(SolveError::Late));
        assert_eq!(started.elapsed().as_secs_f64(), 2.0);
    }
}

#[tokio::test]
async fn the_connection_ends_when_the_caller_has_gone() {
    let mut service = Service::start(vec![Hang(Vec::new())]).await;
    let solver = solver(HttpConfig::new(service.url.clone()));
    let task = task(false);
    let mut call = solver.solve(&task, SolveCall::alone(Instant::now() + DEADLINE));
    tokio::select! {
        outcome = &mut call => panic!("it hangs: {outcome:?}"),
        request = service.requests.recv() => assert!(request.is_some_and(|request| request.starts_with("POST"))),
    }
    drop(call);
    assert_eq!(service.requests.recv().await.as_deref(), Some("gone"));
}

#[test]
fn text_is_passed_on_up_to_its_last_whole_character() {
    let text = "é€😀";
    for end in 0..=text.len() {
        let shown = whole_characters(&text.as_bytes()[..end]).expect("UTF-8 so far");
        assert!(text.starts_with(shown) && end - shown.len() < 4, "{end}: {shown}");
    }
    assert_eq!(whole_characters(b"ok\xffno"), None, "what is no UTF-8 is never passed on");
}

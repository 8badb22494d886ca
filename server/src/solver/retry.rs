//! Whether and when a service is asked again.

use std::error::Error;
use std::io;
use std::time::Duration;

use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, StatusCode};
use tokio::time::Instant;

/// Before the first retry, on average; twice as long before each that follows.
pub(super) const PAUSE: Duration = Duration::from_millis(100);

/// How long to wait before retry `number`, counted from 0, when `usual` is usual before the first: half to one and a half
/// of it by `random`, within [0, 1). Nothing when the deadline comes first.
pub(super) fn pause(usual: Duration, number: u32, random: f64, now: Instant, deadline: Instant) -> Option<Duration> {
    let pause = usual.mul_f64((0.5 + random) * f64::from(1_u32 << number.min(10)));
    (now + pause < deadline).then_some(pause)
}

/// Whether the service never began to answer: it was not there, or hung up before its answer's head was whole. What
/// it did send was no garbage.
pub(super) fn never_began(error: &reqwest::Error) -> bool {
    if error.is_connect() {
        return true;
    }
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<hyper::Error>()
            && (error.is_incomplete_message() || error.is_canceled())
        {
            return true;
        }
        if let Some(error) = error.downcast_ref::<io::Error>() {
            use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionRefused, ConnectionReset};
            return matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionRefused | ConnectionReset);
        }
        cause = error.source();
    }
    false
}

/// Whether a service behind the one that answered failed, maybe only this once.
pub(super) fn may_pass(status: StatusCode) -> bool {
    matches!(status, StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT)
}

/// When the service may be asked again, as far as it says so in seconds; a date is not read.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse::<u32>().ok()?;
    Some(Duration::from_secs(seconds.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn pauses_double_vary_by_half_and_end_before_the_deadline() {
        let now = Instant::now();
        let later = now + Duration::from_secs(10);
        let pause_ms = |number, random| pause(PAUSE, number, random, now, later).expect("time enough").as_millis();
        assert_eq!([pause_ms(0, 0.0), pause_ms(0, 0.5), pause_ms(1, 0.5), pause_ms(2, 0.5)], [50, 100, 200, 400]);
        assert!(pause_ms(0, 0.999) < 150);
        assert_eq!(pause(PAUSE, 0, 0.5, now, now + PAUSE), None);
        assert_eq!(pause(PAUSE, 0, 0.5, now, now), None);
    }

    #[test]
    fn only_seconds_are_read() {
        let after = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, text.parse().expect("a header"));
            retry_after(&headers)
        };
        assert_eq!(after("120"), Some(Duration::from_secs(120)));
        for text in ["Wed, 21 Oct 2026 07:28:00 GMT", "-1", "1.5", "99999999999999999999", ""] {
            assert_eq!(after(text), None, "{text}");
        }
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}

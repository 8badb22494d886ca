//! Whether and when a service is asked again.

use std::error::Error;
use std::io;
use std::time::Duration;

use axum::http::header::{DATE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use tokio::time::Instant;

/// Nobody waits longer, whatever a service says.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 3_600);
/// Before the first retry, on average; twice as long before each that follows.
pub(super) const PAUSE: Duration = Duration::from_millis(100);

/// How long to wait before retry `number`, counted from 0, when `usual` is usual before the first: half to one and a half
/// of it by `random`, within [0, 1). Nothing when the deadline comes first.
pub(super) fn pause(usual: Duration, number: u32, random: f64, now: Instant, deadline: Instant) -> Option<Duration> {
    let pause = usual.mul_f64((0.5 + random) * f64::from(1_u32 << number.min(10)));
    (now + pause < deadline).then_some(pause)
}

/// Whether a try may be made again: nobody listened, or it does no harm and no answer began.
pub(super) fn may_again(error: &reqwest::Error, is_idempotent: bool) -> bool {
    error.is_connect() || (is_idempotent && never_began(error))
}

/// Whether the service never began to answer: it was not there, or hung up before its answer's head was whole. What
/// it did send was no garbage.
fn never_began(error: &reqwest::Error) -> bool {
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

/// How long a service wants to be left alone. A date is read by the service's own clock.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let value = text(RETRY_AFTER)?;
    let after = match value.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let date = |text| httpdate::parse_http_date(text).ok();
            date(value)?.duration_since(date(text(DATE)?)?).unwrap_or_default()
        }
    };
    Some(after.min(MAX_RETRY_AFTER))
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
    fn retry_after_is_seconds_or_a_date_by_the_service_s_clock() {
        let with = |after: &str, date: Option<&str>| {
            let date = date.map(|date| (DATE, date));
            let pairs = [(RETRY_AFTER, after)].into_iter().chain(date);
            retry_after(&pairs.map(|(name, text)| (name, text.parse().expect("a value"))).collect())
        };
        let now = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(with("7", None), Some(Duration::from_secs(7)));
        assert_eq!(with("Sun, 06 Nov 1994 08:50:00 GMT", now), Some(Duration::from_secs(23)));
        assert_eq!(with("Sun, 06 Nov 1994 08:49:00 GMT", now), Some(Duration::ZERO), "that is over");
        assert_eq!(with("123456789", None), Some(MAX_RETRY_AFTER));
        for (after, date) in [("Sun, 06 Nov 1994 08:50:00 GMT", None), ("soon", now), ("-1", now)] {
            assert_eq!(with(after, date), None, "{after}");
        }
    }
}

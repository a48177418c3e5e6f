use super::*;
use crate::testing::{Log, Script, request};
use proptest::prelude::*;

const SETTINGS: RetrySettings = RetrySettings {
    retries_max: 4,
    backoff_first: Duration::from_millis(100),
    backoff_max: Duration::from_secs(2),
    budget: Duration::from_secs(60),
};

struct Ended {
    result: Result<Response, NetError>,
    sent: Log,
    at: Duration,
}

async fn call(options: CallOptions, script: impl FnOnce(Script) -> Script) -> Ended {
    let clock = RunClock::virtual_time();
    let script = script(Script::new(&clock));
    let sent = script.log();
    let retry = Retry::new(script, SETTINGS, clock.clone(), Seed(1), "test");
    let result = retry.exchange(request(options)).await;
    assert_eq!(retry.retries() + 1, sent.count() as u64);
    Ended { result, sent, at: clock.now().since_start() }
}

fn lost() -> NetError {
    NetError::Lost("reset".into())
}

#[tokio::test(start_paused = true)]
async fn trouble_that_passes_is_outlived() {
    let ended = call(CallOptions::idempotent(), |script| {
        script.answer(503).fail(lost()).answer(500).answer(200)
    })
    .await;
    assert_eq!(ended.result.unwrap().status(), 200);
    assert_eq!(ended.sent.count(), 4);
}

#[tokio::test(start_paused = true)]
async fn the_last_answer_is_the_answer_when_retries_are_used_up() {
    let ended = call(CallOptions::idempotent(), |script| script.answer(502)).await;
    assert_eq!(ended.result.unwrap().status(), 502);
    assert_eq!(ended.sent.count(), 5);
    // 100 + 200 + 400 + 800 ms, each at its bound.
    assert!(ended.at < Duration::from_millis(1_500), "{:?}", ended.at);
    assert!(ended.at > Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_not_idempotent_is_repeated_only_when_nothing_was_done() {
    let careful = CallOptions::careful();
    for (failure, attempts) in [
        (NetError::Connect("refused".into()), 5),
        (NetError::Unavailable { retry_in: Duration::from_secs(1) }, 5),
        (lost(), 1),
        (NetError::Timeout(Duration::from_secs(1)), 1),
        (NetError::TooLarge { limit: 1 }, 1),
        (NetError::Invalid("x".into()), 1),
        (NetError::RateLimited { retry_in: Duration::ZERO }, 1),
    ] {
        let ended = call(careful, |script| script.fail(failure.clone())).await;
        assert_eq!(ended.sent.count(), attempts, "{failure}");
        assert_eq!(ended.result.unwrap_err(), failure);
    }
    for (status, attempts) in [(429, 5), (500, 1), (503, 1), (404, 1), (200, 1)] {
        let ended = call(careful, |script| script.answer(status)).await;
        assert_eq!(ended.sent.count(), attempts, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn answers_that_will_not_change_are_final() {
    for status in [200, 302, 400, 404, 409, 501, 505] {
        let ended = call(CallOptions::idempotent(), |script| script.answer(status)).await;
        assert_eq!(ended.sent.count(), 1, "{status}");
    }
    for status in [429, 500, 502, 503, 504, 520] {
        let ended = call(CallOptions::idempotent(), |script| script.answer(status)).await;
        assert_eq!(ended.sent.count(), 5, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_sent_once_is_sent_once() {
    let ended = call(CallOptions::once(), |script| script.answer(429)).await;
    assert_eq!(ended.sent.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_honoured() {
    let ended = call(CallOptions::careful(), |script| script.limited(7).answer(200)).await;
    assert_eq!(ended.result.unwrap().status(), 200);
    let waited = ended.sent.times()[1];
    assert!(waited >= Duration::from_secs(7), "{waited:?}");
    assert!(waited <= Duration::from_millis(7_101), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_beyond_the_deadline_is_told_at_once() {
    let options = CallOptions::idempotent().by(RunOffset::new(Duration::from_secs(10)));
    let ended = call(options, |script| script.limited(10).answer(200)).await;
    assert_eq!(ended.result.unwrap().status(), 429);
    assert_eq!(ended.at, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn an_endless_retry_after_is_told_at_once() {
    let ended = call(CallOptions::idempotent(), |script| script.limited(u64::MAX)).await;
    assert_eq!(ended.result.unwrap().status(), 429);
    assert_eq!(ended.at, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn the_budget_bounds_a_call_without_a_deadline() {
    let ended = call(CallOptions::idempotent(), |script| script.limited(25)).await;
    assert_eq!(ended.result.unwrap().status(), 429);
    // At 0, 25 and 50 s; the next would be beyond 60 s.
    assert_eq!(ended.sent.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_patient_call_is_ended_by_its_deadline_alone_when_it_is_limited() {
    let by = |seconds| RunOffset::new(Duration::from_secs(seconds));
    let patient = CallOptions::careful().retries(1).patient_by(by(200));
    let ended = call(patient, |script| script.limited(25)).await;
    assert_eq!(ended.result.unwrap().status(), 429);
    // At 0, 25 and so on up to 175 s: beyond the budget, and seven times instead of once.
    assert_eq!(ended.sent.count(), 8);
    assert!(ended.at < Duration::from_secs(200), "{:?}", ended.at);
    // What 429s leave is there for other trouble, and no more of it.
    let ended = call(CallOptions::idempotent().retries(1).patient_by(by(200)), |script| {
        script.limited(1).answer(503).limited(1).limited(1).answer(503).answer(200)
    })
    .await;
    assert_eq!((ended.result.unwrap().status().as_u16(), ended.sent.count()), (503, 5));
    let endless = CallOptions { deadline: None, ..patient };
    assert_eq!(call(endless, |script| script.answer(429)).await.sent.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn equal_seeds_wait_equally() {
    let run = || call(CallOptions::idempotent(), |script| script.answer(500));
    assert_eq!(run().await.sent.times().last(), run().await.sent.times().last());
}

proptest! {
    #[test]
    fn jitter_is_full_and_bounded(seed: u64, attempt in 0_u32..100) {
        let mut rng = Seed(seed).rng("test");
        let bound = SETTINGS.backoff_first
            .saturating_mul(2_u32.saturating_pow(attempt))
            .min(SETTINGS.backoff_max);
        let waits: Vec<_> = (0..64).map(|_| full_jitter(&mut rng, &SETTINGS, attempt)).collect();
        prop_assert!(waits.iter().all(|wait| *wait <= bound));
        // All 64 in one half would happen once in 2^63.
        prop_assert!(waits.iter().any(|wait| *wait < bound / 2));
        prop_assert!(waits.iter().any(|wait| *wait > bound / 2));
    }
}

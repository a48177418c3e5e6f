use super::*;
use crate::testing::{Log, Script, request};
use futures_util::future::join_all;

const SETTINGS: LimitSettings = LimitSettings {
    hold_default: Duration::from_secs(1),
    gap_first: Duration::from_millis(100),
    gap_min: Duration::from_millis(10),
    wait_max: Duration::from_secs(60),
};

/// What one user's 429 does to others.
struct Bench {
    limit: Limit<Script>,
    clock: RunClock,
    sent: Log,
}

impl Bench {
    fn new(script: impl FnOnce(Script) -> Script) -> Self {
        let clock = RunClock::virtual_time();
        let script = script(Script::new(&clock));
        let sent = script.log();
        let limit = Limit::new(script, Limiter::new(SETTINGS), clock.clone());
        Self { limit, clock, sent }
    }

    async fn send(&self, options: CallOptions) -> Result<Response, NetError> {
        self.limit.exchange(request(options)).await
    }
}

fn by_second(second: u64) -> CallOptions {
    CallOptions::default().by(RunOffset::new(Duration::from_secs(second)))
}

#[tokio::test(start_paused = true)]
async fn a_429_holds_every_user_and_lets_them_back_one_by_one() {
    let bench = Bench::new(|script| script.limited(5).answer(200));
    bench.send(by_second(100)).await.unwrap();
    assert_eq!(bench.limit.limiter.holds(bench.clock.now()).len(), 1);
    let users = (0..200).map(|_| bench.send(by_second(100)));
    assert!(join_all(users).await.iter().all(|answer| answer.as_ref().unwrap().status() == 200));
    let mut times = bench.sent.times().split_off(1);
    times.sort();
    assert_eq!(times.len(), 200);
    assert!(times[0] >= Duration::from_secs(5), "{:?}", times[0]);
    let gaps: Vec<_> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    // The runtime's timer rounds to a millisecond.
    assert!(gaps[0] >= Duration::from_millis(99), "{:?}", gaps[0]);
    assert!(gaps.iter().all(|gap| *gap >= Duration::from_millis(9)), "{gaps:?}");
    assert_eq!(bench.limit.waited(), 200);
    assert!(bench.limit.limiter.holds(bench.clock.now()).is_empty());
}

#[tokio::test(start_paused = true)]
async fn full_speed_returns_when_nobody_waits_any_more() {
    let bench = Bench::new(|script| script.limited(1).answer(200));
    bench.send(by_second(100)).await.unwrap();
    bench.clock.sleep(Duration::from_secs(5)).await;
    bench.send(by_second(100)).await.unwrap();
    assert!(bench.limit.limiter.is_idle());
    assert_eq!(bench.limit.waited(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_user_who_cannot_wait_learns_it_at_once() {
    let bench = Bench::new(|script| script.limited(20).answer(200));
    bench.send(by_second(100)).await.unwrap();
    assert_eq!(
        bench.send(by_second(20)).await.unwrap_err(),
        NetError::RateLimited { retry_in: Duration::from_secs(20) }
    );
    assert_eq!(bench.clock.now(), RunOffset::ZERO);
    assert_eq!((bench.sent.count(), bench.limit.refused()), (1, 1));
    assert!(bench.send(by_second(21)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn without_a_deadline_the_wait_is_bounded() {
    let bench = Bench::new(|script| script.limited(61).answer(200));
    bench.send(CallOptions::default()).await.unwrap();
    let error = bench.send(CallOptions::default()).await.unwrap_err();
    assert_eq!(error, NetError::RateLimited { retry_in: Duration::from_secs(61) });
}

#[tokio::test(start_paused = true)]
async fn an_endless_hold_is_no_overflow() {
    let bench = Bench::new(|script| script.limited(u64::MAX));
    bench.send(CallOptions::default()).await.unwrap();
    let error = bench.send(by_second(1_000)).await.unwrap_err();
    assert!(matches!(error, NetError::RateLimited { .. }), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_second_429_sends_everyone_back_in_line() {
    let bench = Bench::new(|script| script.limited(5).limited(10).answer(200));
    bench.send(by_second(100)).await.unwrap();
    let users = (0..20).map(|_| bench.send(by_second(100)));
    let statuses: Vec<_> =
        join_all(users).await.into_iter().map(|answer| answer.unwrap().status().as_u16()).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 1);
    let times = bench.sent.times();
    // The first back meets the second 429 at 5 s; nobody else before 15 s.
    assert_eq!(times.iter().filter(|at| **at < Duration::from_secs(15)).count(), 2);
}

#[tokio::test(start_paused = true)]
async fn scopes_are_held_apart() {
    let bench = Bench::new(|script| script.limited(30).answer(200));
    bench.send(by_second(100).limit_scope("operations")).await.unwrap();
    bench.send(by_second(100).limit_scope("identity")).await.unwrap();
    assert_eq!(bench.clock.now(), RunOffset::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_429_that_does_not_say_how_long_holds_for_the_default() {
    let bench = Bench::new(|script| script.answer(429).answer(200));
    bench.send(by_second(100)).await.unwrap();
    bench.send(by_second(100)).await.unwrap();
    assert_eq!(bench.sent.times()[1], SETTINGS.hold_default);
}

#[tokio::test(start_paused = true)]
async fn a_503_holds_only_when_it_says_how_long() {
    let bench = Bench::new(|script| script.answer(503).answer(200));
    bench.send(by_second(100)).await.unwrap();
    assert!(bench.limit.limiter.is_idle());
}

#[test]
fn hosts_that_nobody_asks_again_are_forgotten() {
    let limiter = Limiter::new(SETTINGS);
    for second in 0..1_000 {
        let now = RunOffset::new(Duration::from_secs(second));
        limiter.hold((format!("host-{second}"), ""), now, Duration::from_secs(1));
    }
    assert!(limiter.ramps().by_scope.len() < 5);
}

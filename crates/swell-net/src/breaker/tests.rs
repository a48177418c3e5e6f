use super::*;
use crate::CallOptions;
use crate::testing::{Script, request};
use swell_core::time::RunOffset;

const SETTINGS: BreakerSettings = BreakerSettings {
    failures_max: 3,
    cool_down_first: Duration::from_secs(1),
    cool_down_max: Duration::from_secs(3),
};

/// What happens to a circuit, one letter each: `f`ails, `a`live, `u`nknown (an attempt that ends
/// so at once), `r` is refused, `.` half a second passes.
fn state_after(events: &str) -> BreakerState {
    let mut circuit = Circuit::new(SETTINGS);
    let mut now = RunOffset::ZERO;
    for event in events.chars() {
        match event {
            '.' => now = now + Duration::from_millis(500),
            'r' => assert!(circuit.admit(now).is_err(), "{events}"),
            _ => {
                let permit = circuit.admit(now).expect(events);
                let health = match event {
                    'f' => Health::Failing,
                    'a' => Health::Alive,
                    _ => Health::Unknown,
                };
                circuit.on_end(permit, health, now);
            }
        }
    }
    circuit.state()
}

fn open_until_ms(until_ms: u64) -> BreakerState {
    BreakerState::Open { until: RunOffset::new(Duration::from_millis(until_ms)) }
}

#[test]
fn every_transition_is_as_in_the_table() {
    for (events, state) in [
        ("", BreakerState::Closed),
        ("ff", BreakerState::Closed),
        ("ffaff", BreakerState::Closed),
        ("ffuf", open_until_ms(1_000)),
        ("fff", open_until_ms(1_000)),
        ("fff.r", open_until_ms(1_000)),
        ("fff..a", BreakerState::Closed),
        // The probe's failure doubles the cool-down, up to the maximum.
        ("fff..f", open_until_ms(3_000)),
        ("fff..f...r.f", open_until_ms(6_000)),
        ("fff..f....f......f", open_until_ms(9_000)),
        // A probe whose caller left is followed by another at once.
        ("fff..u", open_until_ms(1_000)),
        ("fff..ua", BreakerState::Closed),
        // After a recovery everything begins anew.
        ("fff..f....aff", BreakerState::Closed),
        ("fff..f....afff", open_until_ms(4_000)),
    ] {
        assert_eq!(state_after(events), state, "{events}");
    }
}

#[test]
fn only_one_probe_goes_at_a_time() {
    let mut circuit = Circuit::new(BreakerSettings { failures_max: 1, ..SETTINGS });
    let permit = circuit.admit(RunOffset::ZERO).unwrap();
    circuit.on_end(permit, Health::Failing, RunOffset::ZERO);
    let later = RunOffset::from_secs_f64(2.0);
    let probe = circuit.admit(later).unwrap();
    assert_eq!(circuit.state(), BreakerState::HalfOpen);
    assert_eq!(circuit.admit(later), Err(SETTINGS.cool_down_first));
    circuit.on_end(probe, Health::Alive, later);
    assert!(circuit.admit(later).is_ok());
    assert_eq!(circuit.stats().refused, 1);
}

#[test]
fn attempts_from_before_a_change_say_nothing() {
    let mut circuit = Circuit::new(SETTINGS);
    let now = RunOffset::ZERO;
    let old: Vec<_> = (0..5).map(|_| circuit.admit(now).unwrap()).collect();
    for permit in old {
        circuit.on_end(permit, Health::Failing, now);
    }
    assert_eq!(circuit.stats().opened, 1);
    assert_eq!(circuit.state(), open_until_ms(1_000));
}

#[test]
fn results_are_judged_by_what_the_target_did() {
    let answer = |status: u16| {
        Ok(http::Response::builder().status(status).body(bytes::Bytes::new()).unwrap())
    };
    for (result, expected) in [
        (answer(200), Health::Alive),
        (answer(429), Health::Alive),
        (answer(404), Health::Alive),
        (answer(500), Health::Failing),
        (Err(NetError::Connect("x".into())), Health::Failing),
        (Err(NetError::Lost("x".into())), Health::Failing),
        (Err(NetError::Timeout(Duration::from_secs(1))), Health::Failing),
        (Err(NetError::Timeout(Duration::ZERO)), Health::Unknown),
        (Err(NetError::TooLarge { limit: 1 }), Health::Alive),
        (Err(NetError::Invalid("x".into())), Health::Unknown),
    ] {
        assert_eq!(health(&result), expected, "{result:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_target_is_left_alone_until_a_probe_succeeds() {
    let clock = RunClock::virtual_time();
    let refused = || NetError::Connect("refused".into());
    let script = Script::new(&clock).fail(refused()).fail(refused()).fail(refused()).answer(200);
    let sent = script.log();
    let breaker = Breaker::new(script, SETTINGS, clock.clone(), "rpc");
    let send = || breaker.exchange(request(CallOptions::default()));
    for _ in 0..3 {
        assert_eq!(send().await.unwrap_err(), refused());
    }
    let retry_in = SETTINGS.cool_down_first;
    assert_eq!(send().await.unwrap_err(), NetError::Unavailable { retry_in });
    assert_eq!(sent.count(), 3);
    clock.sleep(retry_in).await;
    assert_eq!(send().await.unwrap().status(), 200);
    assert_eq!(
        breaker.stats(),
        BreakerStats { state: BreakerState::Closed, opened: 1, refused: 1 }
    );
}

#[tokio::test(start_paused = true)]
async fn a_probe_given_up_does_not_lock_the_breaker() {
    let clock = RunClock::virtual_time();
    let script = Script::new(&clock)
        .fail(NetError::Lost("x".into()))
        .answer_after(Duration::from_secs(60), 200)
        .answer(200);
    let settings = BreakerSettings { failures_max: 1, ..SETTINGS };
    let breaker = Breaker::new(script, settings, clock.clone(), "rpc");
    let send = || breaker.exchange(request(CallOptions::default()));
    send().await.unwrap_err();
    clock.sleep(settings.cool_down_first).await;
    assert!(tokio::time::timeout(Duration::from_secs(1), send()).await.is_err());
    assert_eq!(send().await.unwrap().status(), 200);
}

use std::collections::BTreeSet;

use super::*;
use crate::trace::{SpanId, TraceId};

/// What a reader of an event file is told.
const GUIDE: &str = include_str!("../../../../docs/events.md");

fn at(seconds: f64) -> RunOffset {
    RunOffset::from_secs_f64(seconds)
}

fn span(id: u8) -> Option<TraceContext> {
    Some(TraceContext { trace_id: TraceId([0xab; 16]), span_id: SpanId([id; 8]) })
}

fn began() -> RunBegan {
    let run = RunIdentity {
        id: "tvdyh8jy6rvmvxc2".into(),
        seed: 7,
        version: "0.1.0".into(),
        journey: "data-portability".into(),
        target: "sandbox".into(),
        chain_id: 14_800,
        virtual_time: false,
        places: 200,
    };
    RunBegan { at: at(0.01), run, steps: vec!["wallet", "encrypt"], planned: 60.0 }
}

fn step(failed: Option<FailureClass>, span: Option<TraceContext>) -> RunEvent {
    let times = (at(5.1), at(4.2), at(4.25));
    RunEvent::StepEnded(StepEnded {
        at: times.0,
        seq: 3,
        step: "upload",
        due: times.1,
        sent: times.2,
        failed,
        span,
    })
}

fn user(failed: Option<UserFailure>, span: Option<TraceContext>) -> RunEvent {
    let wallet = Some("0xD54523048AdD05b4d734aFaE7C68324Ebb7373eF".into());
    let (due, sent) = (at(2.5), at(2.500_2));
    RunEvent::UserEnded(Box::new(UserEnded {
        at: at(6.0),
        seq: 3,
        due,
        sent,
        wallet,
        failed,
        span,
    }))
}

fn refused() -> UserFailure {
    let detail = FailureDetail { status: Some(503), ..FailureDetail::words("no capacity") };
    UserFailure { class: FailureClass::ServerError, step: "upload", detail }
}

fn money() -> [RunEvent; 3] {
    let (wallet, asked) = (12, at(0.2));
    let wei = |milli: u128| Wei::new(milli * 1_000_000_000_000_000);
    [
        RunEvent::WalletFunded { at: at(2.2), wallet, asked, balance_wei: wei(3) },
        RunEvent::FundingFailed { at: at(2.2), wallet: 13, asked, in_doubt: true },
        RunEvent::WalletSwept { at: at(9.0), wallet, returned_wei: wei(1) },
    ]
}

fn block() -> RunEvent {
    let (gas_used, gas_limit) = (Gas(1_234_567), Gas(30_000_000));
    let base_fee_wei = Some(WeiPerGas(1_000_000_000));
    RunEvent::Block { at: at(3.0), number: 17, gas_used, gas_limit, base_fee_wei }
}

fn ended() -> RunEvent {
    RunEvent::RunEnded(RunEnded {
        at: at(64.2),
        ended: Ended::Completed,
        verdict: VerdictOutcome::Passed,
        due: 60,
        started: 58,
        shed: 1,
        abandoned: 1,
        succeeded: 57,
        failed: 1,
    })
}

/// One of each kind, and of each shape.
fn examples() -> Vec<RunEvent> {
    let mut all = vec![
        RunEvent::RunBegan(Box::new(began())),
        RunEvent::Phase { at: at(2.4), phase: Phase::Load },
        RunEvent::UserStarted { at: at(2.500_2), seq: 3, due: at(2.5), waited: false },
        step(None, None),
        step(Some(FailureClass::ServerError), span(2)),
        user(None, span(1)),
        user(Some(refused()), None),
        RunEvent::Shed { at: at(7.0), seq: 40, due: at(7.0), reason: "no-place" },
        RunEvent::Abandoned { at: at(8.0), count: 1 },
        block(),
        RunEvent::Annotation {
            at: at(8.0),
            kind: AnnotationKind::Command,
            text: "drain by a signal".into(),
        },
        ended(),
    ];
    all.extend(money());
    all
}

#[test]
fn the_guide_shows_every_event_as_it_is_written() {
    let mut kinds = BTreeSet::new();
    for event in examples() {
        let line = serde_json::to_string(&event).unwrap();
        assert!(GUIDE.contains(&line), "docs/events.md does not show\n{line}");
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        kinds.insert(value["event"].as_str().unwrap().to_owned());
    }
    let told = GUIDE.lines().filter_map(|line| line.strip_prefix("## `")?.strip_suffix('`'));
    let told: BTreeSet<String> = told.map(str::to_owned).collect();
    kinds.insert("file".to_owned());
    assert_eq!(told, kinds, "one section a kind");
}

#[test]
fn instants_are_to_the_microsecond() {
    let event = RunEvent::Abandoned {
        at: RunOffset::new(std::time::Duration::from_nanos(1_234_567_891)),
        count: 1,
    };
    assert_eq!(
        serde_json::to_string(&event).unwrap(),
        r#"{"event":"abandoned","at_s":1.234567,"count":1}"#
    );
}

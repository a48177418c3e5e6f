use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::plan::{ArrivalKind, Limits, LoadPlan, Spike};
use crate::report::Ceiling;
use crate::submit::SubmitMode;
use crate::time::RunOffset;
use crate::units::{Gas, Rate, Wei, WeiPerGas};

fn load(users: u64, rate: f64, seconds: u64) -> LoadPlan {
    LoadPlan {
        users: NonZeroU64::new(users).unwrap(),
        rate: Rate::new(rate).unwrap(),
        duration: Duration::from_secs(seconds),
        arrivals: ArrivalKind::Poisson,
        ramp_up: Duration::ZERO,
        ramp_down: Duration::ZERO,
        spikes: Vec::new(),
    }
}

fn limits(places: u32, pool: u32) -> Limits {
    Limits {
        in_flight_max: NonZeroU32::new(places).unwrap(),
        pool_max: NonZeroU32::new(pool).unwrap(),
        funding_workers: NonZeroU32::new(5).unwrap(),
        ..Limits::default()
    }
}

/// The full-scale defaults on a target like one of the sandbox's profiles.
fn full_scale(profile: &str, journey_s: f64, block_s: f64, block_gas: u64) -> CeilingInputs {
    CeilingInputs {
        journey_s: Some(journey_s),
        journey_source: format!("the profile `{profile}`"),
        chain_source: format!("the profile `{profile}`"),
        server_source: format!("the profile `{profile}`"),
        block_s: Some(block_s),
        block_gas: Some(Gas(block_gas)),
        gas_per_journey: Some(Gas(2_258_000)),
        lane_window: Some(16),
        ..CeilingInputs::new(&load(1000, 3.0, 600), &limits(50, 100))
    }
}

fn find<'a>(rows: &'a [Ceiling], what: &str) -> &'a Ceiling {
    rows.iter().find(|row| row.what == what).unwrap()
}

#[test]
fn full_scale_needs_ninety_places_on_moksha_and_staging() {
    for (profile, block_gas) in [("moksha", 30_000_000), ("staging", 120_000_000)] {
        let rows = ceilings(&full_scale(profile, 30.0, 6.0, block_gas));
        let places = find(&rows, what::PLACES);
        assert_eq!((places.asked, places.allows, places.fits), (90.0, 50.0, false));
        assert_eq!(
            places.because,
            format!(
                "Little's law: 3/s × 30 s a journey (the profile `{profile}`) = 90 places on average"
            )
        );
        assert_eq!(
            places.advice.as_deref(),
            Some("--concurrency 119 (90 on average and 3 standard deviations), or --rate 1.66")
        );
    }
}

#[test]
fn full_scale_fits_on_fast_in_every_row() {
    let rows = ceilings(&full_scale("fast", 4.0, 1.0, 120_000_000));
    let places = find(&rows, what::PLACES);
    assert_eq!((places.asked, places.fits), (12.0, true));
    for row in &rows {
        assert!(row.fits && row.advice.is_none(), "{row:?}");
    }
    assert_eq!(rows.len(), 7);
}

#[test]
fn moksha_takes_2_2_users_a_second_for_a_moment_and_1_1_for_good() {
    let rows = ceilings(&full_scale("moksha", 30.0, 6.0, 30_000_000));
    let burst = find(&rows, what::BLOCK_GAS_BURST);
    assert!(burst.because.contains("= 2.2 users/s, for a moment"), "{}", burst.because);
    assert!(!burst.fits && burst.because.contains("2.30M gas a user"), "{}", burst.because);
    let sustained = find(&rows, what::BLOCK_GAS_SUSTAINED);
    assert!(sustained.because.contains("= 1.1 users/s, for good"), "{}", sustained.because);
    assert_eq!(sustained.advice.as_deref(), Some("--rate 1.08, or blocks with more gas"));

    let staging = ceilings(&full_scale("staging", 30.0, 6.0, 120_000_000));
    assert!(find(&staging, what::BLOCK_GAS_BURST).fits);
    assert!(find(&staging, what::BLOCK_GAS_SUSTAINED).fits);
}

#[test]
fn a_base_fee_that_outgrows_its_cap_is_foretold() {
    let inputs = CeilingInputs {
        base_fee: Some(WeiPerGas(100)),
        fee_cap: Some(WeiPerGas(400)),
        ..full_scale("moksha", 30.0, 6.0, 30_000_000)
    };
    let rows = ceilings(&inputs);
    // ln 4 ÷ ln 1.125 is 11.8: twelve full blocks.
    let sustained = find(&rows, what::BLOCK_GAS_SUSTAINED);
    assert!(sustained.because.ends_with("passes the fee cap after 72 s"), "{}", sustained.because);
}

#[test]
fn the_servers_published_limits_are_told_apart() {
    let inputs = CeilingInputs {
        operations_per_hour: Some(100),
        identities_per_minute: Some(120),
        uploads_per_s: Some(10.0),
        ..full_scale("moksha", 30.0, 6.0, 30_000_000)
    };
    let rows = ceilings(&inputs);
    let operations = find(&rows, what::OPERATIONS);
    assert!((operations.asked - 1000.0).abs() < 1e-6 && !operations.fits);
    assert_eq!(
        operations.advice.as_deref(),
        Some("--users 100, or a server that allows 1000 an hour")
    );
    let identities = find(&rows, what::IDENTITIES);
    assert_eq!((identities.asked, identities.fits), (180.0, false));
    assert_eq!(
        identities.advice.as_deref(),
        Some("--rate 2, or a server that allows 180 a minute")
    );
    assert!(find(&rows, what::STORAGE).fits, "3/s × 2 objects of 10/s");
}

#[test]
fn grantees_outgrows_the_call_gas_cap_at_thirteen_thousand_permissions() {
    let with = |permissions| CeilingInputs {
        grantee: Some(Grantee { permissions, call_gas_cap: Gas(30_000_000) }),
        ..full_scale("moksha", 30.0, 6.0, 30_000_000)
    };
    let rows = ceilings(&with(0));
    assert_eq!(
        (find(&rows, what::GRANTEES).allows, find(&rows, what::GRANTEES).fits),
        (13_043.0, true)
    );
    let rows = ceilings(&with(12_500));
    assert_eq!(
        find(&rows, what::GRANTEES).advice.as_deref(),
        Some("--users 543, or a new grantee")
    );
    let rows = ceilings(&with(20_000));
    assert_eq!(find(&rows, what::GRANTEES).advice.as_deref(), Some("a new grantee"));
}

#[test]
fn the_check_says_which_bound_ends_the_arrivals() {
    let row = |load: &LoadPlan| ceilings(&CeilingInputs::new(load, &limits(50, 100))).remove(0);
    let by_users = row(&load(1000, 3.0, 600));
    assert!(by_users.fits && by_users.because.starts_with("--users ends"), "{by_users:?}");
    assert!(by_users.because.contains("after 333 s of the 600 s"), "{}", by_users.because);
    assert!((by_users.allows - 1800.0).abs() < 1e-6);
    let by_duration = row(&load(1000, 3.0, 300));
    assert!(by_duration.because.contains("within 300 s 900 users"), "{}", by_duration.because);
    assert_eq!(by_duration.advice.as_deref(), Some("--duration 334s, for all users to arrive"));
}

#[test]
fn the_check_says_how_long_sustained_throughput_is_measured() {
    let rows = ceilings(&full_scale("fast", 4.0, 1.0, 120_000_000));
    let because = &rows[0].because;
    assert!(
        because.ends_with(
            "; sustained throughput is measured over about 329 s; 10 minutes would take --users 1812 \
             and --duration 604s or more"
        ),
        "{because}"
    );
}

#[test]
fn a_short_spike_asks_for_fewer_places_than_a_long_one() {
    let asked = |seconds| {
        let spike = Spike {
            rate: Rate::new(10.0).unwrap(),
            start: RunOffset::from_secs_f64(60.0),
            length: Duration::from_secs(seconds),
        };
        let load = LoadPlan { spikes: vec![spike], ..load(1000, 3.0, 600) };
        let inputs =
            CeilingInputs { journey_s: Some(4.0), ..CeilingInputs::new(&load, &limits(50, 100)) };
        find(&ceilings(&inputs), what::PLACES_IN_SPIKE).asked
    };
    assert_eq!(asked(60), 40.0);
    assert_eq!(asked(1), 19.0);
}

#[test]
fn a_burst_asks_for_as_many_places_as_users() {
    let burst = LoadPlan { arrivals: ArrivalKind::Burst, ..load(80, 3.0, 600) };
    let inputs = CeilingInputs {
        journey_s: Some(4.0),
        block_s: Some(1.0),
        ..CeilingInputs::new(&burst, &limits(50, 100))
    };
    let rows = ceilings(&inputs);
    assert_eq!(find(&rows, what::PLACES).asked, 80.0);
    assert_eq!(find(&rows, what::PLACES).advice.as_deref(), Some("--concurrency 80"));
    assert!(find(&rows, what::END_OF_ARRIVALS).fits);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_the_advice_for_places_names_would_fit(
        rate in 0.1_f64..100.0, journey_s in 0.1_f64..300.0, places in 1_u32..2_000,
    ) {
        let inputs = |places| CeilingInputs {
            journey_s: Some(journey_s),
            ..CeilingInputs::new(&load(1_000_000, rate, 600), &limits(places, 100))
        };
        let rows = ceilings(&inputs(places));
        let row = find(&rows, what::PLACES);
        prop_assert_eq!(row.fits, row.advice.is_none());
        let enough = u32::try_from(places_for(rate, journey_s)).unwrap();
        prop_assert!(find(&ceilings(&inputs(enough)), what::PLACES).fits);
    }

    #[test]
    fn sustained_gas_is_half_of_burst_gas(block_gas in 1_000_000_u64..1_000_000_000, block_s in 0.5_f64..15.0) {
        let rows = ceilings(&full_scale("any", 30.0, block_s, block_gas));
        let (burst, sustained) =
            (find(&rows, what::BLOCK_GAS_BURST), find(&rows, what::BLOCK_GAS_SUSTAINED));
        prop_assert!((burst.allows - 2.0 * sustained.allows).abs() < 1e-9 * burst.allows);
    }
}

#[test]
fn a_relayed_run_has_no_funding_rows_and_lanes_and_balance_instead() {
    let mut inputs = full_scale("fast", 4.0, 1.0, 120_000_000);
    inputs.submit = SubmitMode::Relayed;
    inputs.gas_per_wallet = Gas(0);
    inputs.purse = Some(Purse { balance: Wei::new(9_000), per_user: Wei::new(10) });
    let rows = ceilings(&inputs);
    let find = |name: &str| rows.iter().find(|row| row.what == name);
    for name in [what::POOL, what::FUNDING, what::FUNDING_GAS] {
        assert_eq!(find(name), None);
    }
    assert!(find(what::RELAYING).unwrap().fits);
    let balance = find(what::RELAYER).unwrap();
    assert!(!balance.fits && (balance.allows - 900.0).abs() < 1e-9, "{balance:?}");
    let advice = balance.advice.as_deref().unwrap();
    assert_eq!(advice, "1000 wei more for the relayer, or --users 900");
    let gas = find(what::BLOCK_GAS_SUSTAINED).unwrap();
    assert!(!gas.because.contains("wallet"), "{}", gas.because);
    inputs.submit = SubmitMode::Endpoint;
    inputs.purse = None;
    let rows = ceilings(&inputs);
    assert!(!rows.iter().any(|row| row.what == what::RELAYING || row.what == what::RELAYER));
}

#[test]
fn sentences_have_no_more_digits_than_people_read() {
    let load = load(200, 200.0 / 180.0, 600);
    let inputs = CeilingInputs::new(&load, &limits(40, 100));
    let inputs = CeilingInputs {
        journey_s: Some(100.0 / 3.0),
        journey_source: "a guess".into(),
        block_s: Some(20.0 / 3.0),
        block_gas: Some(Gas(30_000_000)),
        gas_per_journey: Some(Gas(1_000_000)),
        chain_source: "a guess".into(),
        server_source: "a guess".into(),
        uploads_per_s: Some(100.0 / 7.0),
        lane_window: Some(4),
        ..inputs
    };
    let rows = ceilings(&inputs);
    let words: String = rows.iter().map(|row| row.because.clone() + "\n").collect();
    assert!(rows.len() > 6 && words.contains("1.111/s × 33.333 s a journey"), "{words}");
    let long = words.split(|c: char| !c.is_ascii_digit() && c != '.').find(|number| {
        number.split_once('.').is_some_and(|(_, behind)| behind.trim_end_matches('.').len() > 3)
    });
    assert_eq!(long, None, "{words}");
}

//! The statements as they are read.

use swell_core::seed::Seed;

use super::*;

fn held(accounts: u64, amount: u128) -> Held {
    Held { accounts, amount: Wei::new(amount) }
}

fn statement() -> SweepStatement {
    SweepStatement {
        wallets: 2_000,
        lanes: 5,
        found: held(4, 5_000_000_000_000_000),
        swept: held(3, 4_900_000_000_000_000),
        fees: Wei::new(90_000_000_000_000),
        dust: held(1, 10_000_000_000_000),
        stuck: Held::default(),
        start: Wei::new(1_000_000_000_000_000_000),
        end: Wei::new(1_004_900_000_000_000_000),
    }
}

fn note() -> SweptNote {
    SweptNote::after(None, "04hmasw9nf6yy044".into(), 0, &statement())
}

fn report() -> MoneyGlance {
    MoneyGlance {
        sent_wei: Wei::new(90_000_000_000_000_000),
        spent_wei: Wei::new(20_000_000_000_000_000),
        value_wei: Wei::ZERO,
        swept_wei: Wei::new(65_000_000_000_000_000),
        left_wei: Wei::new(3_000_000_000_000_000),
        in_doubt_wei: Wei::new(2_000_000_000_000_000),
        unexplained_wei: "0".into(),
    }
}

#[test]
fn a_sweep_as_text() {
    let id = RunId::from_seed(Seed(7));
    insta::assert_snapshot!(statement_text(&id, &statement()) + &by_report(&report(), &note()));
}

#[test]
fn a_sweep_of_a_run_without_a_report_as_text() {
    let start = Some(Wei::new(1_100_000_000_000_000_000));
    insta::assert_snapshot!(by_chain(start, &note(), &statement()));
}

#[test]
fn a_survey_as_text() {
    insta::assert_snapshot!(survey_text(&SweepSurvey {
        wallets: 2_000,
        lanes: 5,
        worth: held(3, 4_990_000_000_000_000),
        fees: Wei::new(90_000_000_000_000),
        dust: held(1, 10_000_000_000_000),
    }));
}

#[test]
fn a_wei_that_the_report_knew_of_and_no_sweep_found_is_told() {
    let more = MoneyGlance { in_doubt_wei: Wei::new(2_000_000_000_000_001), ..report() };
    assert!(by_report(&more, &note()).contains("Unexplained  1 wei: "));
}

#[test]
fn the_worst_run_decides_the_exit_of_all() {
    let mut total = Total::default();
    let amount = Wei::new(7);
    for exit in [Exit::Passed, Exit::Failed] {
        total.add(&Swept { exit, found: amount, returned: amount, fees: Wei::ZERO });
    }
    assert_eq!(total.exit(), Exit::Failed);
    total.fail(Exit::Check);
    assert_eq!(total.exit(), Exit::Check);
    total.fail(Exit::Usage);
    assert_eq!(total.exit(), Exit::Check);
    let text = total.text(false);
    assert!(text.starts_with("Total     2 runs swept, 2 could not be,"), "{text}");
    assert!(text.contains("14 wei found, 14 wei returned, nothing for fees"), "{text}");
}

//! Layers, problems and printing, each as a user meets them.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::time::Duration;

use swell_core::journey::{JourneySpec, StepSpec};
use swell_core::plan::ArrivalKind;

use super::choice::{LogLevel, Profile, S2kMode, UiMode};
use super::print::print_config;
use super::raw::option_layer;
use super::setting::SETTINGS;
use super::{Origin, Preset, Settings, Sources, TargetChoice};
use crate::init::TARGET_TEXT;

/// A journey for tests.
pub(crate) const JOURNEY: JourneySpec =
    JourneySpec { name: "test", steps: &[StepSpec { name: "wallet" }, StepSpec { name: "poll" }] };

/// What a user gives; the seed drawn is always 7.
#[derive(Default)]
struct Given<'a> {
    options: &'a [(&'static str, &'a str)],
    variables: &'a [(&'a str, &'a str)],
    file: Option<&'a str>,
    target: Option<&'a str>,
}

impl Given<'_> {
    fn resolve(&self) -> Result<Settings, String> {
        let mut options: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
        for (name, text) in self.options {
            options.entry(name).or_default().push((*text).to_owned());
        }
        let read = |path: &Path| {
            let text = match path.to_str() {
                Some("run.toml") => self.file,
                Some("target.toml") => self.target,
                _ => None,
            };
            text.map(str::to_owned).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
        };
        let variables =
            self.variables.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect();
        let settings = Settings::resolve(Sources {
            options: option_layer(&options),
            variables: &variables,
            run_file: self.file.map(|_| Path::new("run.toml")),
            read: &read,
            random_seed: 7,
            journeys: &|_| JOURNEY,
        });
        settings.map_err(|problems| problems.to_string())
    }

    fn settings(&self) -> Settings {
        self.resolve().unwrap()
    }

    fn problems(&self) -> String {
        self.resolve().unwrap_err()
    }
}

fn option_problems(options: &[(&'static str, &str)]) -> String {
    Given { options, ..Given::default() }.problems()
}

fn file_problems(text: &str) -> String {
    Given { file: Some(text), ..Given::default() }.problems()
}

fn target_problems(text: &str) -> String {
    Given { options: &[("target", "target.toml")], target: Some(text), ..Given::default() }
        .problems()
}

// === defaults ===

#[test]
fn the_defaults_are_the_full_scale_run() {
    let settings = Given::default().settings();
    let load = &settings.plan.load;
    assert_eq!((load.users.get(), load.rate.per_second()), (1000, 3.0));
    assert_eq!(load.duration, Duration::from_secs(600));
    assert_eq!((load.ramp_up, load.ramp_down), (Duration::ZERO, Duration::ZERO));
    assert_eq!(load.arrivals, ArrivalKind::Poisson);
    assert!(load.spikes.is_empty());
    let limits = &settings.plan.limits;
    let numbers = [limits.in_flight_max, limits.pool_max, limits.funding_workers];
    assert_eq!(numbers.map(std::num::NonZeroU32::get), [50, 100, 5]);
    assert_eq!(limits.backlog_max, 10_000);
    assert_eq!(limits.journey_timeout, Duration::from_secs(180));
    assert_eq!(limits.drain_timeout, limits.journey_timeout);
    assert_eq!(settings.target, TargetChoice::Sandbox { profile: Profile::Fast });
    assert_eq!(settings.poll_interval, Duration::from_millis(500));
    assert_eq!(
        (settings.s2k, settings.ui, settings.log),
        (S2kMode::Faithful, UiMode::Auto, LogLevel::Info)
    );
    assert_eq!(settings.plan.seed.0, 7);
    assert!(!settings.virtual_time && !settings.yes);
}

#[test]
fn defaults_that_depend_on_others_follow_them() {
    let options = [("journey-timeout", "60s"), ("profile", "moksha"), ("virtual", "true")];
    let settings = Given { options: &options, ..Given::default() }.settings();
    assert_eq!(settings.plan.limits.drain_timeout, Duration::from_secs(60));
    assert_eq!(settings.poll_interval, Duration::from_secs(5));
    assert_eq!(settings.s2k, S2kMode::Fast);
    let options = [("virtual", "true"), ("s2k", "faithful")];
    let settings = Given { options: &options, ..Given::default() }.settings();
    assert_eq!(settings.s2k, S2kMode::Faithful);
}

#[test]
fn default_thresholds_hold_unless_refused() {
    let exprs = |options: &[(&'static str, &str)]| {
        let settings = Given { options, ..Given::default() }.settings();
        settings.plan.thresholds.into_iter().map(|threshold| threshold.expr).collect::<Vec<_>>()
    };
    let mine = ("threshold", "success >= 99%");
    let plain = exprs(&[]).len();
    assert!(plain > 3);
    assert_eq!(exprs(&[mine]).len(), plain + 1);
    assert_eq!(exprs(&[mine, ("no-default-thresholds", "true")]), ["success >= 99%"]);
    assert!(exprs(&[("preset", "full")]).len() > plain);
    assert!(exprs(&[("preset", "full")]).contains(&"cpu < 5%".to_owned()));
}

// === layers ===

#[test]
fn options_beat_variables_beat_the_file_beats_the_preset_beats_the_defaults() {
    let mut given = Given {
        options: &[("users", "1")],
        variables: &[("SWELL_USERS", "2")],
        file: Some("# a run\nusers = 3\npreset = \"small\""),
        target: None,
    };
    let found = |given: &Given<'_>| {
        let settings = given.settings();
        (settings.plan.load.users.get(), settings.origin("users").unwrap().to_string())
    };
    assert_eq!(found(&given), (1, "option".into()));
    given.options = &[];
    assert_eq!(found(&given), (2, "variable SWELL_USERS".into()));
    given.variables = &[];
    assert_eq!(found(&given), (3, "file run.toml:2".into()));
    given.file = Some("preset = \"small\"");
    assert_eq!(found(&given), (100, "preset small".into()));
    given.file = None;
    assert_eq!(found(&given), (1000, "default".into()));
}

#[test]
fn presets_are_the_sizes_they_promise() {
    for (name, preset, users, rate, minutes) in [
        ("small", Preset::Small, 100, 1.0, 5),
        ("medium", Preset::Medium, 500, 2.0, 10),
        ("full", Preset::Full, 1000, 3.0, 15),
    ] {
        let settings =
            Given { variables: &[("SWELL_PRESET", name)], ..Given::default() }.settings();
        let load = &settings.plan.load;
        assert_eq!(settings.preset, Some(preset));
        assert_eq!((load.users.get(), load.rate.per_second()), (users, rate));
        assert_eq!(load.duration, Duration::from_secs(minutes * 60));
    }
}

#[test]
fn a_file_writes_values_as_it_likes() {
    let file = "users = 1_000\nrate = 3\nduration = 15\nramp-up = \"1m30s\"\nramp-down = 0.5\nvirtual = true\nspike = [\"10@2m+30s\", '0@5m+10s']\nthreshold = \"success >= 99%\"";
    let settings = Given { file: Some(file), ..Given::default() }.settings();
    let load = &settings.plan.load;
    assert_eq!((load.users.get(), load.rate.per_second()), (1000, 3.0));
    assert_eq!(load.duration, Duration::from_secs(900));
    assert_eq!(load.ramp_up, Duration::from_secs(90));
    assert_eq!(load.ramp_down, Duration::from_secs(30));
    assert_eq!(load.spikes.len(), 2);
    assert_eq!(load.spikes[0].rate.per_second(), 10.0);
    assert_eq!(load.spikes[0].start.since_start(), Duration::from_secs(120));
    assert_eq!(load.spikes[0].length, Duration::from_secs(30));
    assert!(settings.virtual_time);
    assert!(settings.plan.thresholds.iter().any(|threshold| threshold.expr == "success >= 99%"));
}

#[test]
fn a_list_in_a_variable_is_separated_by_semicolons() {
    let variables = [("SWELL_SPIKE", "10@2m+30s; 5@5m+10s")];
    let settings = Given { variables: &variables, ..Given::default() }.settings();
    assert_eq!(settings.plan.load.spikes.len(), 2);
}

#[test]
fn empty_variables_keys_and_other_programs_are_left_alone() {
    let variables =
        [("SWELL_USERS", ""), ("SWELL_RELAYER_KEY", "x"), ("SWELL_HOME", "/"), ("RATE", "-1")];
    let settings = Given { variables: &variables, ..Given::default() }.settings();
    assert_eq!(settings.origin("users"), Some(&Origin::Default(None)));
}

#[test]
fn a_target_file_brings_its_poll_interval() {
    let given = Given {
        options: &[("target", "target.toml")],
        target: Some(&TARGET_TEXT.replace("poll_interval_s = 5.0", "poll_interval_s = 2.5")),
        ..Given::default()
    };
    let settings = given.settings();
    assert_eq!(settings.poll_interval, Duration::from_millis(2500));
    assert!(matches!(settings.target, TargetChoice::File { .. }));
}

// === problems ===

#[test]
fn every_bad_option_is_named_with_what_was_found_and_expected() {
    insta::assert_snapshot!(option_problems(&[
        ("preset", "huge"),
        ("users", "0"),
        ("rate", "-3"),
        ("duration", "soon"),
        ("arrivals", "uniform"),
        ("ramp-up", "-1s"),
        ("spike", "10@2m"),
        ("spike", "10@2m+0s"),
        ("seed", "abc"),
        ("concurrency", "0"),
        ("when-full", "wait"),
        ("backlog", "-1"),
        ("pool-size", "1e3"),
        ("funding-workers", "0"),
        ("journey-timeout", "0s"),
        ("drain-timeout", "1d"),
        ("target", "https://me:pw@rpc.example/KEY"),
        ("profile", "slow"),
        ("s2k", ""),
        ("poll-interval", "0"),
        ("threshold", "p95(response)"),
        ("threshold", "p95(step.pole) < 20s"),
        ("out", ""),
        ("ui", "gui"),
        ("log", "loud"),
    ]));
}

#[test]
fn a_rate_is_a_finite_number_above_zero() {
    for rate in ["0", "-0.1", "NaN", "inf", "1e9", "", "3/s"] {
        let problems = option_problems(&[("rate", rate)]);
        assert!(problems.starts_with("error: --rate is "), "{rate}: {problems}");
        assert_eq!(problems.lines().count(), 1);
    }
}

#[test]
fn a_step_that_the_journey_lacks_is_refused() {
    let problems = option_problems(&[("threshold", "p95(step.pole) < 20s")]);
    assert!(problems.contains("`pole`") && problems.contains("poll"), "{problems}");
}

#[test]
fn every_bad_line_of_a_file_is_named() {
    insta::assert_snapshot!(file_problems(
        "users = \"1000\"\nrates = 3\npool_size = 10\nvirtual = \"yes\"\nduration = true\n\
         threshold = [1]\nui = 5\nrate = nan\nconcurrency = 2.5\nusers = 5\nxyzzy = 1\n[load]\nrate = 3\n"
    ));
}

#[test]
fn a_file_that_is_not_toml_is_told_with_its_line() {
    let problems = file_problems("users = 5\nrate = = 3\n");
    assert!(problems.starts_with("error: run.toml:2: the file is not valid TOML"), "{problems}");
}

#[test]
fn bad_variables_are_named_and_unknown_ones_not_quoted() {
    let variables = [
        ("SWELL_RATE", "fast"),
        ("SWELL_USER", "hunter2"),
        ("SWELL_XYZZY", "hunter2"),
        ("SWELL_YES", "y"),
    ];
    insta::assert_snapshot!(Given { variables: &variables, ..Given::default() }.problems());
}

#[test]
fn problems_of_all_layers_come_together() {
    let problems = Given {
        options: &[("users", "0")],
        variables: &[("SWELL_RATE", "x")],
        file: Some("ui = \"gui\""),
        target: None,
    }
    .problems();
    assert_eq!(problems.lines().count(), 3, "{problems}");
}

#[test]
fn settings_that_do_not_go_together_are_refused() {
    insta::assert_snapshot!(
        [
            option_problems(&[("ramp-up", "6m"), ("ramp-down", "5m")]),
            option_problems(&[("spike", "10@9m50s+20s")]),
            option_problems(&[("spike", "10@2m+30s"), ("spike", "5@2m29s+1s")]),
            option_problems(&[("arrivals", "burst"), ("ramp-up", "1m"), ("spike", "10@1m+1m")]),
            Given {
                options: &[("target", "target.toml"), ("profile", "fast"), ("virtual", "true")],
                target: Some(TARGET_TEXT),
                ..Given::default()
            }
            .problems(),
        ]
        .concat()
    );
}

#[test]
fn nothing_is_exported_from_virtual_time() {
    for (name, value) in [
        ("metrics", "127.0.0.1:0"),
        ("remote-write", "http://127.0.0.1:1/write"),
        ("otlp", "http://127.0.0.1:1"),
    ] {
        let problems = option_problems(&[("virtual", "true"), (name, value)]);
        assert_eq!(
            problems,
            format!(
                "error: --{name} exports to the world, whose time is not a virtual run's; \
                 expected one or the other.\n"
            )
        );
    }
}

#[test]
fn two_servers_need_an_address_each() {
    let same = option_problems(&[("web", "127.0.0.1:4700"), ("metrics", "4700")]);
    assert_eq!(
        same,
        "error: --web and --metrics are both 127.0.0.1:4700; expected an address each.\n"
    );
    let free = [("web", "127.0.0.1:0"), ("metrics", "127.0.0.1:0")];
    // Each takes a free port of its own.
    Given { options: &free, ..Given::default() }.resolve().unwrap();
}

#[test]
fn an_authorization_comes_from_a_variable_and_is_quoted_nowhere() {
    let given = |value| Given {
        options: &[("otlp", "http://127.0.0.1:1")],
        variables: value,
        ..Given::default()
    };
    let settings = given(&[("SWELL_OTLP_AUTHORIZATION", "Bearer hunter2")]).resolve().unwrap();
    assert!(settings.views.otlp_authorization.is_some());
    assert!(!format!("{settings:?}").contains("hunter2"));
    assert!(!crate::config::print::print_config(&settings).contains("hunter2"));
    let problems = given(&[("SWELL_OTLP_AUTHORIZATION", "hunter2\n")]).problems();
    assert_eq!(
        problems,
        "error: the variable SWELL_OTLP_AUTHORIZATION holds characters that no header can; expected a \
         line such as Bearer TOKEN.\n"
    );
}

#[test]
fn ramps_may_fill_the_duration_and_spikes_may_touch() {
    let options =
        [("ramp-up", "5m"), ("ramp-down", "5m"), ("spike", "9@1m+1m"), ("spike", "5@2m+8m")];
    assert!(Given { options: &options, ..Given::default() }.resolve().is_ok());
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let variables = BTreeMap::new();
    let read = |_: &Path| Err(io::Error::from(io::ErrorKind::NotFound));
    let sources = |run_file, options| Sources {
        options,
        variables: &variables,
        run_file,
        read: &read,
        random_seed: 1,
        journeys: &|_| JOURNEY,
    };
    let run_file = sources(Some(Path::new("no.toml")), option_layer(&BTreeMap::new()));
    let target = BTreeMap::from([("target", vec!["not.toml".to_owned()])]);
    let problems = [run_file, sources(None, option_layer(&target))]
        .map(|sources| Settings::resolve(sources).unwrap_err().to_string());
    assert_eq!(
        problems,
        [
            "error: the run file \"no.toml\" cannot be read: entity not found.\n",
            "error: the target file \"not.toml\" cannot be read: entity not found.\n"
        ]
    );
}

// === target files ===

#[test]
fn a_target_that_must_not_be_loaded_is_refused() {
    let with = |changes: &[(&str, &str)]| {
        let text = changes.iter().fold(TARGET_TEXT.to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replace(from, to)
        });
        target_problems(&text)
    };
    let key = "0x4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";
    insta::assert_snapshot!(
        [
            with(&[("id = 14800", "id = 1480"), ("\"real\"", "\"worthless\"")]),
            with(&[("\"real\"", "\"sandbox\"")]),
            with(&[("{ env = \"SWELL_RELAYER_KEY\" }", "\"published\"")]),
            with(&[("SWELL_RELAYER_KEY", key)]),
            with(&[("{ env = \"SWELL_RELAYER_KEY\" }", &format!("\"{key}\""))]),
            with(&[("{ env = \"SWELL_RELAYER_KEY\" }", "\"hunter2\"")]),
            with(&[("id = 14800", "id = \"hunter2\"")]),
            with(&[
                ("[\"https://rpc.moksha.vana.org\"]", "[]"),
                ("finality_blocks = 3", "finality_blocks = 11")
            ]),
            with(&[
                ("https://rpc.moksha", "ftp://me:pw@rpc.moksha"),
                ("http://127.0.0.1:4000/api/v1", "localhost")
            ]),
            with(&[("finality_blocks = 3", "finality_blocks = 3\nws = \"https://me:pw@h/KEY\"")]),
            with(&[("finality_blocks = 3", "finality_blocks = 3\nws = 5")]),
            with(&[("journey_s = 30.0", "journey_s = -1.0")]),
            with(&[("format = 1", "format = 9")]),
            with(&[("grantee_id = 1", "grantee = 1")]),
            with(&[("name = \"moksha\"", "")]),
        ]
        .concat()
    );
}

#[test]
fn a_servers_url_that_goes_on_the_chain_holds_no_credential() {
    for (url, part) in [
        ("http://me:hunter2@127.0.0.1:4000/api/v1", "a user or a password"),
        ("http://127.0.0.1:4000/api/v1?key=hunter2", "a query or a fragment"),
    ] {
        let problems = target_problems(&TARGET_TEXT.replace("http://127.0.0.1:4000/api/v1", url));
        let words = format!(
            "server.url is written on the chain as it is, and has {part}; expected one without"
        );
        assert!(problems.contains(&words), "{problems}");
        assert!(!problems.contains("hunter2"), "{problems}");
    }
}

#[test]
fn a_development_chain_of_ones_own_is_accepted() {
    let text = TARGET_TEXT.replace("id = 14800", "id = 31337").replace("\"real\"", "\"worthless\"");
    let given =
        Given { options: &[("target", "target.toml")], target: Some(&text), ..Given::default() };
    assert!(given.resolve().is_ok());
}

// === printing ===

#[test]
fn print_config_shows_every_value_and_its_origin() {
    let given = Given {
        options: &[("rate", "4.5"), ("threshold", "success >= 99%")],
        variables: &[("SWELL_SPIKE", "10@2m+30s")],
        file: Some("preset = \"full\"\npool-size = 200\n"),
        target: None,
    };
    insta::assert_snapshot!(print_config(&given.settings()));
}

#[test]
fn what_print_config_prints_reads_back() {
    let options = [
        ("users", "12"),
        ("rate", "0.25"),
        ("spike", "10.5@2m+30s"),
        ("threshold", "success >= 99%"),
        ("out", "a \"folder\""),
        ("preset", "medium"),
        ("journey-timeout", "90.5s"),
        ("virtual", "true"),
    ];
    let first = Given { options: &options, ..Given::default() }.settings();
    let printed = print_config(&first);
    let second = Given { file: Some(&printed), ..Given::default() }.settings();
    assert_eq!(second.plan, first.plan);
    assert_eq!((&second.out, second.preset), (&first.out, first.preset));
    assert_eq!((second.s2k, second.poll_interval), (first.s2k, first.poll_interval));
    let texts = |settings: &Settings| {
        settings.values.iter().map(|value| (value.name, value.toml.clone())).collect::<Vec<_>>()
    };
    assert_eq!(texts(&second), texts(&first));
}

#[test]
fn what_was_printed_takes_another_target_and_other_arrivals() {
    let printed = print_config(&Given::default().settings());
    let options = [("target", "target.toml"), ("arrivals", "burst")];
    let target = Some(TARGET_TEXT);
    let given = Given { options: &options, file: Some(&printed), target, ..Given::default() };
    let settings = given.settings();
    assert!(matches!(settings.target, TargetChoice::File { .. }));
    let again = print_config(&settings);
    let target = Some(TARGET_TEXT);
    let given = Given { file: Some(&again), target, ..Given::default() };
    assert_eq!(given.settings().plan, settings.plan);
}

#[test]
fn every_setting_is_resolved_once() {
    let settings = Given::default().settings();
    let names: Vec<&str> = settings.values.iter().map(|value| value.name).collect();
    let all: Vec<&str> = SETTINGS.iter().map(|spec| spec.name).collect();
    assert_eq!(names, all);
}

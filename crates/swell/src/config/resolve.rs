//! From layers of text to valid settings: the strongest layer wins, and every problem is found.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use swell_chain::FeePolicy;
use swell_core::journey::JourneySpec;
use swell_core::plan::{Limits, LoadPlan, RunPlan};
use swell_core::seed::Seed;
use swell_core::submit::SubmitMode;
use swell_core::target::Target;
use swell_core::threshold::{Threshold, default_thresholds};
use swell_core::time::RunOffset;
use zeroize::Zeroizing;

use super::choice::{Choice, JourneyKind, Profile, S2kMode};
use super::env_file::{Asked, EnvFile, EnvNotes, EnvTarget};
use super::money::{Amount, GasPrice, Premium};
use super::network::Network;
use super::network_storage;
use super::preset::Preset;
use super::problem::{Problem, Problems};
use super::raw::{Layer, Origin, Raw};
use super::setting::SETTINGS;
use super::settings::{ResolvedValue, Settings, TargetChoice};
use super::value::{PositiveRate, PositiveTime, TargetRef, Value, quoted};
use super::view::{
    Authorization, OTLP_AUTHORIZATION, REMOTE_WRITE_AUTHORIZATION, SinkUrl, TraceShare,
    ViewSettings,
};
use super::{consistency, env, file, target_file};
use crate::page::TOKEN_VARIABLE;

/// Everything a configuration is read from.
pub struct Sources<'a> {
    /// The options of the command line.
    pub options: Layer,
    /// The environment.
    pub variables: &'a BTreeMap<String, String>,
    /// The run file.
    pub run_file: Option<&'a Path>,
    /// Reads a file.
    pub read: &'a dyn Fn(&Path) -> io::Result<String>,
    /// The seed to use when none is given.
    pub random_seed: u64,
    /// Name and steps of the journey that was chosen: thresholds may name its steps.
    pub journeys: &'a dyn Fn(JourneyKind) -> JourneySpec,
}

impl Settings {
    /// Reads every layer and makes settings of them: options beat variables beat the run file
    /// beats the preset beats the file that `env-file` names beats the defaults.
    ///
    /// # Errors
    /// Every problem found, in all layers.
    pub fn resolve(sources: Sources<'_>) -> Result<Self, Problems> {
        let mut resolver = Resolver::of(sources);
        let settings = resolver.settings();
        match settings {
            Some(settings) if resolver.problems.is_empty() => Ok(settings),
            _ => Err(resolver.problems),
        }
    }
}

/// How a user asks for its result when neither profile nor target file says otherwise.
const POLL_INTERVAL_DEFAULT: Duration = Duration::from_secs(5);
/// The same on the profile `fast`.
const POLL_INTERVAL_FAST: Duration = Duration::from_millis(500);

pub(super) struct Resolver<'a> {
    /// Strongest first.
    layers: Vec<Layer>,
    read: &'a dyn Fn(&Path) -> io::Result<String>,
    random_seed: u64,
    journeys: &'a dyn Fn(JourneyKind) -> JourneySpec,
    variables: &'a BTreeMap<String, String>,
    /// The file that `--env-file` names.
    env_file: Option<EnvFile>,
    env_target: EnvTarget,
    values: Vec<ResolvedValue>,
    pub(super) problems: Problems,
}

/// The layer beneath all others.
fn defaults() -> Layer {
    let defaults = SETTINGS.iter().filter_map(|spec| {
        let raw = Raw { values: vec![spec.default?.to_owned()], origin: Origin::Default(None) };
        Some((spec.name, raw))
    });
    defaults.collect()
}

impl<'a> Resolver<'a> {
    fn of(sources: Sources<'a>) -> Self {
        let mut problems = Problems::default();
        let variables = env::layer(sources.variables, &mut problems);
        let mut layers = vec![sources.options, variables];
        if let Some(path) = sources.run_file {
            let name = path.display().to_string();
            match (sources.read)(path) {
                Ok(text) => layers.push(file::layer(&name, &text, &mut problems)),
                Err(error) => problems.push(unreadable("run file", path, &error)),
            }
        }
        let Sources { read, random_seed, journeys, variables, .. } = sources;
        Self {
            layers,
            read,
            random_seed,
            journeys,
            variables,
            env_file: None,
            env_target: EnvTarget::default(),
            values: Vec::new(),
            problems,
        }
    }

    fn settings(&mut self) -> Option<Settings> {
        let preset: Option<Preset> = self.optional("preset");
        self.layers.extend(preset.map(Preset::layer));
        self.read_env_file();
        self.layers.push(defaults());
        let load = self.load();
        let seed = self.or_else("seed", Seed(self.random_seed), Origin::Drawn);
        let limits = self.limits();
        let (fees, yes_real_money) = (self.fees(), self.required("yes-real-money"));
        let virtual_time: bool = self.required("virtual").unwrap_or_default();
        let journey = self.required("journey");
        let target = self.target(journey);
        let schema_id = self.required("schema-id");
        let s2k = self.s2k(virtual_time);
        let poll_interval = self.poll_interval(target.as_ref());
        let hold = self.required("hold");
        let submit = limits.as_ref().map(|limits| limits.submit).unwrap_or_default();
        let thresholds = self.thresholds(load.as_ref(), submit, preset, journey);
        let out: Option<PathBuf> = self.optional("out");
        let (ui, log, yes) = (self.required("ui"), self.required("log"), self.required("yes"));
        let views = self.views();
        if let Some(load) = &load {
            consistency::check_load(self, load);
        }
        consistency::check_target(self, target.as_ref(), virtual_time);
        consistency::check_traces(self, views.as_ref());
        consistency::check_submit(self, submit, journey.unwrap_or_default());
        if let Some(page) = views.as_ref().and_then(|views| views.web) {
            let token = self.variables.get(TOKEN_VARIABLE).map(String::as_str);
            consistency::check_page(self, page, token, virtual_time);
        }
        if let Some(views) = &views {
            consistency::check_addresses(self, views);
        }
        if let Some(views) = views.as_ref().filter(|_| virtual_time) {
            consistency::check_exporters(self, views);
        }
        let mut values = std::mem::take(&mut self.values);
        let rank = |value: &ResolvedValue| SETTINGS.iter().position(|spec| spec.name == value.name);
        values.sort_by_key(rank);
        let env_notes = self.env_notes(&values, target.as_ref());
        Some(Settings {
            plan: RunPlan { load: load?, limits: limits?, seed: seed?, thresholds: thresholds? },
            target: target?,
            fees: fees?,
            yes_real_money: yes_real_money?,
            journey: journey?,
            hold: hold?,
            s2k: s2k?,
            schema_id: schema_id?,
            poll_interval: poll_interval?,
            virtual_time,
            ui: ui?,
            views: views?,
            out,
            log: log?,
            yes: yes?,
            preset,
            env_notes,
            values,
        })
    }

    fn load(&mut self) -> Option<LoadPlan> {
        let users = self.required("users");
        let rate = self.required("rate").map(|PositiveRate(rate)| rate);
        let duration = self.required("duration").map(|PositiveTime(time)| time);
        let arrivals = self.required("arrivals");
        let (ramp_up, ramp_down) = (self.required("ramp-up"), self.required("ramp-down"));
        let spikes = self.list("spike");
        Some(LoadPlan {
            users: users?,
            rate: rate?,
            duration: duration?,
            arrivals: arrivals?,
            ramp_up: ramp_up?,
            ramp_down: ramp_down?,
            spikes,
        })
    }

    fn limits(&mut self) -> Option<Limits> {
        let in_flight_max = self.required("concurrency");
        let when_full = self.required("when-full");
        let backlog_max = self.required("backlog");
        let pool_max = self.required("pool-size");
        let funding_workers = self.required("funding-workers");
        let submit = self.required("submit");
        let (funding, funding_gas) = (self.required("funding"), self.required("funding-gas"));
        let spend_max = self.optional("max-spend").map(|Amount(amount)| amount);
        let journey_timeout = self.required("journey-timeout").map(|PositiveTime(time)| time);
        let as_journey = Origin::Default(Some("as journey-timeout".into()));
        let drain_default = journey_timeout.unwrap_or(Limits::JOURNEY_TIMEOUT_DEFAULT);
        let drain_timeout = self.or_else("drain-timeout", drain_default, as_journey);
        Some(Limits {
            in_flight_max: in_flight_max?,
            pool_max: pool_max?,
            funding_workers: funding_workers?,
            backlog_max: backlog_max?,
            when_full: when_full?,
            journey_timeout: journey_timeout?,
            drain_timeout: drain_timeout?,
            funding_timeout: Limits::FUNDING_TIMEOUT_DEFAULT,
            submit: submit?,
            funding: funding?,
            funding_gas: funding_gas?,
            spend_max,
        })
    }

    fn fees(&mut self) -> Option<FeePolicy> {
        let max_fee = self.optional("max-fee").map(|GasPrice(price)| price);
        let Premium { percent } = self.required("fee-premium")?;
        Some(FeePolicy { max_fee, premium_percent: percent, ..FeePolicy::default() })
    }

    fn views(&mut self) -> Option<ViewSettings> {
        let (web, metrics) = (self.optional("web"), self.optional("metrics"));
        let (remote_write, otlp) = (self.optional("remote-write"), self.optional("otlp"));
        let (junit, events) = (self.optional("junit"), self.optional("events"));
        let asked: TraceShare = self.required("traces")?;
        let traces = otlp.as_ref().map_or(TraceShare(0.0), |_: &SinkUrl| asked);
        let remote_write_authorization = self.authorization(REMOTE_WRITE_AUTHORIZATION);
        let otlp_authorization = self.authorization(OTLP_AUTHORIZATION);
        Some(ViewSettings {
            web,
            metrics,
            remote_write,
            remote_write_authorization,
            otlp,
            otlp_authorization,
            traces,
            events,
            junit,
        })
    }

    /// What the variable `name` says is to be sent along. It is quoted nowhere.
    fn authorization(&mut self, name: &str) -> Option<Authorization> {
        let text = self.variables.get(name).filter(|text| !text.is_empty())?;
        let authorization = Authorization::new(text);
        if authorization.is_none() {
            self.problems.push(Problem::new(format!(
                "the variable {name} holds characters that no header can; expected a line such as \
                 Bearer TOKEN"
            )));
        }
        authorization
    }

    /// The layer beneath the preset, if there is a file for it.
    fn read_env_file(&mut self) {
        let Some(path) = self.optional::<PathBuf>("env-file") else { return };
        let text = match (self.read)(&path) {
            Ok(text) => Zeroizing::new(text),
            Err(error) => {
                self.problems.push(unreadable("env file", &path, &error));
                return;
            }
        };
        let file = EnvFile::parse(&path.display().to_string(), &text, &mut self.problems);
        let asked = Asked::of(&file, &mut self.problems);
        self.layers.push(asked.layer);
        self.env_target = asked.target;
        self.env_file = Some(file);
    }

    fn env_notes(&self, values: &[ResolvedValue], target: Option<&TargetChoice>) -> EnvNotes {
        match (&self.env_file, target) {
            (Some(file), Some(target)) => {
                EnvNotes::of(file, values, target, &|name| self.is_set(name))
            }
            _ => EnvNotes::default(),
        }
    }

    /// Whether the process has the variable `name`.
    fn is_set(&self, name: &str) -> bool {
        self.variables.get(name).is_some_and(|text| !text.is_empty())
    }

    /// A network, with a store where the journey stores something.
    fn network(&mut self, network: Network, journey: Option<JourneyKind>) -> Option<TargetChoice> {
        let variable = |name: &str| self.variables.get(name).cloned();
        let storage = match journey {
            Some(JourneyKind::Wallet) => network_storage::unused(),
            _ => match network_storage::find(&variable, self.env_file.as_ref()) {
                Ok(storage) => storage,
                Err(lack) => {
                    let name = network.name();
                    let sentence = format!("the target {name} needs a store, {lack}");
                    self.problems.push(Problem::new(sentence));
                    return None;
                }
            },
        };
        let is_set = |name: &str| self.is_set(name);
        let target = Box::new(network.target(&self.env_target, storage, &is_set));
        let env_file = self.env_file.as_ref().map(|file| PathBuf::from(&file.path));
        Some(TargetChoice::Network { network, target, env_file })
    }

    fn target(&mut self, journey: Option<JourneyKind>) -> Option<TargetChoice> {
        let profile: Option<Profile> = self.required("profile");
        match self.required("target")? {
            TargetRef::Sandbox => Some(TargetChoice::Sandbox { profile: profile? }),
            TargetRef::Network(network) => self.network(network, journey),
            TargetRef::File(path) => {
                let target = self.target_file(&path)?;
                Some(TargetChoice::File { path, target: Box::new(target) })
            }
        }
    }

    fn target_file(&mut self, path: &Path) -> Option<Target> {
        match (self.read)(path) {
            Ok(text) => target_file::read(&path.display().to_string(), &text, &mut self.problems),
            Err(error) => {
                let unknown = unknown_network(path, &error);
                let problem = unknown.unwrap_or_else(|| unreadable("target file", path, &error));
                self.problems.push(problem);
                None
            }
        }
    }

    fn s2k(&mut self, virtual_time: bool) -> Option<S2kMode> {
        if virtual_time {
            let why = Origin::Default(Some("for virtual time".into()));
            return self.or_else("s2k", S2kMode::Fast, why);
        }
        self.or_else("s2k", S2kMode::Faithful, Origin::Default(None))
    }

    fn poll_interval(&mut self, target: Option<&TargetChoice>) -> Option<Duration> {
        let (default, why) = match target {
            Some(TargetChoice::Sandbox { profile }) => {
                let fast = *profile == Profile::Fast;
                let interval = if fast { POLL_INTERVAL_FAST } else { POLL_INTERVAL_DEFAULT };
                (interval, Some(format!("for the profile {}", profile.as_str())))
            }
            Some(
                choice @ (TargetChoice::File { target, .. } | TargetChoice::Network { target, .. }),
            ) => match target.expected.poll_interval_s {
                Some(seconds) => {
                    let from = match choice {
                        TargetChoice::Network { network, .. } => {
                            format!("for the network {}", network.name())
                        }
                        _ => "from the target file".to_owned(),
                    };
                    (RunOffset::from_secs_f64(seconds).since_start(), Some(from))
                }
                None => (POLL_INTERVAL_DEFAULT, None),
            },
            None => (POLL_INTERVAL_DEFAULT, None),
        };
        let found = self.or_else("poll-interval", PositiveTime(default), Origin::Default(why));
        found.map(|PositiveTime(time)| time)
    }

    fn thresholds(
        &mut self,
        load: Option<&LoadPlan>,
        submit: SubmitMode,
        preset: Option<Preset>,
        journey: Option<JourneyKind>,
    ) -> Option<Vec<Threshold>> {
        let without_defaults: Option<bool> = self.required("no-default-thresholds");
        let given: Vec<Threshold> = self.list("threshold");
        let subject = self.origin("threshold").subject("threshold");
        let spec = (self.journeys)(journey.unwrap_or_default());
        for error in given.iter().filter_map(|threshold| threshold.check(&spec).err()) {
            self.problems.push(Problem::new(format!("{subject}: {error}")));
        }
        if without_defaults? {
            return Some(given);
        }
        let mut all = default_thresholds(load?, submit, preset == Some(Preset::Full));
        all.extend(given);
        Some(all)
    }

    // === reading one setting ===

    /// Where the setting `name` comes from, once it was read.
    pub(super) fn origin(&self, name: &str) -> Origin {
        let found = self.values.iter().find(|value| value.name == name);
        found.map_or(Origin::Default(None), |value| value.origin.clone())
    }

    fn raw(&self, name: &'static str) -> Option<Raw> {
        self.layers.iter().find_map(|layer| layer.get(name)).cloned()
    }

    /// A setting that may be absent. A bad one is a problem, and absent.
    fn optional<T: Value>(&mut self, name: &'static str) -> Option<T> {
        let Some(raw) = self.raw(name) else {
            self.keep(name, None, Origin::Default(None));
            return None;
        };
        let text = raw.values.last().map_or("", String::as_str);
        match T::read(text) {
            Ok(value) => {
                self.keep(name, Some(value.toml()), raw.origin);
                Some(value)
            }
            Err(refusal) => {
                let subject = raw.origin.subject(name);
                self.problems.push(Problem::refused(&subject, text, &refusal));
                None
            }
        }
    }

    /// A setting with a fixed default. `None` means that a problem was found.
    fn required<T: Value>(&mut self, name: &'static str) -> Option<T> {
        debug_assert!(self.raw(name).is_some(), "{name} has no default");
        self.optional(name)
    }

    /// A setting whose default was found out.
    fn or_else<T: Value>(&mut self, name: &'static str, default: T, why: Origin) -> Option<T> {
        if self.raw(name).is_some() {
            return self.optional(name);
        }
        self.keep(name, Some(default.toml()), why);
        Some(default)
    }

    /// A setting with several values, none by default. Bad ones are problems, and left out.
    fn list<T: Value>(&mut self, name: &'static str) -> Vec<T> {
        let Some(raw) = self.raw(name) else {
            self.keep(name, Some("[]".into()), Origin::Default(None));
            return Vec::new();
        };
        let subject = raw.origin.subject(name);
        let mut found = Vec::new();
        for text in &raw.values {
            match T::read(text) {
                Ok(value) => found.push(value),
                Err(refusal) => self.problems.push(Problem::refused(&subject, text, &refusal)),
            }
        }
        let texts: Vec<String> = found.iter().map(Value::toml).collect();
        self.keep(name, Some(format!("[{}]", texts.join(", "))), raw.origin);
        found
    }

    fn keep(&mut self, name: &'static str, toml: Option<String>, origin: Origin) {
        self.values.push(ResolvedValue { name, toml, origin });
    }
}

/// A target that looks like a name, and is the name of nothing.
fn unknown_network(path: &Path, error: &io::Error) -> Option<Problem> {
    let name = path.to_str().filter(|name| !name.contains(['/', '\\', '.']))?;
    let near = TargetRef::similar(name);
    let hint = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
    let names = TargetRef::NAMES.join(", ");
    Some(Problem::new(format!(
        "no target is called {}, and no file of that name can be read ({error}); expected {names}, or the \
         path of a target file{hint}",
        quoted(name)
    )))
}

fn unreadable(what: &str, path: &Path, error: &io::Error) -> Problem {
    let path = quoted(&path.display().to_string());
    Problem::new(format!("the {what} {path} cannot be read: {error}"))
}

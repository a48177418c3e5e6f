//! What a `.env` asks for.

use std::path::PathBuf;

use alloy_primitives::Address;
use swell_core::target::{EnvFileRef, KeyRef, SafeUrl};

use super::text::{Entry, EnvFile};
use super::variables::{KNOWN, Means, Part};
use crate::config::duration;
use crate::config::network::Network;
use crate::config::problem::{Problem, Problems};
use crate::config::raw::{Layer, Origin, Raw};
use crate::config::target_file::{has_scheme, on_chain};

/// What a `.env` asks for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Settings.
    pub layer: Layer,
    /// Parts of the target.
    pub target: EnvTarget,
}

/// Parts of a target that a `.env` names. What it does not name stays as the network has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EnvTarget {
    /// The RPC endpoints.
    pub rpc: Option<Vec<SafeUrl>>,
    /// Where the relayer's key is.
    pub relayer: Option<KeyRef>,
    /// Where the application's key is.
    pub application: Option<KeyRef>,
    /// The personal server.
    pub server: Option<SafeUrl>,
    /// The grantee's id.
    pub grantee_id: Option<u64>,
    /// The contract that knows grantees.
    pub grantees: Option<Address>,
    /// The relay that submits what users sign.
    pub relay: Option<SafeUrl>,
}

impl Asked {
    /// Reads the variables of `file`. Malformed ones are problems; settings are read later, where
    /// every layer is.
    #[must_use]
    pub fn of(file: &EnvFile, problems: &mut Problems) -> Self {
        let mut asked = Self { layer: Layer::new(), target: EnvTarget::default() };
        for known in KNOWN {
            let Some(entry) = file.get(known.name) else { continue };
            match known.means {
                Means::Setting(name) => asked.set(name, entry.value().to_owned(), file, entry),
                Means::Milliseconds => {
                    if entry.value().parse::<u64>().is_ok() {
                        asked.set("journey-timeout", format!("{}ms", entry.value()), file, entry);
                    } else {
                        problems.push(refused(file, entry, "milliseconds, a whole number"));
                    }
                }
                Means::Part(part) => asked.target.read(part, file, entry, problems),
                Means::Sustain | Means::Nothing(_) => {}
            }
        }
        asked.target.empty_keys(file);
        asked.shape(file);
        let network = Origin::Default(Some(format!("for the variables of {}", file.path)));
        asked.put("target", Network::default().name().to_owned(), network);
        asked
    }

    /// The duration, where only its parts are given; and the rate at which the users come within it.
    fn shape(&mut self, file: &EnvFile) {
        let minutes = |name: &str| self.minutes(name);
        let (up, down) = (minutes("ramp-up").unwrap_or(0.0), minutes("ramp-down").unwrap_or(0.0));
        let sustain = file.get(SUSTAIN).and_then(|entry| read_minutes(entry.value()));
        let given = minutes("duration");
        let origin = |words: &str| Origin::Default(Some(format!("{words} of {}", file.path)));
        if let (None, Some(sustain)) = (given, sustain) {
            let text = format!("{:?}", up + sustain + down);
            self.put("duration", text, origin("from the ramps and the time between them"));
        }
        let duration = self.minutes("duration");
        let users = self.text("users").and_then(|text| text.parse::<f64>().ok());
        if let (Some(users), Some(duration)) = (users, duration) {
            // While it rises and falls, a rate brings half of what it brings between.
            let full_s = (duration - (up + down) / 2.0) * 60.0;
            if full_s > 0.0 && users > 0.0 {
                let text = format!("{:?}", users / full_s);
                self.put("rate", text, origin("from the users and the duration"));
            }
        }
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.layer.get(name)?.values.last().map(String::as_str)
    }

    fn minutes(&self, name: &str) -> Option<f64> {
        read_minutes(self.text(name)?)
    }

    fn set(&mut self, name: &'static str, text: String, file: &EnvFile, entry: &Entry) {
        let (path, line, variable) = (file.path.clone(), entry.line, entry.name.clone());
        self.put(name, text, Origin::EnvFile { path, line, variable });
    }

    /// Of two variables that mean one thing, the first one counts.
    fn put(&mut self, name: &'static str, text: String, origin: Origin) {
        self.layer.entry(name).or_insert(Raw { values: vec![text], origin });
    }
}

/// The variable that says how long the rate stays up between the ramps.
pub(super) const SUSTAIN: &str = "LOAD_TEST_SUSTAIN_MINUTES";

pub(super) fn read_minutes(text: &str) -> Option<f64> {
    duration::parse(text).map(|time| time.as_secs_f64() / 60.0)
}

fn refused(file: &EnvFile, entry: &Entry, expected: &str) -> Problem {
    let subject = format!("{}:{}: {}", file.path, entry.line, entry.name);
    Problem::value(&subject, entry.value(), expected)
}

impl EnvTarget {
    /// A key whose variable is there and empty is looked for there all the same, so that whoever misses
    /// it learns where it should be.
    fn empty_keys(&mut self, file: &EnvFile) {
        let place = |part| {
            let known = KNOWN.iter().find(|known| known.means == Means::Part(part))?;
            let Entry { name, .. } = file.empty(known.name)?;
            let (path, variable) = (PathBuf::from(&file.path), name.clone());
            Some(KeyRef::EnvFile(EnvFileRef { path, variable }))
        };
        self.relayer = self.relayer.take().or_else(|| place(Part::RelayerKey));
        self.application = self.application.take().or_else(|| place(Part::ApplicationKey));
    }

    /// Reads one part. Of two variables that mean one, the first one counts.
    fn read(&mut self, part: Part, file: &EnvFile, entry: &Entry, problems: &mut Problems) {
        let place = || {
            let (path, variable) = (PathBuf::from(&file.path), entry.name.clone());
            Some(KeyRef::EnvFile(EnvFileRef { path, variable }))
        };
        match part {
            Part::Rpc if self.rpc.is_none() => {
                let urls = entry.value().split(',').map(str::trim).filter(|url| !url.is_empty());
                let urls = urls.filter_map(|url| web_url(url, file, entry, problems));
                self.rpc = Some(urls.collect());
            }
            Part::RelayerKey => self.relayer = place(),
            Part::ApplicationKey => self.application = place(),
            Part::Server => {
                let url = web_url(entry.value(), file, entry, problems);
                if let Some(words) = url.as_ref().and_then(|url| on_chain(&entry.name, url)) {
                    problems.push(Problem::new(format!("{}:{}: {words}", file.path, entry.line)));
                }
                self.server = url;
            }
            Part::Relay => self.relay = web_url(entry.value(), file, entry, problems),
            Part::Grantee => match entry.value().parse() {
                Ok(id) if id > 0 => self.grantee_id = Some(id),
                _ => problems.push(refused(file, entry, "a grantee's id, from 1")),
            },
            Part::Grantees => match entry.value().parse() {
                Ok(address) => self.grantees = Some(address),
                Err(_) => {
                    problems.push(refused(file, entry, "an address: 0x and 40 hexadecimal digits"));
                }
            },
            // Read together with the variables of the process.
            Part::Storage | Part::Rpc => {}
        }
    }
}

/// `text` as a URL, which may carry credentials.
fn web_url(text: &str, file: &EnvFile, entry: &Entry, problems: &mut Problems) -> Option<SafeUrl> {
    let url = SafeUrl::new(text);
    if has_scheme(&url, ["http", "https"]) {
        return Some(url);
    }
    let Entry { name, line, .. } = entry;
    problems.push(Problem::new(format!(
        "{}:{line}: {name} has `{url}`; expected a URL that begins with http:// or https:// and \
         names a host",
        file.path
    )));
    None
}

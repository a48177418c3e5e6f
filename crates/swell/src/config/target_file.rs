//! Reading a target file, and refusing what cannot or must not be put under load.

use swell_core::target::{
    EnvFileRef, Funds, KeyRef, KeystoreRef, PasswordRef, SafeUrl, ServerRoute, TARGET_FORMAT,
    Target,
};
use toml::Spanned;
use toml::de::DeTable;
use url::Url;

use super::file::line_at;
use super::problem::{Problem, Problems};
use super::storage_target;
use super::target_shape::{self, Mistake};

/// Chain id of Vana's mainnet, where everything is worth something.
const VANA_MAINNET: u64 = 1480;
/// Chain id of Vana's testnet Moksha.
const MOKSHA: u64 = 14800;
/// Deepest finality that a run waits for.
const FINALITY_BLOCKS_MAX: u64 = 10;

/// Reads the target file `path`, whose text is `text`. `None` means that problems were found.
pub fn read(path: &str, text: &str, problems: &mut Problems) -> Option<Target> {
    let target = match parse(text) {
        Ok(target) => target,
        Err(mistakes) => {
            for (line, sentence) in mistakes {
                problems.push(Problem::new(format!("{path}:{line}: {sentence}")));
            }
            return None;
        }
    };
    let mut found = Vec::new();
    check_chain(&target, &mut found);
    check_urls(&target, &mut found);
    storage_target::check(&target.storage, &mut found);
    check_keys(&target, &mut found);
    check_expected(&target, &mut found);
    let is_valid = found.is_empty();
    for sentence in found {
        problems.push(Problem::new(format!("{path}: {sentence}")));
    }
    is_valid.then_some(target)
}

/// What is wrong, which never quotes a value that may be a key.
fn parse(text: &str) -> Result<Target, Vec<Mistake>> {
    let words = |error: toml::de::Error| {
        let line = error.span().map_or(1, |span| line_at(text, span.start));
        let words = without_values(error.message().lines().next().unwrap_or("it is not TOML"));
        vec![(line, format!("the target file cannot be read: {words}"))]
    };
    let table = DeTable::parse(text).map_err(words)?;
    if let Some(mistake) = other_format(text, &table) {
        return Err(vec![mistake]);
    }
    let mistakes = target_shape::mistakes(text, &table);
    if mistakes.is_empty() { toml::from_str(text).map_err(words) } else { Err(mistakes) }
}

/// Another version of the format says nothing about the keys that this one knows.
fn other_format(text: &str, table: &Spanned<DeTable<'_>>) -> Option<Mistake> {
    let format = table.get_ref().get("format")?;
    let number = format.get_ref().as_integer()?.to_string();
    let sentence = format!(
        "the target file cannot be read: format is `{number}`; expected {TARGET_FORMAT}, which this \
         version reads"
    );
    (number != TARGET_FORMAT.to_string()).then(|| (line_at(text, format.span().start), sentence))
}

/// Leaves out the values that the parser quotes: `unknown variant `…`` and `string "…"`.
fn without_values(words: &str) -> String {
    for (before, quote) in [("unknown variant `", '`'), ("string \"", '"')] {
        let Some(start) = words.find(before).map(|at| at + before.len()) else { continue };
        let end =
            if quote == '`' { words[start..].find(quote) } else { words[start..].rfind(quote) };
        let end = end.map_or(words.len(), |end| start + end);
        return format!("{}…{}", &words[..start], &words[end..]);
    }
    words.to_owned()
}

fn check_chain(target: &Target, found: &mut Vec<String>) {
    let chain = &target.chain;
    match (chain.id, chain.funds) {
        (VANA_MAINNET, Funds::Worthless | Funds::Sandbox) => found.push(
            "chain.funds declares the money of chain 1480 worthless; expected funds = \
             \"real\", for it is Vana's mainnet"
                .into(),
        ),
        // What is real needs a spend limit and consent, which the check asks for.
        (MOKSHA, _) | (_, Funds::Worthless | Funds::Real) => {}
        (id, Funds::Sandbox) => found.push(format!(
            "chain.id is `{id}` with funds = \"sandbox\"; expected {MOKSHA}, the sandbox's \
             chain"
        )),
    }
    if chain.finality_blocks == 0 || chain.finality_blocks > FINALITY_BLOCKS_MAX {
        found.push(format!(
            "chain.finality_blocks is `{}`; expected 1 to {FINALITY_BLOCKS_MAX}",
            chain.finality_blocks
        ));
    }
}

fn check_urls(target: &Target, found: &mut Vec<String>) {
    if target.chain.rpc.is_empty() {
        found.push("chain.rpc is empty; expected at least one URL".into());
    }
    let rpc = target.chain.rpc.iter().map(|url| ("chain.rpc", url));
    let server = [("server.url", &target.server.url)];
    let application =
        target.server.application_url.iter().map(|url| ("server.application_url", url));
    let relay = target.relay.iter().map(|relay| ("relay.url", &relay.url));
    for (name, url) in rpc.chain(server).chain(application).chain(relay) {
        if !has_scheme(url, ["http", "https"]) {
            found.push(format!(
                "{name} is `{url}`; expected a URL that begins with http:// or https:// and \
                 names a host"
            ));
        }
    }
    found.extend(on_chain("server.url", &target.server.url));
    if target.server.through == ServerRoute::Application && target.server.application_url.is_none()
    {
        found.push(
            "server.through is \"application\" and server.application_url is missing; expected the \
             base URL of the application server, or through = \"direct\""
                .into(),
        );
    }
    for url in &target.chain.ws {
        if !has_scheme(url, ["ws", "wss"]) {
            found.push(format!(
                "chain.ws is `{url}`; expected a URL that begins with ws:// or wss:// and names a \
                 host"
            ));
        }
    }
}

/// A sentence when `url`, which `name` is or begins, holds what must not be published: it is written
/// on a public chain as it is.
pub(super) fn on_chain(name: &str, url: &SafeUrl) -> Option<String> {
    let parsed = Url::parse(url.expose()).ok()?;
    let parts = [
        (!parsed.username().is_empty() || parsed.password().is_some(), "a user or a password"),
        (parsed.query().is_some() || parsed.fragment().is_some(), "a query or a fragment"),
    ];
    let (_, part) = parts.into_iter().find(|(has, _)| *has)?;
    Some(format!("{name} is written on the chain as it is, and has {part}; expected one without"))
}

pub(super) fn has_scheme(url: &SafeUrl, schemes: [&str; 2]) -> bool {
    Url::parse(url.expose()).is_ok_and(|url| schemes.contains(&url.scheme()) && url.has_host())
}

fn check_keys(target: &Target, found: &mut Vec<String>) {
    let keys = [("relayer", &target.keys.relayer), ("application", &target.keys.application)];
    for (role, key) in keys {
        match (key, target.chain.funds) {
            (KeyRef::Env(name), _) if !is_variable_name(name) => found.push(format!(
                "keys.{role}.env is not the name of a variable; expected capitals, digits and \
                 _, never the key itself"
            )),
            (KeyRef::EnvFile(EnvFileRef { variable, .. }), _) if !is_variable_name(variable) => {
                found.push(format!(
                    "keys.{role}.env-file.variable is not the name of a variable; expected capitals, \
                     digits and _, never the key itself"
                ));
            }
            (
                KeyRef::Keystore(KeystoreRef { password: PasswordRef::Env(name), .. }),
                Funds::Worthless | Funds::Real,
            ) if !is_variable_name(name) => found.push(format!(
                "keys.{role}.keystore.password_env is not the name of a variable; expected capitals, \
                 digits and _, never the password itself"
            )),
            (KeyRef::Stdin, _) if role == "application" => found.push(
                "keys.application is \"stdin\", which can give one key only; expected a variable, a \
                 file or a keystore, and \"stdin\" for keys.relayer alone"
                    .into(),
            ),
            (KeyRef::Published, Funds::Real) => found.push(format!(
                "keys.{role} is the published key, which everybody has; expected a variable or \
                 a file of your own"
            )),
            (
                KeyRef::Env(_)
                | KeyRef::File(_)
                | KeyRef::EnvFile(_)
                | KeyRef::Keystore(_)
                | KeyRef::Stdin,
                Funds::Sandbox,
            ) if role == "relayer" => found.push(
                "keys.relayer is a key of your own, whose transactions on the sandbox could be \
                 replayed on Moksha; expected \"published\""
                    .into(),
            ),
            _ => {}
        }
    }
}

pub(super) fn is_variable_name(name: &str) -> bool {
    /// Shorter than any key.
    const CHARS_MAX: usize = 60;
    let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    !name.is_empty()
        && name.len() <= CHARS_MAX
        && name.chars().all(is_part)
        && !name.starts_with(|c: char| c.is_ascii_digit())
}

fn check_expected(target: &Target, found: &mut Vec<String>) {
    let expected = &target.expected;
    for (name, value) in [
        ("journey_s", expected.journey_s),
        ("block_s", expected.block_s),
        ("poll_interval_s", expected.poll_interval_s),
    ] {
        if let Some(value) = value.filter(|value| !(value.is_finite() && *value > 0.0)) {
            found.push(format!("expected.{name} is `{value}`; expected seconds, above 0"));
        }
    }
}

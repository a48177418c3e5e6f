//! Arrows between crates only point down. The picture is in ARCHITECTURE.md.

use serde::Deserialize;

use crate::shell;

/// Each crate, and the crates of ours it may use outside tests.
const ALLOWED: &[(&str, &[&str])] = &[
    ("swell-core", &[]),
    ("swell-vana", &[]),
    ("swell-net", &["swell-core"]),
    ("swell-chain", &["swell-core", "swell-net"]),
    ("swell-engine", &["swell-core", "swell-net", "swell-chain"]),
    ("swell-view", &["swell-core"]),
    ("swell-cluster", &["swell-core", "swell-engine"]),
    ("swell-sandbox", &["swell-core", "swell-net", "swell-vana"]),
    ("swell-journeys", &["swell-core", "swell-net", "swell-vana", "swell-chain", "swell-engine"]),
    (
        "swell-sim",
        &[
            "swell-core",
            "swell-net",
            "swell-vana",
            "swell-chain",
            "swell-engine",
            "swell-journeys",
            "swell-sandbox",
        ],
    ),
    (
        "swell",
        &[
            "swell-core",
            "swell-net",
            "swell-vana",
            "swell-chain",
            "swell-engine",
            "swell-journeys",
            "swell-cluster",
            "swell-sandbox",
            "swell-view",
        ],
    ),
    ("xtask", &[]),
];

/// What must not be below the pure core: a runtime, sockets, a client.
const CORE_BANS: [&str; 8] =
    ["async-nats", "axum", "hyper", "hyper-util", "mio", "rustix", "tokio", "tower"];

/// A crate of the workspace.
#[derive(Deserialize)]
pub(crate) struct Crate {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    /// `None` for an ordinary one, else `dev` or `build`.
    kind: Option<String>,
}

/// The crates of the workspace, as cargo reads their manifests.
pub(crate) fn crates() -> Result<Vec<Crate>, String> {
    #[derive(Deserialize)]
    struct Metadata {
        packages: Vec<Crate>,
    }
    let arguments = ["metadata", "--no-deps", "--offline", "--format-version", "1"];
    let json = shell::output(shell::cargo().args(arguments))
        .ok_or("`cargo metadata` failed: try it by hand.")?;
    let metadata: Metadata = serde_json::from_str(&json)
        .map_err(|error| format!("Could not read what `cargo metadata` printed: {error}."))?;
    Ok(metadata.packages)
}

/// Every arrow that points up or sideways. Tests may reach anywhere.
pub(crate) fn check(crates: &[Crate]) -> Vec<String> {
    crates.iter().flat_map(check_crate).collect()
}

fn check_crate(found: &Crate) -> Vec<String> {
    let name = found.name.as_str();
    let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| *known == name) else {
        return vec![format!(
            "{name}: a crate without a layer; ARCHITECTURE.md says what it takes"
        )];
    };
    let used = found.dependencies.iter().filter(|used| used.kind.as_deref() != Some("dev"));
    let mut problems = Vec::new();
    for used in used.map(|used| used.name.as_str()) {
        let ours = ALLOWED.iter().any(|(known, _)| *known == used);
        if ours && !allowed.contains(&used) {
            problems.push(format!("{name}: must not use {used}, which is not below it"));
        }
        if name == "swell-core" && CORE_BANS.contains(&used) {
            problems.push(format!("{name}: must not use {used}; it is pure"));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::{Crate, Dependency, check};

    fn one(name: &str, uses: &str, kind: Option<&str>) -> Vec<Crate> {
        let used = Dependency { name: uses.to_owned(), kind: kind.map(str::to_owned) };
        vec![Crate { name: name.to_owned(), dependencies: vec![used] }]
    }

    #[test]
    fn arrows_down_pass() {
        assert!(check(&one("swell-engine", "swell-chain", None)).is_empty());
        assert!(check(&one("swell-core", "serde", None)).is_empty());
    }

    #[test]
    fn arrows_up_and_sideways_are_found() {
        assert_eq!(check(&one("swell-chain", "swell-engine", None)).len(), 1);
        assert_eq!(check(&one("swell-view", "swell-engine", Some("build"))).len(), 1);
        assert_eq!(check(&one("swell-core", "tokio", None)).len(), 1);
    }

    #[test]
    fn tests_may_reach_anywhere() {
        assert!(check(&one("swell-chain", "swell-sandbox", Some("dev"))).is_empty());
    }

    #[test]
    fn a_crate_without_a_layer_is_found() {
        assert_eq!(check(&one("swell-extra", "serde", None)).len(), 1);
    }
}

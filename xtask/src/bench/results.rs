//! What is kept of a measurement.

use std::fs;
use std::io::ErrorKind;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::figure::Figure;
use super::machine::{self, Machine, Versions};
use crate::{Outcome, shell};

const FOLDER: &str = "bench/results";

/// What a part measured.
pub(crate) struct Part {
    /// One sentence or two: what was done, and how a figure was come by.
    pub(crate) how: String,
    pub(crate) figures: Vec<Figure>,
    /// Every single run, in order.
    pub(crate) runs: Vec<Value>,
}

#[derive(Serialize)]
struct Kept<'a> {
    part: &'a str,
    date: String,
    machine: &'a Machine,
    versions: Versions,
    how: &'a str,
    figures: &'a [Figure],
    runs: &'a [Value],
}

/// Writes `bench/results/PART.json`, in place of the one before.
/// `swell` is what was measured.
pub(crate) fn keep(name: &str, part: &Part, machine: &Machine, swell: String) -> Outcome {
    let kept = Kept {
        part: name,
        date: machine::date(),
        machine,
        versions: Versions::read(swell),
        how: &part.how,
        figures: &part.figures,
        runs: &part.runs,
    };
    let path = format!("{FOLDER}/{name}.json");
    let cannot = |error: &dyn std::error::Error| format!("Could not write {path}: {error}.");
    let mut text = serde_json::to_string_pretty(&kept).map_err(|error| cannot(&error))?;
    text += "\n";
    let folder = shell::root().join(FOLDER);
    fs::create_dir_all(&folder)
        .and_then(|()| fs::write(folder.join(format!("{name}.json")), text))
        .map_err(|error| cannot(&error))?;
    println!("kept in {path}\n");
    Ok(())
}

/// The single runs that `bench/results/PART.json` holds; none when there is no such file.
pub(crate) fn kept(name: &str) -> Result<Vec<Value>, String> {
    #[derive(Deserialize)]
    struct Runs {
        runs: Vec<Value>,
    }
    let path = format!("{FOLDER}/{name}.json");
    let text = match fs::read(shell::root().join(&path)) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(format!("Could not read {path}: {error}.")),
    };
    let read = serde_json::from_slice::<Runs>(&text);
    read.map(|read| read.runs).map_err(|error| format!("{path} is not a part's results: {error}."))
}

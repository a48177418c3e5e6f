//! What one journey costs in CPU, step by step.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use super::figure::{Figure, Goal};
use super::options::Options;
use super::results::Part;
use super::swell::Swell;
use crate::shell;

/// All of a journey besides key stretching and the network, microseconds.
const GOAL_US: f64 = 400.0;

/// What a step costs at least, microseconds.
///
/// # Source
/// Prototypes of each operation alone, on a machine of 2 cores with SHA instructions.
const FLOORS_US: [(&str, f64); 5] = [
    ("wallet key", 23.0),
    ("password (EIP-191)", 27.0),
    ("seal (ECIES)", 57.0),
    ("sign (EIP-712)", 31.0),
    ("sign transaction", 33.0),
];

/// The same of a file, stretching the key of --s2k fast included.
const ENCRYPT_FLOOR_US: (&str, f64) = ("encrypt and stretch, fast (OpenPGP)", 59.0);

/// One step as it was measured.
#[derive(Deserialize)]
struct Step {
    name: String,
    /// Whether it is key stretching, which is a choice and not counted.
    is_stretching: bool,
    /// Whether it is the network's: HTTP and JSON.
    is_network: bool,
    /// Thread CPU time of each batch's mean, microseconds.
    samples_us: Vec<f64>,
}

/// Runs the measuring program, a release build of the repository as it stands.
pub(crate) fn measure(_: &Swell, _: &Options) -> Result<Part, String> {
    const EXAMPLE: [&str; 5] = ["build", "--release", "-p", "swell", "--example"];
    shell::run(shell::cargo().args(EXAMPLE).arg("journey_cost"))?;
    let program = Path::new("target/release/examples/journey_cost");
    let text = shell::output(&mut shell::program(&program.to_string_lossy()))
        .ok_or("The measuring program failed.")?;
    let steps: Vec<Step> = serde_json::from_str(&text)
        .map_err(|error| format!("The measuring program said something else: {error}."))?;
    let runs = steps.iter().map(json).collect();
    Ok(Part { how: HOW.to_owned(), figures: figures(&steps), runs })
}

const HOW: &str = "Thread CPU time of each step's own code, by itself: the median of batches of many \
     repetitions; the goal of a step is what the operation alone was measured to cost. Stretching the key \
     is a choice (--s2k) and shown apart. HTTP and JSON are those of a journey's eight requests over \
     loopback, without TLS, the client's side.";

fn json(step: &Step) -> Value {
    json!({ "step": step.name, "samples_us": step.samples_us })
}

/// Each step, then the sums for both settings.
fn figures(steps: &[Step]) -> Vec<Figure> {
    let mut figures = Vec::new();
    for step in steps {
        let figure = Figure::of(step.name.clone(), "µs", &step.samples_us);
        let floor = FLOORS_US.iter().find(|(name, _)| *name == step.name);
        figures.push(match floor {
            Some((_, floor)) => figure.wanted(Goal::Below(*floor)),
            None => figure,
        });
    }
    let sum = |wanted: &dyn Fn(&Step) -> bool| -> f64 {
        let wanted = steps.iter().filter(|step| wanted(step));
        wanted.map(|step| Figure::of("", "µs", &step.samples_us).value).sum()
    };
    let encrypt = sum(&|step| step.name == "encrypt" || step.name == "stretch, fast");
    let (name, floor) = ENCRYPT_FLOOR_US;
    figures.push(Figure::of(name, "µs", &[encrypt]).wanted(Goal::Below(floor)));
    let own = sum(&|step| !step.is_stretching && !step.is_network);
    let network = sum(&|step| step.is_network);
    let goal = Goal::Below(GOAL_US);
    figures.push(Figure::of("all besides stretching and network", "µs", &[own]).wanted(goal));
    for setting in ["fast", "faithful"] {
        let stretching = sum(&|step: &Step| step.is_stretching && step.name.ends_with(setting));
        let all = own + network + stretching;
        figures.push(Figure::of(format!("a journey, --s2k {setting}"), "µs", &[all]));
    }
    figures
}

#[cfg(test)]
mod tests {
    use super::{Step, figures};

    fn step(name: &str, us: f64, is_stretching: bool, is_network: bool) -> Step {
        Step { name: name.to_owned(), is_stretching, is_network, samples_us: vec![us] }
    }

    #[test]
    fn sums_tell_stretching_and_network_apart() {
        let steps = [
            step("wallet key", 46.0, false, false),
            step("stretch, fast", 50.0, true, false),
            step("stretch, faithful", 10_000.0, true, false),
            step("HTTP and JSON", 100.0, false, true),
        ];
        let figures = figures(&steps);
        assert_eq!(figures[0].ratio, Some(2.0));
        let value = |name: &str| figures.iter().find(|figure| figure.name == name).unwrap().value;
        assert!((value("all besides stretching and network") - 46.0).abs() < 1e-9);
        assert!((value("a journey, --s2k fast") - 196.0).abs() < 1e-9);
        assert!((value("a journey, --s2k faithful") - 10_146.0).abs() < 1e-9);
    }
}

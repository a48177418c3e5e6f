//! Chores: `cargo xtask` lists them.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a chore talks to whoever runs it")]

mod bench;
mod ci;
mod fuzz;
mod interop;
mod observe;
mod shell;
mod test;
mod tidy;
mod tools;

use std::process::ExitCode;

/// How a chore ends. The text is one sentence: what failed, and what to do.
type Outcome = Result<(), String>;

/// One chore.
struct Chore {
    name: &'static str,
    about: &'static str,
    work: Work,
}

/// What a chore does.
enum Work {
    /// The same every time.
    Fixed(fn() -> Outcome),
    /// What the words after its name say.
    Told(fn(&[String]) -> Outcome),
}

impl Work {
    fn run(&self, arguments: &[String]) -> Outcome {
        match (self, arguments) {
            (Self::Fixed(run), []) => run(),
            (Self::Fixed(_), [first, ..]) => {
                Err(format!("This chore takes no arguments: found {first:?}."))
            }
            (Self::Told(run), arguments) => run(arguments),
        }
    }
}

const CHORES: &[Chore] = &[
    Chore {
        name: "test",
        about: "Install what tests need, then run every test",
        work: Work::Fixed(test::run),
    },
    Chore {
        name: "tidy",
        about: "Check layers, sizes, links and other house rules",
        work: Work::Fixed(tidy::run),
    },
    Chore {
        name: "interop",
        about: "Let the published SDK check what Swell produces, and drive the sandbox",
        work: Work::Fixed(interop::run),
    },
    Chore {
        name: "observe",
        about: "Let a real Prometheus scrape a run, and ask every panel and alert for data",
        work: Work::Fixed(observe::run),
    },
    Chore {
        name: "ci",
        about: "Everything that must pass before a change is merged",
        work: Work::Fixed(ci::run),
    },
    Chore {
        name: "bench",
        about: "Measure speed and memory: `bench [PART…]`, all parts unless some are named",
        work: Work::Told(bench::run),
    },
    Chore {
        name: "fuzz",
        about: "Fuzz every parser of outside bytes, a minute each: \
                `fuzz [--minutes N] [--jobs N] [--keep] [TARGET…]`",
        work: Work::Told(fuzz::run),
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = arguments.split_first() else {
        print!("{}", help());
        return ExitCode::SUCCESS;
    };
    let Some(chore) = CHORES.iter().find(|chore| chore.name == name) else {
        eprintln!("There is no chore {name:?}.\n\n{}", help());
        return ExitCode::from(2);
    };
    match chore.work.run(rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

fn help() -> String {
    let mut text = "Usage: cargo xtask CHORE [ARGUMENTS]\n\n".to_owned();
    for chore in CHORES {
        text += &format!("  {:<7} {}\n", chore.name, chore.about);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::Work;

    #[test]
    fn only_a_chore_that_is_told_takes_arguments() {
        let words = ["a".to_owned()];
        assert!(Work::Fixed(|| Ok(())).run(&[]).is_ok());
        assert!(Work::Fixed(|| Ok(())).run(&words).unwrap_err().contains("\"a\""));
        assert!(Work::Told(|_| Ok(())).run(&words).is_ok());
    }
}

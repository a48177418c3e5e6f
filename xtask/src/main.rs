//! Chores: `cargo xtask` lists them.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a chore talks to whoever runs it")]

mod ci;
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
    run: fn() -> Outcome,
}

const CHORES: &[Chore] = &[
    Chore { name: "test", about: "Install what tests need, then run every test", run: test::run },
    Chore {
        name: "tidy",
        about: "Check layers, sizes, links and other house rules",
        run: tidy::run,
    },
    Chore {
        name: "ci",
        about: "Everything that must pass before a change is merged",
        run: ci::run,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name] = arguments.as_slice() else {
        print!("{}", help());
        return if arguments.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(2) };
    };
    let Some(chore) = CHORES.iter().find(|chore| chore.name == name) else {
        eprintln!("There is no chore {name:?}.\n\n{}", help());
        return ExitCode::from(2);
    };
    match (chore.run)() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

fn help() -> String {
    let mut text = "Usage: cargo xtask CHORE\n\n".to_owned();
    for chore in CHORES {
        text += &format!("  {:<6} {}\n", chore.name, chore.about);
    }
    text
}

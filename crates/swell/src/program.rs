//! From arguments to a command, and from its end to an exit code.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use rand::TryRng;
use rand::rngs::SysRng;

use crate::args::{Cli, Command, InitArgs, RunArgs, SettingArgs};
use crate::command;
use crate::config::choice::JourneyKind;
use crate::config::print::print_config;
use crate::config::{Problem, Problems, Settings, Sources};
use crate::exit::Exit;
use crate::terminal;

/// The program.
#[must_use]
pub fn main() -> ExitCode {
    match Cli::try_parse() {
        Ok(cli) => perform(cli.command).into(),
        Err(error) => {
            let text = error.render().to_string();
            if error.use_stderr() {
                terminal::complain(&text);
                return Exit::Usage.into();
            }
            terminal::print(&text);
            Exit::Passed.into()
        }
    }
}

fn perform(command: Command) -> Exit {
    match command {
        Command::Run(RunArgs { resume: Some(id), settings, .. }) => {
            command::run::resume(&id, &settings.layer())
        }
        Command::Run(args) => with_settings(args.file.as_deref(), &args.settings, |settings| {
            if args.print_config {
                terminal::print(&print_config(&settings));
                return Exit::Passed;
            }
            command::run::run(settings)
        }),
        Command::Check(args) => with_settings(args.file.as_deref(), &args.settings, |settings| {
            command::check::check(settings, args.json)
        }),
        Command::Init(args) => init(&args),
        Command::Sandbox(args) => command::sandbox::sandbox(args),
        Command::Sweep(args) => command::sweep::sweep(args),
        Command::Cleanup(args) => command::cleanup::cleanup(&args),
        Command::Runs(args) => command::runs::runs(&args),
        Command::View(args) => command::view::view(&args),
    }
}

fn init(args: &InitArgs) -> Exit {
    match crate::init::init(args) {
        Ok(next_steps) => {
            terminal::print(&next_steps);
            Exit::Passed
        }
        Err(error) => {
            terminal::complain(&Problems::from(Problem::new(error.to_string())).to_string());
            Exit::Usage
        }
    }
}

fn with_settings(
    run_file: Option<&Path>,
    options: &SettingArgs,
    perform: impl FnOnce(Settings) -> Exit,
) -> Exit {
    let settings = random_seed().and_then(|random_seed| {
        Settings::resolve(Sources {
            options: options.layer(),
            variables: &variables(),
            run_file,
            read: &|path| std::fs::read_to_string(path),
            random_seed,
            journeys: &JourneyKind::spec,
        })
    });
    match settings {
        Ok(settings) => perform(settings),
        Err(problems) => {
            terminal::complain(&problems.to_string());
            Exit::Usage
        }
    }
}

/// The environment. What is not Unicode cannot be a setting of ours.
fn variables() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, text)| Some((name.into_string().ok()?, text.into_string().ok()?)))
        .collect()
}

/// A seed from the operating system, short enough to be typed and exact in every JSON reader.
fn random_seed() -> Result<u64, Problems> {
    SysRng.try_next_u32().map(u64::from).map_err(|error| {
        Problem::new(format!("the operating system gives no random numbers: {error}")).into()
    })
}

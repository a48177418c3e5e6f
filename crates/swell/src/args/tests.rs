//! Help as it is shown, and options as they are read.

use clap::CommandFactory;

use super::*;

/// The help of `swell PATH`, as wide as a page.
fn help(path: &[&str]) -> String {
    let arguments = ["swell"].iter().chain(path).chain(&["--help"]);
    let error = Cli::command().term_width(100).try_get_matches_from(arguments).unwrap_err();
    error.render().to_string()
}

#[test]
fn the_commands_are_sound() {
    Cli::command().debug_assert();
}

#[test]
fn help_of_every_command() {
    insta::assert_snapshot!("help", help(&[]));
    insta::assert_snapshot!("help_run", help(&["run"]));
    insta::assert_snapshot!("help_check", help(&["check"]));
    insta::assert_snapshot!("help_init", help(&["init"]));
    insta::assert_snapshot!("help_sandbox", help(&["sandbox"]));
    insta::assert_snapshot!("help_sweep", help(&["sweep"]));
    insta::assert_snapshot!("help_cleanup", help(&["cleanup"]));
    insta::assert_snapshot!("help_runs", help(&["runs"]));
    insta::assert_snapshot!("help_view", help(&["view"]));
}

fn run(arguments: &[&str]) -> RunArgs {
    let all = ["swell", "run"].iter().chain(arguments);
    match Cli::try_parse_from(all).unwrap().command {
        Command::Run(args) => args,
        other => panic!("{other:?}"),
    }
}

#[test]
fn options_become_text_of_the_strongest_layer() {
    let args =
        run(&["--users", "5", "--rate", "-3", "--spike", "a", "--spike=b", "--virtual", "x.toml"]);
    assert_eq!(args.file, Some(PathBuf::from("x.toml")));
    let layer = args.settings.layer();
    let values = |name: &str| layer[name].values.join(" ");
    assert_eq!(values("users"), "5");
    assert_eq!(values("rate"), "-3");
    assert_eq!(values("spike"), "a b");
    assert_eq!(values("virtual"), "true");
    assert_eq!(layer.len(), 4);
}

#[test]
fn the_last_of_several_options_counts() {
    assert_eq!(run(&["--users", "5", "--users", "6"]).settings.layer()["users"].values, ["6"]);
}

#[test]
fn an_option_that_does_not_exist_is_refused_with_a_suggestion() {
    let error = Cli::try_parse_from(["swell", "run", "--user", "5"]).unwrap_err().to_string();
    assert!(error.contains("--users"), "{error}");
}

#[test]
fn a_flag_can_be_taken_back() {
    let layer = run(&["--virtual", "--yes=false", "x.toml"]).settings.layer();
    assert_eq!((&layer["virtual"].values[0][..], &layer["yes"].values[0][..]), ("true", "false"));
}

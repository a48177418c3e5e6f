//! What may follow `cargo xtask fuzz`.

use std::num::NonZeroUsize;

/// Minutes for each target.
const MINUTES_DEFAULT: f64 = 1.0;

/// Which targets are fuzzed, and how.
#[derive(Debug, PartialEq)]
pub(super) struct Options {
    /// For each target.
    pub(super) minutes: f64,
    /// Targets that run at once.
    pub(super) jobs: NonZeroUsize,
    /// Whether what came of it replaces what is in `bench/results`.
    pub(super) keep: bool,
    /// Empty means all.
    targets: Vec<String>,
}

impl Options {
    /// Reads arguments; `known` are the names of all targets.
    pub(super) fn parse(arguments: &[String], known: &[String]) -> Result<Self, String> {
        let mut options = Self {
            minutes: MINUTES_DEFAULT,
            jobs: NonZeroUsize::MIN,
            keep: false,
            targets: Vec::new(),
        };
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--minutes" => options.minutes = minutes(words.next())?,
                "--jobs" => options.jobs = jobs(words.next())?,
                "--keep" => options.keep = true,
                target if known.iter().any(|name| name == target) => {
                    options.targets.push(target.to_owned());
                }
                other => return Err(no_such(other, known)),
            }
        }
        Ok(options)
    }

    /// Whether a target is asked for.
    pub(super) fn wants(&self, target: &str) -> bool {
        self.targets.is_empty() || self.targets.iter().any(|name| name == target)
    }
}

fn minutes(word: Option<&String>) -> Result<f64, String> {
    let minutes = word.and_then(|word| word.parse().ok());
    let minutes = minutes.filter(|minutes: &f64| minutes.is_finite() && *minutes > 0.0);
    minutes.ok_or_else(|| wanted("--minutes", "a number above 0, such as 10", word))
}

fn jobs(word: Option<&String>) -> Result<NonZeroUsize, String> {
    let jobs = word.and_then(|word| word.parse().ok());
    jobs.ok_or_else(|| wanted("--jobs", "a whole number above 0, such as 2", word))
}

fn wanted(option: &str, expected: &str, found: Option<&String>) -> String {
    let found = found.map_or_else(|| "nothing".to_owned(), |word| format!("{word:?}"));
    format!("{option} is followed by {found}; expected {expected}.")
}

fn no_such(found: &str, known: &[String]) -> String {
    format!(
        "There is no fuzz target {found:?}: there are {}, and the options --minutes N, --jobs N and \
         --keep.",
        known.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::Options;

    fn parse(words: &[&str]) -> Result<Options, String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        Options::parse(&words, &["event".to_owned(), "openpgp".to_owned()])
    }

    #[test]
    fn nothing_means_every_target_by_itself_for_a_minute() {
        let all = parse(&[]).unwrap();
        assert!(all.wants("event") && all.wants("openpgp"));
        assert!((all.minutes - 1.0).abs() < 1e-9);
        assert_eq!((all.jobs.get(), all.keep), (1, false));
    }

    #[test]
    fn named_targets_and_options_are_taken() {
        let some = parse(&["event", "--minutes", "10", "--jobs", "3", "--keep"]).unwrap();
        assert!(some.wants("event") && !some.wants("openpgp"));
        assert!((some.minutes - 10.0).abs() < 1e-9);
        assert_eq!((some.jobs.get(), some.keep), (3, true));
    }

    #[test]
    fn what_means_nothing_is_answered_with_what_is_expected() {
        let problem = parse(&["--minutes", "0"]).unwrap_err();
        assert!(problem.contains("\"0\"") && problem.contains("above 0"), "{problem}");
        assert!(parse(&["--minutes", "inf"]).is_err());
        assert!(parse(&["--jobs"]).unwrap_err().contains("nothing"));
        assert!(parse(&["--jobs", "0"]).unwrap_err().contains("whole number above 0"));
        assert!(parse(&["events"]).unwrap_err().contains("event, openpgp"));
    }
}

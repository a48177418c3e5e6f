//! What may follow `cargo xtask bench`.

/// Which key stretching the part `memory` runs with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum S2k {
    Fast,
    Faithful,
}

impl S2k {
    /// As `--s2k` takes it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Faithful => "faithful",
        }
    }
}

/// What is measured, and how much of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// Names of parts; empty means all.
    parts: Vec<String>,
    /// Fewer users in the parts `funding` and `memory`.
    pub(crate) quick: bool,
    /// The runs of the part `memory`, in order.
    pub(crate) s2k: Vec<S2k>,
}

impl Options {
    /// Reads arguments; `known` are the names of all parts.
    pub(crate) fn parse(arguments: &[String], known: &[&str]) -> Result<Self, String> {
        let mut options =
            Self { parts: Vec::new(), quick: false, s2k: vec![S2k::Fast, S2k::Faithful] };
        for argument in arguments {
            match argument.as_str() {
                "--quick" => options.quick = true,
                "--s2k=fast" => options.s2k = vec![S2k::Fast],
                "--s2k=faithful" => options.s2k = vec![S2k::Faithful],
                part if known.contains(&part) => options.parts.push(part.to_owned()),
                other => return Err(no_such(other, known)),
            }
        }
        Ok(options)
    }

    /// Whether a part is asked for.
    pub(crate) fn wants(&self, part: &str) -> bool {
        self.parts.is_empty() || self.parts.iter().any(|name| name == part)
    }
}

fn no_such(found: &str, known: &[&str]) -> String {
    format!(
        "The bench has no part {found:?}: there are {}, and the options --quick of the \
         parts funding and memory, and --s2k=fast or --s2k=faithful of the part memory.",
        known.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::{Options, S2k};

    fn parse(words: &[&str]) -> Result<Options, String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        Options::parse(&words, &["journey", "memory"])
    }

    #[test]
    fn nothing_means_every_part() {
        let options = parse(&[]).unwrap();
        assert!(options.wants("journey") && options.wants("memory"));
        assert_eq!(options.s2k, [S2k::Fast, S2k::Faithful]);
    }

    #[test]
    fn named_parts_and_options_are_taken() {
        let options = parse(&["memory", "--quick", "--s2k=fast"]).unwrap();
        assert!(options.wants("memory") && !options.wants("journey"));
        assert!(options.quick);
        assert_eq!(options.s2k, [S2k::Fast]);
    }

    #[test]
    fn an_unknown_part_is_answered_with_those_there_are() {
        let problem = parse(&["speed"]).unwrap_err();
        assert!(problem.contains("\"speed\"") && problem.contains("journey, memory"));
    }
}

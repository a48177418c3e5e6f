//! The core is pure: no runtime, no sockets, no clock, no environment.

use super::tree::Tree;

const CORE: &str = "crates/swell-core/src/";
const BANNED: [&str; 10] = [
    "Instant",
    "SystemTime",
    "std::env",
    "std::fs",
    "std::net",
    "std::process",
    "std::thread",
    "thread_rng",
    "tokio",
    "unsafe",
];

/// Every banned word in the core's code; comments may say what they like.
pub(crate) fn check(tree: &Tree) -> Vec<String> {
    let files = tree.ending(".rs").filter(|(path, _)| path.starts_with(CORE));
    files.flat_map(|(path, text)| check_file(path, text)).collect()
}

fn check_file(path: &str, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let code = line.split("//").next().unwrap_or_default();
        let found = BANNED.iter().filter(|word| has_word(code, word));
        problems
            .extend(found.map(|word| format!("{path}:{number}: the core is pure: no `{word}`")));
    }
    problems
}

fn has_word(code: &str, word: &str) -> bool {
    let part_of_name = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        !before.is_some_and(part_of_name) && !after.is_some_and(part_of_name)
    })
}

#[cfg(test)]
mod tests {
    use super::{Tree, check};

    #[test]
    fn banned_words_are_found_in_code_of_the_core_only() {
        let code = "use std::net::IpAddr;\n/// An Instant.\nlet x = Instant::now(); // fine\n";
        let tree = Tree::from([("crates/swell-core/src/a.rs", code), ("crates/b/src/a.rs", code)]);
        let problems = check(&tree);
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems[0].starts_with("crates/swell-core/src/a.rs:1"));
        assert!(problems[1].starts_with("crates/swell-core/src/a.rs:3"));
    }

    #[test]
    fn a_longer_name_is_another_word() {
        let code = "struct InstantaneousRate; fn is_unsafe() {}";
        assert!(check(&Tree::from([("crates/swell-core/src/a.rs", code)])).is_empty());
    }
}

//! Sizes of files, and what must not be in them.

use super::tree::Tree;

const LINES_MAX: usize = 600;
/// What people write by hand, and others have to read.
const SOURCES: [&str; 5] = [".rs", ".sol", ".mjs", ".md", ".toml"];

/// Written so that this file does not hold what it looks for.
const HOSTS: [&str; 5] = [
    concat!("registry.npm", "js.org"),
    concat!("static.crates", ".io"),
    concat!("index.crates", ".io"),
    concat!("proxy.golang", ".org"),
    concat!("files.python", "hosted.org"),
];
const UNFINISHED: [&str; 3] =
    [concat!("to", "do!("), concat!("unimpl", "emented!("), concat!("#[ign", "ore")];

/// Files that are too long, hosts packages come from, and what is not finished.
pub(crate) fn check(tree: &Tree) -> Vec<String> {
    let mut problems = Vec::new();
    for (path, text) in tree.texts() {
        let lines = text.lines().count();
        if SOURCES.iter().any(|end| path.ends_with(end)) && lines > LINES_MAX {
            problems.push(format!("{path}: {lines} lines; at most {LINES_MAX}"));
        }
        let banned = if path.ends_with(".rs") { &UNFINISHED[..] } else { &[] };
        for word in HOSTS.iter().chain(banned).filter(|word| text.contains(**word)) {
            problems.push(format!("{path}: must not contain `{word}`"));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::{HOSTS, LINES_MAX, Tree, UNFINISHED, check};

    #[test]
    fn a_long_source_is_found_and_a_long_recording_is_not() {
        let long = "line\n".repeat(LINES_MAX + 1);
        let tree = Tree::from([("a.rs", long.as_str()), ("b.json", long.as_str())]);
        assert_eq!(check(&tree), ["a.rs: 601 lines; at most 600"]);
    }

    #[test]
    fn hosts_are_found_in_every_text() {
        assert_eq!(check(&Tree::from([("a.json", HOSTS[0]), ("b", HOSTS[1])])).len(), 2);
    }

    #[test]
    fn unfinished_code_is_found() {
        let tree = Tree::from([("a.rs", UNFINISHED[0]), ("b.rs", UNFINISHED[2])]);
        assert_eq!(check(&tree).len(), 2);
    }
}

//! Links between our own documents lead somewhere.

use super::tree::Tree;

/// Every link of a document to a file or a heading that is not there.
pub(crate) fn check(tree: &Tree) -> Vec<String> {
    let mut problems = Vec::new();
    for (path, text) in tree.ending(".md") {
        for target in targets(text).filter(|target| !is_elsewhere(target)) {
            if !leads_somewhere(tree, path, target) {
                problems.push(format!("{path}: the link to {target} leads nowhere"));
            }
        }
    }
    problems
}

fn is_elsewhere(target: &str) -> bool {
    target.contains("://") || target.starts_with("mailto:")
}

/// What `[text](target)` names, outside code.
fn targets(text: &str) -> impl Iterator<Item = &str> {
    prose(text).flat_map(|line| {
        line.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target)
    })
}

/// The lines that are not in a fenced block.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut fenced = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    })
}

fn leads_somewhere(tree: &Tree, from: &str, target: &str) -> bool {
    let (file, heading) = match target.split_once('#') {
        Some((file, heading)) => (file, Some(heading)),
        None => (target, None),
    };
    let path = if file.is_empty() { from.to_owned() } else { resolve(from, file) };
    match heading {
        None => tree.has(&path),
        Some(heading) => {
            tree.text(&path).is_some_and(|text| headings(text).any(|known| known == heading))
        }
    }
}

/// The path a relative link means.
fn resolve(from: &str, link: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in link.trim_end_matches('/').split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The names headings get as link targets.
fn headings(text: &str) -> impl Iterator<Item = String> {
    prose(text).filter(|line| line.starts_with('#')).map(|line| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::{Tree, check};

    #[test]
    fn links_that_resolve_pass() {
        let tree = Tree::from([
            ("README.md", "[a](docs/a.md#the-second-one) [b](docs/) [c](#top)\n# Top\n"),
            ("docs/a.md", "## The *second*, one\n[back](../README.md) [out](https://e.org/x)\n"),
        ]);
        assert_eq!(check(&tree), Vec::<String>::new());
    }

    #[test]
    fn links_to_missing_files_and_headings_are_found() {
        let tree = Tree::from([("a.md", "[x](b.md) and [y](#nowhere)\n```\n[z](code.md)\n```\n")]);
        assert_eq!(check(&tree).len(), 2);
    }
}

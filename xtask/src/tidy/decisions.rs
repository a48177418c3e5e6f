//! Decision records are numbered without gaps, and say so themselves.

use super::tree::Tree;

const FOLDER: &str = "docs/decisions/";

/// Every record whose name or first line does not fit its place.
pub(crate) fn check(tree: &Tree) -> Vec<String> {
    let records = tree.ending(".md").filter(|(path, _)| path.starts_with(FOLDER));
    let mut problems = Vec::new();
    for (number, (path, text)) in (1..).zip(records) {
        let name = &path[FOLDER.len()..];
        if !name.starts_with(&format!("{number:04}-")) {
            problems.push(format!("{path}: expected the record numbered {number:04} here"));
        }
        if !text.starts_with(&format!("# {number}. ")) {
            problems.push(format!("{path}: its first line must begin with `# {number}. `"));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::{Tree, check};

    #[test]
    fn a_row_of_records_passes() {
        let tree = Tree::from([
            ("docs/decisions/0001-a.md", "# 1. A\n"),
            ("docs/decisions/0002-b.md", "# 2. B\n"),
        ]);
        assert!(check(&tree).is_empty());
    }

    #[test]
    fn gaps_doubles_and_wrong_titles_are_found() {
        let gap = Tree::from([("docs/decisions/0002-a.md", "# 1. A\n")]);
        assert_eq!(check(&gap).len(), 1);
        let double = Tree::from([
            ("docs/decisions/0001-a.md", "# 1. A\n"),
            ("docs/decisions/0001-b.md", "# 2. B\n"),
        ]);
        assert_eq!(check(&double).len(), 1);
        assert_eq!(check(&Tree::from([("docs/decisions/0001-a.md", "# A\n")])).len(), 1);
    }
}

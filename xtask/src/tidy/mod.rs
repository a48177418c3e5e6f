//! House rules that a compiler does not know. `cargo xtask tidy`, and a test.

mod decisions;
mod layers;
mod links;
mod purity;
mod texts;
mod tree;

use tree::Tree;

use crate::{Outcome, shell};

/// Checks the repository.
pub(crate) fn run() -> Outcome {
    let problems = problems()?;
    if problems.is_empty() {
        println!("Tidy.");
        return Ok(());
    }
    Err(problems.join("\n"))
}

fn problems() -> Result<Vec<String>, String> {
    let tree = Tree::read(&shell::root())?;
    let mut problems = layers::check(&layers::crates()?);
    problems.extend(purity::check(&tree));
    problems.extend(texts::check(&tree));
    problems.extend(links::check(&tree));
    problems.extend(decisions::check(&tree));
    Ok(problems)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_repository_is_tidy() {
        assert_eq!(super::problems().unwrap(), Vec::<String>::new());
    }
}

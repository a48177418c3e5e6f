//! The texts of the repository, in order of their paths.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Folders that hold nothing of ours, wherever they are.
const SKIPPED: [&str; 3] = [".git", ".tools", "node_modules"];
/// What cargo builds, at the root alone.
const BUILT: &str = "target";

/// Texts by path from the root, with `/` between the parts.
pub(crate) struct Tree(BTreeMap<String, String>);

impl Tree {
    /// Reads every text below `root`; what is not UTF-8 is left out.
    pub(crate) fn read(root: &Path) -> Result<Self, String> {
        let mut texts = BTreeMap::new();
        read_folder(root, "", &mut texts)?;
        Ok(Self(texts))
    }

    /// Every text with its path.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The texts whose path ends so.
    pub(crate) fn ending<'a>(&'a self, end: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.texts().filter(move |(path, _)| path.ends_with(end))
    }

    /// One text.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// Whether there is a text of this path, or a folder with one in it.
    pub(crate) fn has(&self, path: &str) -> bool {
        let folder = format!("{path}/");
        self.0.keys().any(|known| known == path || known.starts_with(&folder))
    }
}

fn read_folder(
    root: &Path,
    folder: &str,
    texts: &mut BTreeMap<String, String>,
) -> Result<(), String> {
    let cannot = |error| format!("Could not read the folder {folder:?}: {error}.");
    for entry in fs::read_dir(root.join(folder)).map_err(cannot)? {
        let entry = entry.map_err(cannot)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        let kind = entry.file_type().map_err(cannot)?;
        if kind.is_dir() {
            if !SKIPPED.contains(&name.as_str()) && path != BUILT {
                read_folder(root, &path, texts)?;
            }
        } else if let Ok(text) = fs::read_to_string(entry.path()) {
            texts.insert(path, text);
        }
    }
    Ok(())
}

#[cfg(test)]
impl<const N: usize> From<[(&str, &str); N]> for Tree {
    fn from(texts: [(&str, &str); N]) -> Self {
        Self(texts.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect())
    }
}

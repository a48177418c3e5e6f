//! What an object is called.

use bytes::Bytes;

/// Which of a user's objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectKind {
    /// The encrypted data.
    Data,
    /// The grant.
    Grant,
    /// What the check uploads, and deletes again.
    Check,
}

impl ObjectKind {
    /// Its media type.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Data => "application/octet-stream",
            Self::Grant => "application/json",
            Self::Check => "text/plain",
        }
    }

    /// The file name of user `seq`'s object in `run`: a run's id is its own, and a position in it
    /// is taken once, in all parts of the run together.
    #[must_use]
    pub fn file_name(self, run: &str, seq: u64) -> String {
        let start = self.file_start();
        match self {
            Self::Data | Self::Grant => format!("{start}{run}_{seq}.json"),
            Self::Check => format!("{start}{run}_{seq}.txt"),
        }
    }

    /// What its file name begins with.
    const fn file_start(self) -> &'static str {
        match self {
            Self::Data => "vana_loadtest_",
            Self::Grant => "grant_",
            Self::Check => "swell_check_",
        }
    }

    /// What the file called `name` is, if it is Swell's: nothing else is so called, and none of
    /// these names leaves its folder.
    pub(super) fn of_file(name: &str) -> Option<Self> {
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if !name.chars().all(is_part) {
            return None;
        }
        [Self::Data, Self::Grant, Self::Check]
            .into_iter()
            .find(|kind| name.starts_with(kind.file_start()))
    }
}

/// An object on its way.
#[derive(Clone, Debug)]
pub(super) struct Object<'a> {
    /// Its whole name.
    pub(super) name: &'a str,
    /// Its media type.
    pub(super) content_type: &'static str,
    /// Its content.
    pub(super) content: Bytes,
}

/// `name` below `prefix`, which may be empty.
pub(super) fn below(prefix: &str, name: &str) -> String {
    let prefix = prefix.trim_matches('/');
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_objects_share_a_name() {
        let mut names = BTreeSet::new();
        for run in ["04hmasw9nf6yy044", "14hmasw9nf6yy044"] {
            for seq in [0, 1, 10, 11] {
                for kind in [ObjectKind::Data, ObjectKind::Grant] {
                    assert!(names.insert(kind.file_name(run, seq)));
                }
            }
        }
        assert_eq!(names.len(), 16);
    }

    #[test]
    fn only_swells_own_files_are_told_by_their_names() {
        for kind in [ObjectKind::Data, ObjectKind::Grant, ObjectKind::Check] {
            let name = kind.file_name("04hmasw9nf6yy044", 7);
            assert_eq!(ObjectKind::of_file(&name), Some(kind), "{name}");
        }
        for other in [
            "",
            "..",
            "../secret",
            ".hidden",
            "uploads.bin",
            "service-account.json",
            ".env",
            "grant_/../secret",
            "grant_a\\b",
            "grant_\u{e9}.json",
        ] {
            assert_eq!(ObjectKind::of_file(other), None, "{other}");
        }
    }

    #[test]
    fn a_prefix_is_one_slash_away() {
        for (prefix, whole) in [("p", "p/n"), ("p/", "p/n"), ("/p/q/", "p/q/n"), ("", "n")] {
            assert_eq!(below(prefix, "n"), whole);
        }
    }
}

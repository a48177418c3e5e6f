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
        match self {
            Self::Data => format!("vana_loadtest_{run}_{seq}.json"),
            Self::Grant => format!("grant_{run}_{seq}.json"),
            Self::Check => format!("swell_check_{run}_{seq}.txt"),
        }
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
    fn a_prefix_is_one_slash_away() {
        for (prefix, whole) in [("p", "p/n"), ("p/", "p/n"), ("/p/q/", "p/q/n"), ("", "n")] {
            assert_eq!(below(prefix, "n"), whole);
        }
    }
}

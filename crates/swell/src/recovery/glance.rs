//! The few lines of a report that money is recovered by.

use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use swell_core::report::{Ended, REPORT_FORMAT};
use swell_core::units::Wei;

use crate::results::REPORT_FILE;

/// The few lines of a report that money is recovered by.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Glance {
    /// What the run was.
    pub run: RunGlance,
    /// The money statement.
    pub money: MoneyGlance,
}

/// What the run was.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct RunGlance {
    /// Its id.
    pub id: String,
    /// How it came to its end.
    pub ended: Ended,
    /// How long it took, seconds.
    pub duration_s: f64,
}

/// The money statement's terms, as the report names them.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[expect(missing_docs, reason = "they are those of the report")]
pub struct MoneyGlance {
    pub sent_wei: Wei,
    pub spent_wei: Wei,
    pub value_wei: Wei,
    pub swept_wei: Wei,
    pub left_wei: Wei,
    pub in_doubt_wei: Wei,
    pub unexplained_wei: String,
}

impl MoneyGlance {
    /// What the run left behind, as far as its report knows; `None` when its books do not close.
    #[must_use]
    pub fn held(&self) -> Option<Wei> {
        (self.unexplained_wei == "0").then(|| self.left_wei + self.in_doubt_wei)
    }
}

/// Why a report cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GlanceError {
    /// The file system refused.
    #[error("the report {} cannot be read", path.display())]
    Unreadable {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is none, or was cut off.
    #[error("{} is not a report", path.display())]
    NotAReport {
        /// Where.
        path: PathBuf,
    },
    /// Written by a newer Swell.
    #[error(
        "the report {} has format {found}; this version reads formats up to {REPORT_FORMAT}",
        path.display()
    )]
    TooNew {
        /// Where.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
}

impl Glance {
    /// Looks at the report in `folder`; `None` when there is none.
    ///
    /// # Errors
    /// [`GlanceError`].
    pub fn read(folder: &Path) -> Result<Option<Self>, GlanceError> {
        read_report(folder)
    }
}

/// Reads the report in `folder`, or the lines of it that `T` has; `None` when there is none.
///
/// # Errors
/// [`GlanceError`].
pub fn read_report<T: DeserializeOwned>(folder: &Path) -> Result<Option<T>, GlanceError> {
    #[derive(Deserialize)]
    struct Versioned {
        format: u32,
    }
    let path = folder.join(REPORT_FILE);
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(GlanceError::Unreadable { path, source }),
    };
    match serde_json::from_slice(&text) {
        Ok(Versioned { format }) if format > REPORT_FORMAT => {
            Err(GlanceError::TooNew { path, found: format })
        }
        _ => serde_json::from_slice(&text).map(Some).map_err(|_| GlanceError::NotAReport { path }),
    }
}

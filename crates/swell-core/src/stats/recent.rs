//! Journeys that ended since somebody last looked.

use super::ExponentialHistogram;

/// Response and service time of journeys that ended since somebody last looked, failures included.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recent {
    /// From due.
    pub response: ExponentialHistogram,
    /// From sent.
    pub service: ExponentialHistogram,
}

impl Recent {
    /// Adds all of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.response.merge(&other.response);
        self.service.merge(&other.service);
    }
}

//! Journeys: what one user does.

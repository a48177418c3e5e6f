//! Journeys: what one user does.

pub mod data_portability;
pub mod storage;

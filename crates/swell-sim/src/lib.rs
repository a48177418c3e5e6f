//! Seeded trouble around the real engine, and what must hold in spite of it.
//!
//! ```text
//!  Storm::draw(seed) ──▶ Weather ──▶ faults ─▶ Witness ─▶ sandbox ◀── Troubles
//!       (pure)          (per request)            │          │        (reorgs, stalls, fees)
//!                                                ▼          ▼
//!   engine, journey ──report, ledger, log──▶  violations: what does not hold
//! ```
//!
//! The engine, the journey and the sandbox are those of every run; only the transport between them
//! and the sandbox's chain are troubled. Everything happens in virtual time on one thread, so a seed
//! is a whole story: the same one every time. `SWELL_SEED=n` tells it again, with its trace.

mod accounts;
mod audit;
mod capture;
mod evidence;
mod payees;
mod play;
mod storm;
mod troubles;
mod weather;
mod witness;
mod world;

pub use evidence::Evidence;
pub use play::play;
pub use storm::Storm;

#[cfg(test)]
mod tests;

//! The engine: one task owns the run, journeys are tasks that hold a lease.

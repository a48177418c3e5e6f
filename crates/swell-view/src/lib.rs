//! What people and machines read of a run: live lines, the summary, the report.

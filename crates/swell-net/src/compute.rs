//! Where CPU work goes, so that it never delays a timer.

//! The EVM as a load tester needs it: RPC, submission with three answers, one block follower, lanes, keys.

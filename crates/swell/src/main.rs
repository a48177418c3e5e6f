//! A streaming load tester for systems whose users hold wallets.
fn main() {}

//! The test counts for itself: users on the chain, and results that the server handed out.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use swell_sandbox::contracts::PERMISSIONS;

use crate::http;
use crate::report::count;

/// First topic of `PermissionAdded(uint256,address,uint256,string,uint256[])`.
const PERMISSION_ADDED: &str = "0x2cff87230608e71ec991ee7212c0cc861c08b275ecc30716cdc7681cc0fdc288";

/// Users whose permission the chain at `rpc` has logged, each once.
pub(crate) fn users_on_chain(rpc: &str) -> BTreeSet<String> {
    let filter = json!([{
        "fromBlock": "0x0",
        "toBlock": "latest",
        "address": PERMISSIONS,
        "topics": [PERMISSION_ADDED],
    }]);
    let logs = http::rpc(rpc, "eth_getLogs", &filter);
    let user = |log: &Value| log["topics"][2].as_str().unwrap().to_owned();
    logs.as_array().unwrap().iter().map(user).collect()
}

/// Wants that the report's successes are what chain and server saw.
#[track_caller]
pub(crate) fn assert_counts_agree(report: &Value, rpc: &str, sandbox: &str) {
    let succeeded = count(report, "/outcomes/succeeded");
    assert_eq!(users_on_chain(rpc).len() as u64, succeeded, "users on the chain");
    let stats = http::get(&format!("{sandbox}/sandbox/stats"));
    assert_eq!(count(&stats, "/results_delivered"), succeeded, "results delivered: {stats}");
}

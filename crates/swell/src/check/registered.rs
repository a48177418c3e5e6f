//! What the check says of grantee, personal server and schema, before the first user meets them.

use std::time::Duration;

use alloy_primitives::{Address, U256};
use swell_core::journey::FailureClass;
use swell_core::time::RunOffset;
use swell_core::units::Gas;
use swell_engine::{Causes, StepError};
use swell_journeys::data_portability::Grantee;
use swell_vana::permissions::{
    self,
    contracts::{DataPortabilityPermissions, DataPortabilityServers},
};
use swell_vana::schema::DataSchema;
use swell_vana::synthetic::{UserDataKind, user_data};

use crate::config::Settings;
use crate::connection::Connection;
use crate::registration::grantee_id;

/// Where sentences go.
pub(super) struct Found<'a> {
    pub(super) facts: &'a mut Vec<String>,
    pub(super) warnings: &'a mut Vec<String>,
    pub(super) errors: &'a mut Vec<String>,
}

/// Looks at grantee, personal server and schema.
pub(super) async fn examine(connection: &Connection, settings: &Settings, found: &mut Found<'_>) {
    compare_grantee(connection, found).await;
    let users = settings.plan.load.users.get();
    found.warnings.extend(nearing_cap(&connection.grantee, users));
    ask_server(connection, found).await;
    let used = servers_in_use(connection).await;
    found.warnings.extend(other_servers(connection.target.contracts.servers, used));
    if let Some(schema) = &connection.schema {
        check_schema(connection, settings, schema, found);
    }
}

async fn compare_grantee(connection: &Connection, found: &mut Found<'_>) {
    let grantee = &connection.grantee;
    let (registered, ours) = (grantee.address, connection.application.address());
    if registered == ours {
        found.facts.push(known_grantee(grantee));
        return;
    }
    let contract = connection.target.contracts.grantees;
    let hint = match grantee_id(&connection.chain, contract, ours).await {
        Some(id) if id > 0 => format!("; {ours} is grantee {id}"),
        _ => format!("; {ours} is no grantee of {contract}"),
    };
    found.errors.push(format!(
        "grantee {} is {registered} on the chain, and the application key is {ours}'s: the server \
         would refuse its operations{hint}",
        grantee.id
    ));
}

/// The application as the chain knows it.
fn known_grantee(grantee: &Grantee) -> String {
    let Grantee { id, address, permissions, .. } = grantee;
    let has = permissions.map_or_else(String::new, |count| match count {
        1 => ", with 1 permission".to_owned(),
        _ => format!(", with {count} permissions"),
    });
    format!("the application {address} is grantee {id} on the chain{has}")
}

/// Gas that `grantees()` uses for each permission it lists.
///
/// # Source
/// Measured with the contracts' own sources: one slot read cold, and 32 octets returned.
const GAS_PER_PERMISSION: u64 = 2_300;
/// Gas that nodes allow a call, the strict and the usual.
const CALL_GAS_CAPS: [Gas; 2] = [Gas(30_000_000), Gas(50_000_000)];
/// From here on a grantee is near the stricter cap.
const NEAR_PERCENT: u64 = 80;

/// A sentence once a grantee whose permissions are read all at once comes near what a call may use.
fn nearing_cap(grantee: &Grantee, users: u64) -> Option<String> {
    let permissions = grantee.permissions.filter(|_| grantee.read_whole)?;
    let allowed = CALL_GAS_CAPS.map(|cap| cap.0 / GAS_PER_PERMISSION);
    if permissions.saturating_add(users) < allowed[0] * NEAR_PERCENT / 100 {
        return None;
    }
    let left = allowed.map(|allowed| allowed.saturating_sub(permissions));
    Some(format!(
        "grantee {} has {permissions} permissions, and grantees() lists them all at about \
         {GAS_PER_PERMISSION} gas each, for the contract has no granteesV2: {} are left where a node \
         allows a call {} gas, {} where it allows {}; then clients and server can read it no more, and \
         a new grantee is needed",
        grantee.id, left[0], CALL_GAS_CAPS[0].0, left[1], CALL_GAS_CAPS[1].0
    ))
}

/// Asks the personal server who would serve a user nobody has seen.
async fn ask_server(connection: &Connection, found: &mut Found<'_>) {
    const PATIENCE: Duration = Duration::from_secs(15);
    let url = &connection.target.server.url;
    let user = connection.application.address();
    let by: RunOffset = connection.clock.now() + PATIENCE;
    let identity = match connection.server.identity(user, by).await {
        Ok(identity) => identity,
        Err(StepError { class, detail }) => {
            let hint = version_hint(url.expose(), class);
            let why = detail.body.unwrap_or_default();
            found.errors.push(format!(
                "the personal server at {url} does not tell its identity ({class}): {}{hint}",
                why.trim().trim_end_matches('.')
            ));
            return;
        }
    };
    match identity.personal_server.keys() {
        Err(error) => found.errors.push(format!(
            "the personal server at {url} cannot be encrypted to: {}; expected the 65 octets of a point \
             on secp256k1, and its address",
            Causes(&error)
        )),
        Ok((address, _)) => found.facts.push(registered_server(connection, address).await),
    }
}

/// The contract in which the permissions contract registers servers; `None` if it does not say.
async fn servers_in_use(connection: &Connection) -> Option<Address> {
    let call = DataPortabilityPermissions::dataPortabilityServersCall {};
    let contract = connection.target.contracts.permissions;
    let data = connection.chain.rpc().call(contract, permissions::encode(&call)).await.ok()?;
    permissions::decode_return::<DataPortabilityPermissions::dataPortabilityServersCall>(&data).ok()
}

/// A sentence when `named` is not the contract that is used: networks have had more than one.
fn other_servers(named: Address, used: Option<Address>) -> Option<String> {
    let used = used.filter(|used| *used != named)?;
    Some(format!(
        "the permissions contract registers servers in {used}, and contracts.servers is {named}: what \
         is said of servers on the chain is read from the wrong one; expected {used}"
    ))
}

/// The commonest slip with a server that does not know `/identity`.
fn version_hint(url: &str, class: FailureClass) -> &'static str {
    let has_version = url.trim_end_matches('/').ends_with("/api/v1");
    let is_answered = !matches!(class, FailureClass::Transport | FailureClass::Timeout);
    if has_version || !is_answered {
        return "";
    }
    "; its URL does not end in /api/v1, as those of personal servers do"
}

async fn registered_server(connection: &Connection, address: Address) -> String {
    let call = DataPortabilityServers::serverAddressToIdCall { serverAddress: address };
    let contract = connection.target.contracts.servers;
    let data = connection.chain.rpc().call(contract, permissions::encode(&call)).await.ok();
    let id: Option<U256> = data.and_then(|data| {
        permissions::decode_return::<DataPortabilityServers::serverAddressToIdCall>(&data).ok()
    });
    match id {
        None => format!("the personal server answers as {address}"),
        Some(U256::ZERO) => format!(
            "the personal server answers as {address}, which is new to the chain: a user's own \
             transaction registers it"
        ),
        Some(id) => {
            format!("the personal server answers as {address}, which is server {id} on the chain")
        }
    }
}

/// Tries the data of a few users.
fn check_schema(
    connection: &Connection,
    settings: &Settings,
    schema: &DataSchema,
    found: &mut Found<'_>,
) {
    const SAMPLES: usize = 20;
    let (id, name) = (schema.id(), schema.name());
    if !schema.can_check() {
        found.warnings.push(format!(
            "schema {id} ({name:?}) is in a dialect in which data cannot be checked; expected json"
        ));
        return;
    }
    let unix_ms = u64::try_from(connection.clock.unix_now().as_millis()).unwrap_or(u64::MAX);
    let mut rng = settings.plan.seed.rng("check.schema");
    for _ in 0..SAMPLES {
        let data = user_data(UserDataKind::default(), unix_ms, &mut rng);
        if let Err(fault) = schema.check(&data) {
            found.errors.push(format!(
                "the users' data does not satisfy schema {id} ({name:?}) at {}: {}",
                fault.place, fault.why
            ));
            return;
        }
    }
    found.facts.push(format!("the users' data satisfies schema {id} ({name:?}) of the chain"));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grantee(permissions: u64, read_whole: bool) -> Grantee {
        Grantee { id: 1, address: Address::ZERO, permissions: Some(permissions), read_whole }
    }

    #[test]
    fn a_grantee_near_the_cap_is_warned_about_with_what_is_left() {
        let words = nearing_cap(&grantee(12_000, true), 100).unwrap();
        assert!(words.contains("1043 are left where a node allows a call 30000000 gas"), "{words}");
        assert!(words.contains("9739 where it allows 50000000"), "{words}");
        assert!(nearing_cap(&grantee(60_000, true), 1).unwrap().contains(": 0 are left"));
        // The run itself brings it there.
        assert!(nearing_cap(&grantee(1_000, true), 12_500).is_some());
        assert_eq!(nearing_cap(&grantee(1_000, true), 1_000), None);
        assert_eq!(nearing_cap(&grantee(1_000_000, false), 1_000), None);
    }

    #[test]
    fn a_grantee_that_is_the_applications_is_named_with_what_it_has() {
        let known = |permissions| known_grantee(&Grantee { permissions, ..grantee(0, true) });
        let named = format!("the application {} is grantee 1 on the chain", Address::ZERO);
        assert_eq!(known(None), named);
        assert_eq!(known(Some(1)), format!("{named}, with 1 permission"));
        assert_eq!(known(Some(0)), format!("{named}, with 0 permissions"));
    }

    #[test]
    fn another_servers_contract_than_the_one_in_use_is_warned_about() {
        let [named, used] = [Address::repeat_byte(1), Address::repeat_byte(2)];
        assert_eq!(other_servers(named, None), None);
        assert_eq!(other_servers(named, Some(named)), None);
        let words = other_servers(named, Some(used)).unwrap();
        assert!(words.contains(&format!("registers servers in {used}")), "{words}");
        assert!(words.contains(&format!("contracts.servers is {named}")), "{words}");
    }

    #[test]
    fn a_url_without_its_version_is_pointed_out_where_something_answered() {
        let hint = |url, class| !version_hint(url, class).is_empty();
        assert!(hint("https://server.vana.com", FailureClass::NotFound));
        assert!(!hint("https://server.vana.com", FailureClass::Transport));
        assert!(!hint("https://server.vana.com/api/v1/", FailureClass::ServerError));
    }
}

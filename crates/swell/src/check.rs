//! The check before a run: reads and computes. It sends no transaction; what it uploads it deletes.

mod funding;
pub mod money;
mod registered;
mod relay;
mod storage;

use swell_chain::{BlockTag, EndpointView, FeeQuote, Head};
use swell_core::ceiling::{CeilingInputs, Grantee, Purse, ceilings};
use swell_core::funding::{StrategyChoice, paid_at_once};
use swell_core::plan::LoadPlan;
use swell_core::submit::SubmitMode;
use swell_core::units::{Gas, Wei, WeiPerGas};
use swell_core::wallet::WalletSizing;
use swell_engine::journey::{Journey, JourneyNeeds};
use swell_engine::{FundingSetup, StepError};
use swell_view::check::{CHECK_FORMAT, CheckReport, Costs};
use swell_view::human::number;

use crate::config::choice::{Choice, JourneyKind};
use crate::config::{Settings, TargetChoice};
use crate::connection::{Connection, sentence};

/// What the check found, and what a run needs of it.
#[derive(Clone, Debug)]
pub struct Checked {
    /// For people and machines.
    pub report: CheckReport,
    /// What one user's calls cost.
    pub needs: JourneyNeeds,
    /// How wallets are paid.
    pub funding: FundingSetup,
}

impl Checked {
    /// Whether a run must not begin.
    #[must_use]
    pub fn refuses(&self) -> bool {
        !self.report.errors.is_empty()
    }
}

/// Gas that common nodes allow a call.
const CALL_GAS_CAP: Gas = Gas(50_000_000);

/// Looks at everything that can be known before a run.
pub async fn examine(connection: &Connection, settings: &Settings) -> Checked {
    let mut errors = Vec::new();
    let target = &connection.target;
    if settings.journey == JourneyKind::DataPortability {
        find_contracts(connection, &mut errors).await;
    }
    // Before the estimate, which depends on the length of URLs.
    let stored = storage::examine(connection, settings, &mut errors).await;
    let needs = estimate(connection, settings, &mut errors).await;
    let quote = connection.chain.fees().quote().await.unwrap_or(FeeQuote {
        max_fee: WeiPerGas::GWEI,
        tip: WeiPerGas(1),
        legacy: false,
    });
    let head = connection.chain.follower().head();
    let costs = costs(connection, settings, &needs, quote, &head, &mut errors).await;
    money::guard(target, settings, &costs, &head, &mut errors);
    let mut warnings = connection.warnings.clone();
    warnings.extend(foreign_transactions(connection).await);
    warnings.extend(settings.env_notes.warnings.iter().cloned());
    let mut registered = Vec::new();
    if settings.journey == JourneyKind::DataPortability {
        let mut found = registered::Found {
            facts: &mut registered,
            warnings: &mut warnings,
            errors: &mut errors,
        };
        registered::examine(connection, settings, &mut found).await;
    }
    let relayed_by = relay::examine(connection, &mut errors).await;
    let funding = funding::choose(connection, settings, &head, &mut warnings).await;
    let mut inputs = inputs(connection, settings, &needs, &funding, quote, &head);
    let relayed = settings.plan.limits.submit == SubmitMode::Relayed;
    let (balance, per_user) = (costs.relayer_balance_wei, costs.expected_per_user_wei);
    inputs.purse = relayed.then_some(Purse { balance, per_user });
    let report = CheckReport {
        format: CHECK_FORMAT,
        target: target.name.clone(),
        chain_id: target.chain.id,
        relayer: connection.relayer.account().address().to_string(),
        facts: [
            facts(&inputs, &needs, &funding, &head),
            registered,
            endpoint_facts(connection),
            stored,
            relayed_by.into_iter().collect(),
        ]
        .concat(),
        costs,
        ceilings: ceilings(&inputs),
        variables: settings.env_notes.rows.clone(),
        warnings,
        errors,
    };
    Checked { report, needs, funding }
}

/// Where the numbers below come from.
fn facts(
    inputs: &CeilingInputs,
    needs: &JourneyNeeds,
    funding: &FundingSetup,
    head: &Head,
) -> Vec<String> {
    let mut facts = Vec::new();
    if let Some(seconds) = inputs.journey_s {
        facts.push(format!(
            "a journey is expected to take {} s, says {}",
            number(seconds),
            inputs.journey_source
        ));
    }
    facts.push(match (needs.gas, inputs.url_chars) {
        (Gas(0), _) => "a user sends no transaction of its own".to_owned(),
        (gas, chars) => format!(
            "a user's call uses {} gas, by the chain's own estimate at URLs of {} characters",
            gas.0,
            chars.map_or_else(|| "unknown".into(), |chars| chars.to_string()),
        ),
    });
    let base_fee = head
        .base_fee
        .map_or_else(|| "no base fee".into(), |fee| format!("a base fee of {} wei per gas", fee.0));
    facts.push(format!(
        "block {} has room for {} gas, and {base_fee}",
        head.number, head.gas_limit.0
    ));
    let StrategyChoice { strategy, because, .. } = &funding.choice;
    facts.push(match inputs.submit {
        SubmitMode::Own => {
            format!("wallets are paid by the strategy {}: {because}", strategy.label())
        }
        SubmitMode::Relayed | SubmitMode::Endpoint => because.clone(),
    });
    facts
}

/// Where each endpoint of the chain stands; a single one says nothing that is not said above.
fn endpoint_facts(connection: &Connection) -> Vec<String> {
    let endpoints = connection.chain.rpc().endpoints();
    if endpoints.len() == 1 {
        return Vec::new();
    }
    // All were asked at the same time.
    let newest = endpoints.iter().filter_map(|endpoint| endpoint.head).max().unwrap_or(0);
    endpoints.iter().map(|endpoint| endpoint_fact(endpoint, newest)).collect()
}

fn endpoint_fact(endpoint: &EndpointView, newest: u64) -> String {
    let EndpointView { name, url, head, state, .. } = endpoint;
    let stands = match head {
        None => "did not say where it stands".to_owned(),
        Some(head) if *head == newest => format!("is at block {head}"),
        Some(head) => format!("is at block {head}, {} behind", newest - head),
    };
    format!("{name}, {url}, {stands}: {}", state.label())
}

async fn find_contracts(connection: &Connection, errors: &mut Vec<String>) {
    let contracts = &connection.target.contracts;
    let named = [
        ("permissions", contracts.permissions),
        ("grantees", contracts.grantees),
        ("servers", contracts.servers),
        ("registry", contracts.registry),
    ];
    let schemas = connection
        .schema
        .as_ref()
        .map(|_| ("schemas", contracts.schemas.unwrap_or(swell_vana::addresses::SCHEMAS)));
    for (name, address) in named.into_iter().chain(schemas) {
        match connection.chain.rpc().code(address).await {
            Ok(code) if code.is_empty() => errors.push(format!(
                "there is no contract at {address}, where the target says that `{name}` is"
            )),
            Ok(_) => {}
            Err(error) => errors.push(sentence(&error)),
        }
    }
}

async fn estimate(
    connection: &Connection,
    settings: &Settings,
    errors: &mut Vec<String>,
) -> JourneyNeeds {
    match connection.journey(settings).needs(&connection.chain).await {
        Ok(needs) => needs,
        Err(StepError { class, detail }) => {
            let why = detail.body.unwrap_or_else(|| class.to_string());
            errors.push(format!("the gas of one user could not be estimated: {why}"));
            JourneyNeeds { gas: Gas(0), value: Wei::ZERO }
        }
    }
}

async fn costs(
    connection: &Connection,
    settings: &Settings,
    needs: &JourneyNeeds,
    quote: FeeQuote,
    head: &Head,
    errors: &mut Vec<String>,
) -> Costs {
    let LoadPlan { users, .. } = settings.plan.load;
    let users = users.get();
    let submit = settings.plan.limits.submit;
    let gas = match submit {
        // One transfer to fund, one to sweep, and the journey itself.
        SubmitMode::Own => needs.gas + Gas::TRANSFER + Gas::TRANSFER,
        // With a relay of the target's it is the relay that pays.
        SubmitMode::Relayed | SubmitMode::Endpoint => needs.gas,
    };
    let price = head.base_fee.map_or(quote.max_fee, |base| base + quote.tip);
    let limit = needs.gas.scaled(WalletSizing::GAS_MARGIN);
    let size = WalletSizing { value: needs.value, gas_limit: limit }.size(quote.max_fee);
    let worst = match submit {
        SubmitMode::Own => size + with_replacements(quote.max_fee * Gas::TRANSFER),
        SubmitMode::Relayed | SubmitMode::Endpoint => with_replacements(quote.max_fee * limit),
    };
    let at_once = paid_at_once(&settings.plan, connection.block_time());
    let costs = Costs {
        expected_per_user_wei: needs.value + price * gas,
        worst_per_user_wei: worst,
        expected_run_wei: (needs.value + price * gas).times(users),
        worst_run_wei: worst.times(users),
        relayer_balance_wei: balance(connection, errors).await,
    };
    if submit.uses_lanes() {
        refuse_poor_relayer(&costs, submit, at_once, connection, errors);
    }
    costs
}

/// A lane sets a quarter more aside for a transaction that has to be replaced.
fn with_replacements(fee: Wei) -> Wei {
    Wei(fee.0 + fee.0 / alloy_primitives::U256::from(4))
}

async fn balance(connection: &Connection, errors: &mut Vec<String>) -> Wei {
    let relayer = connection.relayer.account().address();
    match connection.chain.rpc().balance(relayer, BlockTag::Latest).await {
        Ok(balance) => balance,
        Err(error) => {
            errors.push(sentence(&error));
            Wei::ZERO
        }
    }
}

/// Whether somebody else is using the relayer: its transactions that no block includes are not ours,
/// as nothing has been sent yet.
async fn foreign_transactions(connection: &Connection) -> Option<String> {
    let (rpc, relayer) = (connection.chain.rpc(), connection.relayer.account().address());
    let included = rpc.nonce(relayer, BlockTag::Latest).await.ok()?;
    let known = rpc.nonce(relayer, BlockTag::Pending).await.ok()?;
    let waiting = known.saturating_sub(included);
    (waiting > 0).then(|| {
        format!(
            "the relayer {relayer} has {waiting} transactions on their way that are not of this run; \
             who else uses its key takes its nonces and its money"
        )
    })
}

fn refuse_poor_relayer(
    costs: &Costs,
    submit: SubmitMode,
    at_once: u64,
    connection: &Connection,
    errors: &mut Vec<String>,
) {
    let relayer = connection.relayer.account().address();
    let (reserved, expected) = (costs.worst_per_user_wei.times(at_once), costs.expected_run_wei);
    let needed = reserved.max(expected);
    if costs.relayer_balance_wei >= needed {
        return;
    }
    let why = if reserved >= expected {
        let what = if submit.funds_users() { "wallets" } else { "calls" };
        format!("{at_once} {what} at once × {} wei", costs.worst_per_user_wei)
    } else {
        format!(
            "what the whole run is expected to cost, at {} wei a user",
            costs.expected_per_user_wei
        )
    };
    errors.push(format!(
        "the relayer {relayer} has {} wei and needs {needed}: {why}",
        costs.relayer_balance_wei
    ));
}

fn inputs(
    connection: &Connection,
    settings: &Settings,
    needs: &JourneyNeeds,
    funding: &FundingSetup,
    quote: FeeQuote,
    head: &Head,
) -> CeilingInputs {
    let target = &connection.target;
    let expected = &target.expected;
    let source = match &settings.target {
        TargetChoice::Sandbox { profile } => format!("the profile {}", profile.as_str()),
        TargetChoice::Network { network, .. } => format!("the network {}", network.name()),
        TargetChoice::File { path, .. } => format!("the target file {}", path.display()),
    };
    let inputs = CeilingInputs::new(&settings.plan.load, &settings.plan.limits);
    let chain = CeilingInputs {
        chain_source: "the latest block".into(),
        block_s: expected.block_s,
        block_gas: Some(head.gas_limit),
        gas_per_wallet: match inputs.submit {
            SubmitMode::Own => funding.gas_per_wallet() + Gas::TRANSFER,
            SubmitMode::Relayed | SubmitMode::Endpoint => Gas(0),
        },
        wallets_per_payment: funding.wallets_per_payment(),
        base_fee: head.base_fee,
        fee_cap: Some(quote.max_fee),
        ..inputs
    };
    if settings.journey == JourneyKind::Wallet {
        let (journey_s, journey_source) = (Some(settings.hold.as_secs_f64()), "--hold".into());
        return CeilingInputs { journey_s, journey_source, ..chain };
    }
    CeilingInputs {
        journey_s: expected.journey_s,
        journey_source: source.clone(),
        server_source: source,
        gas_per_journey: Some(needs.gas).filter(|gas| gas.0 > 0),
        url_chars: Some(connection.url_chars() as u64),
        operations_per_hour: expected.operations_per_hour,
        identities_per_minute: expected.identities_per_minute,
        grantee: grantee(connection),
        ..chain
    }
}

/// Only a grantee whose permissions must be read all at once grows towards the call gas cap.
fn grantee(connection: &Connection) -> Option<Grantee> {
    let permissions = connection.grantee.permissions.filter(|_| connection.grantee.read_whole)?;
    Some(Grantee { permissions, call_gas_cap: CALL_GAS_CAP })
}

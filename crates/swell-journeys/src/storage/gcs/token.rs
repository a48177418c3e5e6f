//! The access token that all users share.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{CONTENT_TYPE, HeaderValue};
use serde::Deserialize;
use serde_json::json;
use swell_core::journey::FailureClass;
use swell_core::time::RunOffset;
use swell_engine::StepError;
use swell_net::clock::RunClock;
use swell_net::compute::Compute;
use swell_net::{CallOptions, Endpoint, Response};
use zeroize::Zeroizing;

use super::account::ServiceAccount;
use super::signing::encode_all;
use super::{RSA_COST, request};

/// What a token is asked for.
///
/// # Source
/// The published client asks for two more scopes; this one alone is enough for what is done here.
const SCOPE: &str = "https://www.googleapis.com/auth/devstorage.full_control";

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// How long a token is asked for.
const ASKED: Duration = Duration::from_secs(3_600);

/// A token is renewed this long before its end, or a quarter of its life.
const AHEAD: Duration = Duration::from_secs(300);

/// A token is not used this long before its end, or a tenth of its life.
const LEEWAY: Duration = Duration::from_secs(10);

/// Whoever renews a token ahead of its end waits no longer: the old one still works.
const RENEWAL_TIMEOUT: Duration = Duration::from_secs(5);

/// After a failed renewal the held token is used for so long before somebody tries again.
const RENEWAL_PAUSE: Duration = Duration::from_secs(10);

/// Whoever needs a token this soon after nobody got one is told of that failure, so that a thousand
/// users do not ask one after the other.
const FAILURE_LASTS: Duration = Duration::from_secs(1);

/// A token that is refused sooner than this is not to blame: the next one would be refused too.
const YOUNG: Duration = Duration::from_secs(1);

/// An access token.
#[derive(Clone)]
pub(super) struct Token {
    authorization: HeaderValue,
    given_at: RunOffset,
    renew_at: RunOffset,
    use_until: RunOffset,
    number: u64,
}

impl Token {
    pub(super) fn authorization(&self) -> HeaderValue {
        self.authorization.clone()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({})", self.number)
    }
}

/// Gets tokens: one at a time, for everybody, and the next one before the last one ends.
#[derive(Debug)]
pub(super) struct Tokens {
    endpoint: Endpoint,
    account: ServiceAccount,
    clock: RunClock,
    held: Mutex<Held>,
    /// Held by whoever asks for the next one.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Held {
    token: Option<Token>,
    /// Tokens given so far.
    given: u64,
    /// When nobody got one last, and why, unless somebody got one since.
    failed: Option<(RunOffset, StepError)>,
}

/// The answer.
#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: u64,
}

#[derive(Deserialize)]
struct Refused {
    error: String,
}

impl Tokens {
    pub(super) fn new(endpoint: Endpoint, account: ServiceAccount, clock: RunClock) -> Self {
        Self {
            endpoint,
            account,
            clock,
            held: Mutex::default(),
            asking: tokio::sync::Mutex::new(()),
        }
    }

    /// A token that works. Only who renews it waits, and everybody when there is none: one asks, and
    /// all who wait are told what came of it.
    ///
    /// Cancel-safe: when the user who asks goes away, the next one asks.
    ///
    /// # Errors
    /// Class `unauthorized` when the account is refused, and those of the answer.
    pub(super) async fn get(
        &self,
        options: CallOptions,
        compute: &Compute,
    ) -> Result<Token, StepError> {
        let now = self.clock.now();
        let known = self.held().token.clone().filter(|token| now < token.use_until);
        match known {
            Some(token) if now < token.renew_at => Ok(token),
            // Ahead of its end somebody renews it, and everybody else uses what there is.
            Some(token) => match self.asking.try_lock() {
                Ok(_asking) => {
                    let hurried = options.retries(0).timeout(RENEWAL_TIMEOUT);
                    let Ok(renewed) = self.ask(hurried, compute).await else {
                        self.put_off(&token);
                        return Ok(token);
                    };
                    Ok(renewed)
                }
                Err(_) => Ok(token),
            },
            None => {
                let _asking = self.asking.lock().await;
                // Whoever asked before us may have been given one.
                if let Some(known) = self.known() {
                    return known;
                }
                let asked = self.ask(options, compute).await;
                let now = self.clock.now();
                // Whose own time ran out has learnt nothing that others should be told.
                if let Err(error) = &asked
                    && !options.is_late_at(now)
                {
                    self.held().failed = Some((now, error.clone()));
                }
                asked
            }
        }
    }

    /// What somebody else has just been given, or told.
    fn known(&self) -> Option<Result<Token, StepError>> {
        let now = self.clock.now();
        let held = self.held();
        if let Some(token) = held.token.as_ref().filter(|token| now < token.use_until) {
            return Some(Ok(token.clone()));
        }
        let failed = held.failed.as_ref().filter(|(at, _)| now < *at + FAILURE_LASTS);
        failed.map(|(_, error)| Err(error.clone()))
    }

    /// Uses `token` for a while before somebody tries to renew it again.
    fn put_off(&self, token: &Token) {
        let renew_at = self.clock.now() + RENEWAL_PAUSE;
        let mut held = self.held();
        if let Some(known) = held.token.as_mut().filter(|known| known.number == token.number) {
            known.renew_at = renew_at;
        }
    }

    /// Forgets `token`, which the store refused, unless a newer one is there already. Says whether
    /// another one is worth a try: one that was refused young is kept.
    pub(super) fn refused(&self, token: &Token) -> bool {
        let is_young = self.clock.now() < token.given_at + YOUNG;
        let mut held = self.held();
        let is_held = held.token.as_ref().is_some_and(|known| known.number == token.number);
        if is_held && !is_young {
            held.token = None;
        }
        !is_held || !is_young
    }

    async fn ask(&self, options: CallOptions, compute: &Compute) -> Result<Token, StepError> {
        let assertion = self.assertion(compute).await?;
        let form = Zeroizing::new(format!(
            "grant_type={}&assertion={}",
            encode_all(GRANT_TYPE),
            assertion.as_str()
        ));
        let body = bytes::Bytes::copy_from_slice(form.as_bytes());
        let mut request = request(http::Method::POST, "/", body)?;
        let form_type = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(CONTENT_TYPE, form_type);
        let asked_at = self.clock.now();
        let response = self.endpoint.send(request, options.limit_scope("token")).await?;
        if !response.status().is_success() {
            return Err(refusal(&response));
        }
        self.keep(&response, asked_at)
    }

    fn keep(&self, response: &Response, asked_at: RunOffset) -> Result<Token, StepError> {
        let (authorization, life) = granted(response.body())?;
        let mut held = self.held();
        held.given += 1;
        let token = Token {
            authorization,
            given_at: self.clock.now(),
            renew_at: asked_at + life.saturating_sub(AHEAD.min(life / 4)),
            use_until: asked_at + life.saturating_sub(LEEWAY.min(life / 10)),
            number: held.given,
        };
        held.token = Some(token.clone());
        held.failed = None;
        Ok(token)
    }

    /// A JWT that says who asks for what.
    async fn assertion(&self, compute: &Compute) -> Result<Zeroizing<String>, StepError> {
        let account = self.account.clone();
        let issued = self.clock.unix_now().as_secs();
        let work = move || {
            let claims = json!({
                "iss": account.email(),
                "scope": SCOPE,
                "aud": account.token_url().expose(),
                "exp": issued + ASKED.as_secs(),
                "iat": issued,
            });
            let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
            let signed =
                format!("{}.{}", encode(r#"{"alg":"RS256"}"#), encode(&claims.to_string()));
            let signature = account.sign(signed.as_bytes())?;
            let whole = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature));
            Ok::<_, super::account::SignError>(Zeroizing::new(whole))
        };
        let internal = |error: &dyn fmt::Display| StepError::new(FailureClass::Internal, error);
        let signed = compute.run(RSA_COST, work).await.map_err(|error| internal(&error))?;
        signed.map_err(|error| internal(&error))
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The header that a token is used by, and how long it works.
pub(in crate::storage) fn granted(answer: &[u8]) -> Result<(HeaderValue, Duration), StepError> {
    let shapeless =
        || StepError::new(FailureClass::Protocol, "the answer to a token request has no token");
    let granted: Granted = serde_json::from_slice(answer).map_err(|_| shapeless())?;
    let token = Zeroizing::new(granted.access_token);
    let authorization = Zeroizing::new(format!("Bearer {}", token.as_str()));
    let mut authorization =
        HeaderValue::try_from(authorization.as_str()).map_err(|_| shapeless())?;
    authorization.set_sensitive(true);
    let life = Duration::from_secs(granted.expires_in.min(ASKED.as_secs() * 24));
    Ok((authorization, life))
}

/// The code of an OAuth error says more than its status, which is 400 for nearly all of them.
pub(in crate::storage) fn refusal(response: &Response) -> StepError {
    let mut error = StepError::from_status(response.status().as_u16(), response.body());
    let code = serde_json::from_slice::<Refused>(response.body()).map(|refused| refused.error);
    let is_refused = code.is_ok_and(|code| {
        matches!(
            code.as_str(),
            "invalid_grant" | "invalid_client" | "unauthorized_client" | "access_denied"
        )
    });
    if is_refused {
        error.class = FailureClass::Unauthorized;
    }
    error
}

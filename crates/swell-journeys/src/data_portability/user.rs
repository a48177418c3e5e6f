//! One user's steps, in the order in which they happen.

use std::time::Duration;

use alloy_primitives::{Address, B256, U256};
use bytes::Bytes;
use swell_core::journey::FailureClass;
use swell_core::units::Wei;
use swell_engine::StepError;
use swell_engine::journey::{Call, JourneyContext, Sent};
use swell_vana::ecies::{self, RecipientKey};
use swell_vana::encryption::{Password, derive_password, encrypt_file};
use swell_vana::grant::GrantFile;
use swell_vana::permissions::{
    self, Permission, RelayRequest, ServerFilesAndPermission, add_server_files_and_permissions,
    contracts::DataPortabilityPermissions, permission_added,
};
use swell_vana::prompt::prompt;
use swell_vana::relay::RelayAnswer;
use swell_vana::synthetic::{UserDataKind, user_data};

use super::server::server_keys;
use super::{Relay, Settings, Submission};
use crate::storage::{ObjectKind, Upload};

/// CPU time that encrypting a password to a server's key is charged in virtual time.
const ECIES_COST: Duration = Duration::from_micros(60);

/// One user.
pub(super) struct User<'a> {
    pub(super) cx: &'a JourneyContext,
    pub(super) settings: &'a Settings,
}

/// A file and the password that opens it.
pub(super) struct Sealed {
    pub(super) file: Bytes,
    pub(super) password: Password,
}

/// What a user has signed, in the form that whoever sends it takes.
pub(super) enum Signed {
    /// A call of the contract.
    Call(Call),
    /// A request to the relay.
    Request(Box<RelayRequest>),
}

/// The user's server: its address, and the key and text of it.
pub(super) struct Identity {
    address: Address,
    key: RecipientKey,
    public_key: String,
}

impl User<'_> {
    /// Makes the user's data and encrypts it with the password that the wallet's signature gives.
    pub(super) async fn encrypt(&self) -> Result<Sealed, StepError> {
        let key = self.cx.wallet()?.key.clone();
        let unix_ms = u64::try_from(self.cx.clock().unix_now().as_millis()).unwrap_or(u64::MAX);
        let mut data_rng = self.cx.rng("user-data");
        let mut secret_rng = self.cx.secret_rng("encrypt");
        let count = self.settings.s2k;
        let schema = self.settings.schema.clone();
        let work = move || {
            let data = user_data(UserDataKind::default(), unix_ms, &mut data_rng);
            if let Some(schema) = schema {
                schema.check(&data).map_err(|fault| StepError::new(FailureClass::Schema, fault))?;
            }
            let password = derive_password(&key).map_err(internal)?;
            let file = encrypt_file(&password, data.as_bytes(), count, 0, &mut secret_rng)
                .map_err(internal)?;
            Ok(Sealed { file: file.into(), password })
        };
        self.cx.compute(self.settings.encryption_cost(), work).await?
    }

    /// Uploads the encrypted file.
    pub(super) async fn upload(&self, file: Bytes) -> Result<String, StepError> {
        self.store(ObjectKind::Data, file).await
    }

    /// Writes and uploads the grant.
    pub(super) async fn grant(&self) -> Result<String, StepError> {
        let wallet = self.address()?;
        let grant = GrantFile::inference(self.settings.grantee.address, &prompt(wallet));
        self.store(ObjectKind::Grant, grant.to_text().into()).await
    }

    /// Asks who the user's server is.
    pub(super) async fn identity(&self) -> Result<Identity, StepError> {
        let found = self.settings.server.identity(self.address()?, self.cx.deadline()).await?;
        let (address, key) = server_keys(&found)?;
        Ok(Identity { address, key, public_key: found.personal_server.public_key })
    }

    /// Encrypts the password to the server, and signs the permission.
    pub(super) async fn sign(
        &self,
        identity: Identity,
        password: Password,
        file_url: String,
        grant_url: String,
    ) -> Result<Signed, StepError> {
        let nonce = self.user_nonce().await?;
        let key = self.cx.wallet()?.key.clone();
        let mut rng = self.cx.secret_rng("seal");
        let domain = self.settings.domain;
        let grantee = self.settings.grantee.id;
        let schema_id = self.settings.schema_id();
        let server_url = self.settings.server_url.clone();
        let to_relay = matches!(self.settings.submission, Submission::Relay(_));
        let to = self.settings.contracts.permissions;
        let work = move || {
            let sealed = ecies::encrypt(password.as_bytes(), &identity.key, &mut rng);
            let message = ServerFilesAndPermission {
                nonce,
                granteeId: U256::from(grantee),
                grant: grant_url,
                fileUrls: vec![file_url],
                schemaIds: vec![schema_id],
                serverAddress: identity.address,
                serverUrl: server_url,
                serverPublicKey: identity.public_key,
                filePermissions: vec![vec![Permission { account: identity.address, key: sealed }]],
            };
            let signature = domain.sign(&message, &key).map_err(internal)?;
            Ok::<_, StepError>(if to_relay {
                let user = key.address();
                let (chain, to) = (domain.chain_id(), domain.contract());
                let request = RelayRequest::new(chain, to, message, &signature, user);
                Signed::Request(Box::new(request))
            } else {
                let data = add_server_files_and_permissions(message, &signature);
                Signed::Call(Call { to, value: Wei::ZERO, data })
            })
        };
        self.cx.compute(ECIES_COST, work).await?
    }

    /// Sends what the user signed: as its own transaction, by a lane or by the relay.
    pub(super) async fn submit(&self, signed: Signed) -> Result<Sent, StepError> {
        match (signed, &self.settings.submission) {
            (Signed::Call(call), Submission::Lanes) => self.cx.relay(call).await,
            (Signed::Call(call), _) => self.cx.send(call).await,
            (Signed::Request(request), Submission::Relay(relay)) => {
                self.hand_to(relay, &request).await
            }
            (Signed::Request(_), _) => Err(internal("there is no relay to ask")),
        }
    }

    /// Asks the relay, and asks again while it works on it, until it names a transaction.
    async fn hand_to(&self, relay: &Relay, request: &RelayRequest) -> Result<Sent, StepError> {
        let asked_at = self.cx.clock().now();
        let debt = self.cx.relay_debt();
        match self.hash_from(relay, request).await {
            Ok(hash) => Ok(self.cx.follow(hash, asked_at, debt)),
            Err(error) => {
                if error.class == FailureClass::Rejected {
                    // The relay says so itself: it has sent nothing.
                    debt.settle();
                }
                Err(error)
            }
        }
    }

    async fn hash_from(&self, relay: &Relay, request: &RelayRequest) -> Result<B256, StepError> {
        let by = self.cx.deadline();
        let mut answer = relay.submit(request, by).await?;
        loop {
            match answer {
                RelayAnswer::Sent(hash) => return Ok(hash),
                RelayAnswer::Pending(operation) => {
                    self.cx.note_operation(&operation);
                    self.cx.clock().sleep(self.settings.poll_interval).await;
                    self.cx.note_relay_poll();
                    answer = relay.status(&operation, by).await?;
                }
                RelayAnswer::Refused { error, .. } => {
                    return Err(StepError::new(FailureClass::Rejected, error));
                }
            }
        }
    }

    /// Waits for the block, and takes the permission's id from its event.
    pub(super) async fn confirm(&self, sent: Sent) -> Result<u64, StepError> {
        let wallet = self.address()?;
        let logs = self.cx.settle(sent).await?;
        let missing = |error| StepError::new(FailureClass::MissingEvent, error);
        let event = permission_added(&logs, self.settings.contracts.permissions)
            .map_err(|error| missing(error.to_string()))?;
        // The contract cannot notice a wrong signature: it grants for whoever was recovered.
        if event.user != wallet {
            return Err(missing(format!(
                "the permission is {}'s, expected {wallet}'s",
                event.user
            )));
        }
        u64::try_from(event.permissionId)
            .map_err(|_| missing("the permission's id does not fit in 64 bits".into()))
    }

    /// Asks the personal server to work on the data.
    pub(super) async fn operate(&self, permission: u64) -> Result<String, StepError> {
        let Settings { server, application, .. } = self.settings;
        let id = server.create(permission, application, self.cx.deadline()).await?;
        self.cx.note_operation(&id);
        Ok(id)
    }

    /// Looks at the operation until it has ended. Only `succeeded` is success.
    pub(super) async fn poll(&self, operation: &str) -> Result<(), StepError> {
        let Settings { server, poll_interval, .. } = self.settings;
        server.result(operation, *poll_interval, self.cx.deadline()).await.map(drop)
    }

    async fn user_nonce(&self) -> Result<U256, StepError> {
        let call = DataPortabilityPermissions::userNonceCall { userAddress: self.address()? };
        let to = self.settings.contracts.permissions;
        let rpc = self.cx.chain().rpc().by(self.cx.deadline());
        let data = rpc.call(to, permissions::encode(&call)).await?;
        permissions::decode_return::<DataPortabilityPermissions::userNonceCall>(&data)
            .map_err(protocol)
    }

    fn address(&self) -> Result<Address, StepError> {
        Ok(self.cx.wallet()?.key.address())
    }

    async fn store(&self, kind: ObjectKind, content: Bytes) -> Result<String, StepError> {
        let cx = self.cx;
        let (seq, deadline, compute) = (cx.seq(), cx.deadline(), &cx.ports().compute);
        self.settings.storage.upload(Upload { kind, seq, content, deadline, compute }).await
    }
}

fn internal(error: impl std::fmt::Display) -> StepError {
    StepError::new(FailureClass::Internal, error)
}

fn protocol(error: impl std::fmt::Display) -> StepError {
    StepError::new(FailureClass::Protocol, error)
}

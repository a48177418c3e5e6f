//! One user's steps, in the order in which they happen.

use std::time::Duration;

use alloy_primitives::{Address, U256};
use bytes::Bytes;
use swell_core::journey::FailureClass;
use swell_core::units::Wei;
use swell_engine::journey::{Call, JourneyContext, Sent};
use swell_engine::{Causes, StepError};
use swell_vana::ecies::{self, RecipientKey};
use swell_vana::encryption::{Password, derive_password, encrypt_file};
use swell_vana::grant::GrantFile;
use swell_vana::permissions::{
    self, Permission, ServerFilesAndPermission, add_server_files_and_permissions,
    contracts::DataPortabilityPermissions, permission_added,
};
use swell_vana::prompt::prompt;
use swell_vana::server::{IdentityError, OperationState, sign_operation};
use swell_vana::synthetic::{UserDataKind, user_data};

use super::Settings;

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
        let name = format!("swell_{}_{}.json", self.run_tag()?, self.cx.seq());
        let storage = &self.settings.storage;
        storage.upload(&name, "application/octet-stream", file, self.cx.deadline()).await
    }

    /// Writes and uploads the grant.
    pub(super) async fn grant(&self) -> Result<String, StepError> {
        let wallet = self.address()?;
        let grant = GrantFile::inference(self.settings.grantee.address, &prompt(wallet));
        let name = format!("grant_{}_{}.json", self.run_tag()?, self.cx.seq());
        let text = grant.to_text().into();
        self.settings.storage.upload(&name, "application/json", text, self.cx.deadline()).await
    }

    /// Asks who the user's server is.
    pub(super) async fn identity(&self) -> Result<Identity, StepError> {
        let found = self.settings.server.identity(self.address()?, self.cx.deadline()).await?;
        let (address, key) = found.personal_server.keys().map_err(unusable)?;
        Ok(Identity { address, key, public_key: found.personal_server.public_key })
    }

    /// Encrypts the password to the server, and signs the permission.
    pub(super) async fn sign(
        &self,
        identity: Identity,
        password: Password,
        file_url: String,
        grant_url: String,
    ) -> Result<Call, StepError> {
        let nonce = self.user_nonce().await?;
        let key = self.cx.wallet()?.key.clone();
        let mut rng = self.cx.secret_rng("seal");
        let domain = self.settings.domain;
        let grantee = self.settings.grantee.id;
        let schema_id = self.settings.schema_id();
        let server_url = self.settings.server_url.clone();
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
            Ok::<_, StepError>(add_server_files_and_permissions(message, &signature))
        };
        let data = self.cx.compute(ECIES_COST, work).await??;
        Ok(Call { to: self.settings.contracts.permissions, value: Wei::ZERO, data })
    }

    /// Sends the user's own transaction.
    pub(super) async fn submit(&self, call: Call) -> Result<Sent, StepError> {
        self.cx.send(call).await
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
        let request = sign_operation(permission, &self.settings.application).map_err(internal)?;
        let created = self.settings.server.create(&request, self.cx.deadline()).await?;
        self.cx.note_operation(&created.id);
        Ok(created.id)
    }

    /// Looks at the operation until it has ended. Only `succeeded` is success.
    pub(super) async fn poll(&self, operation: &str) -> Result<(), StepError> {
        loop {
            self.cx.clock().sleep(self.settings.poll_interval).await;
            let status = self.settings.server.status(operation, self.cx.deadline()).await?;
            match status.status {
                OperationState::Starting | OperationState::Processing => {}
                OperationState::Succeeded if status.result.is_some() => return Ok(()),
                OperationState::Succeeded => {
                    return Err(protocol("the operation succeeded without a result"));
                }
                OperationState::Failed => {
                    let words = "the operation ended as failed; the server tells no reason";
                    return Err(StepError::new(FailureClass::OperationFailed, words));
                }
                OperationState::Canceled => {
                    let words = "the operation was canceled";
                    return Err(StepError::new(FailureClass::OperationCanceled, words));
                }
            }
        }
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

    /// Names of objects are unique across runs: the wallet's address is the run's own.
    fn run_tag(&self) -> Result<String, StepError> {
        let address = self.address()?;
        Ok(address.0[..6].iter().map(|octet| format!("{octet:02x}")).collect())
    }
}

fn internal(error: impl std::fmt::Display) -> StepError {
    StepError::new(FailureClass::Internal, error)
}

/// An identity with a key that nothing can be encrypted to has a class of its own.
fn unusable(error: IdentityError) -> StepError {
    let class = match error {
        IdentityError::PublicKey(_) | IdentityError::Mismatch { .. } => FailureClass::ServerKey,
        IdentityError::Address { .. } => FailureClass::Protocol,
    };
    StepError::new(class, Causes(&error))
}

fn protocol(error: impl std::fmt::Display) -> StepError {
    StepError::new(FailureClass::Protocol, error)
}

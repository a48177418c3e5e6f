//! Every check between a request for an operation and the operation, in the real server's order.

use alloy_primitives::{Address, U256};
use swell_vana::encryption::ENCRYPTED_FILE_OCTETS_MAX;
use swell_vana::grant::GrantFile;
use swell_vana::permissions::contracts::PermissionRecord;
use swell_vana::server::{
    CreateOperation, ErrorBody, ErrorCode, OperationRequestError, ServerKey,
    parse_operation_request, recover_app,
};

use super::decrypt::decrypt;
use super::download::{DownloadError, Downloads};
use super::grant;
use super::records::Records;
use super::refusal::Refusal;
use super::service::PersonalServer;

/// An encrypted file and what it takes to open it.
pub(crate) struct SealedFile {
    id: U256,
    content: bytes::Bytes,
    sealed_password: String,
}

impl PersonalServer {
    /// The grant and the decrypted files behind a request.
    pub(crate) async fn verify(
        &self,
        request: &CreateOperation,
    ) -> Result<(GrantFile, Vec<String>), Refusal> {
        let permission_id = permission_id(&request.operation_request_json)?;
        let signer =
            recover_app(&request.operation_request_json, &request.app_signature).map_err(|_| {
                let detail = "Invalid signature or unable to recover app address";
                Refusal::new(ErrorCode::Authentication, detail)
            })?;
        let records = self.records();
        let permission = permission(&records, permission_id).await?;
        let grantee = grantee(&records, &permission, signer).await?;
        let text = grant::fetch(self.downloads(), &permission.grant).await?;
        let now_unix_s = self.clock().unix_now().as_secs();
        let grant = grant::check(&text, &permission.grant, grantee, now_unix_s, self.generation())?;
        let key = self.key_of(permission.grantor)?;
        let mut files = Vec::with_capacity(permission.fileIds.len());
        for &id in &permission.fileIds {
            files.push(sealed_file(&records, self.downloads(), id, key.address()).await?);
        }
        let files = self.decryption(move || open(&files, &key)).await?;
        Ok((grant, files))
    }
}

fn permission_id(text: &str) -> Result<u64, Refusal> {
    parse_operation_request(text).map_err(|error| {
        let (detail, field) = match error {
            OperationRequestError::NotRequest => {
                ("Invalid JSON format in operation request", "operation_request_json")
            }
            OperationRequestError::NotPositive => {
                ("Valid permission ID is required", "permission_id")
            }
            OperationRequestError::NotNumber => return Refusal::internal(),
        };
        ErrorBody::new(error.code(), detail, Some(field)).into()
    })
}

async fn permission(records: &Records<'_>, id: u64) -> Result<PermissionRecord, Refusal> {
    let permission =
        records.permission(id).await.ok_or_else(|| Refusal::not_found("Permission", id))?;
    if permission.fileIds.is_empty() {
        let detail = "No file IDs found in permission";
        return Err(Refusal::new(ErrorCode::Validation, detail));
    }
    Ok(permission)
}

/// The grantee's address, which must be the signer's.
async fn grantee(
    records: &Records<'_>,
    permission: &PermissionRecord,
    signer: Address,
) -> Result<Address, Refusal> {
    let id = permission.granteeId;
    let grantee = records.grantee(id).await.ok_or_else(|| Refusal::not_found("Grantee", id))?;
    if signer != grantee {
        let detail = format!(
            "Signature recovered address {signer} does not match on-chain grantee address {grantee}"
        );
        return Err(Refusal::new(ErrorCode::Authentication, detail));
    }
    Ok(grantee)
}

async fn sealed_file(
    records: &Records<'_>,
    downloads: &Downloads,
    id: U256,
    server: Address,
) -> Result<SealedFile, Refusal> {
    let missing = || Refusal::not_found("File", id);
    let file = records.file(id).await.ok_or_else(missing)?;
    let sealed_password = records.file_key(id, server).await.ok_or_else(missing)?;
    let url = &file.url;
    let content = downloads.get(url).await.map_err(|error| {
        let why = match error {
            DownloadError::NotFound => format!("File not found at {url}"),
            DownloadError::Denied => format!("Access denied at {url}"),
            DownloadError::Foreign => format!("the sandbox opens no connections to {url}"),
            DownloadError::Status(status) => format!("status {status} at {url}"),
            DownloadError::Lost(why) => why,
        };
        let detail = format!(
            "Failed to download file from {url}: Unexpected error downloading from {url}: {why}"
        );
        Refusal::new(ErrorCode::FileAccess, detail)
    })?;
    let (found, limit) = (content.len(), ENCRYPTED_FILE_OCTETS_MAX);
    if found > limit {
        let detail = format!(
            "Failed to decrypt file {id}: File size ({found} bytes) exceeds limit ({limit} bytes) \
             at {url}"
        );
        return Err(Refusal::new(ErrorCode::Decryption, detail));
    }
    Ok(SealedFile { id, content, sealed_password })
}

fn open(files: &[SealedFile], key: &ServerKey) -> Result<Vec<String>, Refusal> {
    let open = |file: &SealedFile| {
        decrypt(&file.id.to_string(), key, &file.sealed_password, &file.content)
    };
    files.iter().map(open).collect()
}

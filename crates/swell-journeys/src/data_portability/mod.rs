//! One user moves its data: encrypts and uploads it, grants access on the chain, asks a personal
//! server to work on it and polls for the answer.

mod grantee;
mod needs;
mod relay;
mod schema;
mod server;
mod settings;
mod user;

use std::future::Future;
use std::sync::Arc;

use swell_chain::ChainHandle;
use swell_core::journey::{JourneyOutcome, JourneySpec, StepId, StepSpec};
use swell_engine::StepError;
use swell_engine::journey::{Journey, JourneyContext, JourneyNeeds};

pub use grantee::{Grantee, read_grantee};
pub use relay::Relay;
pub use schema::{SchemaPlace, definition_urls, fetch_schema, read_schema};
pub use server::{ApplicationServer, PersonalServer, Progress, RESULT_OCTETS_MAX};
pub use settings::{Settings, Submission};

use user::User;

/// The journey's steps, as every report names them.
const STEPS: [StepSpec; 10] = [
    StepSpec { name: "wallet" },
    StepSpec { name: "encrypt" },
    StepSpec { name: "upload" },
    StepSpec { name: "grant" },
    StepSpec { name: "identity" },
    StepSpec { name: "sign" },
    StepSpec { name: "submit" },
    StepSpec { name: "confirm" },
    StepSpec { name: "operate" },
    StepSpec { name: "poll" },
];

const ENCRYPT: StepId = StepId(1);
const UPLOAD: StepId = StepId(2);
const GRANT: StepId = StepId(3);
const IDENTITY: StepId = StepId(4);
const SIGN: StepId = StepId(5);
const SUBMIT: StepId = StepId(6);
const CONFIRM: StepId = StepId(7);
const OPERATE: StepId = StepId(8);
const POLL: StepId = StepId(9);

/// The data portability journey.
#[derive(Clone, Debug)]
pub struct DataPortability {
    settings: Arc<Settings>,
}

impl DataPortability {
    /// Name and steps.
    pub const SPEC: JourneySpec = JourneySpec { name: "data-portability", steps: &STEPS };

    /// The journey against one target.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self { settings: Arc::new(settings) }
    }
}

impl Journey for DataPortability {
    fn spec(&self) -> JourneySpec {
        Self::SPEC
    }

    fn needs(
        &self,
        chain: &ChainHandle,
    ) -> impl Future<Output = Result<JourneyNeeds, StepError>> + Send {
        needs::estimate(&self.settings, chain)
    }

    async fn run(&self, cx: &JourneyContext) -> JourneyOutcome {
        let user = User { cx, settings: &self.settings };
        cx.obtain_wallet().await?;
        let sealed = cx.step(ENCRYPT, user.encrypt()).await?;
        let file_url = cx.step(UPLOAD, user.upload(sealed.file)).await?;
        let grant_url = cx.step(GRANT, user.grant()).await?;
        let identity = cx.step(IDENTITY, user.identity()).await?;
        let signed =
            cx.step(SIGN, user.sign(identity, sealed.password, file_url, grant_url)).await?;
        let submitted = cx.step(SUBMIT, user.submit(signed)).await?;
        let permission = cx.step(CONFIRM, user.confirm(submitted)).await?;
        let operation = cx.step(OPERATE, user.operate(permission)).await?;
        cx.step(POLL, user.poll(&operation)).await
    }
}

//! A folder that Swell serves itself, as long as the run lasts.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path as UrlPath, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{StatusCode, header};
use swell_core::journey::FailureClass;
use swell_core::target::LocalTarget;
use swell_engine::StepError;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::object::{Object, ObjectKind};
use super::shared::Deletion;

/// A folder, served. Cheap to clone; serving ends with the last clone.
#[derive(Clone, Debug)]
pub struct LocalStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    folder: PathBuf,
    /// The folder in words.
    shown: String,
    url: String,
    _serving: Option<DropGuard>,
}

impl LocalStore {
    /// Serves the folder of `target`, which is made if it is not there. Inside a runtime only.
    ///
    /// # Errors
    /// What keeps the folder from being made, or the address from being listened at.
    pub async fn serve(target: &LocalTarget) -> io::Result<Self> {
        std::fs::create_dir_all(&target.folder)?;
        let listener = TcpListener::bind(target.listen).await?;
        let stop = CancellationToken::new();
        let mut store = Self::new(target)?;
        let router = router(&store.inner.folder);
        let stopped = stop.clone().cancelled_owned();
        tokio::spawn(async move {
            let serving = axum::serve(listener, router).with_graceful_shutdown(stopped);
            if let Err(error) = serving.await {
                tracing::error!(%error, "serving the local folder ended");
            }
        });
        if let Some(inner) = Arc::get_mut(&mut store.inner) {
            inner._serving = Some(stop.drop_guard());
        }
        Ok(store)
    }

    /// The folder of `target`, not served: objects can be deleted.
    ///
    /// # Errors
    /// What keeps its path from being made whole.
    pub fn new(target: &LocalTarget) -> io::Result<Self> {
        let folder = std::path::absolute(&target.folder)?;
        let inner = Inner {
            shown: folder.to_string_lossy().into_owned(),
            folder,
            url: target.url.expose().trim_end_matches('/').to_owned(),
            _serving: None,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    pub(super) fn folder(&self) -> &str {
        &self.inner.shown
    }

    /// Writes `object` as a file, and returns its URL.
    pub(super) async fn upload(&self, object: &Object<'_>) -> Result<String, StepError> {
        let path = self.inner.folder.join(object.name);
        tokio::fs::write(&path, &object.content).await.map_err(|error| trouble(&error))?;
        Ok(format!("{}/{}", self.inner.url, object.name))
    }

    /// Deletes the file `name` in `folder`.
    pub(super) async fn delete(&self, folder: &str, name: &str) -> Result<Deletion, StepError> {
        if ObjectKind::of_file(name).is_none() {
            let words = "its name is none that Swell gives to a file";
            return Err(StepError::new(FailureClass::Internal, words));
        }
        match tokio::fs::remove_file(Path::new(folder).join(name)).await {
            Ok(()) => Ok(Deletion::Deleted),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if Path::new(folder).is_dir() {
                    return Ok(Deletion::Gone);
                }
                // It may be mounted elsewhere today, with all files in it.
                let words = format!("the folder {folder} is not there");
                Err(StepError::new(FailureClass::NotFound, words))
            }
            Err(error) => Err(trouble(&error)),
        }
    }
}

fn trouble(error: &io::Error) -> StepError {
    StepError::new(FailureClass::Internal, format!("the local folder: {error}"))
}

fn router(folder: &Path) -> Router {
    let folder: Arc<Path> = folder.into();
    Router::new().route("/{name}", get(download)).with_state(folder)
}

async fn download(State(folder): State<Arc<Path>>, UrlPath(name): UrlPath<String>) -> Response {
    // Whatever else is in the folder is nobody's business.
    let Some(kind) = ObjectKind::of_file(&name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match tokio::fs::read(folder.join(&name)).await {
        Ok(content) => ([(header::CONTENT_TYPE, kind.content_type())], content).into_response(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            StatusCode::NOT_FOUND.into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

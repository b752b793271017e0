//! `POST /api/v1/backup`, on the control socket alone: the service writes a file where it is told to.

use std::{path::PathBuf, pin::pin, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    response::{IntoResponse, Response},
    routing::post,
};
use http_body_util::channel::{Channel, Sender};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::{BackupMade, CopyProgress};
use tokio::{sync::watch, time::sleep};

use super::{
    Admin,
    answers::{flag, object, wrong},
};
use crate::Error;

const KEYS: [&str; 2] = ["file", "force"];
/// How often it says how far it is.
const SAY_EVERY: Duration = Duration::from_millis(100);

/// A line of the answer, in JSON: how far it is, and at last what has come of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BackupLine {
    /// How far it is.
    Progress(CopyProgress),
    /// It is done.
    Made(BackupMade),
    /// It was not made.
    Failed {
        /// Why not.
        error: String,
        /// Whether what was asked for was wrong.
        is_wrong_use: bool,
    },
}

pub(super) fn routes() -> Router<Arc<Admin>> {
    Router::new().route("/api/v1/backup", post(back_up))
}

/// Begins a backup, which ends when whoever asked for it goes away.
async fn back_up(State(admin): State<Arc<Admin>>, body: Bytes) -> Response {
    let (file, force) = match object(&body).and_then(|object| wanted(&object)) {
        Ok(wanted) => wanted,
        Err(error) => return wrong(&error),
    };
    let (lines, body) = Channel::<Bytes>::new(1);
    tokio::spawn(back_up_and_say(admin, file, force, lines));
    Body::new(body).into_response()
}

async fn back_up_and_say(admin: Arc<Admin>, file: PathBuf, force: bool, mut lines: Sender<Bytes>) {
    let (said, mut progress) = watch::channel(CopyProgress::default());
    let heard = Box::new(move |now| {
        said.send_replace(now);
    });
    let mut making = pin!(admin.store.back_up(&file, force, &admin.clock, heard));
    let outcome = loop {
        let line = tokio::select! {
            outcome = &mut making => break outcome,
            Ok(()) = progress.changed() => BackupLine::Progress(*progress.borrow_and_update()),
        };
        if say(&mut lines, &line).await.is_err() {
            return;
        }
        // Not a line for every step. What is done meanwhile need not wait for it.
        tokio::select! {
            outcome = &mut making => break outcome,
            () = sleep(SAY_EVERY) => {}
        }
    };
    let line = match outcome {
        Ok(made) => {
            tracing::info!(file = %made.file.display(), bytes = made.bytes, "a backup was made");
            BackupLine::Made(made)
        }
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "a backup could not be made");
            BackupLine::Failed { error: error.to_string(), is_wrong_use: error.is_wrong_use() }
        }
    };
    let _ = say(&mut lines, &line).await;
}

async fn say(lines: &mut Sender<Bytes>, line: &BackupLine) -> Result<(), ()> {
    let mut text = serde_json::to_vec(line).map_err(|_| ())?;
    text.push(b'\n');
    lines.send_data(text.into()).await.map_err(|_| ())
}

fn wanted(object: &Map<String, Value>) -> Result<(PathBuf, bool), Error> {
    if let Some(key) = object.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(Error::UnknownKey { key: key.clone(), known: KEYS.join(", ") });
    }
    match object.get("file") {
        Some(Value::String(file)) => Ok((PathBuf::from(file), flag(object, "force")?)),
        _ => Err(Error::WrongForm { key: "file".to_owned(), wanted: "the path of the backup" }),
    }
}

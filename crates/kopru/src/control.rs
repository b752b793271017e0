//! How a command asks the management API: the running service over its socket, or else the store itself.
//!
//! Both ways lead to one router, so a command does the same whether a service runs or not.

use std::{io::ErrorKind, path::Path, pin::pin, sync::Arc, time::Duration};

use http::Response;
use insight::{Zone, catch_up};
use outgoing::Clients;
use reqwest::{Client, Method, StatusCode, header};
use serde_json::Value;
use server::{Admin, AdminParts, ApiKeys, Applied, ApplyRequest, GO_ON_AFTER, LOOKED_BACK_TO};
use store::{BackupMade, Clock, Store};
use tokio::{
    net::UnixStream,
    sync::{Mutex, mpsc},
};

use crate::{
    Error,
    config::Config,
    hang_up::answer_of,
    open::{open_first, open_store},
    progress::ProgressLine,
    run::{Adoption, adopt_in_store, check_former_names, lanes, number_of, socket_in, view, would_apply},
    service_answer::ServiceAnswer,
};

/// How long the running service may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_mins(1);

/// What the store is opened for where no service runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreUse {
    /// To look at or change what is there.
    Present,
    /// To report: what no loop has counted before the last stop is counted first.
    Report,
    /// To put the first things into it: it is made if it is not there.
    First,
}

impl StoreUse {
    fn of(method: &Method, path: &str) -> Self {
        match path {
            "/api/v1/keys" if *method == Method::POST => Self::First,
            path if path.starts_with("/api/v1/reports/") => Self::Report,
            _ => Self::Present,
        }
    }
}

/// Whether a service answers at the socket of a store.
pub fn service_runs(config: &Config) -> bool {
    std::os::unix::net::UnixStream::connect(socket_in(&config.store_path)).is_ok()
}

/// What the management API has answered.
pub struct ApiAnswer {
    /// The status.
    pub status: StatusCode,
    /// Until when a search has looked back, if it ended before its end, and after which event it goes on.
    pub stopped: Option<(String, String)>,
    /// The body, as it came.
    pub text: String,
    /// Whether a running service has answered.
    pub by_service: bool,
}

/// Asks the management API of a store.
///
/// # Errors
/// Nobody could be asked. What the API refuses is an answer.
pub async fn call(
    config: &Config,
    method: Method,
    path_and_query: &str,
    body: Option<&Value>,
) -> Result<ApiAnswer, Error> {
    let path = path_and_query.split('?').next().unwrap_or_default();
    let caller = ApiCaller::open(config, StoreUse::of(&method, path)).await?;
    let body = body.map(|body| body.to_string().into_bytes());
    let answer = caller.call(method, path_and_query, body).await?;
    let header = |name| answer.headers().get(name)?.to_str().ok().map(str::to_owned);
    Ok(ApiAnswer {
        status: answer.status(),
        stopped: header(LOOKED_BACK_TO).zip(header(GO_ON_AFTER)),
        text: String::from_utf8_lossy(answer.body()).into_owned(),
        by_service: caller.is_service(),
    })
}

/// Who answers for a store, for as long as this is kept: a store that was opened is locked until then.
pub enum ApiCaller<'c> {
    /// The running service.
    Service(Client),
    /// The store itself.
    Store(Box<OpenedStore<'c>>),
}

impl<'c> ApiCaller<'c> {
    /// Finds out who answers.
    ///
    /// # Errors
    /// Nobody does.
    pub async fn open(config: &'c Config, store_use: StoreUse) -> Result<Self, Error> {
        let socket = socket_in(&config.store_path);
        match UnixStream::connect(&socket).await {
            Ok(_) => {
                let client = Client::builder().unix_socket(socket).timeout(ANSWER_WITHIN).build();
                client.map(Self::Service).map_err(Error::ControlAnswer)
            }
            Err(cause) if cause.kind() == ErrorKind::PermissionDenied => {
                Err(Error::ControlSocket { socket: socket.display().to_string(), cause })
            }
            // Nobody is there, left a socket behind, or could not have one at so long a path.
            Err(_) => Ok(Self::Store(Box::new(OpenedStore::open(config, store_use).await?))),
        }
    }

    /// Whether a running service answers.
    pub fn is_service(&self) -> bool {
        matches!(self, Self::Service(_))
    }

    /// Asks; `body` is JSON.
    ///
    /// # Errors
    /// There is no answer. What the API refuses is one.
    pub async fn call(
        &self,
        method: Method,
        path_and_query: &str,
        body: Option<Vec<u8>>,
    ) -> Result<Response<Vec<u8>>, Error> {
        match self {
            Self::Service(client) => {
                ask_service(client, method, path_and_query, body).await.map_err(Error::ControlAnswer)
            }
            Self::Store(store) => store.call(method, path_and_query, body).await,
        }
    }
}

async fn ask_service(
    client: &Client,
    method: Method,
    path_and_query: &str,
    body: Option<Vec<u8>>,
) -> Result<Response<Vec<u8>>, reqwest::Error> {
    let mut request = client.request(method, format!("http://localhost{path_and_query}"));
    if let Some(body) = body {
        request = request.header(header::CONTENT_TYPE, "application/json").body(body);
    }
    let answer = request.send().await?;
    let mut head = Response::new(());
    *head.status_mut() = answer.status();
    *head.headers_mut() = answer.headers().clone();
    let bytes = answer.bytes().await?.to_vec();
    Ok(head.map(|()| bytes))
}

/// Has the running service make a backup; `None` where none runs.
///
/// # Errors
/// It cannot be made, or the service ends in between.
pub async fn back_up(
    config: &Config,
    file: &Path,
    replace: bool,
    line: &mut ProgressLine,
) -> Result<Option<BackupMade>, Error> {
    if !service_runs(config) {
        return Ok(None);
    }
    let wanted = serde_json::json!({ "file": file.to_string_lossy(), "force": replace });
    let mut answer = ServiceAnswer::new(line);
    let asked = async {
        // It says something now and then, however long it takes.
        let client = Client::builder().unix_socket(socket_in(&config.store_path)).read_timeout(ANSWER_WITHIN);
        let request = client.build()?.post("http://localhost/api/v1/backup");
        request.header(header::CONTENT_TYPE, "application/json").body(wanted.to_string()).send().await
    };
    let mut said = asked.await.map_err(Error::ControlAnswer)?;
    while let Some(bytes) = said.chunk().await.map_err(|_| Error::BackupBrokeOff)? {
        answer.hear(&bytes)?;
    }
    answer.outcome().map(Some)
}

/// A store opened as the service does, which is let go afterwards.
pub struct OpenedStore<'c> {
    config: &'c Config,
    store: Arc<dyn Store>,
    admin: Arc<Admin>,
    clock: Clock,
    applied: Mutex<mpsc::Receiver<ApplyRequest>>,
}

impl<'c> OpenedStore<'c> {
    async fn open(config: &'c Config, store_use: StoreUse) -> Result<Self, Error> {
        let store: Arc<dyn Store> =
            if store_use == StoreUse::First { open_first(config)? } else { open_store(config)? };
        check_former_names(&*store, &config.workspaces).await?;
        // Nothing is decided here: what is only counted is counted as once the clock is confirmed.
        let clock = Clock::system().trusted();
        let clients = Clients::new().map_err(Error::Clients)?;
        let mut workspaces = Vec::new();
        for workspace in &config.workspaces {
            let id = number_of(&*store, workspace).await?;
            let adoption = Adoption::of(&*store, id, workspace, None, &clock).await?;
            // By a clock that nobody confirms nothing is too old.
            if store_use == StoreUse::Report {
                let zones = vec![Zone::of(&workspace.time_zone)];
                catch_up(store.clone(), id, zones, Clock::system()).await?;
            }
            let known = store.catalogues(id).await?;
            let lanes = lanes(&workspace.targets, &adoption.policy, &clients)?;
            workspaces.push(view(id, workspace, Arc::new(adoption.policy), &known, &lanes));
        }
        let (apply, applied) = mpsc::channel(1);
        let admin = Admin::new(AdminParts {
            keys: ApiKeys::load(Arc::clone(&store)).await?,
            store: Arc::clone(&store),
            workspaces,
            // Nobody signs in.
            token: [0; 32],
            hosts: Vec::new(),
            proxies: Arc::default(),
            health: Arc::default(),
            metrics: Box::new(String::new),
            apply,
            clock: clock.clone(),
        });
        Ok(Self { config, store, admin, clock, applied: Mutex::new(applied) })
    }

    async fn call(
        &self,
        method: Method,
        path_and_query: &str,
        body: Option<Vec<u8>>,
    ) -> Result<Response<Vec<u8>>, Error> {
        let mut answered = pin!(self.admin.call(method, path_and_query, body));
        let next = async || self.applied.lock().await.recv().await;
        loop {
            tokio::select! {
                answer = &mut answered => return Ok(answer?),
                Some(request) = next() => {
                    apply_to_store(&*self.store, self.config, &self.clock, request).await;
                }
            }
        }
    }
}

/// What the service does with its loops, without them: there is nothing to take but a time since which
/// rules count, which the next start cannot know.
async fn apply_to_store(store: &dyn Store, config: &Config, clock: &Clock, request: ApplyRequest) {
    let ApplyRequest { since, dry_run, answer, .. } = request;
    let workspaces = match &since {
        since if dry_run => would_apply(store, config, since.as_ref(), clock).await,
        None => Ok(Vec::new()),
        since => adopt_in_store(store, config, since.as_ref(), clock).await,
    };
    let outcome = workspaces.map(|workspaces| Applied { workspaces, ..Applied::default() });
    let _ = answer.send(answer_of(outcome));
}

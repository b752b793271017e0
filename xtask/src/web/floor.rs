//! The floor of single events: the same server with the same door, which makes the same events durable in a bare file,
//! in groups, and remembers nothing.

use std::{
    io::Write as _,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use kopru_core::{
    Admitted, Consent, Dataset, Fact, JoinKey, KeyConsent, Mode, Policy, RouteKind, Wanted, WorkspaceId,
};
use server::{ApiKeys, DatasetDoor, DoorParts, Doors, Health, OpenDoors, Proxies, listen};
use sources::Tenant;
use store::{
    Clock, Error, FactStore, KeptActivities, KeyScope, Model, NewApiKey, Store, StoreState, Unreadable,
    views::ToldSale,
};
use tokio::sync::{mpsc, oneshot, watch};

use super::shop::{DATASET, of_browser, request};
use crate::service::{Failure, load::Connection};

const CONNECTIONS: u64 = 128;
/// How many requests may share one flush.
const GROUP_MAX: usize = 256;
const KEY: &str = "the-key-of-a-benchmark";

/// Requests a second that are durable.
pub async fn measure(lasting: Duration) -> Result<f64, Failure> {
    let (stop, stopping) = watch::channel(false);
    let address = start(stopping).await?;
    let numbers = Arc::new(AtomicU64::new(0));
    let began = Instant::now();
    let tasks: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let (mut connection, numbers) = (Connection::to(address), Arc::clone(&numbers));
            tokio::spawn(async move {
                let mut done = 0_u64;
                while began.elapsed() < lasting {
                    let number = numbers.fetch_add(1, Ordering::Relaxed);
                    let event = of_browser(number % 10_000, &format!("f-{number}"));
                    let (status, _) = connection.send(&request(KEY, &[event])).await;
                    if status != Some(200) {
                        return Err(Failure::from(format!("the floor answered with {status:?}")));
                    }
                    done += 1;
                }
                Ok(done)
            })
        })
        .collect();
    let mut done = 0;
    for task in tasks {
        done += task.await??;
    }
    stop.send_replace(true);
    Ok(done as f64 / began.elapsed().as_secs_f64())
}

async fn start(stopping: watch::Receiver<bool>) -> Result<SocketAddr, Failure> {
    let keys: Arc<dyn Store> = Arc::new(Model::new());
    let workspace = keys.workspace("bench").await?;
    let new = NewApiKey {
        name: "bench".to_owned(),
        hash: capi::from_hex(&capi::sha256_hex(KEY.as_bytes())).ok_or("a hash is hex")?,
        scopes: [KeyScope::Events].into(),
        consent: Some(KeyConsent::Sender),
        strict: false,
    };
    keys.make_key(workspace, new, 1).await?;
    let doors = Doors::new(DoorParts {
        store: Arc::new(BareFile::open()?),
        keys: ApiKeys::load(keys).await?,
        open: OpenDoors { datasets: vec![door(workspace)], ..OpenDoors::default() },
        proxies: Arc::default(),
        health: Arc::new(Health::default()),
        clock: Clock::system(),
    });
    let any = "127.0.0.1:0".parse()?;
    Ok(listen(any, doors.router(), Arc::<Proxies>::default(), stopping).await?.address)
}

fn door(workspace: WorkspaceId) -> DatasetDoor {
    let dataset = Dataset {
        id: DATASET.to_owned(),
        waba_id: None,
        mistaken_accounts: Vec::new(),
        routes: vec![RouteKind::Website],
        mode: Mode::Live,
        earlier_modes: Vec::new(),
        test: None,
        rules: capi::Rules::Both,
        appending: kopru_core::Appending::default(),
    };
    let policy = Policy {
        workspace,
        currency: None,
        consent: Consent::Required,
        consent_since_s: None,
        rules: Vec::new(),
        datasets: vec![dataset],
        restored: None,
    };
    let tenant = Tenant {
        workspace,
        join: JoinKey::new(&[7; 32]),
        country: Some("TR".to_owned()),
        consent: Consent::Required,
        wanted: Wanted::default(),
    };
    DatasetDoor {
        workspace,
        workspace_name: "bench".to_owned(),
        dataset: DATASET.to_owned(),
        tenant,
        policy: Arc::new(policy),
    }
}

/// A store that appends to a file.
struct BareFile(mpsc::Sender<(Vec<u8>, oneshot::Sender<()>)>);

impl BareFile {
    fn open() -> Result<Self, Failure> {
        let (send, mut receive) = mpsc::channel::<(Vec<u8>, oneshot::Sender<()>)>(1024);
        // On the disk on which the stores of the runs are.
        let mut file = tempfile::tempfile_in("target")?;
        std::thread::spawn(move || {
            while let Some(first) = receive.blocking_recv() {
                let mut group = vec![first];
                while group.len() < GROUP_MAX
                    && let Ok(next) = receive.try_recv()
                {
                    group.push(next);
                }
                let bytes: Vec<u8> = group.iter().flat_map(|(bytes, _)| bytes.iter().copied()).collect();
                if file.write_all(&bytes).and_then(|()| file.sync_data()).is_err() {
                    return;
                }
                for (_, done) in group {
                    let _ = done.send(());
                }
            }
        });
        Ok(Self(send))
    }
}

#[async_trait::async_trait]
impl FactStore for BareFile {
    async fn append(&self, _: WorkspaceId, _: &str, _: i64, _: Vec<Fact>) -> Result<(), Error> {
        Ok(())
    }

    async fn append_activities(
        &self,
        _: WorkspaceId,
        _: i64,
        all: Vec<Admitted>,
    ) -> Result<KeptActivities, Error> {
        let bytes = all.into_iter().flat_map(|one| one.activity.event.json.into_bytes()).collect();
        let (done, durable) = oneshot::channel();
        self.0.send((bytes, done)).await.map_err(|_| Error::Closed)?;
        durable.await.map_err(|_| Error::Closed)?;
        Ok(KeptActivities::default())
    }

    async fn keep_imported_sales(&self, _: WorkspaceId, _: Vec<ToldSale>) -> Result<(), Error> {
        Ok(())
    }

    async fn append_unreadable(&self, _: WorkspaceId, _: i64, _: Unreadable) -> Result<(), Error> {
        Ok(())
    }

    async fn count(&self, _: Vec<(WorkspaceId, String, i64)>) -> Result<(), Error> {
        Ok(())
    }

    fn state(&self) -> StoreState {
        StoreState::Ready
    }
}

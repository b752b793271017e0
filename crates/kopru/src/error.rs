//! What can go wrong with a command.

use std::{io, net::SocketAddr};

use crate::config::ConfigProblem;

/// Why a command could not do what it was asked for, in one line for the person who gave it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration has problems; each is said on a line of its own.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Config(Vec<ConfigProblem>),
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// An address may not be used, or there is no client.
    #[error(transparent)]
    Outgoing(#[from] outgoing::Error),
    /// What the management API is asked.
    #[error(transparent)]
    Server(#[from] server::Error),
    /// The runtime could not be started.
    #[error("the runtime could not be started: {0}")]
    Runtime(#[source] io::Error),
    /// Standard output cannot be written.
    #[error("stdout cannot be written: {0}")]
    Stdout(#[source] io::Error),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}")]
    NoRandomness(#[source] getrandom::Error),

    /// Another recorder is installed, or the buckets are refused.
    #[error("metrics cannot be recorded: {0}")]
    Metrics(#[source] metrics_exporter_prometheus::BuildError),
    /// A text that is given or kept as data key is none.
    #[error("{place}: {cause}")]
    Key {
        /// The key of the configuration, or the file.
        place: String,
        /// What is wrong.
        #[source]
        cause: store::Error,
    },
    /// The file of the data key is there and cannot be read.
    #[error("{file}: the data key cannot be read: {cause}; run kopru as its owner")]
    KeyUnreadable {
        /// The file.
        file: String,
        /// Why not.
        #[source]
        cause: io::Error,
    },
    /// A store without its data key.
    #[error(
        "{file}: the store is there, but the key with which it was sealed is not, or the file is empty; bring \
         the file back, or set store.key"
    )]
    KeyMissing {
        /// Where the key should be.
        file: String,
    },
    /// A new data key cannot be used.
    #[error("--to {given}: {problem}")]
    NewKey {
        /// What was given.
        given: String,
        /// What is wrong with it, and how to mend it.
        problem: &'static str,
    },
    /// A new data key is needed, and none was given.
    #[error(
        "store.key says which data key is used, so that a new one has to be given: put it into the environment \
         and add --to env:NAME"
    )]
    KeyGiven,
    /// No data key can be made.
    #[error("no randomness for a data key: {0}")]
    KeyNotMade(#[source] io::Error),
    /// A data key was made and cannot be kept.
    #[error("{file}: the data key cannot be kept there: {cause}; set store.key")]
    KeyNotKept {
        /// Where it should be kept.
        file: String,
        /// Why not.
        #[source]
        cause: io::Error,
    },
    /// The clients of the process cannot be made.
    #[error("a client could not be made: {0}")]
    Clients(#[source] outgoing::Error),
    /// A dataset cannot be reached at its address.
    #[error("a client could not be made: dataset {dataset}: {cause}")]
    Dataset {
        /// The dataset's id.
        dataset: String,
        /// Why not.
        #[source]
        cause: delivery::Error,
    },
    /// An account of a CRM cannot be reached at its address.
    #[error("a client could not be made: {account}: {cause}")]
    Account {
        /// The account's address.
        account: String,
        /// Why not.
        #[source]
        cause: outgoing::Error,
    },
    /// Nobody knows whether an account is one that has another name in the store.
    #[error(
        "{account} has to say once whether it is an account that the store knows under another name, or one more, \
         and gives no answer: {cause}"
    )]
    Unrecognised {
        /// The account's address.
        account: String,
        /// Why not.
        #[source]
        cause: Box<Error>,
    },
    /// An account takes too long.
    #[error("there is no answer in time")]
    NoAnswerInTime,
    /// Two sources of a workspace have one account.
    #[error(
        "workspace \"{workspace}\": {account} is the account of another source under another name; it needs only one"
    )]
    SameAccount {
        /// The workspace.
        workspace: String,
        /// The address of the second one.
        account: String,
    },
    /// A listener cannot have its address.
    #[error("{key}: cannot listen on {address}: {cause}; choose another address")]
    Listen {
        /// The key of the configuration.
        key: &'static str,
        /// The address.
        address: SocketAddr,
        /// Why not.
        #[source]
        cause: io::Error,
    },
    /// The store ended; here is its last word.
    #[error("{0}")]
    StoreEnded(&'static str),
    /// What reloads has ended, by a panic: perhaps between two generations of loops.
    #[error("a reload of the configuration broke off; start again, and please report what is logged")]
    ReloadsEnded,
    /// A listener ended.
    #[error("{0} has ended by itself; start again")]
    ListenerEnded(&'static str),

    /// There is no store where one should be looked into.
    #[error("there is no store at {0} yet; `kopru serve` makes it, or mend store.path")]
    NoStore(String),
    /// A process holds the store, and there is no way to ask it.
    #[error(
        "another process uses the store at {folder} and cannot be asked: nobody answers at {socket}; it may be \
         starting or stopping (try again), or its path may be too long for a socket, as its log says (stop it \
         first)"
    )]
    NotAsked {
        /// The store's folder.
        folder: String,
        /// Where its socket should be.
        socket: String,
    },
    /// The service ended before its backup was whole.
    #[error("the running service ended before the backup was whole, and there is none; try again")]
    BackupBrokeOff,
    /// A backup without the key with which it was sealed.
    #[error(
        "{file}: the data key with which the backup was sealed is not here; bring the file that was kept with \
         the backup, or set store.key"
    )]
    BackupKeyMissing {
        /// Where the key should be.
        file: String,
    },
    /// The control socket is there and cannot be used.
    #[error("{socket} cannot be used: {cause}; run kopru as the owner of the store")]
    ControlSocket {
        /// The socket.
        socket: String,
        /// Why not.
        #[source]
        cause: io::Error,
    },
    /// The running service took the connection and did not answer.
    #[error("the running service did not answer; try again, or look at its log")]
    ControlAnswer(#[source] reqwest::Error),
    /// The management API says that it cannot be done.
    #[error("{message}")]
    Refused {
        /// Whether what was asked for was wrong.
        is_wrong_use: bool,
        /// What it says.
        message: String,
    },
    /// The process ends, so that nothing new begins.
    #[error("the service is stopping; its next start takes the configuration")]
    Stopping,
    /// Another configuration than the service's is to be applied.
    #[error("the running service reads {own}; change that file and give it with -f")]
    OtherFile {
        /// The file that it reads.
        own: String,
    },
    /// The service says of each problem that its configuration has.
    #[error("{}", .0.join("; "))]
    RefusedConfig(Vec<String>),
    /// Every event would be meant, and nobody said so.
    #[error(
        "say which events: their ids, or --state, --reason, --event, --dataset, --rule, --deal, --since, --until; \
         --all means every one"
    )]
    WhichEvents,
    /// What was asked for was only counted.
    #[error("nothing has changed; add --yes to do it")]
    SayYes,
    /// A file was looked at, and nobody said that it is right.
    #[error("nothing was imported; look at what the columns are, and add --yes to import")]
    SayYesImport,
    /// A file is none that can be imported.
    #[error("{name} cannot be imported: {why}")]
    NoImport {
        /// The file.
        name: String,
        /// Why not, and what helps.
        why: &'static str,
    },
    /// A workspace wants a yes, and the file does not say who has said it.
    #[error(
        "--consent: the workspace wants a yes of each person; give sender (whoever sends reports only people who \
         agreed) or field:COLUMN (this column says yes or no)"
    )]
    ImportConsent,
    /// Something that a file does not say was not said.
    #[error("{0}: no column says it; give {1}")]
    ImportNeeds(&'static str, String),
    /// It is not said in which column a text has to stand.
    #[error("--only: {0:?} is not COLUMN=TEXT; write for example \"Status=paid\"")]
    OnlyForm(String),
    /// The first row names no column that is known.
    #[error(
        "the first row names no column that is known; it must hold the names of the columns, and --map COLUMN=KEY \
         says what they are"
    )]
    NoColumns,
    /// A column that is needed is not there.
    #[error("no column is known to be {0}; say which with --map COLUMN=KEY")]
    ColumnMissing(&'static str),
    /// What is said of a column has the wrong form.
    #[error("--map: {0:?} is not COLUMN=KEY, such as Telefon=ph")]
    MapForm(String),
    /// What a column should be is not known.
    #[error("--map: the key {0:?} is unknown; known are {keys} and none", keys = file_keys())]
    MapKey(String),
    /// A column that the file does not have.
    #[error("the file has no column {0:?}")]
    MapColumn(String),
    /// The file of refused rows cannot be made or written.
    #[error("{name} cannot be written: {cause}")]
    RefusedFile {
        /// The file.
        name: String,
        /// Why not.
        #[source]
        cause: io::Error,
    },
    /// A workspace that is erased was not named again.
    #[error("nothing has changed; add --yes-erase {0} to erase all of it, for good")]
    SayYesErase(String),
    /// Another workspace was named again than the one that is to be erased.
    #[error(
        "--yes-erase {again} is not --workspace {workspace}: nothing has changed; name the workspace twice, exactly \
         the same"
    )]
    OtherName {
        /// The one that is to be erased.
        workspace: String,
        /// The one that was named again.
        again: String,
    },
    /// Which workspace is erased was not said.
    #[error("say which workspace is erased with --workspace")]
    WhichToErase,
    /// A workspace is to go on under another name, and nothing is stored under the former one.
    #[error(
        "{place}: formerly = {formerly:?} is the name of no workspace in the store, which has {known}: write the name \
         that {workspace:?} had there, or take formerly out to begin {workspace:?} with nothing"
    )]
    UnknownFormerName {
        /// File and line.
        place: String,
        /// The workspace.
        workspace: String,
        /// The name that it is said to have had.
        formerly: String,
        /// The names that the store has.
        known: String,
    },
    /// Nobody was named.
    #[error("say whom with --phone, --email, --contact, --deal or --stdin")]
    Whom,
    /// A line of stdin says nobody. What stands in it is not shown.
    #[error("stdin, line {0}: write phone, email, external_id, contact or deal, a colon, and the value")]
    WhomLine(usize),
    /// Several workspaces, and none was chosen.
    #[error("say which workspace with --workspace: {0}")]
    WhichWorkspace(String),

    /// Several datasets, and none was chosen.
    #[error("say which dataset with --dataset, and --workspace where two have the same: {0}")]
    WhichDataset(String),
    /// None of the datasets is meant.
    #[error("the configuration has no such dataset; compare --dataset and --workspace with it")]
    NoSuchDataset,
    /// A web event would be counted like any other.
    #[error(
        "dataset {0} is not in test mode: give the code from Events Manager, Test events, with --code TEST12345"
    )]
    NoTestCode(String),
    /// A dataset has no route of which something can be tried.
    #[error(
        "dataset {0} has neither the route \"website\" nor \"messaging\" with a whatsapp_business_account_id; send-test \
         knows no other test that counts nothing"
    )]
    NothingToTest(String),
    /// Meta would not look at the test event.
    #[error("no test event can be made: {0}")]
    NoTestEvent(String),

    /// Only the running service may ask with this token.
    #[error("its token changes with each use, so that only the running service may ask")]
    TokenChanges,
    /// The CRM says something that is not understood.
    #[error("its answer is not understood")]
    NotUnderstood,
    /// The CRM says nothing that can be used.
    #[error("{why}; {mend}")]
    NoAnswer {
        /// Why not.
        why: &'static str,
        /// What helps.
        mend: String,
    },

    /// A file, or stdin, cannot be read.
    #[error("{name} cannot be read: {cause}")]
    Unreadable {
        /// Its name.
        name: String,
        /// Why not.
        #[source]
        cause: io::Error,
    },
    /// A body is larger than is read.
    #[error("the body is larger than {0} MiB")]
    BodyTooLarge(u64),
    /// A body is none that Meta could read.
    #[error("{name}: {cause}")]
    Body {
        /// The file, or stdin.
        name: String,
        /// What is broken.
        #[source]
        cause: capi::Error,
    },
    /// A line is longer than is read.
    #[error("the line is longer than {0} bytes")]
    LineTooLong(u64),
    /// A line of `kopru normalize` is no value.
    #[error(
        "each line must be JSON such as {{\"type\":\"ph\",\"input\":\"0532 123 45 67\",\"country\":\"TR\"}}: {0}"
    )]
    NoValue(#[source] serde_json::Error),
    /// A type that nobody hashes.
    #[error("the type {0:?} is none of {keys}", keys = capi::Key::ALL.map(capi::Key::name).join(" "))]
    UnknownType(String),
    /// An input that is a list, for example.
    #[error("the input must be a text")]
    NoText,
    /// A line of `kopru cookies` is no request.
    #[error("each line must be a request in JSON: {0}")]
    NoRequest(#[source] serde_json::Error),
    /// A way to find domains that nobody knows.
    #[error(
        "the resolver {0:?} is unknown; known are \"public-suffix-list\", \"host\" and \"parameter-builder\""
    )]
    UnknownResolver(String),
    /// Parameters or cookies of a request that are neither an object nor a text.
    #[error("{0} must be an object, or the text as it stands in the request")]
    NoFields(&'static str),
    /// A proxy that is neither an address nor a network.
    #[error(
        "trusted_proxies: {0:?} is not an address or network; write for example \"10.0.0.7\" or \"10.0.0.0/8\""
    )]
    NoTrustedProxy(String),

    /// A webhook cannot be made or sent, or nobody answers.
    #[cfg(feature = "sandbox")]
    #[error(transparent)]
    Hook(#[from] ::sandbox::hooks::Error),
    /// The sandbox has no room for so many people.
    #[cfg(feature = "sandbox")]
    #[error("--people {people}: {cause}")]
    People {
        /// How many were wanted.
        people: usize,
        /// Why not.
        #[source]
        cause: ::sandbox::Error,
    },
    /// More faults than the sandbox keeps.
    #[cfg(feature = "sandbox")]
    #[error("there can be a thousand faults, not more")]
    TooManyFaults,
    /// The sandbox cannot have its address.
    #[cfg(feature = "sandbox")]
    #[error("cannot listen on {address}: {cause}")]
    SandboxListen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        #[source]
        cause: io::Error,
    },
    /// This door has no handshake.
    #[cfg(feature = "sandbox")]
    #[error("{0} asks for no handshake; leave --verify out")]
    NoHandshake(::sandbox::hooks::Door),
    /// A secret is taken from the environment, where it is not.
    #[cfg(feature = "sandbox")]
    #[error("{option} is taken from the environment variable {variable}, which is not set; set it")]
    NotSet {
        /// The argument.
        option: String,
        /// The variable.
        variable: String,
    },

    /// The demo's sandbox cannot listen.
    #[cfg(feature = "sandbox")]
    #[error("the sandbox cannot listen: {0}")]
    DemoSandbox(#[source] io::Error),
    /// The demo's dashboard cannot have its address.
    #[cfg(feature = "sandbox")]
    #[error("cannot listen on {address}: {cause}; choose another address with --listen")]
    DemoListen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        #[source]
        cause: io::Error,
    },
    /// There is no place for the demo's store.
    #[cfg(feature = "sandbox")]
    #[error("no temporary folder: {0}")]
    NoFolder(#[source] io::Error),
    /// The demo's data key cannot be made.
    #[cfg(feature = "sandbox")]
    #[error(transparent)]
    DemoKey(io::Error),
    /// The demo's webhooks have no client.
    #[cfg(feature = "sandbox")]
    #[error(transparent)]
    DemoClient(reqwest::Error),
    /// The demo's CRM does not take a webhook.
    #[cfg(feature = "sandbox")]
    #[error("the sandbox's CRM does not send its webhooks here")]
    DemoCrm,
    /// A webhook cannot be sent twice.
    #[cfg(feature = "sandbox")]
    #[error("a webhook could not be copied")]
    WebhookNotCopied,
    /// Nobody took a webhook.
    #[cfg(feature = "sandbox")]
    #[error("a webhook was not taken: {0}")]
    WebhookLost(#[source] reqwest::Error),
    /// A webhook was refused.
    #[cfg(feature = "sandbox")]
    #[error("a webhook was answered with {0}")]
    WebhookRefused(reqwest::StatusCode),
    /// The demo does not come to rest.
    #[cfg(feature = "sandbox")]
    #[error("something was still under way after {0} s")]
    StillUnderWay(u64),
    /// What was counted cannot be read or written as JSON.
    #[error(transparent)]
    Summary(serde_json::Error),
}

/// What a column of a file can be.
fn file_keys() -> String {
    sources::files::FILE_KEYS.iter().map(|key| key.name).collect::<Vec<_>>().join(", ")
}

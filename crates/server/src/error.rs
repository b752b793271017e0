//! What can go wrong with what the listeners are told and asked.

/// What was given cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// What the management API should be asked has no path that it could have.
    #[error("the management API cannot be asked this")]
    NotARequest,
    /// A text is not a time.
    #[error("not a time; write for example 2026-05-28, or 2026-05-28T20:26:40+03:00")]
    NotATime,
    /// A time is over that must be, or the other way round.
    #[error("since: this time is in the future; only what happened can be looked at again")]
    InTheFuture,
    /// A key of a request that nobody knows.
    #[error("{key:?} is unknown; there is: {known}")]
    UnknownKey {
        /// The key.
        key: String,
        /// Those that are known.
        known: String,
    },
    /// A word of a filter that nobody knows.
    #[error("{key}: {given:?} is unknown; known are {known}")]
    UnknownWord {
        /// The key.
        key: &'static str,
        /// What was given.
        given: String,
        /// Those that are known.
        known: String,
    },
    /// A time of a filter is none.
    #[error("{key}: {given:?} is {cause}")]
    TimeOf {
        /// The key.
        key: &'static str,
        /// What was given.
        given: String,
        /// Why not.
        #[source]
        cause: Box<Self>,
    },
    /// What should be a day is none, or a time of one.
    #[error(
        "{key}: {given:?} is not a day; this report is made of whole days of the business: write for example \
         2026-05-28"
    )]
    NotADay {
        /// The key.
        key: &'static str,
        /// What was given.
        given: String,
    },
    /// A span of days without any.
    #[error(
        "since: {since} is not before until ({until}), so that no day lies between; until is the day after the last \
         one that is wanted"
    )]
    NoDays {
        /// The first day.
        since: String,
        /// The day after the last one.
        until: String,
    },
    /// A key that may have one value has several.
    #[error("{0}: give one")]
    GivenTwice(&'static str),
    /// More ids than are looked for at once.
    #[error("event_id: give at most {0}")]
    TooManyIds(usize),
    /// A value of a request has the wrong form.
    #[error("{key}: give {wanted}")]
    WrongForm {
        /// The key.
        key: String,
        /// What is wanted.
        wanted: &'static str,
    },
    /// The body of a request is no JSON object.
    #[error("the body must be a JSON object, such as {{\"state\":\"failed\",\"dry_run\":true}}")]
    NotAnObject,
    /// Nobody was named.
    #[error("say whom with phone, email, external_id, contact or deal")]
    Nobody,
    /// A deal that is not known, or has no contacts.
    #[error("deal: nothing is known of this deal's contacts; give the contact, the phone or the e-mail")]
    NoContacts,
    /// A workspace that is still in use.
    #[error(
        "{0} is still in the configuration; take it out of kopru.toml, run `kopru apply` (or stop the service), \
         and ask again"
    )]
    StillConfigured(String),
    /// The name of a workspace that is erased was not said a second time.
    #[error("name_again: give the name of the workspace again, exactly")]
    NameAgain,
    /// What only a key that reports events can have, of one that does not.
    #[error("{0}: only a key with the scope events has it")]
    OnlyForEvents(&'static str),
    /// A key that reports events does not say whose consent they carry.
    #[error(
        "consent: give sender (whoever sends reports only people who agreed) or field:NAME (the field of custom_data \
         that says yes or no), because a key with the scope events says whose consent its events carry"
    )]
    WhoseConsent,
    /// Another consent is said than the API key carries.
    #[error("consent: the events of this API key carry the consent {0:?}; say this one or none")]
    ConsentOfKey(String),
    /// No dataset of the workspace takes events of sites, apps and shops.
    #[error("dataset: none takes events of sites, apps and shops; list \"website\" under the routes of one")]
    NoWebsiteRoute,
    /// Several datasets take such events, or another one was named.
    #[error("dataset: give one of those that take events of sites, apps and shops: {0}")]
    WhichDataset(String),
    /// An API key without the scope that a request wants.
    #[error("this API key has the scope {has}, and {method} wants the scope {wanted}")]
    KeyScope {
        /// Its scopes.
        has: String,
        /// The method of the request.
        method: String,
        /// Which scopes would do.
        wanted: &'static str,
    },
    /// An API key where something of all workspaces is, or a page for people.
    #[error(
        "an API key opens the management API of its own workspace and nothing else; this wants the admin token"
    )]
    KeyOfOneWorkspace,
    /// An API key of a workspace that is not configured.
    #[error("the workspace of this API key is not in the configuration")]
    KeyOfNoWorkspace,
    /// An API key where another workspace is named.
    #[error("workspace: this API key is of {0:?} and opens no other workspace")]
    KeyOfAnother(String),
    /// A filter that means everything, where that is not said.
    #[error("this would mean every event; say which with {0}, or \"all\": true")]
    MeansAll(String),
}

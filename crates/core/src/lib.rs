//! The decisions of Kopru: which click belongs to a deal, which event a stage means, when to wait
//! and what to ask. Facts and the state they touch go in; conversions, questions and outcomes come
//! out.
//!
//! This crate does no I/O and reads no clock: `now`, random numbers and disk are handed in, so every
//! decision can be replayed and tested as a table.

mod activity;
mod adoption;
mod amount_fault;
mod append_value;
mod cause;
mod consent_answer;
mod contact;
mod conversion;
mod deal;
mod decide;
mod effect;
mod enrichment;
mod fact;
mod ids;
mod imported_sale;
mod join;
mod key_consent;
mod made;
mod meaning;
mod missing;
mod needs;
mod now;
mod order_number;
mod person;
mod policy;
mod question;
mod reason;
mod repetition;
mod revisit;
mod route;
mod routes;
mod rule_problem;
mod shared_id;
mod standing;
mod working_set;
mod worth;

pub use activity::{
    Activity, Admitted, Identifier, MatchKey, OnceKey, PUBLIC_ORIGIN, StoredEvent, admit, age_max_s,
    is_of_public_door, outranks, taken_until_s,
};
pub use adoption::{Adopted, CrmReading, History, adopt};
pub use amount_fault::AmountFault;
pub use append_value::{
    APPEND_VALUE, Appending, Repetition, ReportedPurchase, StatedWorth, append_value, is_appendable,
    may_append, says_nothing_new,
};
pub use cause::{ActivityKey, Cause, ContactKey, event_id};
pub use consent_answer::ConsentAnswer;
pub use contact::{Contact, Former};
pub use conversion::{Conversion, Identity, Sent, State, Stop};
pub use deal::{Deal, Entry};
pub use decide::{Incoming, WAITING_PER_TURN_MAX, decide, expire, revisit, sweep, takes_back};
pub use effect::{Decision, Effect, Outcome};
pub use enrichment::{Enrichment, Neighbour, enrich, starting_points};
pub use fact::{
    AuditLog, AuditRow, Catalogue, Channel, ChatMessage, Click, ContactHint, ContactRead, DealHint, DealNow,
    DealRead, Fact, Link, MessageContent, RecordChange, RecordId, StageLog, StageName,
};
pub use ids::{DealKey, Node, Seq, StageId, WorkspaceId, company_id};
pub use imported_sale::ImportedSale;
pub use join::JoinKey;
pub use key_consent::KeyConsent;
pub use made::{Carried, LeftOut, Made};
pub use meaning::Meaning;
pub use missing::Missing;
pub use needs::{Needs, needs};
pub use now::Now;
pub use person::{Chat, HOPS_MAX, IDENTIFIER_CARDS_MAX, IDENTIFIER_LINKS_MAX, Join, PERSON_LINKS_MAX, Trust};
pub use policy::{Consent, Dataset, Mode, Policy, Repeat, Restored, Rule, TestRun, Trigger, same_name};
pub use question::{Question, QuestionKind};
pub use reason::Reason;
pub use repetition::{gives_way, is_another_sale};
pub use revisit::{Action, CatchUp, ConversionFilter, Revisit, RevisitPlace, RevisitStep};
pub use route::{Route, RouteKind};
pub use routes::{make_body, may_repeat, name_for_meta, preview, routes_of, serves, takes};
pub use rule_problem::{Became, RuleProblem};
pub use shared_id::{is_of_its_time, is_under_a_shared_id};
pub use working_set::{ExpiredClick, WaitingFact, WorkingSet};
pub use worth::{AmountFrom, Named, Unmade, Wanted, Worth};

//! What decisions change, written out and sealed: on the caller's thread, so that the writer only writes.

use kopru_core::{Conversion, Deal, Decision, Effect, Node, Outcome, RevisitStep, Seq};

use super::rows::SealedConversion;
use crate::{Decided, Error, SetAside, Sweep, seal::Seal};

/// A turn, ready to be written.
pub(super) struct SealedTurn {
    pub(super) decisions: Vec<(Seq, Outcome, Vec<StateChange>)>,
    pub(super) set_aside: Vec<SetAside>,
    pub(super) expired: Vec<Conversion>,
    pub(super) swept: Option<(Sweep, Vec<StateChange>)>,
    pub(super) revisited: Option<(RevisitStep, Vec<StateChange>)>,
    pub(super) now_ms: i64,
}

/// One change of what is stored.
pub(super) enum StateChange {
    SaveDeal {
        deal: Deal,
        state: String,
    },
    SaveClick {
        who: Vec<Node>,
        message: String,
        at_s: i64,
        body: Vec<u8>,
    },
    Create {
        conversion: Box<Conversion>,
        written: SealedConversion,
    },
    /// What has nothing to be sealed, or is rare.
    Plain(Effect),
}

impl SealedTurn {
    pub(super) fn of(decided: Decided, seal: &Seal) -> Result<Self, Error> {
        let Decided { decisions, set_aside, expired, swept, revisited, now_ms } = decided;
        let decision = |Decision { seq, outcome, effects }| Ok((seq, outcome, changes(effects, seal)?));
        let step = |effects: Vec<Effect>| changes(effects, seal);
        Ok(Self {
            decisions: decisions.into_iter().map(decision).collect::<Result<_, Error>>()?,
            set_aside,
            expired,
            swept: swept.map(|(sweep, effects)| Ok::<_, Error>((sweep, step(effects)?))).transpose()?,
            revisited: revisited.map(|(one, effects)| Ok::<_, Error>((one, step(effects)?))).transpose()?,
            now_ms,
        })
    }
}

fn changes(effects: Vec<Effect>, seal: &Seal) -> Result<Vec<StateChange>, Error> {
    effects.into_iter().map(|effect| change(effect, seal)).collect()
}

fn change(effect: Effect, seal: &Seal) -> Result<StateChange, Error> {
    Ok(match effect {
        Effect::SaveDeal(deal) => StateChange::SaveDeal { state: serde_json::to_string(&deal)?, deal },
        Effect::SaveClick(click) => StateChange::SaveClick {
            body: seal.seal("click", &serde_json::to_vec(&click)?)?,
            who: click.who,
            message: click.message,
            at_s: click.at_s,
        },
        Effect::Create(conversion) => {
            let written = SealedConversion::of(&conversion, seal)?;
            StateChange::Create { conversion: Box::new(conversion), written }
        }
        other => StateChange::Plain(other),
    })
}

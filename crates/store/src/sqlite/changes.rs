//! What decisions change, written out and sealed: on the caller's thread, so that the writer only writes.

use kopru_core::{Conversion, Deal, Decision, Effect, Outcome, RevisitStep, Seq};

use super::{activities::SealedCard, aside::SealedAside, clicks::SealedClick, rows::SealedConversion};
use crate::{Decided, Error, Sweep, seal::Seal};

/// A turn, ready to be written.
pub(super) struct SealedTurn {
    pub(super) decisions: Vec<(Seq, Outcome, Vec<StateChange>)>,
    pub(super) set_aside: Vec<SealedAside>,
    pub(super) expired: Vec<(Conversion, SealedConversion)>,
    pub(super) swept: Option<(Sweep, Vec<StateChange>)>,
    pub(super) revisited: Option<(RevisitStep, Vec<StateChange>)>,
    pub(super) now_ms: i64,
    pub(super) erasures: u64,
}

/// One change of what is stored.
pub(super) enum StateChange {
    SaveDeal {
        deal: Box<Deal>,
        state: String,
    },
    SaveClick(SealedClick),
    SaveIdentifiers(SealedCard),
    Create {
        conversion: Box<Conversion>,
        written: SealedConversion,
    },
    Update {
        conversion: Box<Conversion>,
        written: SealedConversion,
    },
    /// What has nothing to be sealed, or is rare.
    Plain(Box<Effect>),
}

impl SealedTurn {
    pub(super) fn of(decided: Decided, seal: &Seal) -> Result<Self, Error> {
        let Decided { decisions, set_aside, expired, swept, revisited, now_ms, erasures } = decided;
        let decision = |Decision { seq, outcome, effects }| Ok((seq, outcome, changes(effects, seal)?));
        let step = |effects: Vec<Effect>| changes(effects, seal);
        let written = |one: Conversion| {
            let written = SealedConversion::of(&one, seal)?;
            Ok((one, written))
        };
        Ok(Self {
            decisions: decisions.into_iter().map(decision).collect::<Result<_, Error>>()?,
            set_aside: set_aside
                .iter()
                .map(|aside| SealedAside::of(aside, seal))
                .collect::<Result<_, _>>()?,
            expired: expired.into_iter().map(written).collect::<Result<_, Error>>()?,
            swept: swept.map(|(sweep, effects)| Ok::<_, Error>((sweep, step(effects)?))).transpose()?,
            revisited: revisited.map(|(one, effects)| Ok::<_, Error>((one, step(effects)?))).transpose()?,
            now_ms,
            erasures,
        })
    }
}

fn changes(effects: Vec<Effect>, seal: &Seal) -> Result<Vec<StateChange>, Error> {
    effects.into_iter().map(|effect| change(effect, seal)).collect()
}

fn change(effect: Effect, seal: &Seal) -> Result<StateChange, Error> {
    Ok(match effect {
        Effect::SaveDeal(deal) => {
            StateChange::SaveDeal { state: serde_json::to_string(&deal)?, deal: Box::new(deal) }
        }
        Effect::SaveIdentifiers { card, identifiers } => {
            StateChange::SaveIdentifiers(SealedCard::of(&card, &identifiers, seal)?)
        }
        Effect::SaveClick(click) => StateChange::SaveClick(SealedClick::of(&click, seal)?),
        Effect::Create(conversion) => {
            let written = SealedConversion::of(&conversion, seal)?;
            StateChange::Create { conversion: Box::new(conversion), written }
        }
        Effect::Update(conversion) => {
            let written = SealedConversion::of(&conversion, seal)?;
            StateChange::Update { conversion: Box::new(conversion), written }
        }
        other => StateChange::Plain(Box::new(other)),
    })
}

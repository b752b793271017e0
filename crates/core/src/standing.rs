//! Which wins of a deal stand: what is not won is not sold.

use std::collections::BTreeSet;

use crate::{
    Conversion, Deal, Entry, StageId,
    policy::{is_closed, is_lost, is_won},
};

impl Deal {
    /// The win in a pipeline that stands: nothing later shows the deal as lost, in an open stage of that
    /// pipeline, or as deleted, and no rule takes it back. An open stage of another pipeline is what follows a
    /// sale.
    pub(crate) fn standing_win(&self, pipeline: &str) -> Option<&Entry> {
        if self.gone {
            return None;
        }
        let moves = self.entries.iter().map(|entry| (entry, false));
        let mut moves: Vec<(&Entry, bool)> =
            moves.chain(self.takings_back().map(|entry| (entry, true))).collect();
        moves.sort_by_key(|(entry, _)| entry.at_s);
        let mut win: Option<&Entry> = None;
        for (entry, takes_back) in moves {
            let is_win = !takes_back
                && Self::is_win_in(pipeline, entry)
                && !self.closes_return(entry)
                && !self.is_undone_at_once(entry);
            match win {
                None if is_win => win = Some(entry),
                // It was left meanwhile: within its own second, or unseen.
                Some(won) if is_win && entry.at_s > won.at_s && !self.kept_between(won, entry) => {
                    win = Some(entry);
                }
                // Within one second only where each came from says which was first.
                Some(won) if entry.at_s > won.at_s && (takes_back || undoes(&entry.stage, won)) => win = None,
                _ => {}
            }
        }
        win.filter(|won| {
            let shown = self.stage.as_ref().filter(|_| self.updated_s >= won.at_s);
            !shown.is_some_and(|stage| undoes(stage, won))
        })
    }

    /// Whether what undoes a win is known to have followed it within its own second.
    fn is_undone_at_once(&self, won: &Entry) -> bool {
        self.after_in_second(won).iter().any(|later| undoes(&later.stage, won))
    }

    /// What rules name as taking a sale back.
    fn takings_back(&self) -> impl Iterator<Item = &Entry> {
        self.taken_back.values().flatten()
    }

    fn is_win_in(pipeline: &str, entry: &Entry) -> bool {
        is_won(&entry.stage) && entry.stage.pipeline == pipeline
    }

    /// Whether a win is the end of a return: the sale of another pipeline was taken back in an open stage of this
    /// one, in which the deal was not won before.
    fn closes_return(&self, win: &Entry) -> bool {
        let pipeline = &win.stage.pipeline;
        let is_return = |taken: &&Entry| {
            let (mut here, mut elsewhere) = (false, false);
            for won in self.entries.iter().filter(|one| is_won(&one.stage) && one.at_s < taken.at_s) {
                here |= won.stage.pipeline == *pipeline;
                elsewhere |= won.stage.pipeline != *pipeline;
            }
            !is_closed(&taken.stage) && taken.stage.pipeline == *pipeline && elsewhere && !here
        };
        self.takings_back().filter(|taken| taken.at_s < win.at_s).any(|taken| is_return(&taken))
    }

    /// When the deal was won last before a time in the pipeline of a sale, Unix seconds; when it was sold, where
    /// nothing says more.
    pub(crate) fn last_win_s(&self, sale: &Conversion, until_s: i64) -> i64 {
        let pipeline = sale.stage.as_ref().map_or("", |stage| &stage.pipeline);
        let wins = self.entries.iter().filter(|entry| Self::is_win_in(pipeline, entry));
        let wins = wins.filter(|win| win.at_s < until_s && !self.closes_return(win));
        wins.map(|win| win.at_s).max().map_or(sale.event_s, |last_s| last_s.max(sale.event_s))
    }

    /// The wins that stand, at most one in each pipeline.
    pub(crate) fn standing_wins(&self) -> Vec<Entry> {
        let won = self.entries.iter().filter(|entry| is_won(&entry.stage));
        let pipelines: BTreeSet<&str> = won.map(|entry| entry.stage.pipeline.as_str()).collect();
        pipelines.into_iter().filter_map(|pipeline| self.standing_win(pipeline).cloned()).collect()
    }

    /// Whether a deal that was won twice in a pipeline is known to have gone only where that keeps its sale.
    fn kept_between(&self, won: &Entry, again: &Entry) -> bool {
        let mut between = self
            .entries
            .iter()
            .filter(|entry| entry.stage != won.stage && (won.at_s..=again.at_s).contains(&entry.at_s));
        let first = between.next();
        first.is_some_and(|first| !undoes(&first.stage, won))
            && !between.any(|entry| undoes(&entry.stage, won))
    }

    /// Whether something is known to have undone the win of a sale before a later win.
    pub(crate) fn was_undone_between(&self, sale: &Conversion, win: &Entry) -> bool {
        let Some(stage) = &sale.stage else { return false };
        let sold = Entry::new(stage.clone(), sale.event_s);
        let is_between = |one: &&Entry| sold.at_s < one.at_s && one.at_s <= win.at_s;
        self.takings_back().any(|taken| is_between(&taken))
            || self.entries.iter().filter(is_between).any(|one| undoes(&one.stage, &sold))
    }
}

/// Whether a stage means that a deal is not won any more.
fn undoes(stage: &StageId, won: &Entry) -> bool {
    is_lost(stage) || (!is_closed(stage) && stage.pipeline == won.stage.pipeline)
}

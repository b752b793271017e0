//! Activities that come again: what a no does to the first report, and sales that have the number of another one.

use std::collections::BTreeMap;

use kopru_core::{Admitted, ConsentAnswer, State, WorkspaceId, is_another_sale};

use super::{appended, change, holders::known_as, rows::now, wiped};
use crate::{Error, sqlite::writer::Txn, views::NUMBERS_SEEN_FOR_MS};

/// Whether a repetition says no: then nothing of what it repeats leaves any more.
pub(super) fn is_no(again: &Admitted) -> bool {
    again.activity.consent == Some(ConsentAnswer::No)
}

/// A repetition says no: whatever of its first report, and of what was appended to that, Meta does not have stays here,
/// and nothing of the person with it.
pub(super) fn refuse(
    txn: &mut Txn<'_>,
    workspace: WorkspaceId,
    again: &Admitted,
    now_ms: i64,
) -> Result<(), Error> {
    for first in known_as(txn, workspace, again, now_ms.div_euclid(1000))? {
        let appended = appended::numbers_of(txn.connection(), workspace, first)?;
        for number in appended.into_iter().chain([first]) {
            refuse_one(txn, workspace, number, now_ms)?;
        }
    }
    Ok(())
}

fn refuse_one(txn: &mut Txn<'_>, workspace: WorkspaceId, number: u64, now_ms: i64) -> Result<(), Error> {
    let before = match now(txn, workspace, number) {
        Err(Error::Corrupt(_)) => return Ok(()),
        before => before?,
    };
    let Some((before, after)) = before.and_then(|before| Some((before.clone(), before.refused()?))) else {
        return Ok(());
    };
    txn.run(
        "UPDATE activity SET consent = ?3 WHERE workspace = ?1 AND number = ?2",
        (workspace.0, number, ConsentAnswer::No.code()),
    )?;
    if matches!(before.state, State::Queued | State::Waiting) {
        change(txn, workspace, &after, now_ms)?;
    }
    if before.sent.is_under_way() {
        return Ok(());
    }
    wiped::wipe(txn, workspace, number)
}

/// Whether a repetition is rather another sale with the same number.
pub(super) fn is_of_another_sale(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    again: &Admitted,
    now_s: i64,
) -> Result<bool, Error> {
    let orders = again.activity.once.iter().filter(|key| key.is_order);
    let Some(order) = orders.map(|key| &key.key).next() else { return Ok(false) };
    let Some(held) = txn.once(workspace, order)?.filter(|held| held.until_s >= now_s) else {
        return Ok(false);
    };
    match now(txn, workspace, held.number) {
        Err(Error::Corrupt(_)) => Ok(false),
        first => Ok(first?.is_some_and(|first| is_another_sale(&first, &again.activity))),
    }
}

/// Remembers how many sales of each dataset had the number of another one.
pub(super) fn note_numbers(
    txn: &Txn<'_>,
    workspace: WorkspaceId,
    sales: BTreeMap<&str, i64>,
    now_ms: i64,
) -> Result<(), Error> {
    for (dataset, sales) in sales {
        txn.run(
            "INSERT INTO number_again (workspace, dataset, sales, since_ms, last_ms) VALUES (?1, ?2, ?3, ?4, ?4)
             ON CONFLICT (workspace, dataset) DO UPDATE SET
                sales = iif(last_ms < ?5, 0, sales) + ?3,
                since_ms = iif(last_ms < ?5, ?4, since_ms),
                last_ms = ?4",
            (workspace.0, dataset, sales, now_ms, now_ms - NUMBERS_SEEN_FOR_MS),
        )?;
    }
    Ok(())
}

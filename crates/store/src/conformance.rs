//! What every provider of the hot path has to keep: one suite, run against each of them.
//!
//! The suite calls a store as the loops do and looks at the result as a person would. It holds
//! what a store promises, not what is decided.

#![expect(clippy::unwrap_used, reason = "a suite of assertions: what fails here fails a test")]

mod activities;

mod activity_enriched;
mod activity_lives;
mod appended;
mod aside;
mod asks;
mod audits;
mod clocks;
mod erasures;
mod facts;
mod keys;
mod leases;
mod outcomes;
mod queue;
mod retention;
mod revisits;
mod rules;
mod sales;
mod shop;
mod state;
mod tokens;
mod turns;
mod views;
mod wakes;

use std::sync::Arc;

use crate::Store;

/// Runs the suite. `open` opens one and the same store, empty at first, each time it is called;
/// the suite has dropped the store of the call before.
///
/// # Panics
/// When the provider breaks a promise.
pub async fn run(open: impl AsyncFn() -> Arc<dyn Store>) {
    let store = open().await;
    facts::are_taken_in_order_and_decided_once(&*store).await;
    facts::of_one_workspace_are_not_seen_in_another(&*store).await;
    facts::that_wait_are_settled_or_released(&*store).await;
    facts::that_do_not_wait_are_not_emptied_by_settling_them(&*store).await;
    facts::apply_changes_all_or_nothing(&*store).await;
    aside::is_counted_listed_and_tried_again(&*store).await;
    aside::the_next_fact_can_be_set_aside_unread(&*store).await;
    aside::what_a_turn_leaves_out_is_taken_later(&*store).await;
    clocks::that_was_days_ahead_holds_no_conversion(&*store).await;
    clocks::that_was_days_ahead_holds_no_question(&*store).await;
    state::comes_back_as_it_was_saved(&*store).await;
    state::links_of_a_contact_are_replaced(&*store).await;
    state::reaches_as_far_as_a_person(&*store).await;
    state::what_is_told_of_a_link_adds_up(&*store).await;
    state::what_a_contact_had_once_leads_to_it(&*store).await;
    state::how_chats_began_and_of_which_accounts_they_come(&*store).await;
    turns::a_fact_with_more_to_do_is_taken_again(&*store).await;
    turns::so_many_waiting_facts_are_loaded_and_no_more(&*store).await;
    turns::a_report_loads_no_more_than_it_needs(&*store).await;
    turns::a_contact_with_many_deals_is_swept_in_steps(&*store).await;
    turns::a_sweep_that_is_asked_for_again_begins_again(&*store).await;
    turns::what_waits_for_the_clock_comes_with_its_deal(&*store).await;
    queue::gives_what_is_due_in_order(&*store).await;
    queue::an_attempt_ends_each_member_in_its_way(&*store).await;
    queue::what_changed_since_it_was_claimed_is_refused(&*store).await;
    queue::what_left_the_queue_and_came_back_is_claimed_again(&*store).await;
    queue::what_an_attempt_holds_is_frozen(&*store).await;
    queue::an_attempt_that_ends_without_outcomes_lets_its_members_go(&*store).await;
    queue::what_meta_may_have_keeps_its_bytes(&*store).await;
    queue::what_was_refused_is_made_anew(&*store).await;
    queue::a_stop_counts_only_for_what_was_claimed(&*store).await;
    queue::later_events_of_a_cause_wait_for_earlier_ones(&*store).await;
    queue::one_thing_is_one_conversion(&*store).await;
    queue::what_has_ended_is_frozen(&*store).await;
    queue::waiting_ends_at_its_deadline(&*store).await;
    queue::a_pause_stays_until_it_is_ended(&*store).await;
    revisits::go_through_everything_once(&*store).await;
    revisits::change_what_they_find(&*store).await;
    revisits::stop_where_nothing_older_is_meant(&*store).await;
    revisits::that_try_again_look_whether_a_pause_was_mended(&*store).await;
    revisits::find_what_is_named(&*store).await;
    revisits::are_remembered_with_what_the_configuration_said(&*store).await;
    revisits::of_a_contact_come_with_it(&*store).await;
    leases::an_interrupted_attempt_goes_again_and_may_count_twice(&*store).await;
    leases::an_attempt_of_a_loop_that_died_goes_again_and_may_count_twice(&*store).await;
    leases::an_older_lease_changes_nothing(&*store).await;
    leases::a_new_lease_looks_at_once_whether_a_pause_was_mended(&*store).await;
    leases::a_new_lease_tries_at_once_what_was_put_off_behind_what_was_not(&*store).await;
    asks::are_one_question_however_often_asked(&*store).await;
    asks::asked_again_in_flight_stay_open(&*store).await;
    asks::are_put_off_after_a_failure(&*store).await;
    retention::facts_go_when_they_are_decided(&*store).await;
    retention::a_conversion_that_is_gone_is_not_made_again(&*store).await;
    retention::bodies_go_and_their_conversions_stay(&*store).await;
    retention::bodies_that_left_late_go_too(&*store).await;
    retention::clicks_links_and_contacts_go(&*store).await;
    retention::clicks_of_one_second_that_have_expired_are_each_shown(&*store).await;
    retention::of_links_leaves_none_by_half(&*store).await;
    asks::of_one_kind_hide_no_others(&*store).await;
    asks::that_are_abandoned_end_what_waits_for_them(&*store).await;
    audits::go_on_where_they_ended(&*store).await;
    audits::are_read_again_from_where_somebody_says(&*store).await;
    tokens::are_kept_apart_and_replaced(&*store).await;
    keys::are_kept_as_they_were_made(&*store).await;
    keys::hold_until_they_are_revoked(&*store).await;
    keys::are_bounded(&*store).await;
    keys::go_with_their_workspace(&*store).await;
    rules::a_rules_ledger_balances(&*store).await;
    rules::an_estimate_is_no_revenue(&*store).await;
    rules::what_meta_had_already_is_seen_undone(&*store).await;
    rules::what_was_undone_is_in_every_sum(&*store).await;
    rules::what_was_undone_on_its_way_is_undone_when_meta_takes_it(&*store).await;
    views::count_what_did_not_come_in(&*store).await;
    views::count_what_changed_nothing_by_its_reason(&*store).await;
    views::count_a_conversation_once(&*store).await;
    views::say_what_needs_mending(&*store).await;
    views::say_what_only_the_history_could_confirm(&*store).await;
    views::say_whether_something_is_under_way(&*store).await;
    views::find_conversions(&*store).await;
    views::know_catalogues_workspaces_and_settings(&*store).await;
    sales::are_found_by_person_amount_and_day(&*store).await;
    sales::of_files_come_with_who_bought(&*store).await;
    wakes::whoever_waits(&*store).await;
    outcomes::are_told_in_order_and_forgotten_when_all_have_passed(&*store).await;
    outcomes::are_added_once(&*store).await;
    outcomes::roll_ups_are_read_by_whole_ones(&*store).await;
    outcomes::quarters_that_are_not_kept_are_deleted_in_steps(&*store).await;
    erasures::leave_the_counts_and_nothing_of_the_person(&*store).await;
    erasures::find_whoever_had_an_identifier_once(&*store).await;
    erasures::take_a_company_with_whoever_has_its_phone(&*store).await;
    erasures::are_known_to_every_turn(&*store).await;
    erasures::end_what_an_attempt_holds_with_the_attempt(&*store).await;
    erasures::end_what_is_still_to_be_decided(&*store).await;
    erasures::find_what_was_told_by_their_click_whoever_has_the_deal(&*store).await;
    erasures::leave_a_reading_of_their_deal_until_it_is_decided(&*store).await;
    erasures::go_through_all_deals_of_a_contact(&*store).await;
    erasures::are_lifted_for_the_whole_person(&*store).await;
    erasures::take_a_whole_workspace(&*store).await;
    activities::come_once(&*store).await;
    activities::that_were_not_permitted_swallow_none_that_is(&*store).await;
    activities::go_out_and_are_remembered(&*store).await;
    activities::that_meta_may_have_keep_their_bytes(&*store).await;
    activities::are_enriched_by_what_was_seen_together(&*store).await;
    activities::are_enriched_by_a_card_as_long_as_it_shows_that(&*store).await;
    activities::that_do_not_leave_end_without_an_attempt(&*store).await;
    activity_lives::go_when_they_were_kept_long_enough(&*store).await;
    activity_lives::that_go_again_byte_for_byte_keep_their_attempt(&*store).await;
    activity_lives::of_an_erased_person_leave_nothing_of_it(&*store).await;
    activity_lives::that_an_attempt_holds_are_erased_with_its_end(&*store).await;
    activity_enriched::are_of_whom_they_were_enriched_with(&*store).await;
    activity_lives::are_known_of_a_person(&*store).await;
    activity_lives::that_are_held_wait_until_somebody_lets_them_go(&*store).await;
    activity_lives::that_have_waited_too_long_end(&*store).await;
    activity_lives::are_dropped_and_tried_again(&*store).await;
    activity_lives::that_were_told_anew_do_not_come_back(&*store).await;
    activity_lives::are_found_by_every_revisit(&*store).await;
    activity_lives::are_counted_behind_a_pause(&*store).await;
    activity_lives::that_could_not_be_read_are_tried_again(&*store).await;
    activity_lives::that_a_wrong_clock_put_off_are_due(&*store).await;
    activity_lives::that_were_seen_together_are_forgotten(&*store).await;
    activity_lives::that_were_put_off_are_due_under_a_new_lease(&*store).await;
    appended::is_appended_once_meta_has_the_purchase(&*store).await;
    appended::ends_with_the_purchase_and_comes_back_after_it_alone(&*store).await;
    appended::is_appended_to_no_other_event(&*store).await;
    appended::no_more_than_five_changes_are_appended_and_the_sixth_is_counted(&*store).await;
    appended::ids_that_several_share_are_counted(&*store).await;
    appended::is_erased_and_forgotten_with_the_purchase(&*store).await;
    drop(store);
    facts::survive_reopening(&open).await;
    leases::survive_reopening(&open).await;
    tokens::survive_reopening(&open).await;
    keys::survive_reopening(&open).await;
}

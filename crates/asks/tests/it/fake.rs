//! Answers of a Kommo that is well, for hosts that answer as a test wants.

use testkit::http::Answer;

/// The ids that a path filters by.
pub fn ids(path: &str) -> Vec<&str> {
    path.split('&')
        .filter_map(|pair| pair.split_once("id%5D%5B%5D="))
        .map(|(_, id)| id)
        .filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()))
        .collect()
}

/// All deals that a path asks for, as they should be.
pub fn leads_of(path: &str) -> Answer {
    leads(&ids(path).iter().map(|id| lead(id)).collect::<Vec<_>>())
}

/// A page of deals: each the JSON of a row.
pub fn leads(rows: &[String]) -> Answer {
    Answer::new(200, format!(r#"{{"_embedded":{{"leads":[{}]}}}}"#, rows.join(",")))
}

/// A deal as it should be.
pub fn lead(id: &str) -> String {
    format!(r#"{{"id":{id},"pipeline_id":10,"status_id":101,"price":5,"updated_at":1780000000}}"#)
}

/// A deal without a stage: nobody can say what that means.
pub fn odd_lead(id: &str) -> String {
    format!(r#"{{"id":{id},"updated_at":1780000000}}"#)
}

/// The pipelines of an account.
pub const PIPELINES: &str = r#"{"_embedded":{"pipelines":[{"id":10,"name":"Sales","_embedded":{"statuses":[
    {"id":101,"name":"New","pipeline_id":10,"type":0}]}}]}}"#;

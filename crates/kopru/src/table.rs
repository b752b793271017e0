//! Rows for a person.

use crate::logging::out;

/// Prints rows with their columns below each other, those of `numbers` at the right.
pub fn print_table(rows: &[impl AsRef<[String]>], numbers: std::ops::Range<usize>) {
    let cells = |row: usize| rows[row].as_ref();
    let columns = rows.first().map_or(0, |first| first.as_ref().len());
    let width = |column: usize| {
        let all = (0..rows.len()).filter_map(|row| cells(row).get(column));
        all.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in 0..rows.len() {
        let padded = cells(row).iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
            if numbers.contains(&column) { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        out!("{}", padded.collect::<Vec<_>>().join("  ").trim_end());
    }
}

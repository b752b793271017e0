//! Sales that files have told.

use kopru_core::{ImportedSale, Node};

use super::Rows;
use crate::views::{IMPORTED_SALES_MAX, ToldSale};

impl Rows {
    pub(super) fn keep_imported_sales(&mut self, sales: Vec<ToldSale>) {
        for ToldSale { who, value, currency, from_s, to_s } in sales {
            for node in who.into_iter().filter(|node| !self.erased.marked.contains(node)) {
                let sale = ImportedSale { value, currency: currency.clone(), from_s, to_s };
                if !self.imported.contains(&(node.clone(), sale.clone())) {
                    self.imported.push((node, sale));
                }
            }
        }
    }

    /// The newest sales of whoever has this identifier.
    pub(super) fn imported_of(&self, node: &Node) -> Vec<ImportedSale> {
        let all = self.imported.iter().filter(|(of, _)| of == node && (of.is_phone() || of.is_email()));
        let mut sales: Vec<ImportedSale> = all.map(|(_, sale)| sale.clone()).collect();
        let key = |sale: &ImportedSale| (sale.from_s, sale.value.to_string(), sale.currency.clone());
        sales.sort_by_key(|sale| std::cmp::Reverse(key(sale)));
        sales.truncate(IMPORTED_SALES_MAX);
        sales
    }
}

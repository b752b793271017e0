//! What an event was about and what it was worth.

use super::{
    fields::{Amount, OrderId, Text},
    lists::{Objects, Texts},
    object::object,
};

object! {
    /// What an event was about and worth. Keys of your own are kept in `extra` and sent along.
    pub struct CustomData {
        /// ISO 4217 code; a purchase needs it.
        "currency" => currency: Text<'a>,
        /// Amount in the currency's main unit; a purchase needs it.
        "value" => value: Amount<'a>,
        /// The order.
        "order_id" => order_id: OrderId<'a>,
        /// Product ids of the catalogue.
        "content_ids" => content_ids: Texts<'a>,
        /// `product` or `product_group`.
        "content_type" => content_type: Text<'a>,
        /// The things bought or seen.
        "contents" => contents: Objects<Content<'a>>,
        /// Name of the page or product.
        "content_name" => content_name: Text<'a>,
        /// Category of the page or product.
        "content_category" => content_category: Text<'a>,
        /// Number of things.
        "num_items" => num_items: i64,
        /// What was searched for.
        "search_string" => search_string: Text<'a>,
        /// Expected value of the customer over time.
        "predicted_ltv" => predicted_ltv: Amount<'a>,
        /// What remains after costs.
        "net_revenue" => net_revenue: Amount<'a>,
        /// Of a registration.
        "status" => status: Text<'a>,
        /// How it is delivered: `in_store`, `curbside` or `home_delivery`.
        "delivery_category" => delivery_category: Text<'a>,
        /// `crm` where the event is a stage of a CRM.
        "event_source" => event_source: Text<'a>,
        /// The CRM's name.
        "lead_event_source" => lead_event_source: Text<'a>,
        /// Of an item sold in a shop.
        "item_number" => item_number: Text<'a>,
        /// The shop.
        "store_data" => store_data: Box<StoreData<'a>>,
        /// The catalogue of the products.
        "product_catalog_id" => product_catalog_id: Text<'a>,
        /// The business's own name of the stage that the event reports. Meta knows no such field, takes it like any
        /// property of one's own, and custom conversions and audiences can be made of it.
        "lead_stage" => lead_stage: Text<'a>,
    }
}

object! {
    /// One thing bought or seen.
    pub struct Content {
        /// Product id of the catalogue; Meta refuses a thing without one.
        "id" => id: Text<'a>,
        /// How many.
        "quantity" => quantity: i64,
        /// Price of one.
        "item_price" => item_price: Amount<'a>,
        /// How it is delivered.
        "delivery_category" => delivery_category: Text<'a>,
        /// Name.
        "title" => title: Text<'a>,
        /// Description.
        "description" => description: Text<'a>,
        /// Brand.
        "brand" => brand: Text<'a>,
        /// Category.
        "category" => category: Text<'a>,
    }
}

object! {
    /// The shop in which something was sold.
    pub struct StoreData {
        /// The shop's Page.
        "store_page_id" => store_page_id: Text<'a>,
        /// The brand's Page.
        "brand_page_id" => brand_page_id: Text<'a>,
        /// The business's own code of the shop, up to 64 letters and digits.
        "store_code" => store_code: Text<'a>,
    }
}

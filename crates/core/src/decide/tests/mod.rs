//! Stories: what people and companies do, and which events Kopru makes of it.

mod asking;
mod clicks;
mod crm;
mod order;
mod people;
mod policies;
mod stages;
mod waiting;
mod world;

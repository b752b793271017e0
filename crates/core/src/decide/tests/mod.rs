//! Stories: what people and companies do, and which events Kopru makes of it.

mod absent;
mod asking;
mod bounds;
mod clicks;
mod clock;
mod crm;
mod order;
mod people;
mod policies;
mod stages;
mod waiting;
mod world;

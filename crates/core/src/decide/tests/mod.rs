//! Stories: what people and companies do, and which events Kopru makes of it.

mod absent;
mod asking;
mod before;
mod bounds;
mod causes;
mod clicks;
mod clock;
mod crm;
mod erased;
mod lag;
mod leaving;
mod order;
mod people;
mod policies;
mod restored;
mod stages;
mod waiting;
mod withdrawn;
mod world;

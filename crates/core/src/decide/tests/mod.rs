//! Stories: what people and companies do, and which events Kopru makes of it.

mod absent;
mod asking;
mod audit;
mod before;
mod bounds;
mod causes;
mod clicks;
mod clock;
mod crm;
mod erased;
mod leaving;
mod order;
mod passed;
mod people;
mod policies;
mod reasons;
mod repeated;
mod restored;
mod stages;
mod tags;
mod taken_back;
mod unmade;
mod waiting;
mod withdrawn;
mod world;
mod worth;

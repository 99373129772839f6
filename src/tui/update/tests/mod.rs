//! Scripts: keys in, commands and selection out.

mod bare;
mod entry;
mod finder;
mod keys;
mod laws;
mod levels;
mod log;
mod only;
mod orders;
mod picked;
mod quit;
mod search;
mod selection;
mod small;
mod survey;
mod table;
mod terminal;
mod together;

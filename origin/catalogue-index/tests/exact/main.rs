//! Tests of the index together with what others make of its answers.

mod city;
mod day;
mod doors;
mod exact_lists;

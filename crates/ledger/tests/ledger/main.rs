//! The judge on runs of a pipeline in miniature, and on what is made of them.

mod anomalies;
mod judge;
mod pipeline;
mod run;

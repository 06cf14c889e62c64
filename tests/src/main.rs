//! End-to-end tests: the built programs, run as a user runs them, on a synthetic cohort of a few coarse heads.

mod anatomy;
mod bad_input;
mod browser;
mod cluster;
mod configuration;
mod corpus;
mod data;
mod detection;
mod documentation;
mod experiment;
mod full_disk;
mod interruption;
mod lesions;
mod program;
mod slurm;
mod verification;
mod view;
mod viewer;
mod whole_run;

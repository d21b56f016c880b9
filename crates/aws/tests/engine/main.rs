//! The engine against the real terraform: no provider is fetched, resources are `terraform_data`, and
//! provisioners take the time that AWS would.

mod killed;
mod lab;
mod left_behind;
mod runs;
mod stopped;
mod unstored;

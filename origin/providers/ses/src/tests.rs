mod reporting;
mod sending;

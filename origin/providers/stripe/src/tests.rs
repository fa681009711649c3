mod answering;
mod asking;
mod reporting;

//! Chores of this repository: `cargo xtask <command>`. Exit code 0 on success, 1 when a check or a
//! chore failed, 2 for a wrong call.

mod codegen;

use std::process::ExitCode;

const USAGE: &str = "Usage: cargo xtask codegen [--check]

Commands:
  codegen           write crates/aws/api from AWS's service models, as codegen.toml says
  codegen --check   only compare: exit with 1 and name the files that differ";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        ["codegen"] => codegen::write(),
        ["codegen", "--check"] => codegen::check(),
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(summary) => {
            println!("{summary}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

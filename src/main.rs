//! The `splitbrain` program: a thin shell over the library.

fn main() -> std::process::ExitCode {
    splitbrain::cli::main()
}

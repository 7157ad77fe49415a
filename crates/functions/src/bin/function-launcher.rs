//! The launcher as a program of its own, for this crate's tests: in the gateway it is a way
//! to start the gateway's binary.

fn main() {
    gatewright_functions::launcher::take_over();
    eprintln!("this program only starts functions for the gateway");
    std::process::exit(2);
}

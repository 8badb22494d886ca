//! Rebuilds the binary when the dashboard inside it was rebuilt: its files have new names each time, which the compiler
//! alone would not notice.

fn main() {
    println!("cargo::rerun-if-changed=../frontend/dist");
}

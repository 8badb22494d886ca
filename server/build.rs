//! Rebuilds the binary when the dashboard inside it was rebuilt: its files have new names each time, which the compiler
//! alone would not notice.

fn main() {
    let dist = "../frontend/dist";
    // cargo takes a missing folder for one that has always just changed.
    if let Err(error) = std::fs::create_dir_all(dist) {
        println!("cargo::warning=cannot make {dist}: {error}");
    }
    println!("cargo::rerun-if-changed={dist}");
}

//! Builds anew when the screens have changed: they are taken into the binary (`src/api/web/`).

fn main() {
    // A folder that is not there would count as changed each time; `scripts/web` touches this file when it has made it.
    let dist = "../../web/dist";
    let watched = if std::path::Path::new(dist).is_dir() { dist } else { "build.rs" };
    println!("cargo:rerun-if-changed={watched}");
    println!("cargo:rerun-if-changed=build.rs");
}

//! Embeds the console: every file of `dist/`, plain and compressed by brotli, as a table of Rust.
//!
//! A build without the console, as `cargo test` on a fresh clone, embeds a page that says how to build it.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, io};

/// What stands in for a console that is not built.
const PLACEHOLDER: &str = "placeholder.html";

/// As small as it gets, for what every visitor loads.
const RELEASE_QUALITY: u32 = 11;

/// Quick, for builds that nobody but their maker loads.
const DEV_QUALITY: u32 = 5;

fn main() -> io::Result<()> {
    let here = variable("CARGO_MANIFEST_DIR")?;
    let out = variable("OUT_DIR")?;
    let dist = here.join("..").join("dist");
    // A path that does not exist would count as changed at every build.
    fs::create_dir_all(&dist)?;
    println!("cargo:rerun-if-changed={}", dist.display());
    println!("cargo:rerun-if-changed={PLACEHOLDER}");
    println!("cargo:rerun-if-changed=build.rs");

    let mut files = Vec::new();
    if dist.join("index.html").exists() {
        list(&dist, &dist, &mut files)?;
    } else {
        files.push(("index.html".to_owned(), here.join(PLACEHOLDER)));
    }
    // The same files in the same order make the same binary, whatever the file system says first.
    files.sort();

    let mut table = String::from("[\n");
    for (index, (name, path)) in files.iter().enumerate() {
        // A copy, so that the table holds while Trunk replaces `dist/`.
        let (plain, small) = (
            out.join(format!("console-{index}")),
            out.join(format!("console-{index}.br")),
        );
        let bytes = fs::read(path)?;
        let compressed = compress(&bytes)?;
        fs::write(&plain, &bytes)?;
        fs::write(&small, &compressed)?;
        let brotli = if compressed.len() < bytes.len() {
            format!("Some(include_bytes!({:?}))", text(&small)?)
        } else {
            "None".to_owned()
        };
        let plain = text(&plain)?;
        writeln!(
            table,
            "    Embedded {{ path: {name:?}, plain: include_bytes!({plain:?}), brotli: {brotli} }},"
        )
        .map_err(io::Error::other)?;
    }
    table.push(']');
    fs::write(out.join("console.rs"), table)
}

fn variable(name: &str) -> io::Result<PathBuf> {
    env::var_os(name)
        .map(PathBuf::from)
        .ok_or_else(|| io::Error::other(format!("cargo sets no {name}")))
}

/// All files of a folder by their paths with slashes; hidden ones, as Trunk's stage, are not the console's.
fn list(root: &Path, folder: &Path, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let hidden = path
            .file_name()
            .is_none_or(|name| name.to_string_lossy().starts_with('.'));
        if hidden {
            continue;
        }
        if path.is_dir() {
            list(root, &path, files)?;
        } else if let Ok(name) = path.strip_prefix(root) {
            files.push((text(name)?.replace('\\', "/"), path));
        }
    }
    Ok(())
}

fn compress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let release = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let quality = if release { RELEASE_QUALITY } else { DEV_QUALITY };
    let mut compressed = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut compressed, 64 * 1024, quality, 22);
    writer.write_all(bytes)?;
    writer.flush()?;
    drop(writer);
    Ok(compressed)
}

fn text(path: &Path) -> io::Result<String> {
    path.to_str()
        .map(str::to_owned)
        .ok_or_else(|| io::Error::other(format!("{} is not UTF-8", path.display())))
}

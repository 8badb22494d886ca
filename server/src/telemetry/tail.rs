//! One log file, followed as it grows, is cut off, or makes way for another of the same name.

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::PathBuf;

use super::line::shown;

/// Read in one look at most. Of a file that grows faster the newest part is read.
const MAX_READ_BYTES: u64 = 64 * 1024;
/// Of a line that has not ended yet so much is kept; no more of it would be shown.
const MAX_PARTIAL_BYTES: usize = 4 * 1024;
/// Lines of one look that are shown.
const MAX_LINES: usize = 200;

/// A file that is followed.
pub struct Tail {
    path: PathBuf,
    open: Option<Open>,
    /// Whether the next file found is shown from its end on.
    from_end: bool,
    /// What was told last of why it cannot be read.
    told: Option<ErrorKind>,
}

/// The file that is read.
struct Open {
    file: File,
    /// Device and inode: another file of the same name has others.
    identity: (u64, u64),
    /// Bytes read.
    at: u64,
    /// The beginning of a line that has not ended yet.
    partial: Vec<u8>,
}

/// What one look has found.
#[derive(Default)]
struct Found {
    lines: Vec<String>,
    skipped_bytes: u64,
}

impl Tail {
    /// What the file holds already is not shown. One that is not there yet is shown from its beginning.
    pub fn from_end(path: PathBuf) -> Self {
        Self { path, open: None, from_end: true, told: None }
    }

    /// The file's name, without its folder.
    pub fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The lines that have come since the last look, the last 200 of them; says how much was left out. Blocking.
    pub fn poll(&mut self) -> Vec<String> {
        let mut found = Found::default();
        match self.look(&mut found) {
            Ok(()) => self.told = None,
            Err(error) => self.tell(&error),
        }
        // What is not there at the first look is new when it comes.
        self.from_end = false;
        let Found { mut lines, skipped_bytes } = found;
        let mut left_out = Vec::new();
        if skipped_bytes > 0 {
            left_out.push(format!("{skipped_bytes} bytes"));
        }
        if lines.len() > MAX_LINES {
            let more = lines.len() - MAX_LINES;
            lines.drain(..more);
            left_out.push(format!("{more} lines"));
        }
        if !left_out.is_empty() {
            lines.insert(
                0,
                format!("WARN {} left out here: the file grows too fast to be shown", left_out.join(" and ")),
            );
        }
        lines
    }

    fn look(&mut self, found: &mut Found) -> io::Result<()> {
        // First the path, then the file: what was written before the name went to another is read to its end.
        let named = std::fs::metadata(&self.path);
        if let Some(open) = &mut self.open {
            open.read(found)?;
            if named.as_ref().is_ok_and(|named| identity(named) == open.identity) {
                return Ok(());
            }
        }
        let named = named?;
        if let Some(open) = self.open.take() {
            open.end(found);
        }
        // A pipe would make us wait for its writer.
        if !named.is_file() {
            return Err(io::Error::new(ErrorKind::InvalidInput, "it is no regular file"));
        }
        let file = File::open(&self.path)?;
        let metadata = file.metadata()?;
        let at = if self.from_end { metadata.len() } else { 0 };
        let mut open = Open { file, identity: identity(&metadata), at, partial: Vec::new() };
        let read = open.read(found);
        self.open = Some(open);
        read
    }

    /// Once for each reason, until it can be read again.
    fn tell(&mut self, error: &io::Error) {
        if self.told.replace(error.kind()) == Some(error.kind()) {
            return;
        }
        let path = self.path.display();
        match error.kind() {
            ErrorKind::NotFound => {
                tracing::info!("the log file {path} is not there yet; its lines are shown when it is")
            }
            _ => tracing::warn!("the log file {path} cannot be read: {error}; it is tried again every second"),
        }
    }
}

impl Open {
    fn read(&mut self, found: &mut Found) -> io::Result<()> {
        let length = self.file.metadata()?.len();
        if length < self.at {
            // Cut off to be written anew.
            (self.at, self.partial) = (0, Vec::new());
        }
        let skipped = (length - self.at).saturating_sub(MAX_READ_BYTES);
        self.at += skipped;
        found.skipped_bytes += skipped;
        let mut bytes = vec![0; (length - self.at) as usize];
        let count = read_at(&self.file, &mut bytes, self.at)?;
        self.at += count as u64;
        let mut bytes = &bytes[..count];
        if skipped > 0 {
            // Into the middle of a line.
            self.partial.clear();
            bytes = bytes.iter().position(|byte| *byte == b'\n').map_or(&[], |end| &bytes[end..]);
        }
        let mut lines = bytes.split(|byte| *byte == b'\n');
        // What stands behind the last line end is the beginning of a line.
        let rest = lines.next_back().unwrap_or_default();
        for line in lines {
            self.extend(line);
            let line = shown(&std::mem::take(&mut self.partial));
            found.lines.extend(Some(line).filter(|line| !line.is_empty()));
        }
        self.extend(rest);
        Ok(())
    }

    fn extend(&mut self, bytes: &[u8]) {
        let room = MAX_PARTIAL_BYTES - self.partial.len();
        self.partial.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// Nothing more comes: what has no end is a line too.
    fn end(self, found: &mut Found) {
        found.lines.extend(Some(shown(&self.partial)).filter(|line| !line.is_empty()));
    }
}

fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

/// As much as there is, at most as much as fits.
fn read_at(file: &File, bytes: &mut [u8], at: u64) -> io::Result<usize> {
    let mut count = 0;
    while count < bytes.len() {
        match file.read_at(&mut bytes[count..], at + count as u64) {
            Ok(0) => break,
            Ok(more) => count += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;
    use std::io::Write;

    use super::*;

    struct Scene {
        _folder: tempfile::TempDir,
        path: PathBuf,
        tail: Tail,
    }

    /// A file that holds this, or none, and has been looked at once.
    fn scene(content: Option<&str>) -> Scene {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.log");
        if let Some(content) = content {
            std::fs::write(&path, content).expect("written");
        }
        let mut tail = Tail::from_end(path.clone());
        assert_eq!(tail.poll(), [""; 0], "what was there before is not shown");
        Scene { _folder: folder, path, tail }
    }

    impl Scene {
        fn append(&self, text: &str) {
            let mut file = OpenOptions::new().append(true).create(true).open(&self.path).expect("opened");
            file.write_all(text.as_bytes()).expect("written");
        }

        fn rename(&self) {
            std::fs::rename(&self.path, self.path.with_extension("1")).expect("renamed");
        }
    }

    #[test]
    fn lines_are_shown_as_they_end() {
        let mut scene = scene(Some("old\n"));
        scene.append("one\ntw");
        assert_eq!(scene.tail.poll(), ["one"]);
        scene.append("o\n\n  \nthree\n");
        assert_eq!(scene.tail.poll(), ["two", "three"]);
        assert_eq!(scene.tail.poll(), [""; 0]);
    }

    #[test]
    fn a_file_that_comes_later_is_shown_from_its_beginning() {
        let mut scene = scene(None);
        assert_eq!(scene.tail.poll(), [""; 0]);
        scene.append("one\n");
        assert_eq!(scene.tail.poll(), ["one"]);
        assert_eq!(scene.tail.name(), "a.log");
    }

    #[test]
    fn a_file_that_was_renamed_is_read_to_its_end_and_the_new_one_from_its_beginning() {
        let mut scene = scene(Some("old\n"));
        scene.append("one\ntwo");
        scene.rename();
        assert_eq!(scene.tail.poll(), ["one"], "nobody took its place yet");
        scene.append("three\n");
        assert_eq!(scene.tail.poll(), ["two", "three"]);
        scene.append("four\n");
        assert_eq!(scene.tail.poll(), ["four"]);
    }

    #[test]
    fn a_file_that_was_cut_off_is_read_from_its_beginning() {
        let mut scene = scene(Some("a long first line\n"));
        scene.append("unfinished");
        assert_eq!(scene.tail.poll(), [""; 0]);
        std::fs::write(&scene.path, "new\n").expect("written");
        assert_eq!(scene.tail.poll(), ["new"]);
    }

    #[test]
    fn of_many_lines_the_last_are_shown_and_the_others_counted() {
        let mut scene = scene(Some(""));
        scene.append(&(0..250).map(|number| format!("{number}\n")).collect::<String>());
        let lines = scene.tail.poll();
        assert_eq!(lines.len(), 201);
        assert!(lines[0].contains("50 lines left out"), "{}", lines[0]);
        assert_eq!((lines[1].as_str(), lines[200].as_str()), ("50", "249"));
    }

    #[test]
    fn of_a_flood_the_newest_part_is_read() {
        let mut scene = scene(Some(""));
        let line = format!("{}\n", "x".repeat(9_999));
        scene.append(&line.repeat(100));
        let lines = scene.tail.poll();
        assert!(lines[0].contains("934464 bytes left out"), "{}", lines[0]);
        assert_eq!(lines.len(), 7, "of the first of these lines the beginning is missing");
        assert_eq!(lines[1].chars().count(), 501, "cut");
        assert_eq!(scene.tail.poll(), [""; 0]);
    }

    #[test]
    fn a_line_without_end_takes_no_more_than_its_room() {
        let mut scene = scene(Some(""));
        for _ in 0..10 {
            scene.append(&"x".repeat(60_000));
            assert_eq!(scene.tail.poll(), [""; 0]);
            assert!(scene.tail.open.as_ref().is_some_and(|open| open.partial.len() <= MAX_PARTIAL_BYTES));
        }
        scene.append("\nnext\n");
        let lines = scene.tail.poll();
        assert_eq!((lines.len(), lines[1].as_str()), (2, "next"));
    }

    #[test]
    fn what_is_no_file_is_not_waited_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut tail = Tail::from_end(folder.path().into());
        assert_eq!(tail.poll(), [""; 0]);
        assert_eq!(tail.told, Some(ErrorKind::InvalidInput));
    }
}

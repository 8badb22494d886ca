//! A terminal that a test types on and reads from.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

/// A command on a terminal of its own, which `script` (util-linux, in every Debian) makes.
pub struct Terminal {
    script: Child,
    keyboard: ChildStdin,
    screen: Receiver<Vec<u8>>,
    /// All that was shown so far.
    shown: String,
    device: String,
    pid: String,
}

impl Terminal {
    pub fn start(command: &Command) -> Self {
        let quoted = |text: &std::ffi::OsStr| format!("'{}'", text.to_str().unwrap());
        let words: Vec<String> = [command.get_program()].into_iter().chain(command.get_args()).map(quoted).collect();
        // Whatever `script` makes of an input that is no terminal.
        let line = format!("stty echo; echo \"on $(tty) as $$.\"; exec {}", words.join(" "));
        let mut script = Command::new("script");
        script.args(["-qec", &line, "/dev/null"]).current_dir(command.get_current_dir().unwrap()).env_clear();
        script.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        script.env("PATH", "/usr/local/bin:/usr/bin:/bin").env("SHELL", "/bin/sh");
        let script = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut script = script.expect("`script` of util-linux is needed for this test (Debian: bsdutils)");
        let mut output = script.stdout.take().unwrap();
        let (sender, screen) = channel();
        std::thread::spawn(move || {
            let mut piece = [0; 4_096];
            while let Ok(length @ 1..) = output.read(&mut piece) {
                sender.send(piece[..length].to_vec()).ok();
            }
        });
        let keyboard = script.stdin.take().unwrap();
        let (device, pid, shown) = (String::new(), String::new(), String::new());
        let mut terminal = Self { script, keyboard, screen, shown, device, pid };
        terminal.wait_for(".\r\n");
        let told = terminal.shown.split_once("on ").unwrap().1.split_once(".\r\n").unwrap().0.to_owned();
        let (device, pid) = told.split_once(" as ").unwrap();
        (terminal.device, terminal.pid) = (device.into(), pid.into());
        terminal
    }

    pub fn wait_for(&mut self, text: &str) {
        while !self.shown.contains(text) {
            let piece = self.screen.recv().unwrap_or_else(|_| panic!("`{text}` is never shown: {}", self.shown));
            self.shown += &String::from_utf8_lossy(&piece);
        }
    }

    /// Waits until the terminal does not show what is typed, then types a line.
    pub fn type_unseen(&mut self, line: &str) {
        let echoes = || {
            let state = Command::new("stty").args(["-a", "-F", &self.device]).output().unwrap();
            !String::from_utf8(state.stdout).unwrap().split_whitespace().any(|word| word == "-echo")
        };
        assert!((0..5_000).any(|_| !echoes()), "the echo is never switched off: {}", self.shown);
        self.keyboard.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// Ends what runs on it: all that was shown.
    pub fn stop(mut self) -> String {
        assert!(Command::new("kill").args(["-TERM", &self.pid]).status().unwrap().success());
        self.script.wait().unwrap();
        let rest: Vec<u8> = self.screen.iter().flatten().collect();
        std::mem::take(&mut self.shown) + &String::from_utf8_lossy(&rest)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Its terminal goes with it, and that ends what runs on it.
        self.script.kill().ok();
        self.script.wait().ok();
    }
}

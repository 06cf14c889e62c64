//! A headless Chromium, driven through its developer tools over a pipe: real clicks, drags, keys and touches.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

/// How long the browser may take for anything.
const PATIENCE: Duration = Duration::from_secs(60);
const PROGRAMS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// A browser with one page.
pub(crate) struct Browser {
    process: Child,
    commands: ChildStdin,
    messages: Receiver<Value>,
    session: Option<String>,
    sent: u64,
    /// What the page did by itself: requests, console lines, exceptions.
    events: Vec<Value>,
}

/// `$CHROME`, or the first known program in the path.
fn program() -> PathBuf {
    let folders: Vec<PathBuf> = env::split_paths(&env::var_os("PATH").unwrap_or_default()).collect();
    let installed = || PROGRAMS.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    env::var_os("CHROME").map(PathBuf::from).or_else(|| installed().find(|file| file.is_file())).expect(
        "the viewer is tested in a browser: install Chromium or Chrome (Debian: `apt-get install chromium`), or name one \
         in $CHROME",
    )
}

impl Browser {
    /// Opens a file; `profile` names a folder of its own for the browser's files.
    pub(crate) fn open(file: &Path, profile: &str) -> Self {
        let profile = Path::new(env!("CARGO_TARGET_TMPDIR")).join(profile);
        // A profile that was not closed in order may be locked.
        fs::remove_dir_all(&profile).ok();
        // The browser reads commands from descriptor 3 and answers on 4.
        let mut process = Command::new("sh")
            .args(["-c", "exec \"$@\" 3<&0 4>&1 </dev/null >/dev/null", "sh"])
            .arg(program())
            .args([
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
            ])
            .args(["--disable-background-networking", "--remote-debugging-pipe"])
            .arg(format!("--user-data-dir={}", profile.display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell starts");
        let (sender, messages) = channel();
        let mut answers = BufReader::new(process.stdout.take().unwrap());
        thread::spawn(move || {
            let mut bytes = Vec::new();
            while answers.read_until(0, &mut bytes).is_ok_and(|length| length > 0) {
                bytes.pop();
                let message = serde_json::from_slice(&bytes).expect("the browser speaks JSON");
                if sender.send(message).is_err() {
                    return;
                }
                bytes.clear();
            }
        });
        let commands = process.stdin.take().unwrap();
        let mut browser = Self { process, commands, messages, session: None, sent: 0, events: Vec::new() };
        browser.attach();
        browser.size(1400, 900);
        browser.send("Page.navigate", &json!({ "url": format!("file://{}", file.display()) }));
        browser.wait_for("document.readyState === 'complete'");
        browser
    }

    fn attach(&mut self) {
        let target = self.send("Target.createTarget", &json!({ "url": "about:blank" }));
        let attached =
            self.send("Target.attachToTarget", &json!({ "targetId": target["targetId"], "flatten": true }));
        self.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            self.send(&format!("{domain}.enable"), &json!({}));
        }
    }

    /// Sends a command and returns its result.
    #[track_caller]
    pub(crate) fn send(&mut self, method: &str, parameters: &Value) -> Value {
        self.sent += 1;
        let mut command = json!({ "id": self.sent, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            command["sessionId"] = json!(session);
        }
        write!(self.commands, "{command}\0").expect("the browser listens");
        loop {
            let message = self.messages.recv_timeout(PATIENCE).expect("the browser answers");
            if message["id"] == json!(self.sent) {
                assert!(message.get("error").is_none(), "{method}: {message}");
                return message["result"].clone();
            }
            self.events.push(message);
        }
    }

    /// Value of a JavaScript expression in the page.
    #[track_caller]
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        let parameters = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let answer = self.send("Runtime.evaluate", &parameters);
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Text of the element that a selector finds.
    #[track_caller]
    pub(crate) fn text(&mut self, selector: &str) -> String {
        let text = self.value(&format!("document.querySelector({selector:?}).textContent"));
        text.as_str().unwrap().to_owned()
    }

    /// Waits until a JavaScript expression is true.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, expression: &str) {
        let start = Instant::now();
        while self.value(expression) != json!(true) {
            assert!(start.elapsed() < PATIENCE, "waited in vain for {expression}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Size of the window in CSS pixels.
    pub(crate) fn size(&mut self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.send("Emulation.setDeviceMetricsOverride", &size);
    }

    /// What the reader's system prefers: "dark" or "light".
    pub(crate) fn scheme(&mut self, scheme: &str) {
        let feature = json!({ "name": "prefers-color-scheme", "value": scheme });
        self.send("Emulation.setEmulatedMedia", &json!({ "features": [feature] }));
    }

    /// The window as PNG.
    pub(crate) fn screenshot(&mut self) -> Vec<u8> {
        let picture = self.send("Page.captureScreenshot", &json!({ "format": "png" }));
        BASE64_STANDARD.decode(picture["data"].as_str().unwrap()).unwrap()
    }

    /// Scrolls an element into view; the point at these shares of its width and height.
    #[track_caller]
    fn point(&mut self, selector: &str, across: f64, down: f64) -> (f64, f64) {
        let bounds = self.value(&format!(
            "(() => {{ const element = document.querySelector({selector:?});
             element.scrollIntoView({{ block: 'center', behavior: 'instant' }});
             const {{ x, y, width, height }} = element.getBoundingClientRect();
             return [x, y, width, height]; }})()"
        ));
        let side = |at: usize| bounds[at].as_f64().unwrap();
        (side(0) + across * side(2), side(1) + down * side(3))
    }

    fn mouse(&mut self, kind: &str, (x, y): (f64, f64)) {
        let event = json!({ "type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1 });
        self.send("Input.dispatchMouseEvent", &event);
    }

    /// Clicks a point of an element.
    #[track_caller]
    pub(crate) fn click(&mut self, selector: &str, (across, down): (f64, f64)) {
        let point = self.point(selector, across, down);
        self.mouse("mousePressed", point);
        self.mouse("mouseReleased", point);
    }

    /// Drags from one point of an element to another.
    #[track_caller]
    pub(crate) fn drag(&mut self, selector: &str, from: (f64, f64), to: (f64, f64)) {
        let start = self.point(selector, from.0, from.1);
        let end = self.point(selector, to.0, to.1);
        self.mouse("mousePressed", start);
        for step in 1..=8 {
            let share = f64::from(step) / 8.0;
            self.mouse(
                "mouseMoved",
                (start.0 + share * (end.0 - start.0), start.1 + share * (end.1 - start.1)),
            );
        }
        self.mouse("mouseReleased", end);
    }

    /// Taps a point of an element with a finger.
    #[track_caller]
    pub(crate) fn tap(&mut self, selector: &str, (across, down): (f64, f64)) {
        let (x, y) = self.point(selector, across, down);
        self.send("Emulation.setTouchEmulationEnabled", &json!({ "enabled": true }));
        for (kind, points) in [("touchStart", json!([{ "x": x, "y": y }])), ("touchEnd", json!([]))] {
            self.send("Input.dispatchTouchEvent", &json!({ "type": kind, "touchPoints": points }));
        }
    }

    /// Presses a key on what has the focus.
    pub(crate) fn press(&mut self, key: &str) {
        let code = match key {
            "Tab" => 9,
            "Enter" => 13,
            "PageUp" => 33,
            "End" => 35,
            "Home" => 36,
            "ArrowUp" => 38,
            "ArrowRight" => 39,
            "ArrowDown" => 40,
            _ => panic!("no code is known for the key {key}"),
        };
        // A button listens to what is typed, not to keys.
        let (down, text) = if key == "Enter" { ("keyDown", "\r") } else { ("rawKeyDown", "") };
        for kind in [down, "keyUp"] {
            let text = if kind == down { text } else { "" };
            let event =
                json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code, "text": text });
            self.send("Input.dispatchKeyEvent", &event);
        }
    }

    /// Checks that the page complained about nothing and asked nothing of a network.
    #[track_caller]
    pub(crate) fn check_quiet(&self) {
        for event in &self.events {
            let method = event["method"].as_str().unwrap_or_default();
            let complaint =
                ["Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"].contains(&method);
            assert!(!complaint, "{event}");
            if method == "Network.requestWillBeSent" {
                let url = event["params"]["request"]["url"].as_str().unwrap();
                assert!(["file:", "data:", "blob:"].iter().any(|scheme| url.starts_with(scheme)), "{url}");
            }
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

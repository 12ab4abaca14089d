"""One page in a tab of its own: opened, looked at through other media, typed into."""

import base64
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.browser.devtools import PATIENCE, DevTools, Refused

KEYS = {"Tab": (9, ""), "Enter": (13, "\r")}
# What every piece of JavaScript here may use: an element in words, and whether it can be seen at all.
PRELUDE = """
const words = e => e.tagName.toLowerCase() + (e.id ? '#' + e.id.slice(0, 60) : '')
    + [...e.classList].map(c => '.' + c).join('') + ' "'
    + (e.getAttribute('aria-label') || e.textContent || '').trim().replace(/\\s+/g, ' ').slice(0, 40) + '"';
const seen = e => e.checkVisibility({visibilityProperty: true, opacityProperty: true}) && e.getClientRects().length > 0;
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
"""


class Page:
    """A tab. What it logs and asks for since it was made is kept, in words."""

    def __init__(self, devtools: DevTools, path: Path) -> None:
        self.devtools, self.path = devtools, path.resolve()
        self.messages: list[str] = []
        self.requests: list[str] = []
        self._loaded = False
        self.target = devtools.send("Target.createTarget", url="about:blank")["targetId"]
        self.session = devtools.send("Target.attachToTarget", targetId=self.target, flatten=True)["sessionId"]
        devtools.listeners[self.session] = self._listen
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")
        self.send("Emulation.setFocusEmulationEnabled", enabled=True)
        self.media()
        self.resize(1000)

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self.devtools.send(method, self.session, **parameters)

    def open(self, *, policy: bool = True) -> "Page":
        """Load the page and wait for its load event; without its content-security policy on demand."""
        self.send("Page.setBypassCSP", enabled=not policy)
        self._loaded = False
        if error := self.send("Page.navigate", url=self.path.as_uri()).get("errorText"):
            raise Refused(f"{self.path}: {error}")  # and not Chromium's own page about it
        until = time.monotonic() + PATIENCE
        while not self._loaded:
            self.devtools.receive(until)
        return self

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression, or of its promise."""
        answer = self.send(
            "Runtime.evaluate", expression=f"(() => {{ {PRELUDE} return ({expression}); }})()",
            returnByValue=True, awaitPromise=True,
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"]["description"])
        return answer["result"].get("value")

    def media(self, medium: str = "", scheme: str = "light") -> None:
        self.send("Emulation.setEmulatedMedia", media=medium, features=[{"name": "prefers-color-scheme", "value": scheme}])

    def resize(self, width: int, height: int = 800) -> None:
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def unfold(self) -> None:
        """Open all details."""
        self.evaluate("all('details').forEach(d => { d.open = true })")

    def press(self, keys: Iterable[str]) -> None:
        """Press and release keys one after another; the events are sent ahead of the answers."""
        begun = []
        for key in keys:
            code, text = KEYS[key]
            event = {"key": key, "code": key, "windowsVirtualKeyCode": code}
            down = {"type": "keyDown", "text": text} if text else {"type": "rawKeyDown"}
            for kind in (down, {"type": "keyUp"}):
                begun.append(self.devtools.begin("Input.dispatchKeyEvent", self.session, **event, **kind))
        for number in begun:
            self.devtools.answer(number)

    def pdf(self) -> bytes:
        return base64.b64decode(self.send("Page.printToPDF", printBackground=True, paperWidth=8.27, paperHeight=11.69)["data"])

    def close(self) -> None:
        self.devtools.send("Target.closeTarget", targetId=self.target)
        del self.devtools.listeners[self.session]

    def _listen(self, event: str, about: dict[str, Any]) -> None:
        match event:
            case "Page.loadEventFired":
                self._loaded = True
            case "Page.javascriptDialogOpening":
                self.messages.append(f"dialog: {about['message']}")
                self.devtools.begin("Page.handleJavaScriptDialog", self.session, accept=False)
            case "Runtime.consoleAPICalled":
                said = " ".join(str(a.get("value", a.get("description"))) for a in about["args"])
                self.messages.append(f"console.{about['type']}: {said}")
            case "Runtime.exceptionThrown":
                thrown = about["exceptionDetails"]
                self.messages.append(f"exception: {thrown.get('exception', {}).get('description', thrown['text'])}")
            case "Log.entryAdded":
                self.messages.append(f"{about['entry']['level']}: {about['entry']['text']}")
            case "Network.requestWillBeSent":
                self.requests.append(about["request"]["url"])

"""The Chrome DevTools Protocol over two pipes: JSON messages that end with a zero byte."""

import json
import os
import select
import time
from typing import Any

PATIENCE = 60.0  # seconds; a slow machine is no failure


class Refused(Exception):
    """Chromium answered a command with an error."""


class Gone(Exception):
    """Chromium closed the pipe, or said nothing for too long."""


class DevTools:
    """Commands and their answers; events are handed to whoever listens to their session."""

    def __init__(self, reading: int, writing: int) -> None:
        self.reading, self.writing = reading, writing
        self.listeners: dict[str | None, Any] = {}
        self._rest = b""
        self._last = 0
        self._answers: dict[int, dict[str, Any]] = {}

    def send(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """The answer to a command."""
        return self.answer(self.begin(method, session, **parameters))

    def begin(self, method: str, session: str | None = None, **parameters: Any) -> int:
        """Send a command without waiting for its answer: the number to ask for it with."""
        self._last += 1
        message = {"id": self._last, "method": method, "params": parameters}
        data = json.dumps(message | ({"sessionId": session} if session else {})).encode() + b"\0"
        try:
            while data:
                data = data[os.write(self.writing, data):]
        except BrokenPipeError:
            raise Gone("Chromium has closed the connection") from None
        return self._last

    def answer(self, number: int, patience: float = PATIENCE) -> dict[str, Any]:
        """What a command answered."""
        until = time.monotonic() + patience
        while number not in self._answers:
            self.receive(until)
        found = self._answers.pop(number)
        if "error" in found:
            raise Refused(found["error"]["message"])
        return found["result"]

    def receive(self, until: float) -> None:
        """Wait for the next messages and sort them: answers by their number, events by their session."""
        if not select.select([self.reading], [], [], max(0.0, until - time.monotonic()))[0]:
            raise Gone("Chromium did not answer in time")
        data = os.read(self.reading, 1 << 20)
        if not data:
            raise Gone("Chromium has closed the connection")
        *messages, self._rest = (self._rest + data).split(b"\0")
        for message in map(json.loads, messages):
            if "id" in message:
                self._answers[message["id"]] = message
            elif listener := self.listeners.get(message.get("sessionId")):
                listener(message["method"], message["params"])

    def close(self) -> None:
        os.close(self.reading)
        os.close(self.writing)

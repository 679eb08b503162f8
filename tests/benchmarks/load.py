"""What the benchmarks send: a bare HTTP/1.1 client that costs little beside the server, and bodies that differ."""

import asyncio
import json
from typing import Any, Self


class Connection:
    """One kept-alive connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, key: str) -> None:
        self.reader, self.writer, self.key = reader, writer, key

    @classmethod
    async def open(cls, port: int, key: str) -> Self:
        """Connect to the server on this machine."""
        return cls(*await asyncio.open_connection("127.0.0.1", port), key)

    async def call(self, method: str, path: str, body: Any = None, repeat: str = "") -> tuple[int, Any]:
        """One request; its status and JSON."""
        content = b"" if body is None else json.dumps(body).encode()
        lines = [f"{method} {path} HTTP/1.1", "Host: bench", f"Authorization: Bearer {self.key}"]
        if body is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
        if repeat:
            lines.append(f"Idempotency-Key: {repeat}")
        self.writer.write("\r\n".join([*lines, "", ""]).encode() + content)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        answer = await self.reader.readexactly(length)
        return int(head[9:12]), json.loads(answer) if answer else None


def report_body(turn: int) -> dict[str, Any]:
    """A report of its own place, so that few are candidate duplicates of each other."""
    place = {
        "lon": 113 + turn * 37 % 100_003 / 1e5,
        "lat": 33 + turn * 91 % 100_019 / 1e5,
        "address": f"平安大街{turn % 999}号",
    }
    return {
        "kind": "event", "category": "0102", "source": "leader", "workflow": "hotline", "location": place,
        "description": f"第{turn}处：路口有暴露垃圾，请尽快派人清理，周边居民反映强烈。",
    }  # fmt: skip


def lifecycle(department: str) -> list[tuple[str, dict[str, Any]]]:
    """Six actions that lead a hotline order from reported to closed."""
    return [
        ("accept_order", {}), ("dispatch", {"department": department, "limit": "4 work_hour"}), ("sign_in", {}),
        ("feedback", {"result": "已清理"}), ("propose_close", {}),
        ("close", {"closing_condition_met": True, "unchecked_reason": "照片已足以证明"}),
    ]  # fmt: skip

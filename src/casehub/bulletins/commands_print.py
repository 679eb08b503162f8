"""Printing in a process that ends with it: see the door-plate."""

import asyncio
import json
import logging
import pickle
import sys
from enum import StrEnum

from casehub.bulletins.problems import PrintingFailed
from casehub.errors import Refusal
from casehub.paper.__main__ import REFUSED
from casehub.paper.document import Document
from casehub.paper.problems import CharacterNotPrintable

logger = logging.getLogger("casehub")

#: Printings at once in a process that serves; the others wait in line.
_PRESSES = asyncio.Semaphore(2)
_PATIENCE_SECONDS = 60


class Form(StrEnum):
    """What a bulletin is printed as; JSON is its content itself."""

    XLSX = "xlsx"
    DOCX = "docx"
    PDF = "pdf"


async def print_document(document: Document, form: Form) -> bytes:
    """The file. Raises CharacterNotPrintable, PrintingFailed."""
    async with _PRESSES:
        press = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "casehub.paper", form.value,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                printed, said = await press.communicate(pickle.dumps(document))
        except TimeoutError:
            raise PrintingFailed(f"not done within {_PATIENCE_SECONDS} seconds") from None
        finally:
            if press.returncode is None:  # the reader went away, or lost patience
                press.kill()
    if press.returncode == REFUSED:
        raise CharacterNotPrintable(errors=[Refusal(**one) for one in json.loads(printed)])
    if press.returncode:
        logger.error("printing failed: %s", said.decode(errors="replace"))
        raise PrintingFailed
    return printed

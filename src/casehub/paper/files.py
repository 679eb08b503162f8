"""Documents as files: which forms there are, and who makes them."""

from casehub.paper.document import Document

#: What a file of each form is on the wire.
MEDIA_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def to_file(document: Document, form: str) -> bytes:
    """The document in a form of MEDIA_TYPES. Raises CharacterNotPrintable."""
    # Imported by who prints, not by who serves: the libraries take their memory with the first document.
    match form:
        case "pdf":
            from casehub.paper.pdf import to_pdf as made
        case "docx":
            from casehub.paper.docx import to_docx as made
        case _:
            from casehub.paper.xlsx import to_xlsx as made
    return made(document)

"""Paper (印制): a document of blocks becomes the bytes of a file: a spreadsheet, a text to go on with, a page to sign.

Words: a *document* is headings, paragraphs, tables and charts, with values in their cells and never finished text: how a
share, a score or a moment looks is one decision, in forms.py. XLSX is for counting on, DOCX for writing on, PDF for
reading and keeping.

Invariants: the same document gives the same bytes. What people wrote is data: no formula, no markup. Nothing prints as
an empty box: a character without a glyph is refused with its place (CharacterNotPrintable), and a PDF carries its fonts.

Decided
- Fonts come with the installation as a wheel (Noto Sans SC, Noto Serif SC, OFL): no server needs fonts of its own, and
  none of its own are used, so that a page looks the same everywhere. They have every character of GB 2312 and 20,000
  more of GB 18030. A DOCX names the fonts of GB/T 9704-2012 instead, which offices have and nobody may pass on; in the
  PDF, Noto Serif stands for 仿宋, 楷体 and 小标宋, Noto Sans for 黑体.
- Typst lays out: 200 letters a second in 60 MB, where a browser or an office program takes a second and 300 MB each.
  Templates are `.typ` files here; press.py is the one place that runs it, and reads the fonts, which never change.
- Charts of PDF and DOCX are drawn by pygal as SVG, 8 ms each; matplotlib took 80 ms, and 65 MB more.
- The libraries are imported by who prints, not by who serves: callers import `pdf`, `docx` and `xlsx` when they print.
Sources: reference 6.5 (fonts); the rest is our choice.
"""

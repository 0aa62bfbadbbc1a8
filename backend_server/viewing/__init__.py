"""Viewing: a link's token goes in; the page, the document and the panels' data come out, or a clean refusal."""

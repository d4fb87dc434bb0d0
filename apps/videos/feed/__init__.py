"""The For-you feed: one statement that finds, filters, scores, spaces and writes out a page.

    candidates.py   where videos come from, each source a bounded range of an index
    filters.py      which of them this viewer is shown at all, and why not the others
    ranking.py      what they score, and how authors and sounds are kept apart
    page.py         the statement; it also notes what was served
    why.py          the same steps for operators, with every part laid open

docs/operators/feed.md tells the same without SQL.
"""

"""One file per migration, `v<revision>_<what>.py`; revisions are four digits and only go up."""

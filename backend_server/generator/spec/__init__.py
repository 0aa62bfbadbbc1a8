"""The metrics spec and the plans: read, checked, and everything that is said of a faulty one."""

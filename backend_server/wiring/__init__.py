"""Where effects and use cases meet: constructors only."""

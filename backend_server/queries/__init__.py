"""What a panel asks: ranges, steps, macros, and the plan of its queries. Pure."""

"""The programs ours is measured against, written as their users would write them."""

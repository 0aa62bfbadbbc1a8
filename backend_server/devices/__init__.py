"""What a device is, what its caller and its operator say of it, and the states of its life. Pure."""

"""The web server: connections, deadlines, heads and bodies as they arrive."""

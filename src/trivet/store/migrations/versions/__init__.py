"""The formats of a workspace, oldest first."""

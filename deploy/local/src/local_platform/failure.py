"""The one exception that the command line shows as a line instead of a traceback."""


class PlatformFailed(Exception):
    """Something on this machine is not as it must be; the text says what and where to look."""

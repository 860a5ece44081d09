HELD = "cpam-deposits-held"
"""The incident that is open while nothing is deposited after a restore."""

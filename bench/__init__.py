"""What the platform does per second, beside the floor and beside what one would otherwise write."""
